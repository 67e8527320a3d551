//! Which media types a caller takes (RFC 9110 §12.5.1).

use actix_web::http::{
    StatusCode,
    header::{self, HeaderMap},
};

use crate::problem::Problem;

/// JSON in the forms that this server answers with.
pub(crate) const JSON: &[&str] =
    &["application/json", "application/geo+json", "application/vnd.oai.openapi+json", "application/schema+json"];

/// The media ranges of `Accept` that are not refused (`q=0`), best first, without parameters; `*/*` if it is missing.
pub(crate) fn ranges(headers: &HeaderMap) -> Vec<String> {
    let mut ranges = Vec::new();
    for value in headers.get_all(header::ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(1.0));
            if !name.is_empty() && quality > 0.0 {
                ranges.push((name, quality));
            }
        }
    }
    if !headers.contains_key(header::ACCEPT) {
        ranges.push(("*/*".to_owned(), 1.0));
    }
    ranges.sort_by(|a: &(String, f32), b| b.1.total_cmp(&a.1));
    ranges.into_iter().map(|(name, _)| name).collect()
}

/// Whether a media range covers a media type.
pub(crate) fn covers(range: &str, media_type: &str) -> bool {
    range == "*/*"
        || range == media_type
        || range.strip_suffix("/*").is_some_and(|kind| media_type.split('/').next() == Some(kind))
}

/// Refuses a caller that takes none of `produced`.
pub(crate) fn check(headers: &HeaderMap, produced: &[&str]) -> Result<(), Problem> {
    let taken = |range: &String| produced.iter().any(|media_type| covers(range, media_type));
    if produced.is_empty() || ranges(headers).iter().any(taken) {
        return Ok(());
    }
    Err(refused(produced))
}

/// The refusal that lists what there is.
pub(crate) fn refused(produced: &[&str]) -> Problem {
    let detail = format!("`Accept`: none of what it lists is made here; accept {}", produced.join(" or "));
    Problem::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", detail)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn takes_what_browsers_and_clients_send() {
        for value in [
            "*/*",
            "application/json",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/geo+json;q=0.5, text/html",
            "application/*",
            "application/vnd.oai.openapi+json;version=3.0",
        ] {
            assert!(check(&accept(value), JSON).is_ok(), "{value}");
        }
        assert!(check(&HeaderMap::new(), JSON).is_ok());
    }

    #[test]
    fn refuses_what_cannot_be_made() {
        for value in ["text/html", "application/json;q=0", "image/*", ""] {
            let problem = check(&accept(value), JSON).unwrap_err();
            assert!(problem.to_string().contains("application/geo+json"), "{value}");
        }
    }

    #[test]
    fn orders_by_quality() {
        assert_eq!(ranges(&accept("image/png;q=0.5, image/tiff;profile=cloud-optimized")), ["image/tiff", "image/png"]);
    }
}
