//! Documents as they are answered, with what tells a client whether it has them already.

use std::time::SystemTime;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header::{self, HttpDate, LastModified},
};
use ardent_catalog::{StoredCollection, StoredItem};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    authentication,
    caller::Credential,
    context::Context,
    etag::{self, Tag},
    links::{GEOJSON, JSON, Links},
    problem::Problem,
    routes::Answer,
    stac,
};

/// A document on its way out.
#[derive(Debug)]
pub(crate) struct Representation {
    media_type: &'static str,
    body: String,
    tag: Tag,
    modified: Option<DateTime<Utc>>,
}

impl Representation {
    /// An item with its links.
    pub(crate) fn item(links: &Links, item: &StoredItem) -> Result<Self, Problem> {
        Self::item_as(links, item, "")
    }

    /// An item with its links, as the query of a request wants it.
    pub(crate) fn item_as(links: &Links, item: &StoredItem, query: &str) -> Result<Self, Problem> {
        let links = serde_json::to_string(&stac::item_links(links, item)).map_err(Problem::internal)?;
        let tag = Tag::new(Some(item.version), &[links.as_bytes(), query.as_bytes()].concat());
        let body = ardent_export::with_links(&item.document, &links);
        Ok(Self { media_type: GEOJSON, body, tag, modified: Some(item.updated) })
    }

    /// A collection with its links and what its items cover.
    pub(crate) fn collection(context: &Context, stored: &StoredCollection) -> Self {
        let body = authentication::collection(context, stored).to_string();
        let tag = Tag::new(Some(stored.version), body.as_bytes());
        Self { media_type: JSON, body, tag, modified: Some(stored.updated) }
    }

    /// A document that is made anew each time.
    pub(crate) fn made(document: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(document).map_err(Problem::internal)?;
        Ok(Self { media_type: JSON, tag: Tag::new(None, body.as_bytes()), body, modified: None })
    }

    /// The answer to a reader: the document, or 304 if it has it.
    pub(crate) fn answer(self, request: &HttpRequest, context: &Context) -> Answer {
        if let Some(tag) = etag::unmodified(request.headers(), &self.tag)? {
            let mut response = self.headed(HttpResponse::NotModified(), context);
            return Ok(response.insert_header((header::ETAG, tag)).finish());
        }
        Ok(self.headed(HttpResponse::Ok(), context).content_type(self.media_type).body(self.body))
    }

    /// The answer to a writer who changed what was there: what is there now, or only its headers if that is what the
    /// writer prefers (RFC 7240).
    pub(crate) fn changed(self, location: String, context: &Context) -> HttpResponse {
        if !context.prefers_minimal {
            return self.written(HttpResponse::Ok(), location, context);
        }
        let mut response = self.headed(HttpResponse::NoContent(), context);
        response.insert_header((header::CONTENT_LOCATION, location));
        response.insert_header(("preference-applied", "return=minimal")).finish()
    }

    /// The answer to a writer: what is there now, at `location`.
    pub(crate) fn written(
        self,
        mut response: HttpResponseBuilder,
        location: String,
        context: &Context,
    ) -> HttpResponse {
        let response = response.insert_header((header::CONTENT_LOCATION, location));
        let mut response = self.headed(std::mem::replace(response, HttpResponse::Ok()), context);
        response.content_type(self.media_type).body(self.body)
    }

    fn headed(&self, mut response: HttpResponseBuilder, context: &Context) -> HttpResponseBuilder {
        response.insert_header(self.tag.header());
        if let Some(modified) = self.modified {
            response.insert_header(LastModified(HttpDate::from(SystemTime::from(modified))));
        }
        // It may be kept, but is asked for again before it is shown: it changes without notice.
        let is_known = context.caller.credential != Credential::None;
        let cache = if is_known { "private, no-cache" } else { "no-cache" };
        response.insert_header((header::CACHE_CONTROL, cache));
        response
    }
}
