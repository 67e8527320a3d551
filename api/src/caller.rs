//! Who sent a request, as the gate found out.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use ardent_catalog::Access;
use ardent_model::{Scope, Scopes, Subject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::problem::Problem;

/// Who sent a request, and what that one may do.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// A person or service; none: anonymous.
    pub(crate) user: Option<Subject>,
    /// What it is called, for people.
    pub(crate) name: Option<String>,
    /// All that policies may call it.
    pub(crate) subjects: Arc<[Subject]>,
    /// What it may do.
    pub(crate) scopes: Scopes,
    /// What it showed.
    pub(crate) credential: Credential,
    /// Where it is.
    pub(crate) address: String,
}

/// What a caller showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// Nothing.
    None,
    /// An access token that ends then.
    Token { expires: DateTime<Utc> },
    /// An API key that ends then.
    Key { id: Uuid, expires: DateTime<Utc> },
}

impl Caller {
    /// Somebody who showed nothing.
    pub(crate) fn anonymous(scopes: Scopes, address: String) -> Self {
        Self { user: None, name: None, subjects: Arc::default(), scopes, credential: Credential::None, address }
    }

    /// What it may see: the row filter of every query.
    pub(crate) fn access(&self) -> Access {
        if self.scopes.allows(Scope::Admin) {
            return Access::Full;
        }
        match (self.scopes.allows(Scope::Read), &self.user) {
            (false, _) => Access::Nothing,
            (true, None) => Access::Public,
            (true, Some(_)) => Access::Member(self.subjects.iter().map(ToString::to_string).collect()),
        }
    }

    /// By what its requests and pixels are counted: an anonymous one by its address.
    pub(crate) fn account(&self) -> String {
        self.user.as_ref().map_or_else(|| format!("address:{}", self.address), ToString::to_string)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // A route that lets everything through and asks who it was is a fault of ours: nobody is let through then.
        let caller = request.extensions().get::<Self>().cloned();
        ready(caller.ok_or_else(|| Problem::internal("a route without a gate asked for its caller")))
    }
}
