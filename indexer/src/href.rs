//! Hrefs of assets: absolute and logical, whatever the document says.

use std::borrow::Cow;

use url::Url;

/// The absolute, logical href that `href` means in the document at `base`.
///
/// Relative ones are resolved against the document. Those of the pilot (`http://tenancy.s3-ext…/bucket/key?domain=…`)
/// become `s3://bucket/key`: how the bucket is reached is a matter of storage profiles. Others stay as they are.
pub(crate) fn logical<'a>(href: &'a str, base: &Url) -> Result<Cow<'a, str>, String> {
    if is_plainly_absolute(href) {
        return Ok(Cow::Borrowed(href));
    }
    if href.trim().is_empty() {
        return Err("its href is empty".to_owned());
    }
    match Url::parse(href) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && names_endpoint(&url) => in_bucket(&url).map(Cow::Owned),
        Ok(_) => Ok(Cow::Borrowed(href)),
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let joined = base.join(href).map_err(|error| format!("its href `{href}` cannot be resolved: {error}"))?;
            Ok(Cow::Owned(joined.into()))
        }
        Err(error) => Err(format!("its href `{href}` is not one: {error}")),
    }
}

/// Whether an href is absolute and names no endpoint, at first sight: a plain host name, and no query. Of the other hrefs of
/// an item, a dozen as a rule, the parser takes some microseconds.
fn is_plainly_absolute(href: &str) -> bool {
    let rest = ["https://", "http://", "s3://"].iter().find_map(|scheme| href.strip_prefix(scheme));
    let Some((host, path)) = rest.and_then(|rest| rest.split_once('/')) else { return false };
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    // Numbers as addresses (0x7f, too), and names that stand for others, are for the parser.
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_name = host.bytes().all(is_plain) && last.starts_with(|first: char| first.is_ascii_lowercase());
    is_name && !host.contains("xn--") && !host.ends_with(".jc.rl.ac.uk") && !path.contains('?')
}

/// Whether the host is an S3 endpoint with the bucket first in the path: the pilot says so by `?domain=`, and the
/// object store of JASMIN by its names. A host such as `bucket.s3.region.amazonaws.com` is not: the bucket is in it.
fn names_endpoint(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let is_tenancy = [".s3.jc.rl.ac.uk", ".s3-ext.jc.rl.ac.uk"].iter().any(|suffix| host.ends_with(suffix));
    is_tenancy || url.query_pairs().any(|(key, _)| key == "domain")
}

fn in_bucket(url: &Url) -> Result<String, String> {
    let path = url.path().trim_start_matches('/');
    match path.split_once('/') {
        Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => Ok(format!("s3://{bucket}/{key}")),
        _ => Err(format!("its href `{url}` names no bucket and key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hrefs_become_absolute_and_logical() {
        let bucket = Url::parse("s3://ard/2019/06/27/scene.json").unwrap();
        let folder = Url::parse("file:///data/a%20b/scene.json").unwrap();
        for (href, base, expected) in [
            ("./B02.tif", &bucket, "s3://ard/2019/06/27/B02.tif"),
            ("B02.tif", &folder, "file:///data/a%20b/B02.tif"),
            ("../x/B 02.tif", &folder, "file:///data/x/B%2002.tif"),
            ("/mnt/B02.tif", &folder, "file:///mnt/B02.tif"),
            ("s3://other/B02.tif", &bucket, "s3://other/B02.tif"),
            (
                "http://tenancy.s3-ext.jc.rl.ac.uk/sentinel2-ard/2019/a.tif?domain=tenancy.s3-ext.jc.rl.ac.uk",
                &folder,
                "s3://sentinel2-ard/2019/a.tif",
            ),
            ("http://10.0.0.1:9000/ard/a.tif?domain=x&foo=foo.yaml", &folder, "s3://ard/a.tif"),
            ("https://tenancy.s3.jc.rl.ac.uk/ard/a.tif", &folder, "s3://ard/a.tif"),
            (
                "https://sentinel-cogs.s3.us-west-2.amazonaws.com/a/B02.tif",
                &bucket,
                "https://sentinel-cogs.s3.us-west-2.amazonaws.com/a/B02.tif",
            ),
            ("https://example.org/a.tif?token=1", &bucket, "https://example.org/a.tif?token=1"),
        ] {
            assert_eq!(logical(href, base).unwrap(), expected, "{href}");
        }
        for (href, reason) in [
            ("", "empty"),
            ("http://x/?domain=x", "no bucket"),
            ("http://x/ard?domain=x", "no bucket"),
            ("http://[", "not one"),
            ("http://0xfffffffff/a.tif", "not one"),
            ("https://1.2.3.400/a.tif", "not one"),
        ] {
            assert!(logical(href, &folder).unwrap_err().contains(reason), "{href}");
        }
    }
}
