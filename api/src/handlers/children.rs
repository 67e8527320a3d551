//! Children of the landing page (STAC API – Children 1.0.0-rc.2).

use actix_web::{HttpRequest, HttpResponse};
use ardent_model::Search;
use serde::Serialize;
use serde_json::value::RawValue;

use super::collections;
use crate::{
    context::Context,
    links::{JSON, Link},
    parameters::Parameters,
    problem::Problem,
    routes::Answer,
    schemas, search_request,
};

/// What children there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Catalog,
    Collection,
}

impl Kind {
    /// That which is asked for; `None`: all.
    pub(crate) fn wanted(parameters: &Parameters) -> Result<Option<Self>, Problem> {
        match parameters.get("type") {
            None => Ok(None),
            Some("Catalog") => Ok(Some(Self::Catalog)),
            Some("Collection") => Ok(Some(Self::Collection)),
            Some(_) => Err(Problem::parameter("type", "give Catalog or Collection, or leave it out for both")),
        }
    }
}

/// Children and where to go.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the member is called so in the standard")]
pub(crate) struct Children {
    pub(crate) children: Vec<Box<RawValue>>,
    pub(crate) links: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number_matched: Option<u64>,
    pub(crate) number_returned: usize,
}

/// The children of the landing page
///
/// The collections that it has links to, whole.
#[utoipa::path(get, path = "/children", operation_id = "getChildren", tag = "Collections",
    params(schemas::ChildrenParameters), responses(
    (status = 200, description = "The children.", body = schemas::Children, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &["type", "limit", "token"])?;
    let search = search_request::for_collections(&parameters)?;
    let search = match Kind::wanted(&parameters)? {
        // There are no others here.
        Some(Kind::Catalog) => Search { filter: Some(ardent_model::filter::Condition::Constant(false)), ..search },
        Some(Kind::Collection) | None => search,
    };
    let page = context.state.catalog.search_collections(&search, &context.caller.access()).await?;
    let mut links = collections::page_links(&context.links, "/children", request.query_string(), &page);
    links.push(Link::new("parent", JSON, context.links.to("/")));
    let children = collections::documents(&context, &page, None).map_err(Problem::internal)?;
    let (number_returned, number_matched) = (children.len(), page.matched.map(|matched| matched.count));
    Ok(HttpResponse::Ok().json(Children { children, links, number_matched, number_returned }))
}
