//! What most handlers need, in one argument.

use std::{
    future::{Ready, ready},
    sync::OnceLock,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use serde_json::{Map, Value};

use crate::{audit, audit::Deed, authentication, caller::Caller, links::Links, problem::Problem, state::State};

/// The server, the caller, and the links of the answer.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) state: web::Data<State>,
    pub(crate) caller: Caller,
    pub(crate) links: Links,
    /// That the caller, who changes something, does not want it back (`Prefer: return=minimal`, RFC 7240 §4.2).
    pub(crate) prefers_minimal: bool,
    request_id: Option<String>,
    schemes: OnceLock<Map<String, Value>>,
}

impl Context {
    /// How to get in, as documents have it ([`authentication::schemes`]).
    pub(crate) fn schemes(&self) -> &Map<String, Value> {
        self.schemes.get_or_init(|| authentication::schemes(&self.state))
    }

    /// Makes a change, written down first: a change that cannot be written down is not made. It is made whether or not
    /// the caller stays; if it comes to nothing, that is written down, too.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        deed: Deed,
        change: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<T, Problem> {
        let (state, caller, request_id) = (self.state.clone(), self.caller.clone(), self.request_id.clone());
        let task = self.state.runtime.spawn(async move {
            state.audit.deed((&caller, request_id.clone()), &deed, "done").await?;
            let made = change.await;
            if let Err(problem) = &made {
                let (_, code) = problem.status_and_code();
                state.audit.deed((&caller, request_id), &deed, code).await?;
            }
            made
        });
        task.await.map_err(Problem::internal)?
    }
}

impl FromRequest for Context {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let state = request.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::internal("no state"));
        let made = state.and_then(|state| {
            let caller = Caller::from_request(request, payload).into_inner()?;
            let links = Links::of(request, &state.settings);
            let prefers_minimal = prefers(request, "return=minimal");
            let request_id = audit::request_id(request);
            Ok(Self { state, caller, links, prefers_minimal, request_id, schemes: OnceLock::new() })
        });
        ready(made)
    }
}

/// Whether a request states a preference, given in small letters.
fn prefers(request: &HttpRequest, preference: &str) -> bool {
    let stated = request.headers().get_all("prefer").filter_map(|value| value.to_str().ok());
    stated.flat_map(|value| value.split([',', ';'])).any(|one| one.trim().eq_ignore_ascii_case(preference))
}
