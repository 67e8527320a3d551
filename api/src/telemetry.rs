//! Spans, counters and the CORS policy: what surrounds every request.

use actix_cors::Cors;
use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
};
use actix_web_prom::{PrometheusMetrics, PrometheusMetricsBuilder};
use prometheus::Registry;
use tracing::{Span, field::Empty};
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// Header that carries the id under which the log knows a request.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Headers a page of another origin may read.
const EXPOSED: [&str; 21] = [
    REQUEST_ID,
    "accept-patch",
    "accept-post",
    "content-crs",
    "content-disposition",
    "content-length",
    "etag",
    "link",
    "location",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "www-authenticate",
    "ardent-quota-left",
    "ardent-crs",
    "ardent-dates",
    "ardent-items",
    "ardent-skipped",
    "ardent-summary",
    "ardent-transform",
];

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// Any origin may read everything: nothing is decided by cookies.
pub(crate) fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .allowed_methods(METHODS)
        .allow_any_header()
        .expose_headers(EXPOSED)
        .max_age(86_400)
}

/// Counts and latencies by route template and status.
pub(crate) fn metrics(registry: Registry) -> Result<PrometheusMetrics, Box<dyn std::error::Error + Send + Sync>> {
    PrometheusMetricsBuilder::new("ardent").registry(registry).mask_unmatched_patterns("(unmatched)").build()
}

/// One span per request; its end is one line of the log.
#[derive(Debug)]
pub(crate) struct Spans;

impl RootSpanBuilder for Spans {
    fn on_request_start(request: &ServiceRequest) -> Span {
        use actix_web::HttpMessage;
        let request_id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        tracing::info_span!(
            "request",
            %request_id,
            http.method = %request.method(),
            http.target = %request.path(),
            http.route = Empty,
            http.status_code = Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => {
                if let Some(route) = response.request().match_pattern() {
                    span.record("http.route", route);
                }
                response.status()
            }
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("http.status_code", status.as_u16());
        span.in_scope(|| tracing::info!(status = status.as_u16(), "answered"));
    }
}
