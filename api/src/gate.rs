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
    forms,
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
    // A credential that takes too long to look up is not the caller's fault, but is not waited for either.
    let identifying = state.identifier.identify(request.request(), &address, &state.limiter);
    let identified = tokio::time::timeout(state.settings.request_timeout, identifying).await;
    let identified =
        identified.unwrap_or_else(|_| Err(Problem::unavailable("the caller was not identified within the time limit")));
    let mut headers = HeaderMap::new();
    let arrival = Arrival { state: &state, request: &request, address: &address, needs };
    let admitted = arrival.admit(identified, &mut headers);
    let mut response = match admitted {
        Ok(caller) => {
            let is_known = caller.credential != Credential::None;
            if is_known {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
            }
            let limit = time_limit(&request, &state);
            let actor = caller.user.as_ref().map(ToString::to_string);
            request.extensions_mut().insert(caller);
            let response = within(limit, request, next).await?;
            note_refusal(&state, &response, Refused { actor, address });
            response
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
            state.audit.refused(request, Refused { actor, address: self.address.to_owned() }, &problem);
            problem
        })
    }
}

/// What a route itself refuses is written down as what the gate does.
fn note_refusal<B>(state: &State, response: &ServiceResponse<B>, by: Refused) {
    let refusals = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    if let Some(problem) = response.response().error().and_then(|error| error.as_error::<Problem>())
        && refusals.contains(&problem.status_and_code().0)
    {
        state.audit.refused(response.request(), by, problem);
    }
}

fn time_limit(request: &ServiceRequest, state: &State) -> Duration {
    let is_cube = request.path().starts_with("/datacube/");
    if is_cube || forms::is_table(request.query_string(), request.headers()) {
        state.settings.cube_timeout
    } else {
        state.settings.request_timeout
    }
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
