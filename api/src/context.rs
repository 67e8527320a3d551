//! What most handlers need, in one argument.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use crate::{audit, audit::Deed, caller::Caller, links::Links, problem::Problem, state::State};

/// The server, the caller, and the links of the answer.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) state: web::Data<State>,
    pub(crate) caller: Caller,
    pub(crate) links: Links,
    request_id: Option<String>,
}

impl Context {
    /// Writes down what the caller did.
    pub(crate) async fn done(&self, action: &'static str, target: &str, detail: String) -> Result<(), Problem> {
        let deed = Deed { action, target, detail };
        self.state.audit.done(&self.caller, self.request_id.clone(), deed).await
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
            Ok(Self { state, caller, links, request_id: audit::request_id(request) })
        });
        ready(made)
    }
}
