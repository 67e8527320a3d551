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

use ardent_model::Scope;

use crate::{
    accept, forms,
    gate::{self, Needs, Patience},
    handlers::{
        admin, aggregate, children, collection_queryables, collection_transactions, collections, conformance, dates,
        documentation, estimate, functions, health, item_transactions, items, keys, landing, load, me, metrics,
        openapi, protected_resource, queryables, search, sortables,
    },
    problem::{self, Problem},
    write_body::ACCEPT_PATCH,
};

/// What a handler gives.
pub(crate) type Answer = Result<HttpResponse, Problem>;

const JSON: &[&str] = accept::JSON;
const ITEMS: &[&str] = forms::MEDIA_TYPES;
const HTML: &[&str] = &["text/html"];
const TEXT: &[&str] = &["text/plain"];
/// The handler looks at `Accept` itself, or gives what it has.
const ANY: &[&str] = &[];

const READ: Needs = Needs::Scope(Scope::Read);
const LOAD: Needs = Needs::Scope(Scope::Load);
const INGEST: Needs = Needs::Scope(Scope::Ingest);
const ADMIN: Needs = Needs::Scope(Scope::Admin);

/// Every route: what it gives, by which methods, and what each needs. HEAD comes with GET.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let open = Needs::Nothing;
    vec![
        Endpoint::new("/", JSON).get(Needs::Anyone, landing::get),
        Endpoint::new("/conformance", JSON).get(open, conformance::get),
        Endpoint::new("/api", JSON).get(open, openapi::get),
        Endpoint::new("/api.html", HTML).get(open, documentation::page),
        Endpoint::new("/api.html/{file}", ANY).get(open, documentation::part),
        Endpoint::new(gate::METADATA, JSON).get(open, protected_resource::get),
        Endpoint::new("/collections", JSON).get(READ, collections::list).post(INGEST, collection_transactions::create),
        Endpoint::new(collection_queryables::PATH, JSON).get(READ, collection_queryables::get),
        Endpoint::new("/children", JSON).get(READ, children::get),
        Endpoint::new("/collections/{collectionId}", JSON)
            .get(READ, collections::get)
            .put(INGEST, collection_transactions::replace)
            .patch(INGEST, collection_transactions::patch)
            .delete(INGEST, collection_transactions::remove),
        Endpoint::new("/collections/{collectionId}/children", JSON).get(READ, dates::of_collection),
        Endpoint::new("/collections/{collectionId}/dates/{date}", JSON).get(READ, dates::get),
        Endpoint::new("/collections/{collectionId}/dates/{date}/children", JSON).get(READ, dates::children),
        Endpoint::new("/collections/{collectionId}/items", ITEMS)
            .get(READ, items::list)
            .taking(Patience::Table)
            .post(INGEST, item_transactions::create),
        Endpoint::new("/collections/{collectionId}/items/{itemId}", JSON)
            .get(READ, items::get)
            .put(INGEST, item_transactions::replace)
            .patch(INGEST, item_transactions::patch)
            .delete(INGEST, item_transactions::remove),
        Endpoint::new("/search", ITEMS).get(READ, search::get).post(READ, search::post).taking(Patience::Table),
        Endpoint::new("/aggregate", JSON).get(READ, aggregate::get).post(READ, aggregate::post),
        Endpoint::new("/aggregations", JSON).get(open, aggregate::list),
        Endpoint::new("/collections/{collectionId}/aggregate", JSON)
            .get(READ, aggregate::get_of_collection)
            .post(READ, aggregate::post_of_collection),
        Endpoint::new("/collections/{collectionId}/aggregations", JSON).get(READ, aggregate::list_of_collection),
        Endpoint::new("/queryables", JSON).get(READ, queryables::of_all),
        Endpoint::new("/collections/{collectionId}/queryables", JSON).get(READ, queryables::of_collection),
        Endpoint::new("/sortables", JSON).get(READ, sortables::of_all),
        Endpoint::new("/collections/{collectionId}/sortables", JSON).get(READ, sortables::of_collection),
        Endpoint::new("/functions", JSON).get(open, functions::list),
        Endpoint::new("/datacube/estimate", JSON).post(LOAD, estimate::post).taking(Patience::Cube),
        Endpoint::new("/datacube/load", ANY).post(LOAD, load::post).taking(Patience::Cube),
        Endpoint::new("/me", JSON).get(Needs::Anyone, me::get),
        Endpoint::new("/keys", JSON).get(Needs::SignIn, keys::list).post(Needs::SignIn, keys::create),
        Endpoint::new("/keys/{keyId}", JSON).delete(Needs::SignIn, keys::revoke),
        Endpoint::new("/admin/policies", JSON).get(ADMIN, admin::policies::list),
        Endpoint::new("/admin/policies/collections/{collectionId}", JSON)
            .get(ADMIN, admin::collection_policy::get)
            .put(ADMIN, admin::collection_policy::put),
        Endpoint::new("/admin/policies/grants/{subject}", JSON)
            .put(ADMIN, admin::grants::put)
            .delete(ADMIN, admin::grants::delete),
        Endpoint::new("/admin/keys", JSON).get(ADMIN, admin::keys::list),
        Endpoint::new("/admin/keys/{keyId}", JSON).delete(ADMIN, admin::keys::revoke),
        Endpoint::new("/admin/audit", JSON).get(ADMIN, admin::audit::list),
        Endpoint::new("/health/live", JSON).get(open, health::live),
        Endpoint::new("/health/ready", JSON).get(open, health::ready),
        Endpoint::new("/metrics", TEXT).get(Needs::Counters, metrics::get),
    ]
}

