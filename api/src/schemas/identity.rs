//! Who one is, API keys, policies and the audit.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Link;

/// What a caller may do; `load` brings `read`, `job` brings `load`, `ingest` brings `read`, `admin` everything.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum Scope {
    Read,
    Load,
    Job,
    Ingest,
    Admin,
}

/// Whom a policy speaks of: `authenticated`, `group:NAME`, `role:NAME`, `client-role:CLIENT/NAME` or `user:SUB`, each
/// with `@ISSUER` if the issuer has a name.
#[derive(ToSchema)]
#[schema(value_type = String, example = "group:pangeo_notebook_users")]
pub(crate) struct Subject(String);

/// Who the caller is.
#[derive(ToSchema)]
pub(crate) struct Me {
    /// The person or service; null: anonymous.
    subject: Option<Subject>,
    /// What it is called, for people.
    name: Option<String>,
    /// By which names policies may speak of it.
    subjects: Vec<Subject>,
    /// What it may do.
    scopes: Vec<Scope>,
    /// What it showed: `none`, `token` or `key`.
    credential: String,
    /// When that ends.
    expires: Option<DateTime<Utc>>,
}

/// An API key that is wanted.
#[derive(ToSchema)]
#[schema(example = json!({"label": "nightly mosaics", "scopes": ["load"], "days": 90}))]
pub(crate) struct NewKey {
    /// What it is for, on one line.
    #[schema(min_length = 1, max_length = 200)]
    label: String,
    /// What may be done with it; no more than its owner may.
    scopes: Vec<Scope>,
    /// Days until it ends.
    #[schema(minimum = 1, maximum = 366, default = 30)]
    days: Option<i64>,
}

/// An API key; its secret is not kept.
#[derive(ToSchema)]
pub(crate) struct Key {
    /// Its id.
    id: Uuid,
    /// What it is for.
    label: String,
    /// Whose it is.
    owner: Subject,
    /// What its owner was when last seen.
    subjects: Vec<Subject>,
    /// What may be done with it, as far as its owner may.
    scopes: Vec<Scope>,
    /// When it was made.
    created: DateTime<Utc>,
    /// When it ends.
    expires: DateTime<Utc>,
    /// When it was revoked, if it was.
    revoked: Option<DateTime<Utc>>,
}

/// An API key that was just made.
#[derive(ToSchema)]
pub(crate) struct MadeKey {
    /// The key.
    #[schema(inline)]
    #[serde(flatten)]
    key: Key,
    /// What to send after `Authorization: Bearer`; it is shown this once.
    #[schema(example = "ardent_…")]
    secret: String,
}

/// API keys.
#[derive(ToSchema)]
pub(crate) struct Keys {
    /// The keys.
    keys: Vec<Key>,
}

/// Who sees a collection.
#[derive(ToSchema)]
#[schema(example = json!({"visibility": "groups", "subjects": ["group:pangeo_notebook_users"]}))]
pub(crate) struct CollectionPolicy {
    /// `public`: everyone who may read; `groups`: the subjects; `owner`: its owner alone.
    #[schema(pattern = "^(public|groups|owner)$")]
    visibility: String,
    /// Who sees it if its visibility is `groups`.
    #[schema(default = json!([]))]
    subjects: Option<Vec<Subject>>,
    /// Whose it is, a `user:…`.
    owner: Option<Subject>,
}

/// What is granted.
#[derive(ToSchema)]
#[schema(example = json!({"scopes": ["load"]}))]
pub(crate) struct Grant {
    /// The scopes, with those that come with them.
    scopes: Vec<Scope>,
}

/// All policies.
#[derive(ToSchema)]
pub(crate) struct Policies {
    /// Scopes by subject.
    grants: BTreeMap<String, Vec<Scope>>,
    /// Who sees each collection, by its id.
    collections: BTreeMap<String, CollectionPolicy>,
}

/// Something that somebody did, or was not let do.
#[derive(ToSchema)]
pub(crate) struct AuditEntry {
    /// Its number.
    id: i64,
    /// When; the last time of several.
    at: DateTime<Utc>,
    /// Who, if that is known.
    actor: Option<String>,
    /// From where.
    address: Option<String>,
    /// What, such as `policy.set` or `GET /search`.
    action: String,
    /// To what.
    target: Option<String>,
    /// `done`, or the code of the problem.
    outcome: String,
    /// Of the request.
    request_id: Option<String>,
    /// What else there is to know.
    detail: Option<String>,
    /// How many times.
    count: u32,
}

/// A page of the audit.
#[derive(ToSchema)]
pub(crate) struct AuditPage {
    /// Entries, the newest first.
    entries: Vec<AuditEntry>,
    /// Where to go; `next` if there are more.
    links: Vec<Link>,
}

/// Parameters of `GET /admin/audit`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParameters {
    /// None before this time.
    since: Option<DateTime<Utc>>,
    /// None at this time or after.
    until: Option<DateTime<Utc>>,
    /// By this actor only.
    actor: Option<String>,
    /// Of this action only.
    action: Option<String>,
    /// Entries per page; more than 1000 counts as 1000.
    #[param(minimum = 1, default = 100)]
    limit: Option<u64>,
    /// Where to go on, from the link `next`.
    token: Option<i64>,
}

/// Where to get a token (RFC 9728).
#[derive(ToSchema)]
pub(crate) struct ProtectedResource {
    /// This server.
    resource: String,
    /// Its title.
    resource_name: String,
    /// Its documentation.
    resource_documentation: String,
    /// Issuers whose tokens count.
    authorization_servers: Vec<String>,
    /// How a token is sent.
    bearer_methods_supported: Vec<String>,
    /// What can be granted.
    scopes_supported: Vec<Scope>,
    /// Client by which `ardent login` signs people in.
    ardent_login_client: String,
}
