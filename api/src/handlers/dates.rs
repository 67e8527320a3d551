//! The items of a collection by date, as catalogues that lead to each of them (STAC API – Browseable 1.0.0-rc.3).

use actix_web::{HttpRequest, HttpResponse};
use ardent_model::Period;
use serde_json::value::to_raw_value;

use super::{
    children::{Children, Kind},
    collections,
};
use crate::{
    calendar::{Contents, Place},
    context::Context,
    links::{JSON, Link},
    parameters::{Parameters, segment},
    problem::Problem,
    routes::Answer,
    schemas,
};

/// Items by date
///
/// A catalogue: of `all` time, whose children are years, of a year, whose children are months, of a month, whose
/// children are days, or of a day, which has links to its items; if these are many, its child has more of them.
#[utoipa::path(get, path = "/collections/{collectionId}/dates/{date}", operation_id = "getDates", tag = "Items",
    params(
        ("collectionId" = String, Path, description = "Id of the collection."),
        ("date" = String, Path, description = "`all`, or a year, month or day of UTC.", example = "2019-06"),
        schemas::DatesParameters,
    ), responses(
    (status = 200, description = "The catalogue.", body = schemas::Catalog, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn get(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &["token"])?;
    let (place, contents) = find(&request, &context, &parameters).await?;
    Ok(HttpResponse::Ok().json(place.document(&context.links, &contents)))
}

/// The children of a catalogue of items by date
///
/// The catalogues that it has links to, whole.
#[utoipa::path(get, path = "/collections/{collectionId}/dates/{date}/children", operation_id = "getDatesChildren",
    tag = "Items", params(
        ("collectionId" = String, Path, description = "Id of the collection."),
        ("date" = String, Path, description = "`all`, or a year, month or day of UTC.", example = "2019-06"),
        schemas::DatesChildrenParameters,
    ), responses(
    (status = 200, description = "The children.", body = schemas::Children, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn children(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &["type", "token"])?;
    let wanted = Kind::wanted(&parameters)?;
    let (place, contents) = find(&request, &context, &parameters).await?;
    let links = [place.link(&context.links, "parent"), Link::new("self", JSON, place.children_href(&context.links))];
    answer(&context, links, wanted, place.children(&contents)).await
}

/// The children of a collection
///
/// One catalogue, which leads to its items by date.
#[utoipa::path(get, path = "/collections/{collectionId}/children", operation_id = "getCollectionChildren",
    tag = "Items", params(
        ("collectionId" = String, Path, description = "Id of the collection."),
        schemas::TypeParameters,
    ), responses(
    (status = 200, description = "The children.", body = schemas::Children, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn of_collection(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &["type"])?;
    let wanted = Kind::wanted(&parameters)?;
    let collection = segment(&request, "collectionId")?;
    collections::find(&context, &collection).await?;
    let href = context.links.collection(&collection);
    let own = Link::new("self", JSON, format!("{href}/children"));
    let links = [Link::new("parent", JSON, href), own];
    answer(&context, links, wanted, vec![Place::of_collection(&collection)]).await
}

/// The catalogue that a request is about, and what it leads to; or 404.
async fn find(request: &HttpRequest, context: &Context, parameters: &Parameters) -> Result<(Place, Contents), Problem> {
    let (collection, date) = (segment(request, "collectionId")?, segment(request, "date")?);
    collections::find(context, &collection).await?;
    let missing = || {
        Problem::not_found(format!(
            "`{collection}` has no items of `{date}`; `/collections/{collection}/dates/all` leads to all it has"
        ))
    };
    let period = Period::parse(&date).ok_or_else(missing)?;
    let token = parameters.get("token").map(ToOwned::to_owned);
    if token.is_some() && !matches!(period, Period::Day(_)) {
        return Err(Problem::parameter("token", "days alone have pages; leave it out"));
    }
    let place = Place { collection: collection.clone(), period, token };
    let contents = place.contents(context).await?;
    if place.is_there(&contents) { Ok((place, contents)) } else { Err(missing()) }
}

async fn answer(context: &Context, links: [Link; 2], wanted: Option<Kind>, places: Vec<Place>) -> Answer {
    let mut children = Vec::new();
    // They are all catalogues.
    for place in places.into_iter().filter(|_| wanted != Some(Kind::Collection)) {
        let contents = place.contents(context).await?;
        children.push(to_raw_value(&place.document(&context.links, &contents)).map_err(Problem::internal)?);
    }
    let links = [context.links.root()].into_iter().chain(links).collect();
    let number_returned = children.len();
    Ok(HttpResponse::Ok().json(Children { children, links, number_matched: None, number_returned }))
}
