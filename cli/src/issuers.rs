//! The identity providers that the settings name.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};
use ardent_identity::{Issuer, Timing, Verifier};
use serde::Deserialize;
use tokio::runtime::Handle;

use crate::arguments::Identity;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    issuer: Vec<Issuer>,
}

/// What checks tokens; none if no identity provider is named.
pub(crate) fn verifier(options: &Identity) -> Result<Option<Verifier>> {
    let mut issuers = options.issuers.as_deref().map(read).transpose()?.unwrap_or_default();
    if let Some(url) = &options.oidc_issuer {
        let clients = options.oidc_clients.iter().cloned().collect();
        let (audience, leeway_seconds) = (options.oidc_audience.clone(), options.oidc_leeway_seconds);
        issuers.insert(0, Issuer { audience, clients, leeway_seconds, ..Issuer::new(url) });
    }
    if issuers.is_empty() {
        return Ok(None);
    }
    let refresh = Duration::from_secs(options.oidc_refresh_seconds.max(1));
    for issuer in &mut issuers {
        issuer.timing = Timing { refresh, ..issuer.timing };
    }
    let fault = "the identity providers cannot be used; check --oidc-issuer and --issuers";
    Ok(Some(Verifier::start(issuers, &Handle::current()).context(fault)?))
}

fn read(path: &Path) -> Result<Vec<Issuer>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let file: File = toml::from_str(&text).with_context(|| format!("{} lists no issuers", path.display()))?;
    Ok(file.issuer)
}
