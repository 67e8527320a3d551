//! Entity tags and what requests ask of them (RFC 9110 §8.8, §13).
//!
//! A tag is strong and has up to three parts: `"VERSION.REPRESENTATION-ENCODING"`. The version is that of the stored
//! document, which a write with `If-Match` must know; the representation is a digest of what else is in the answer (its
//! links, the live extent); the encoding is there if the answer is compressed. So answers that differ in a byte have
//! different tags, and whoever has read any of them may write.

use actix_web::http::{
    StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use ardent_catalog::{DocumentVersion, Preconditions, Versions};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// Bytes of the digest of a representation: 64 bits tell apart what one document can look like.
const DIGEST_BYTES: usize = 8;
/// Encodings that answers may have.
const ENCODINGS: [&str; 4] = ["gzip", "deflate", "zstd", "br"];

/// A tag without quotes and encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    /// That of an answer which has `rest` besides the document.
    pub(crate) fn new(version: Option<DocumentVersion>, rest: &[u8]) -> Self {
        let digest = Sha256::digest(rest).into_iter().take(DIGEST_BYTES);
        let digest = digest.fold(0_u64, |number, byte| number << 8 | u64::from(byte));
        let digest = format!("{digest:016x}");
        Self(version.map_or_else(|| digest.clone(), |version| format!("{version}.{digest}")))
    }

    /// The header.
    pub(crate) fn header(&self) -> (HeaderName, String) {
        (header::ETAG, format!("\"{}\"", self.0))
    }
}

/// A tag that a client sent.
#[derive(Debug, PartialEq, Eq)]
struct Sent {
    is_weak: bool,
    tag: Tag,
    encoding: Option<&'static str>,
}

impl Sent {
    fn new(is_weak: bool, text: &str) -> Self {
        let split = text.rsplit_once('-');
        let split = split.and_then(|(tag, last)| Some((tag, ENCODINGS.into_iter().find(|one| *one == last)?)));
        let (tag, encoding) = split.map_or((text, None), |(tag, encoding)| (tag, Some(encoding)));
        Self { is_weak, tag: Tag(tag.to_owned()), encoding }
    }

    fn version(&self) -> Option<DocumentVersion> {
        self.tag.0.split('.').next()?.parse().ok()
    }
}

/// Tags of a condition.
#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Any,
    These(Vec<Sent>),
}

