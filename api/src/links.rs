//! Links. All of them start from one base: the public URL of the settings, or what the request itself says.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{
        header::{self, HeaderMap},
        uri::Authority,
    },
    web,
};
use ardent_model::Period;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

use crate::{Settings, parameters, problem::Problem, state::State};

/// What must be encoded in a part of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// Media types of what links lead to.
pub(crate) const JSON: &str = "application/json";
pub(crate) const GEOJSON: &str = "application/geo+json";
pub(crate) const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";
pub(crate) const HTML: &str = "text/html";
pub(crate) const SCHEMA: &str = "application/schema+json";

/// Relations of links that OGC API standards define.
pub(crate) const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
pub(crate) const SORTABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/sortables";

/// A link (STAC API – Core; `method`, `body` and `merge` as Item Search has them for paging).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Link {
    rel: &'static str,
    #[serde(rename = "type")]
    media_type: &'static str,
    href: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merge: Option<bool>,
}

impl Link {
    /// A link that is followed with GET.
    pub(crate) fn new(rel: &'static str, media_type: &'static str, href: String) -> Self {
        Self { rel, media_type, href, title: None, method: None, body: None, merge: None }
    }

    /// With a title.
    pub(crate) fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// That says its method.
    pub(crate) fn by(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    /// That is followed with POST and this whole body.
    pub(crate) fn posting(mut self, body: Value) -> Self {
        (self.method, self.body, self.merge) = (Some("POST"), Some(body), Some(false));
        self
    }
}

/// Makes the links of one answer.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    base: String,
}

impl Links {
    /// Those of the answer to a request.
    pub(crate) fn of(request: &HttpRequest, settings: &Settings) -> Self {
        let base = match &settings.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None if settings.trust_forwarded => forwarded(request),
            None => format!("http://{}", host(request)),
        };
        Self { base }
    }

    /// To a fixed path, which starts with `/`.
    pub(crate) fn to(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// To a collection.
    pub(crate) fn collection(&self, id: &str) -> String {
        format!("{}/collections/{}", self.base, encode(id))
    }

    /// To the items of a collection.
    pub(crate) fn items(&self, collection: &str) -> String {
        format!("{}/items", self.collection(collection))
    }

    /// To a description of what items may be filtered or sorted by: those of a collection, or all.
    pub(crate) fn described(&self, collection: Option<&str>, what: &str) -> String {
        match collection {
            Some(id) => format!("{}/{what}", self.collection(id)),
            None => self.to(&format!("/{what}")),
        }
    }

    /// The link to what items can be filtered by, as a header.
    pub(crate) fn queryables_header(&self, collection: Option<&str>) -> String {
        format!("<{}>; rel=\"{QUERYABLES}\"; type=\"{SCHEMA}\"", self.described(collection, "queryables"))
    }

    /// To an item.
    pub(crate) fn item(&self, collection: &str, id: &str) -> String {
        format!("{}/{}", self.items(collection), encode(id))
    }

    /// To the items of a collection by date.
    pub(crate) fn dates(&self, collection: &str, period: Period) -> String {
        format!("{}/dates/{period}", self.collection(collection))
    }

    /// To the landing page, as every document has it.
    pub(crate) fn root(&self) -> Link {
        Link::new("root", JSON, self.to("/"))
    }

    /// To the document itself, query included.
    pub(crate) fn itself(media_type: &'static str, href: String, query: &str) -> Link {
        Link::new("self", media_type, if query.is_empty() { href } else { format!("{href}?{query}") })
    }

    /// To the next page: the same query with another token.
    pub(crate) fn next(media_type: &'static str, href: &str, query: &str, token: &str) -> Link {
        let kept = parameters::pairs(query).filter(|(name, _)| name != "token").map(|(_, pair)| pair);
        let token = form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish();
        let query: Vec<&str> = kept.chain([token.as_str()]).collect();
        Link::new("next", media_type, format!("{href}?{}", query.join("&"))).by("GET")
    }
}

impl FromRequest for Links {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("no state"));
        ready(state.map(|state| Self::of(request, &state.settings)))
    }
}

fn encode(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

/// The host of the request, or the address it came to if it names none.
fn host(request: &HttpRequest) -> String {
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let named = named.or_else(|| request.uri().authority().map(Authority::as_str));
    match named {
        Some(name) if is_authority(name) => name.to_owned(),
        _ => request.app_config().local_addr().to_string(),
    }
}

/// Scheme, host and prefix as the proxy in front says.
fn forwarded(request: &HttpRequest) -> String {
    let connection = request.connection_info();
    let scheme = if connection.scheme().eq_ignore_ascii_case("https") { "https" } else { "http" };
    let host = if is_authority(connection.host()) { connection.host().to_owned() } else { host(request) };
    format!("{scheme}://{host}{}", prefix(request.headers()))
}

fn prefix(headers: &HeaderMap) -> String {
    let prefix = headers.get("x-forwarded-prefix").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parts = prefix.split(',').next().unwrap_or_default().split('/').map(str::trim);
    let parts =
        parts.filter(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c)));
    parts.fold(String::new(), |path, part| path + "/" + part)
}

fn is_authority(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn base(settings: &Settings, headers: &[(&'static str, &'static str)]) -> String {
        let mut request = TestRequest::get().uri("/search");
        for header in headers {
            request = request.insert_header(*header);
        }
        Links::of(&request.to_http_request(), settings).to("/search")
    }

    #[test]
    fn the_public_url_wins() {
        let settings = Settings { public_url: Some("https://x.org/ardent/".to_owned()), ..Settings::default() };
        assert_eq!(base(&settings, &[("host", "inner:8080")]), "https://x.org/ardent/search");
    }

    #[test]
    fn forwarded_headers_count_only_if_trusted() {
        let headers = [
            ("host", "inner:8080"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "x.org"),
            ("x-forwarded-prefix", "/ardent/"),
        ];
        assert_eq!(base(&Settings::default(), &headers), "http://inner:8080/search");
        let trusting = Settings { trust_forwarded: true, ..Settings::default() };
        assert_eq!(base(&trusting, &headers), "https://x.org/ardent/search");
        let standard = [("host", "inner:8080"), ("forwarded", "for=1.2.3.4;proto=https;host=x.org")];
        assert_eq!(base(&trusting, &standard), "https://x.org/search");
        assert_eq!(base(&trusting, &[("host", "inner:8080")]), "http://inner:8080/search");
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        let link = base(&Settings::default(), &[("host", "x\"><script>")]);
        assert!(!link.contains("script") && link.starts_with("http://127.0.0.1"), "{link}");
    }

    #[test]
    fn ids_are_encoded() {
        let links = Links { base: "http://h".to_owned() };
        assert_eq!(links.item("a b", "s/1?é#"), "http://h/collections/a%20b/items/s%2F1%3F%C3%A9%23");
    }

    #[test]
    fn the_next_page_keeps_the_query_and_has_one_token() {
        let link = Links::next(GEOJSON, "http://h/search", "limit=2&token=old&bbox=1,2,3,4", "a+b/c=");
        assert_eq!(link.href, "http://h/search?limit=2&bbox=1,2,3,4&token=a%2Bb%2Fc%3D");
        let link = Links::next(GEOJSON, "http://h/search", "%74oke%6e=old&&to%6B=x&sortby=%2Bid", "new");
        assert_eq!(link.href, "http://h/search?to%6B=x&sortby=%2Bid&token=new", "however it is written");
    }
}
