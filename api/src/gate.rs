//! The gate before every route: who calls, whether that one may, how often, and for how long.

mod address;
mod challenge;
mod credential;
mod grants;
mod identify;
mod rate;

use std::time::Duration;

use actix_web::{
    HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
    web,
};
use ardent_model::Scope;

use crate::{
    audit::Refused,
    caller::{Caller, Credential},
    problem::{self, Problem},
    state::State,
};
pub(crate) use challenge::METADATA;
pub(crate) use identify::Identifier;
pub(crate) use rate::Limiter;
pub use rate::Rates;

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: what a caller shows is not even looked at.
    Nothing,
    /// Nothing; but what is shown must be good, and decides what is seen.
    Anyone,
    /// That it has signed in.
    SignIn,
    /// A scope.
    Scope(Scope),
    /// The scope `admin`, unless the counters are public.
    Counters,
}

/// Lets a request through to its route, if it may.
pub(crate) async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    needs: Needs,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if needs == Needs::Nothing {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Ok(problem::refuse(request, Problem::internal("no state")));
    };
    let address = address::of(request.request(), &state.settings);
    let identified = state.identifier.identify(request.request(), &address).await;
    let mut headers = HeaderMap::new();
    let arrival = Arrival { state: &state, request: &request, address: &address, needs };
    let admitted = arrival.admit(identified, &mut headers);
    let mut response = match admitted {
        Ok(caller) => {
            let is_known = caller.credential != Credential::None;
            if is_known {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
            }
            request.extensions_mut().insert(caller);
            let limit = time_limit(&request, &state);
            within(limit, request, next).await?
        }
        Err(problem) => problem::refuse(request, problem),
    };
    for (name, value) in headers {
        if !response.headers().contains_key(&name) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// A request at the gate.
struct Arrival<'a> {
    state: &'a State,
    request: &'a ServiceRequest,
    address: &'a str,
    needs: Needs,
}

impl Arrival<'_> {
    /// The caller, if it may pass; `headers` say how many requests it has left. Whoever may not is written down.
    fn admit(&self, identified: Result<Caller, Problem>, headers: &mut HeaderMap) -> Result<Caller, Problem> {
        let (state, request) = (self.state, self.request.request());
        let known = identified.as_ref().ok().filter(|caller| caller.user.is_some());
        let actor = known.map(Caller::account);
        let admitted = state.limiter.check(known, self.address, headers).and(identified).and_then(|caller| {
            challenge::check(&caller, self.needs, &state.settings, request)?;
            Ok(caller)
        });
        admitted.map_err(|problem| {
            let problem = challenge::complete(problem, &state.settings, request);
            state.audit.refused(self.request, Refused { actor, address: self.address.to_owned() }, &problem);
            problem
        })
    }
}

fn time_limit(request: &ServiceRequest, state: &State) -> Duration {
    let is_cube = request.path().starts_with("/datacube/");
    if is_cube { state.settings.cube_timeout } else { state.settings.request_timeout }
}

/// The answer of the route, if it comes in time.
async fn within<B: MessageBody + 'static>(
    limit: Duration,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let kept = request.request().clone();
    if let Ok(answer) = tokio::time::timeout(limit, next.call(request)).await {
        return answer.map(ServiceResponse::map_into_boxed_body);
    }
    let detail = format!("it took longer than {} seconds; ask for less at a time", limit.as_secs());
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "TimeLimit", detail);
    Ok(ServiceResponse::from_err(problem, kept))
}