/// Adds every route to an application.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    for endpoint in endpoints() {
        endpoint.register(config);
    }
}

/// A path, what may be done there, and what each of that needs.
pub(crate) struct Endpoint {
    path: &'static str,
    produces: &'static [&'static str],
    routes: Vec<(Method, Needs, Patience, Route)>,
}

impl Endpoint {
    /// Without any method yet; `produces` empty: whatever is accepted.
    pub(crate) fn new(path: &'static str, produces: &'static [&'static str]) -> Self {
        Self { path, produces, routes: Vec::new() }
    }

    /// With GET, and HEAD.
    pub(crate) fn get<F, Args>(self, needs: Needs, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer> + Clone,
        Args: FromRequest + 'static,
    {
        self.route(Method::GET, needs, handler.clone()).route(Method::HEAD, needs, handler)
    }

    /// With POST.
    pub(crate) fn post<F, Args>(self, needs: Needs, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.route(Method::POST, needs, handler)
    }

    /// With PUT.
    pub(crate) fn put<F, Args>(self, needs: Needs, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.route(Method::PUT, needs, handler)
    }

    /// With PATCH.
    pub(crate) fn patch<F, Args>(self, needs: Needs, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.route(Method::PATCH, needs, handler)
    }

    /// With DELETE.
    pub(crate) fn delete<F, Args>(self, needs: Needs, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        self.route(Method::DELETE, needs, handler)
    }

    fn route<F, Args>(mut self, method: Method, needs: Needs, handler: F) -> Self
    where
        F: Handler<Args, Output = Answer>,
        Args: FromRequest + 'static,
    {
        let route = web::method(method.clone()).to(Guarded(handler));
        self.routes.push((method, needs, Patience::Ordinary, route));
        self
    }

    /// With this much time for the methods that it has so far.
    pub(crate) fn taking(mut self, patience: Patience) -> Self {
        self.routes.iter_mut().for_each(|(_, _, one, _)| *one = patience);
        self
    }

    /// Adds it to an application, behind the gate.
    pub(crate) fn register(self, config: &mut web::ServiceConfig) {
        let allowed = self.routes.iter().map(|(method, ..)| method.as_str()).chain(["OPTIONS"]);
        let allowed = allowed.collect::<Vec<_>>().join(", ");
        let produces = self.produces;
        let options = allowed.clone();
        let is_patched = self.routes.iter().any(|(method, ..)| method == Method::PATCH);
        let mut resource = Resource::new(self.path)
            .route(web::method(Method::OPTIONS).to(move || {
                let mut answer = HttpResponse::NoContent();
                answer.insert_header((header::ALLOW, options.clone()));
                if is_patched {
                    answer.insert_header(("accept-patch", ACCEPT_PATCH));
                }
                let answer = answer.finish();
                async move { answer }
            }))
            .default_service(web::route().to(move || {
                let answer = HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allowed.clone())).finish();
                async move { answer }
            }));
        let mut known: Vec<(Method, Needs, Patience)> = Vec::new();
        for (method, needs, patience, route) in self.routes {
            known.push((method, needs, patience));
            resource = resource.route(route);
        }
        let acceptable = from_fn(move |request: ServiceRequest, next: Next<_>| async move {
            match accept::check(request.headers(), produces) {
                Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
                Err(refusal) => Ok(problem::refuse(request, refusal)),
            }
        });
        let guarded = from_fn(move |request: ServiceRequest, next: Next<_>| {
            // A method that the route does not have does nothing, so it needs nothing.
            let found = known.iter().find(|(method, ..)| method == request.method());
            let entry = found.map_or((Needs::Nothing, Patience::Ordinary), |(_, needs, patience)| (*needs, *patience));
            async move { gate::guard(request, entry, next).await }
        });
        config.service(resource.wrap(acceptable).wrap(guarded));
    }

    /// Its path as OpenAPI has it.
    pub(crate) fn path(&self) -> &'static str {
        self.path
    }

    /// What its methods need, in small letters, HEAD apart.
    pub(crate) fn needs(&self) -> impl Iterator<Item = (String, Needs)> {
        let all = self.routes.iter().map(|(method, needs, ..)| (method.as_str().to_ascii_lowercase(), *needs));
        all.filter(|(method, _)| method != "head")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cubes_and_what_can_be_a_table_are_waited_for() {
        let patient = endpoints().into_iter().flat_map(|endpoint| {
            let long = endpoint.routes.iter().filter(|(_, _, patience, _)| *patience != Patience::Ordinary);
            let told = long.map(|(method, _, patience, _)| format!("{method} {} {patience:?}", endpoint.path));
            told.collect::<Vec<_>>()
        });
        let expected = [
            "GET /collections/{collectionId}/items Table",
            "HEAD /collections/{collectionId}/items Table",
            "GET /search Table",
            "HEAD /search Table",
            "POST /search Table",
            "POST /datacube/estimate Cube",
            "POST /datacube/load Cube",
        ];
        assert_eq!(patient.collect::<Vec<_>>(), expected);
    }
}
