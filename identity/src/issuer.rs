//! The issuers that an admin trusts.

use std::{collections::BTreeSet, time::Duration};

use serde::Deserialize;
use url::Url;

use crate::{Error, Result};

/// An issuer of tokens, and what its tokens must have.
///
/// ```
/// use ardent_identity::Issuer;
/// let issuer = Issuer::new("https://sso.example.org/realms/ardent");
/// assert_eq!((issuer.audience.as_str(), issuer.leeway_seconds), ("ardent", 10));
/// assert!(issuer.validate().is_ok());
/// assert!(Issuer::new("http://sso.example.org/realms/ardent").validate().is_err(), "not over an open wire");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Its identifier, as `iss` has it to the letter, such as `https://sso.example.org/realms/ardent`.
    pub url: String,
    /// Name that its groups, roles and users carry in policies (`group:x@name`); none for the one that needs none.
    #[serde(default)]
    pub name: Option<String>,
    /// What `aud` must include.
    #[serde(default = "audience")]
    pub audience: String,
    /// Clients whose tokens count (`azp`); empty: any that gets our audience.
    #[serde(default)]
    pub clients: BTreeSet<String>,
    /// By how much the clocks may differ.
    #[serde(default = "leeway_seconds")]
    pub leeway_seconds: u64,
    /// When keys are fetched.
    #[serde(skip)]
    pub timing: Timing,
}

/// When the keys of an issuer are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How often, so that a key that was disabled counts no longer than this.
    pub refresh: Duration,
    /// How long after an attempt a token with an unknown key may cause another.
    pub pause: Duration,
    /// How long the issuer may take to answer.
    pub timeout: Duration,
    /// How long keys count while the issuer cannot be reached.
    pub keep: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            refresh: Duration::from_mins(5),
            pause: Duration::from_secs(1),
            timeout: Duration::from_secs(5),
            keep: Duration::from_hours(1),
        }
    }
}

fn audience() -> String {
    "ardent".to_owned()
}

const fn leeway_seconds() -> u64 {
    10
}

/// What the command line calls its own users (`user:root@cli`).
const OURS: &str = "cli";

/// Clocks that differ by more must be mended.
const MAX_LEEWAY_SECONDS: u64 = 300;

impl Issuer {
    /// With the audience `ardent`, from any client.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            name: None,
            audience: audience(),
            clients: BTreeSet::new(),
            leeway_seconds: leeway_seconds(),
            timing: Timing::default(),
        }
    }

    /// Where it describes itself (OpenID Connect Discovery 1.0 §4).
    pub fn description_url(&self) -> String {
        crate::discovery::description_url(&self.url)
    }

    /// Whether it can be trusted as it is set.
    pub fn validate(&self) -> Result<()> {
        let fault = |reason: &str| Err(Error::Issuer { issuer: self.url.clone(), reason: reason.to_owned() });
        let Some(url) = http_url(&self.url) else {
            return fault("it is no URL; give the realm's, such as https://sso.example.org/realms/ardent");
        };
        if !is_safe(&url) {
            return fault("it is not https; only on this machine (127.0.0.1, localhost) http will do");
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return fault("it has a query, fragment or user name; give it as tokens have it in `iss`");
        }
        if self.name.as_deref() == Some(OURS) {
            return fault("its name is taken: keys made on the command line are of `cli`; choose another");
        }
        if self.name.as_deref().is_some_and(|name| !ardent_model::policy::is_issuer_name(name)) {
            return fault("its name may have letters, digits, - and _ only");
        }
        if self.audience.is_empty() {
            return fault("its audience is empty; name what `aud` must include, such as ardent");
        }
        if self.leeway_seconds > MAX_LEEWAY_SECONDS {
            return fault("its leeway is more than 300 seconds; mend the clocks instead");
        }
        Ok(())
    }

    /// Whether they can stand beside each other.
    pub(crate) fn validate_all(issuers: &[Self]) -> Result<()> {
        let (mut urls, mut names) = (BTreeSet::new(), BTreeSet::new());
        for issuer in issuers {
            issuer.validate()?;
            let fault = |reason: &str| Err(Error::Issuer { issuer: issuer.url.clone(), reason: reason.to_owned() });
            if !urls.insert(issuer.url.as_str()) {
                return fault("it is given twice; give it once");
            }
            if !names.insert(issuer.name.as_deref()) {
                return fault(
                    "another has the same name, or none too; give each a `name` of its own, so that nobody's \
                              groups are taken for another's",
                );
            }
        }
        Ok(())
    }
}

/// A URL that can be fetched.
pub(crate) fn http_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether nobody on the way can change what comes from there.
pub(crate) fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_trusted_is_named_with_its_fix() {
        let good = Issuer::new("https://a.example/realms/x");
        for (issuer, fix) in [
            (Issuer::new("a.example"), "such as https://"),
            (Issuer::new("ftp://a.example"), "such as https://"),
            (Issuer::new("http://a.example/realms/x"), "not https"),
            (Issuer::new("http://127.0.0.1.example.org"), "not https"),
            (Issuer::new("https://me:x@a.example"), "user name"),
            (Issuer::new("https://a.example?x"), "query"),
            (Issuer { name: Some("a@b".to_owned()), ..good.clone() }, "letters"),
            (Issuer { name: Some("cli".to_owned()), ..good.clone() }, "choose another"),
            (Issuer { audience: String::new(), ..good.clone() }, "aud"),
            (Issuer { leeway_seconds: 301, ..good.clone() }, "clocks"),
        ] {
            let message = issuer.validate().unwrap_err().to_string();
            assert!(message.contains(fix) && message.contains(&issuer.url), "{message}");
        }
        for url in ["http://127.0.0.1:8180/realms/x", "http://[::1]:1/x", "http://localhost/x"] {
            Issuer::new(url).validate().unwrap();
        }
    }

    #[test]
    fn several_issuers_need_names() {
        let one = Issuer::new("https://a.example");
        let two = Issuer { name: Some("partner".to_owned()), ..Issuer::new("https://b.example") };
        Issuer::validate_all(&[one.clone(), two.clone()]).unwrap();
        for (issuers, fix) in [
            (vec![one.clone(), Issuer::new("https://b.example")], "`name` of its own"),
            (vec![two.clone(), Issuer { url: "https://c.example".to_owned(), ..two }], "`name` of its own"),
            (vec![one.clone(), Issuer { name: Some("x".to_owned()), ..one }], "twice"),
        ] {
            let message = Issuer::validate_all(&issuers).unwrap_err().to_string();
            assert!(message.contains(fix), "{message}");
        }
    }
}
