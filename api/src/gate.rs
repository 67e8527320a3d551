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
    Settings,
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

/// How long a route may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As long as an ordinary request.
    Ordinary,
    /// As long as a cube.
    Cube,
    /// As long as a cube if a table is asked for, since that is made whole first; else as an ordinary request.
    Table,
}

impl Patience {
    fn limit(self, request: &ServiceRequest, settings: &Settings) -> Duration {
        let is_long = match self {
            Self::Ordinary => false,
            Self::Cube => true,
            Self::Table => forms::is_table(request.query_string(), request.headers()),
        };
        if is_long { settings.cube_timeout } else { settings.request_timeout }
    }
}

/// Lets a request through to its route, if it may.
pub(crate) async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    (needs, patience): (Needs, Patience),
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
            let limit = patience.limit(&request, &state.settings);
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_cubes_and_tables_take_long() {
        let settings = Settings::default();
        let (ordinary, long) = (settings.request_timeout, settings.cube_timeout);
        assert_ne!(ordinary, long);
        for (path, expected) in [
            ("/search", [ordinary, long, ordinary]),
            ("/datacube/x", [ordinary, long, ordinary]),
            ("/collections?f=parquet", [ordinary, long, long]),
            ("/search?f=ndjson", [ordinary, long, ordinary]),
        ] {
            let limit = |patience: Patience| patience.limit(&TestRequest::with_uri(path).to_srv_request(), &settings);
            assert_eq!([Patience::Ordinary, Patience::Cube, Patience::Table].map(limit), expected, "{path}");
        }
    }
}
