//! Profiles: how to reach a bucket, folder or host.

use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;

use crate::{Error, Result};

/// How to reach the objects whose href begins with `url`. Secrets never show in `Debug`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreProfile {
    /// `s3://bucket`, `s3://` (every bucket), `file:///folder`, `http://host` or `https://host`.
    pub url: String,
    /// Endpoint of an S3 service other than AWS.
    pub endpoint: Option<String>,
    /// Region; `us-east-1` if left out.
    pub region: Option<String>,
    /// Access key.
    pub access_key_id: Option<SecretString>,
    /// Secret key.
    pub secret_access_key: Option<SecretString>,
    /// Session token, with temporary keys.
    pub session_token: Option<SecretString>,
    /// Do not sign requests.
    #[serde(default)]
    pub anonymous: bool,
    /// The bucket is in the host name (`bucket.endpoint`) instead of the path.
    #[serde(default)]
    pub virtual_hosted: bool,
}

/// The profiles of a process.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    /// In the order of the file; the longest matching url wins.
    #[serde(default, rename = "store")]
    pub stores: Vec<StoreProfile>,
}

/// The pilot's `object-store-secrets.json`.
#[derive(Deserialize)]
struct PilotSecrets {
    token: SecretString,
    secret: SecretString,
    endpoint_url: String,
}

impl Profiles {
    /// Reads a TOML file of `[[store]]` tables, or a JSON file `{"token", "secret", "endpoint_url"}` as the pilot had.
    pub fn read(path: &Path) -> Result<Self> {
        let profile = path.display().to_string();
        let fault = |reason: String| Error::Profile { profile: profile.clone(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
        if path.extension().is_some_and(|extension| extension == "json") {
            let secrets: PilotSecrets = serde_json::from_str(&text)
                .map_err(|error| fault(format!("{error}; it needs token, secret and endpoint_url")))?;
            let store = StoreProfile {
                url: "s3://".to_owned(),
                endpoint: Some(secrets.endpoint_url),
                access_key_id: Some(secrets.token),
                secret_access_key: Some(secrets.secret),
                ..StoreProfile::default()
            };
            return Ok(Self { stores: vec![store] });
        }
        // The error's own text quotes the line, which may hold a secret.
        toml::from_str(&text).map_err(|error| fault(error.message().to_owned()))
    }

    /// The same with one more profile, for this folder.
    #[must_use]
    pub fn with_folder(mut self, folder: &Path) -> Self {
        let url = url::Url::from_directory_path(folder).map_or_else(|()| folder.display().to_string(), String::from);
        self.stores.push(StoreProfile { url, ..StoreProfile::default() });
        self
    }
}
