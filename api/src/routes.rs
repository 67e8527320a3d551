//! Every route, in one list that server and tests share.

use std::{panic::AssertUnwindSafe, pin::Pin};

use actix_web::{
    FromRequest, Handler, HttpResponse, Resource, Route,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::{Next, from_fn},
    web,
};
use futures::FutureExt;

use crate::{
    accept,
    handlers::{collections, conformance, documentation, health, items, landing, load, metrics, openapi, search},
    problem::{self, Problem},
};

/// What a handler gives.
pub(crate) type Answer = Result<HttpResponse, Problem>;

const JSON: &[&str] = accept::JSON;
const HTML: &[&str] = &["text/html"];
const TEXT: &[&str] = &["text/plain"];
/// The handler looks at `Accept` itself, or gives what it has.
const ANY: &[&str] = &[];

/// Every route: what it gives, and by which methods. HEAD comes with GET.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("/", JSON).get(landing::get),
        Endpoint::new("/conformance", JSON).get(conformance::get),
        Endpoint::new("/api", JSON).get(openapi::get),
        Endpoint::new("/api.html", HTML).get(documentation::page),
        Endpoint::new("/api.html/{file}", ANY).get(documentation::part),
        Endpoint::new("/collections", JSON).get(collections::list),
        Endpoint::new("/collections/{collectionId}", JSON).get(collections::get),
        Endpoint::new("/collections/{collectionId}/items", JSON).get(items::list),
        Endpoint::new("/collections/{collectionId}/items/{itemId}", JSON).get(items::get),
        Endpoint::new("/search", JSON).get(search::get).post(search::post),
        Endpoint::new("/datacube/load", ANY).post(load::post),
        Endpoint::new("/health/live", JSON).get(health::live),
        Endpoint::new("/health/ready", JSON).get(health::ready),
        Endpoint::new("/metrics", TEXT).get(metrics::get),
    ]
}

/// Adds every route to an application.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    for endpoint in endpoints() {
        endpoint.register(config);
    }
}

/// A path and what may be done there.
pub(crate) struct Endpoint {
    path: &'static str,
    produces: &'static [&'static str],
    routes: Vec<(Method, Route)>,
}

impl Endpoint {
    /// Without any method yet; `produces` empty: whatever is accepted.
    pub(crate) fn new(path: &'static str, produces: &'static [&'static str]) -> Self {
        Self { path, produces, routes: Vec::new() }
    }

    /// With GET, and HEAD.
    pub(crate) fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer> + Clone,
        Args: FromRequest + 'static,
    {
        self.route(Method::GET, handler.clone()).route(Method::HEAD, handler)
    }

    /// With POST.
    pub(crate) fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.route(Method::POST, handler)
    }

    fn route<F, Args>(mut self, method: Method, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        let route = web::method(method.clone()).to(Guarded(handler));
        self.routes.push((method, route));
        self
    }

    /// Adds it to an application.
    pub(crate) fn register(self, config: &mut web::ServiceConfig) {
        let allowed = self.routes.iter().map(|(method, _)| method.as_str()).chain(["OPTIONS"]);
        let allowed = allowed.collect::<Vec<_>>().join(", ");
        let produces = self.produces;
        let options = allowed.clone();
        let mut resource = Resource::new(self.path)
            .route(web::method(Method::OPTIONS).to(move || {
                let answer = HttpResponse::NoContent().insert_header((header::ALLOW, options.clone())).finish();
                async move { answer }
            }))
            .default_service(web::route().to(move || {
                let answer = HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allowed.clone())).finish();
                async move { answer }
            }));
        for (_, route) in self.routes {
            resource = resource.route(route);
        }
        config.service(resource.wrap(from_fn(move |request: ServiceRequest, next: Next<_>| async move {
            match accept::check(request.headers(), produces) {
                Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
                Err(refusal) => Ok(problem::refuse(request, refusal)),
            }
        })));
    }

    /// Path and methods, for the test that compares them with the OpenAPI document.
    #[cfg(test)]
    pub(crate) fn methods(&self) -> (&'static str, Vec<String>) {
        let methods = self.routes.iter().map(|(method, _)| method.as_str().to_ascii_lowercase());
        (self.path, methods.filter(|method| method != "head").collect())
    }
}

/// A handler whose panic is an answer like any other failure.
#[derive(Clone)]
struct Guarded<F>(F);

impl<F, Args> Handler<Args> for Guarded<F>
where
    F: Handler<Args, Output = Answer>,
    Args: 'static,
{
    type Output = Answer;
    type Future = Pin<Box<dyn Future<Output = Answer>>>;

    fn call(&self, args: Args) -> Self::Future {
        let handler = self.0.clone();
        let future = AssertUnwindSafe(async move { handler.call(args).await }).catch_unwind();
        Box::pin(async move {
            future.await.unwrap_or_else(|panic| {
                let message = panic.downcast_ref::<&str>().map(ToString::to_string);
                let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
                Err(Problem::internal(format!("a handler panicked: {}", message.unwrap_or_default())))
            })
        })
    }
}
