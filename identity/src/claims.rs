//! The claims of an access token: RFC 9068, and Keycloak's own (realm and client roles, groups, `typ`).

use std::collections::{BTreeMap, BTreeSet};

use ardent_model::Subject;
use chrono::{DateTime, Utc};
use serde::{Deserialize, de::IgnoredAny};

use crate::{Issuer, Principal, Refusal};

/// What is read of the claims. A claim that is given twice is an error, as serde has it for members of a struct: two
/// readers could take a different one.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    #[serde(default)]
    sub: Option<String>,
    exp: f64,
    #[serde(default)]
    iat: Option<f64>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    preferred_username: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    realm_access: Roles,
    #[serde(default)]
    resource_access: BTreeMap<String, Roles>,
    /// Only ID tokens have it.
    #[serde(default)]
    at_hash: Option<IgnoredAny>,
    /// Only logout tokens have it (and other security events).
    #[serde(default)]
    events: Option<IgnoredAny>,
    /// The token counts only together with a proof (RFC 7800), which is not asked for here.
    #[serde(default)]
    cnf: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
struct Roles {
    #[serde(default)]
    roles: Vec<String>,
}

/// Nobody is in more groups and roles together.
const MAX_SUBJECTS: usize = 2000;
/// Nor is any called longer.
const MAX_NAME_BYTES: usize = 512;

impl Claims {
    /// The principal they speak of, if they make a good access token of `issuer`. Signature, times and audience are
    /// checked already; `header_type` is the header's `typ`.
    pub(crate) fn into_principal(self, issuer: &Issuer, header_type: Option<&str>) -> Result<Principal, Refusal> {
        self.check_kind(header_type)?;
        let client = self.azp.clone().or_else(|| self.client_id.clone());
        if !issuer.clients.is_empty() && !client.as_ref().is_some_and(|client| issuer.clients.contains(client)) {
            let allowed = issuer.clients.iter().cloned().collect::<Vec<_>>().join(", ");
            return Err(Refusal::Client { client: client.unwrap_or_default(), allowed });
        }
        let latest = Utc::now().timestamp() as f64 + issuer.leeway_seconds as f64;
        if self.iat.is_some_and(|at| at > latest) {
            return Err(Refusal::NotYetValid);
        }
        let Some(sub) = self.sub.as_deref().filter(|sub| is_name(sub)) else {
            let reason = "has no `sub`: switch lightweight access tokens off, and give the client the scope `basic`";
            return Err(Refusal::Claims { reason: reason.to_owned() });
        };
        let user = Subject::user(sub).of(issuer.name.as_deref());
        let subjects = self.subjects(&user, issuer)?;
        let name = self.preferred_username.or(self.name).unwrap_or_else(|| sub.to_owned());
        Ok(Principal { user, name, subjects, client, expires: time(self.exp) })
    }

    fn check_kind(&self, header_type: Option<&str>) -> Result<(), Refusal> {
        let refuse = |kind: &str| Err(Refusal::Kind { kind: kind.to_owned() });
        // RFC 9068 says it in the header, Keycloak in a claim.
        let is_access_token = header_type.is_some_and(|kind| {
            let kind = kind.to_ascii_lowercase();
            kind.strip_prefix("application/").unwrap_or(&kind) == "at+jwt"
        });
        match self.typ.as_deref() {
            None | Some("Bearer") => {}
            Some("ID") => return refuse("an ID token"),
            Some("Refresh" | "Offline") => return refuse("a refresh token"),
            Some("Logout") => return refuse("a logout token"),
            Some("DPoP") => return refuse("bound to a key (DPoP)"),
            Some(_) => return refuse("of another kind"),
        }
        match header_type.map(str::to_ascii_lowercase).as_deref() {
            None | Some("jwt" | "application/jwt") => {}
            Some(_) if is_access_token => {}
            Some(_) => return refuse("of another kind"),
        }
        if self.events.is_some() {
            return refuse("a logout token");
        }
        if self.at_hash.is_some() && !is_access_token && self.typ.is_none() {
            return refuse("an ID token");
        }
        if self.cnf.is_some() {
            return refuse("bound to a key (`cnf`)");
        }
        Ok(())
    }

    fn subjects(&self, user: &Subject, issuer: &Issuer) -> Result<Vec<Subject>, Refusal> {
        let named = |names: &[String], subject: &dyn Fn(&str) -> Subject| -> Vec<Subject> {
            names.iter().filter(|name| is_name(name.trim_start_matches('/'))).map(|name| subject(name)).collect()
        };
        let mut all: BTreeSet<Subject> = BTreeSet::from([user.clone(), Subject::authenticated()]);
        let mut theirs = named(&self.groups, &Subject::group);
        theirs.extend(named(&self.realm_access.roles, &Subject::role));
        for (client, roles) in self.resource_access.iter().filter(|(client, _)| is_name(client)) {
            theirs.extend(named(&roles.roles, &|role| Subject::client_role(client, role)));
        }
        if theirs.len() > MAX_SUBJECTS {
            let reason = format!("has {} groups and roles; {MAX_SUBJECTS} are the most", theirs.len());
            return Err(Refusal::Claims { reason });
        }
        all.extend(theirs.into_iter().map(|subject| subject.of(issuer.name.as_deref())));
        Ok(all.into_iter().collect())
    }

    /// The issuer they name.
    pub(crate) fn issuer(&self) -> &str {
        &self.iss
    }
}

/// Whether a name can be that of a subject.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.chars().any(char::is_control)
}

/// A NumericDate (RFC 7519); one beyond all calendars is the last day there is.
pub(crate) fn time(seconds: f64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds as i64, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// What must be known of a token before anything of it is believed.
#[derive(Debug, Deserialize)]
pub(crate) struct Unverified {
    pub(crate) iss: String,
    #[serde(default)]
    pub(crate) exp: f64,
}