/// What a reader asks: the status with which it is answered without a document, if it is.
pub(crate) fn unmodified(headers: &HeaderMap, tag: &Tag) -> Result<Option<HeaderValue>, Problem> {
    if let Some(Condition::These(sent)) = condition(headers, &header::IF_MATCH)?
        && !sent.iter().any(|one| !one.is_weak && one.tag == *tag)
    {
        let detail = "`If-Match`: the document has another tag by now; leave the header out to read it as it is";
        return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", detail));
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // What is compressed is of no use to a client that does not take it.
    let is_readable = |one: &Sent| one.encoding.is_none_or(|encoding| accepted.contains(encoding));
    let found = match condition(headers, &header::IF_NONE_MATCH)? {
        None => return Ok(None),
        Some(Condition::Any) => Some(format!("\"{}\"", tag.0)),
        Some(Condition::These(sent)) => {
            let same = sent.into_iter().find(|one| one.tag == *tag && is_readable(one));
            same.map(|one| format!("\"{}{}\"", tag.0, one.encoding.map(|name| format!("-{name}")).unwrap_or_default()))
        }
    };
    found.map(|text| HeaderValue::from_str(&text).map_err(Problem::internal)).transpose()
}

/// What a writer asks of the document that is there. A weak tag never matches `If-Match`.
pub(crate) fn preconditions(headers: &HeaderMap) -> Result<Preconditions, Problem> {
    if headers.contains_key(header::IF_UNMODIFIED_SINCE) {
        return Err(Problem::header(
            &header::IF_UNMODIFIED_SINCE,
            "seconds are too coarse to tell writes apart; use If-Match",
        ));
    }
    let versions = |name: HeaderName, with_weak: bool| {
        let condition = condition(headers, &name)?;
        Ok::<_, Problem>(condition.map(|condition| match condition {
            Condition::Any => Versions::Any,
            Condition::These(sent) => {
                let sent = sent.iter().filter(|one| with_weak || !one.is_weak);
                Versions::These(sent.filter_map(Sent::version).collect())
            }
        }))
    };
    Ok(Preconditions { only: versions(header::IF_MATCH, false)?, never: versions(header::IF_NONE_MATCH, true)? })
}

/// Refuses conditions where there is nothing yet that they could speak of.
pub(crate) fn no_preconditions(headers: &HeaderMap) -> Result<(), Problem> {
    let names = [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_UNMODIFIED_SINCE];
    match names.into_iter().find(|name| headers.contains_key(name)) {
        Some(name) => Err(Problem::header(&name, "POST only adds what is not there yet, so leave it out")),
        None => Ok(()),
    }
}

/// The condition of a header: `*`, or tags with commas between. A header that is given several times is one list.
fn condition(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Condition>, Problem> {
    let invalid =
        || Problem::header(name, "give `*` or entity tags as in an `ETag` header, in quotes, with commas between");
    let values: Option<Vec<&str>> = headers.get_all(name).map(|value| value.to_str().ok()).collect();
    let text = values.ok_or_else(invalid)?.join(",");
    if !headers.contains_key(name) {
        return Ok(None);
    }
    if text.trim() == "*" {
        return Ok(Some(Condition::Any));
    }
    let mut sent = Vec::new();
    let mut rest = text.trim_start_matches([',', ' ', '\t']);
    while !rest.is_empty() {
        let (is_weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (tag, after) = quoted.strip_prefix('"').and_then(|tag| tag.split_once('"')).ok_or_else(invalid)?;
        let after = after.trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return Err(invalid());
        }
        sent.push(Sent::new(is_weak, tag));
        rest = after.trim_start_matches([',', ' ', '\t']);
    }
    if sent.is_empty() { Err(invalid()) } else { Ok(Some(Condition::These(sent))) }
}

/// Completes the tag of an answer once it is known how it is encoded, and says by what the encoding was chosen.
pub(crate) fn complete(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(header::ETAG).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned) else {
        return;
    };
    let encoding = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let encoding = encoding.and_then(|encoding| ENCODINGS.into_iter().find(|one| *one == encoding));
    if let Some((encoding, start)) = encoding.zip(tag.strip_suffix('"'))
        && let Ok(value) = HeaderValue::from_str(&format!("{start}-{encoding}\""))
    {
        headers.insert(header::ETAG, value);
    }
    let mut varies = headers.get_all(header::VARY).filter_map(|value| value.to_str().ok());
    if !varies.any(|value| value.to_ascii_lowercase().contains("accept-encoding")) {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn version() -> DocumentVersion {
        VERSION.parse().unwrap()
    }

    fn headers(sent: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn none_match(value: &str) -> (HeaderName, &str) {
        (header::IF_NONE_MATCH, value)
    }

    #[test]
    fn a_tag_changes_with_everything_that_the_answer_has() {
        let tag = Tag::new(Some(version()), b"links");
        assert_eq!(tag, Tag::new(Some(version()), b"links"));
        assert_ne!(tag, Tag::new(Some(version()), b"other links"));
        assert_ne!(tag, Tag::new(None, b"links"));
        let mut encoded = headers(&[(header::ETAG, &tag.header().1), (header::CONTENT_ENCODING, "gzip")]);
        complete(&mut encoded);
        assert_eq!(encoded.get(header::ETAG).unwrap().to_str().unwrap(), format!("\"{}-gzip\"", tag.0));
        assert_eq!(encoded.get(header::VARY).unwrap(), "accept-encoding");
    }

    #[test]
    fn readers_are_told_what_they_have_already() {
        let tag = Tag::new(Some(version()), b"links");
        let plain = tag.header().1;
        let gzip = plain.replace("\"\"", "").trim_end_matches('"').to_owned() + "-gzip\"";
        let weak = format!("W/{plain}");
        let found = |sent: &[(HeaderName, &str)]| {
            let found = unmodified(&headers(sent), &tag).unwrap();
            found.map(|value| value.to_str().unwrap().to_owned())
        };

        assert_eq!(found(&[]), None);
        assert_eq!(found(&[none_match(&plain)]), Some(plain.clone()));
        assert_eq!(found(&[none_match(&weak)]), Some(plain.clone()), "compared weakly");
        assert_eq!(found(&[none_match("*")]), Some(plain.clone()));
        assert_eq!(found(&[none_match("\"a,b\", "), none_match(&plain)]), Some(plain.clone()));
        assert_eq!(found(&[none_match("\"other\"")]), None);
        assert_eq!(found(&[none_match(&gzip)]), None, "it takes no gzip");
        assert_eq!(found(&[none_match(&gzip), (header::ACCEPT_ENCODING, "gzip, br")]), Some(gzip.clone()));
        let mismatch = unmodified(&headers(&[(header::IF_MATCH, "\"other\"")]), &tag).unwrap_err();
        assert_eq!(mismatch.status_and_code().0, StatusCode::PRECONDITION_FAILED);
        assert_eq!(found(&[(header::IF_MATCH, &plain)]), None);
        assert!(unmodified(&headers(&[(header::IF_MATCH, &weak)]), &tag).is_err(), "compared strongly");
    }

    #[test]
    fn writers_name_versions() {
        let tag = Tag::new(Some(version()), b"links").header().1;
        let these = |versions| Some(Versions::These(versions));
        let only = |value: &str| preconditions(&headers(&[(header::IF_MATCH, value)])).unwrap().only;
        assert_eq!(only(&tag), these(vec![version()]));
        assert_eq!(only(&format!("\"{VERSION}.0123-zstd\"")), these(vec![version()]));
        assert_eq!(only(&format!("W/{tag}")), these(vec![]));
        assert_eq!(only("\"what\", \"else\""), these(vec![]));
        assert_eq!(only("*"), Some(Versions::Any));
        let never = preconditions(&headers(&[(header::IF_NONE_MATCH, &format!("W/{tag}"))])).unwrap().never;
        assert_eq!(never, these(vec![version()]));
        assert_eq!(preconditions(&HeaderMap::new()).unwrap(), Preconditions::default());
    }

    #[test]
    fn what_is_no_condition_names_the_header() {
        for value in ["", "abc", "\"a", "\"a\" \"b\"", "w/\"a\"", "*, \"a\"", ","] {
            let problem = preconditions(&headers(&[(header::IF_MATCH, value)])).unwrap_err();
            assert_eq!(problem.status_and_code(), (StatusCode::BAD_REQUEST, "InvalidHeader"), "{value}");
            assert!(problem.to_string().contains("`If-Match`"), "{problem}");
        }
        let since = headers(&[(header::IF_UNMODIFIED_SINCE, "Wed, 21 Oct 2015 07:28:00 GMT")]);
        assert!(preconditions(&since).unwrap_err().to_string().contains("If-Match"));
        assert!(no_preconditions(&since).unwrap_err().to_string().contains("`If-Unmodified-Since`"));
    }
}
