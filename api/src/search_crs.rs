//! `crs` and `bbox-crs` of a search (OGC API – Features Part 2), and the boxes whose numbers they explain.

use actix_web::http::header::{HeaderName, HeaderValue};
use ardent_catalog::StoredCollection;
use ardent_model::{AnyBox, Bbox, OfferedCrs, ProjectedBox};
use serde_json::Value;

use crate::{parameters::Parameters, problem::Problem};

/// A box in degrees or in metres, or none.
pub(crate) type Boxes = (Option<Bbox>, Option<ProjectedBox>);

/// The system that a parameter names; longitude and latitude if it is not given.
pub(crate) fn named(parameter: &str, uri: Option<&str>) -> Result<OfferedCrs, Problem> {
    Ok(uri.map(|uri| OfferedCrs::parse(parameter, uri)).transpose()?.unwrap_or_default())
}

/// The system of `bbox` or `filter`, which must be there if its system is named: on its own that would count for
/// nothing.
pub(crate) fn of_given(explained: &str, is_given: bool, uri: Option<&str>) -> Result<OfferedCrs, Problem> {
    let parameter = format!("{explained}-crs");
    let crs = named(&parameter, uri)?;
    if uri.is_some() && !is_given {
        let reason = format!("there is no `{explained}` whose positions it would explain; give one, or leave it out");
        return Err(Problem::parameter(&parameter, &reason));
    }
    Ok(crs)
}

/// `bbox` as `bbox-crs` has it, from query parameters.
pub(crate) fn bbox(parameters: &Parameters) -> Result<Boxes, Problem> {
    let crs = of_given("bbox", parameters.get("bbox").is_some(), parameters.get("bbox-crs"))?;
    Ok(apart(parameters.get("bbox").map(|text| AnyBox::parse(text, crs)).transpose()?))
}

/// `bbox` as `bbox-crs` has it, from the members of a body.
pub(crate) fn bbox_of_body(numbers: Option<&[f64]>, crs: Option<&str>) -> Result<Boxes, Problem> {
    let crs = of_given("bbox", numbers.is_some(), crs)?;
    Ok(apart(numbers.map(|numbers| AnyBox::from_slice(numbers, crs)).transpose()?))
}

fn apart(given: Option<AnyBox>) -> Boxes {
    match given {
        Some(AnyBox::Geographic(bbox)) => (Some(bbox), None),
        Some(AnyBox::Projected(projected)) => (None, Some(projected)),
        None => (None, None),
    }
}

/// Those in which the items of a collection are offered.
pub(crate) fn offered(collection: &Value) -> Vec<OfferedCrs> {
    let boxes = collection.pointer("/extent/spatial/bbox").and_then(Value::as_array);
    let read = |one: &Value| Bbox::from_slice(&serde_json::from_value::<Vec<f64>>(one.clone()).ok()?).ok();
    OfferedCrs::of_extent(&boxes.into_iter().flatten().filter_map(read).collect::<Vec<_>>())
}

/// Whether a collection offers what a request names; `get` gives what it has of that name.
pub(crate) fn check_offered<'a>(
    collection: &StoredCollection,
    get: impl Fn(&'static str) -> Option<&'a str>,
) -> Result<(), Problem> {
    for name in ["crs", "bbox-crs", "filter-crs"] {
        if let Some(uri) = get(name) {
            OfferedCrs::parse(name, uri)?.among(name, &offered(&collection.collection.document))?;
        }
    }
    Ok(())
}

/// The header that says in what the geometries of an answer are.
pub(crate) fn header(crs: OfferedCrs) -> Result<(HeaderName, HeaderValue), Problem> {
    let value = HeaderValue::from_str(&format!("<{crs}>")).map_err(Problem::internal)?;
    Ok((HeaderName::from_static("content-crs"), value))
}
