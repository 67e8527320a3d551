//! From hrefs to objects.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder, http::HttpBuilder,
    local::LocalFileSystem, path::Path,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{Error, Object, Profiles, Result, StoreProfile, plain_http::PlainHttp};

/// The object stores of a process, built when they are first needed.
#[derive(Debug, Default)]
pub struct Stores {
    profiles: Vec<StoreProfile>,
    built: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl Stores {
    /// From profiles; nothing is contacted yet.
    pub fn new(profiles: Profiles) -> Result<Self> {
        for profile in &profiles.stores {
            let known =
                ["s3://", "file://", "http://", "https://"].iter().any(|scheme| profile.url.starts_with(scheme));
            if !known {
                let reason = "its url must begin with s3://, file://, http:// or https://".to_owned();
                return Err(Error::Profile { profile: profile.url.clone(), reason });
            }
        }
        Ok(Self { profiles: profiles.stores, built: Mutex::default() })
    }

    /// The object, or what begins with it, that `href` names: `s3://bucket/key`, `file:///path`, an absolute path,
    /// `https://host/path`.
    pub fn object(&self, href: &str) -> Result<Object> {
        let fault = |reason: &str| Error::Href { href: href.to_owned(), reason: reason.to_owned() };
        let absolute = if href.starts_with('/') {
            Url::from_file_path(href).map_err(|()| fault("it is not an absolute path"))?
        } else {
            Url::parse(href).map_err(|error| fault(&error.to_string()))?
        };
        let profile = self.profile_of(&absolute).ok_or_else(|| Error::NoProfile { href: href.to_owned() })?;
        let (root, path) = split(&absolute, profile).ok_or_else(|| fault("it has no path that can be read"))?;
        let store = self.store(&root, profile)?;
        Ok(Object { href: href.into(), store, path })
    }

    /// The profile with the longest url that `href` begins with, whole path segments only.
    fn profile_of(&self, href: &Url) -> Option<&StoreProfile> {
        let text = href.as_str();
        let covers = |profile: &&StoreProfile| {
            let rest = text.strip_prefix(profile.url.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || profile.url.ends_with('/'))
        };
        self.profiles.iter().filter(covers).max_by_key(|profile| profile.url.len())
    }

    fn store(&self, root: &str, profile: &StoreProfile) -> Result<Arc<dyn ObjectStore>> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = built.get(root) {
            return Ok(Arc::clone(store));
        }
        let store = build(root, profile)
            .map_err(|error| Error::Profile { profile: profile.url.clone(), reason: error.to_string() })?;
        built.insert(root.to_owned(), Arc::clone(&store));
        Ok(store)
    }
}

/// The root of the store (bucket, host or folder), and the path below it.
fn split(href: &Url, profile: &StoreProfile) -> Option<(String, Path)> {
    if href.scheme() == "file" {
        let folder = Url::parse(&profile.url).ok()?.to_file_path().ok()?;
        let file = href.to_file_path().ok()?;
        // `..` is gone since parsing; what is not below the profile's folder did not match it.
        let below = file.strip_prefix(&folder).ok()?;
        let path = below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        return Some((folder.display().to_string(), path));
    }
    let root = href.origin().is_tuple().then(|| href.origin().ascii_serialization());
    let root = root.or_else(|| Some(format!("{}://{}", href.scheme(), href.host_str()?)))?;
    Some((root, Path::from_url_path(href.path()).ok()?))
}

/// How stores are talked to. Servers close connections without use after a minute or so.
const CONNECTOR: PlainHttp = PlainHttp {
    timeout: Duration::from_mins(1),
    connect_timeout: Duration::from_secs(5),
    kept: Duration::from_secs(20),
};

fn build(root: &str, profile: &StoreProfile) -> object_store::Result<Arc<dyn ObjectStore>> {
    if root.starts_with('/') {
        return Ok(Arc::new(LocalFileSystem::new_with_prefix(root)?));
    }
    let PlainHttp { timeout, connect_timeout, .. } = CONNECTOR;
    let options =
        ClientOptions::new().with_connect_timeout(connect_timeout).with_timeout(timeout).with_allow_http(true);
    if let Some(bucket) = root.strip_prefix("s3://") {
        return Ok(Arc::new(s3(bucket, profile, options)?));
    }
    let builder = HttpBuilder::new().with_url(root).with_client_options(options).with_retry(retry());
    Ok(Arc::new(builder.with_http_connector(CONNECTOR).build()?))
}

