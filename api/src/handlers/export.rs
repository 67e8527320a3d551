//! Items in forms that have no pages: text that is streamed, and tables that are made whole first.

use std::pin::Pin;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
};
use ardent_catalog::StoredItem;
use ardent_export::{Document, Error, Form, Text};
use ardent_model::{Search, search::DEFAULT_LIMIT};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};

use super::{search::filterable, table};
use crate::{
    context::Context,
    links::{Link, Links},
    parameters,
    problem::Problem,
    routes::Answer,
    search_crs,
    search_request::Asked,
    slice::Slice,
    stac,
};

/// Bytes of a part of an answer.
const PART_BYTES: usize = 64 * 1024;

/// What is asked for.
pub(crate) struct Wanted<'a> {
    /// Which items, and how many.
    pub(crate) asked: Asked,
    /// In which form, which is not [`Form::GeoJson`].
    pub(crate) form: Form,
    /// The collection whose items they are, if the request is about one.
    pub(crate) collection: Option<&'a str>,
}

/// Pages of items on their way out.
pub(crate) type Pages = Pin<Box<dyn Stream<Item = Result<Vec<Document>, Error>> + Send>>;

/// The items, in a form without pages. The first of them are read before anything is answered.
pub(crate) async fn answer(request: &HttpRequest, context: &Context, wanted: Wanted<'_>) -> Answer {
    let Wanted { asked, form, collection } = wanted;
    filterable(&context.links, collection, whole(request, context, asked, form).await)
}

async fn whole(request: &HttpRequest, context: &Context, asked: Asked, form: Form) -> Answer {
    let Asked { search, most } = asked;
    let collections = search.collections.clone();
    let slice = search.fields.as_ref().map(Slice::of_items);
    if slice.is_some() && form == Form::Parquet {
        return Err(Problem::parameter(
            "fields",
            "a table has every column; leave it out and read the columns you want",
        ));
    }
    let crs = search.crs;
    if !crs.is_crs84() && form == Form::Parquet {
        return Err(Problem::parameter("crs", "a table is in CRS84; leave it out"));
    }
    let pages = context.state.catalog.walk(search, context.caller.access(), most);
    let links = context.links.clone();
    let documents = pages.map(move |page| page?.iter().map(|item| document(&links, item, slice.as_ref())).collect());
    let mut pages: Pages = Box::pin(documents);
    let first = pages.next().await.transpose()?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(form.media_type())
        .insert_header((header::VARY, "accept"))
        .insert_header(search_crs::header(crs)?);
    if request.method() == Method::HEAD {
        return Ok(response.finish());
    }
    let pages: Pages = Box::pin(stream::iter(first.map(Ok)).chain(pages));
    match form {
        Form::Parquet => table::answer(response, context, pages, &collections).await,
        form => Ok(response.streaming(parts(form, pages))),
    }
}

/// Links to a page in the other forms that it can be had in (OGC API – Features Part 1, `/req/core/fc-links`).
pub(crate) fn alternates(href: &str, query: &str, search: &Search) -> impl Iterator<Item = Link> {
    let kept = parameters::pairs(query).filter(|(name, _)| name != "f");
    let has_limit = parameters::pairs(query).any(|(name, _)| name == "limit");
    let kept = kept.map(|(_, pair)| pair.to_owned());
    let kept = kept.chain((!has_limit).then(|| format!("limit={DEFAULT_LIMIT}")));
    let href = format!("{href}?{}", kept.collect::<Vec<_>>().join("&"));
    let is_a_table = search.fields.is_none() && search.crs.is_crs84();
    let forms = [Form::GeoJsonSeq, Form::Ndjson].into_iter().chain(is_a_table.then_some(Form::Parquet));
    forms.map(move |form| Link::new("alternate", form.media_type(), format!("{href}&f={}", form.name())))
}

/// The text of the pages, in parts; no page is read before the client has taken the one before. A failure breaks the
/// connection off, since the status has been sent: a client that sees the end of the answer has everything.
fn parts(form: Form, pages: Pages) -> impl Stream<Item = Result<Bytes, Error>> {
    let mut text = Text::new(form);
    let parts = pages.map(move |page| {
        let page = page.inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "an answer was broken off");
        });
        page.map_or_else(|error| vec![Err(error)], |page| encode(&mut text, &page).into_iter().map(Ok).collect())
    });
    parts.flat_map(stream::iter)
}

fn encode(text: &mut Text, page: &[Document]) -> Vec<Bytes> {
    let (mut parts, mut part) = (Vec::new(), Vec::with_capacity(PART_BYTES));
    for (index, document) in page.iter().enumerate() {
        text.push(&document.text, &mut part);
        if part.len() >= PART_BYTES || index + 1 == page.len() {
            parts.push(Bytes::from(std::mem::take(&mut part)));
        }
    }
    parts
}

fn document(links: &Links, item: &StoredItem, slice: Option<&Slice>) -> Result<Document, Error> {
    let mut text = String::with_capacity(item.document.len() + 700);
    stac::push_item(&mut text, links, item, slice).map_err(Error::Document)?;
    Ok(Document { collection: item.collection.clone(), text })
}