fn s3(
    bucket: &str,
    profile: &StoreProfile,
    options: ClientOptions,
) -> object_store::Result<object_store::aws::AmazonS3> {
    let text = |secret: &SecretString| secret.expose_secret().to_owned();
    // Without keys of its own a profile takes those of the environment (AWS_…), and instance roles.
    let mut builder =
        if profile.access_key_id.is_some() { AmazonS3Builder::new() } else { AmazonS3Builder::from_env() };
    builder = builder
        .with_bucket_name(bucket)
        .with_region(profile.region.clone().unwrap_or_else(|| "us-east-1".to_owned()))
        .with_client_options(options)
        .with_http_connector(CONNECTOR)
        .with_retry(retry())
        .with_skip_signature(profile.anonymous)
        .with_virtual_hosted_style_request(profile.virtual_hosted);
    if let Some(endpoint) = &profile.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(key) = &profile.access_key_id {
        builder = builder.with_access_key_id(text(key));
    }
    if let Some(secret) = &profile.secret_access_key {
        builder = builder.with_secret_access_key(text(secret));
    }
    if let Some(token) = &profile.session_token {
        builder = builder.with_token(text(token));
    }
    builder.build()
}

/// Retries of what may pass: 408, 429, 5xx and broken connections, with jitter, for at most half a minute.
fn retry() -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(50), max_backoff: Duration::from_secs(5), base: 2.0 };
    RetryConfig { backoff, max_retries: 6, retry_timeout: Duration::from_secs(30) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(url: &str) -> StoreProfile {
        StoreProfile { url: url.to_owned(), anonymous: true, ..StoreProfile::default() }
    }

    fn stores(urls: &[&str]) -> Stores {
        Stores::new(Profiles { stores: urls.iter().map(|url| profile(url)).collect() }).unwrap()
    }

    #[test]
    fn an_href_without_profile_is_refused() {
        let stores = stores(&["s3://ard", "file:///data/ard"]);
        for href in [
            "s3://other/key",
            "file:///etc/passwd",
            "file:///data/ard/../../etc/passwd",
            "/data/ardent/x",
            "https://example.org/x",
            "s3://ard-other/x",
        ] {
            let error = stores.object(href).unwrap_err();
            assert!(matches!(error, Error::NoProfile { .. }), "{href}: {error}");
        }
        assert!(matches!(stores.object("x.tif").unwrap_err(), Error::Href { .. }));
    }

    #[test]
    fn hrefs_become_paths_in_a_store() {
        let stores = stores(&["s3://", "https://example.org"]);
        assert_eq!(stores.object("s3://ard/2019/06/27/a b.tif").unwrap().path.as_ref(), "2019/06/27/a b.tif");
        assert_eq!(stores.object("https://example.org/a/b.tif").unwrap().path.as_ref(), "a/b.tif");
    }

    #[tokio::test]
    async fn files_are_read_below_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one.txt"), "one").unwrap();
        let stores = Stores::new(Profiles::default().with_folder(folder.path())).unwrap();
        let object = stores.object(&format!("{}/one.txt", folder.path().display())).unwrap();
        assert_eq!(&object.get().await.unwrap()[..], b"one");
        assert_eq!(object.get_head(2).await.unwrap().0.len(), 2);
        assert!(matches!(object.get_range(1..9).await.unwrap_err(), Error::Truncated { .. }));
        let missing = stores.object(&format!("{}/two.txt", folder.path().display())).unwrap();
        assert!(matches!(missing.get().await.unwrap_err(), Error::NotFound { .. }));
    }

    #[test]
    fn secrets_do_not_show() {
        let secret = Some(SecretString::from("hush".to_owned()));
        let profile = StoreProfile { secret_access_key: secret, ..profile("s3://ard") };
        assert!(!format!("{profile:?}").contains("hush"));
        let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        std::fs::write(file.path(), "[[store]]\nurl = \"s3://\"\nsecret_acces_key = \"hush\"\n").unwrap();
        let error = Profiles::read(file.path()).unwrap_err().to_string();
        assert!(error.contains("secret_acces_key") && !error.contains("hush"), "{error}");
    }
}
