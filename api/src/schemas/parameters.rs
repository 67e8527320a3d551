//! Query parameters.

use super::IntoParams;

/// What must hold of the items of a search, of a collection, or of an aggregation.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConditionParameters {
    /// Ids of collections, with commas between; within a collection, its own alone.
    #[param(style = Form, explode = false)]
    collections: Option<Vec<String>>,
    /// Ids of items, with commas between.
    #[param(style = Form, explode = false)]
    ids: Option<Vec<String>>,
    /// West, south, east, north in degrees (or six numbers with heights, which do not count); west > east crosses the
    /// antimeridian.
    #[param(style = Form, explode = false, min_items = 4, max_items = 6)]
    bbox: Option<Vec<f64>>,
    /// The CRS of `bbox`, one of the collection's `crs`; the numbers are in the order of its axes. Not without `bbox`.
    #[param(rename = "bbox-crs", default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    bbox_crs: Option<String>,
    /// An RFC 3339 time, or two with `/` between, one of which may be `..`.
    #[param(example = "2019-06-01T00:00:00Z/..")]
    datetime: Option<String>,
    /// What must be true of the items, in OGC CQL2.
    #[param(example = "eo:cloud_cover < 20 AND platform = 'S2A'")]
    filter: Option<String>,
    /// The language of `filter`: `cql2-text`, or `cql2-json`. On its own it has no effect.
    #[param(rename = "filter-lang", default = "cql2-text")]
    filter_lang: Option<String>,
    /// The CRS of geometries in `filter`, one of the collection's `crs`; positions are in the order of its axes. Not
    /// without `filter`.
    #[param(rename = "filter-crs", default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    filter_crs: Option<String>,
    /// Comparisons of properties (STAC API – Query), given as JSON text.
    #[param(example = "{\"eo:cloud_cover\": {\"lt\": 20}}")]
    query: Option<String>,
    /// Terms of which one must occur in the title, the description or the keywords, with commas between. The words of
    /// a term must follow each other; case does not count.
    #[param(style = Form, explode = false, example = json!(["flood", "Earth Observation"]))]
    q: Option<Vec<String>>,
}

/// Where the items must be; that is not asked within a collection's items.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct IntersectsParameters {
    /// Footprints that touch this GeoJSON geometry, given as JSON text; not together with `bbox`.
    intersects: Option<String>,
}

/// How items are handed out, page by page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParameters {
    /// Items per page; more than 10 000 counts as 10 000, and 0 asks for their number alone.
    #[param(minimum = 0, default = 10)]
    limit: Option<u64>,
    /// Where to go on, from the link `next`.
    token: Option<String>,
    /// The CRS of the footprints in the answer, one of the collection's `crs`; `Content-Crs` repeats it.
    #[param(default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    crs: Option<String>,
    /// Fields to sort by, with commas between, each with `-` before it if the greatest comes first: `id`, `collection`,
    /// or a property. Items without it come last either way.
    #[param(example = "-eo:cloud_cover,datetime")]
    sortby: Option<String>,
    /// Members of the items that are wanted, and with `-` before them those that are not; empty for what makes them valid.
    #[param(style = Form, explode = false, example = json!(["properties.eo:cloud_cover", "-geometry"]))]
    fields: Option<Vec<String>>,
}

/// The form in which items are handed out.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FormParameters {
    /// Form of the answer: `geojson`, `geojsonseq`, `ndjson` or `parquet` (stac-geoparquet); if it is left out, what
    /// `Accept` likes best. All but `geojson` have no pages: without `limit` they hold every item.
    #[param(example = "ndjson")]
    f: Option<String>,
}

/// Parameters of `GET /collections/{collectionId}/items/{itemId}`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ItemParameters {
    /// The CRS of the footprints in the answer, one of the collection's `crs`; `Content-Crs` repeats it.
    #[param(default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    crs: Option<String>,
}

/// Parameters of `GET /collections`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CollectionsParameters {
    /// West, south, east, north in degrees (or six numbers with heights, which do not count) that the extent must touch;
    /// west > east crosses the antimeridian.
    #[param(style = Form, explode = false, min_items = 4, max_items = 6)]
    bbox: Option<Vec<f64>>,
    /// An RFC 3339 time that the extent must touch, or two with `/` between, one of which may be `..`.
    #[param(example = "2019-06-01T00:00:00Z/..")]
    datetime: Option<String>,
    /// Collections per page; all if it is left out, and 10 000 at most.
    #[param(minimum = 1, default = 10_000)]
    limit: Option<u64>,
    /// Where to go on, from the link `next`.
    token: Option<String>,
    /// Terms of which one must occur in the id, the title, the description or the keywords, with commas between. The
    /// words of a term must follow each other; case does not count.
    #[param(style = Form, explode = false, example = json!(["sentinel", "Earth Observation"]))]
    q: Option<Vec<String>>,
    /// What must be true of the collections, in OGC CQL2; `/collections-queryables` says what it can ask about.
    #[param(example = "license = 'CC-BY-4.0' AND A_CONTAINS(platform, ('S2A'))")]
    filter: Option<String>,
    /// The language of `filter`: `cql2-text`, or `cql2-json`. On its own it has no effect.
    #[param(rename = "filter-lang", default = "cql2-text")]
    filter_lang: Option<String>,
    /// The CRS of geometries in `filter`: CRS84, longitude and latitude. Not without `filter`.
    #[param(rename = "filter-crs", default = "http://www.opengis.net/def/crs/OGC/1.3/CRS84")]
    filter_crs: Option<String>,
    /// Comparisons of members (STAC API – Query), given as JSON text.
    #[param(example = "{\"license\": {\"eq\": \"CC-BY-4.0\"}}")]
    query: Option<String>,
    /// Fields to sort by, with commas between, each with `-` before it if the greatest comes first.
    #[param(example = "-datetime,title")]
    sortby: Option<String>,
    /// Members of the collections that are wanted, and with `-` before them those that are not; empty for what makes them valid.
    #[param(style = Form, explode = false, example = json!(["summaries", "-extent.temporal"]))]
    fields: Option<Vec<String>>,
}

/// Parameters of `GET /children`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChildrenParameters {
    /// `Catalog` or `Collection`: those alone.
    #[param(example = "Collection")]
    r#type: Option<String>,
    /// Children per page; all if it is left out, and 10 000 at most.
    #[param(minimum = 1, default = 10_000)]
    limit: Option<u64>,
    /// Where to go on, from the link `next`.
    token: Option<String>,
}

/// Parameters of `GET /collections/{collectionId}/children`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TypeParameters {
    /// `Catalog` or `Collection`: those alone.
    #[param(example = "Catalog")]
    r#type: Option<String>,
}

/// Parameters of `GET /collections/{collectionId}/dates/{date}`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DatesParameters {
    /// Of a day with many items, where to go on, from the link `child`.
    token: Option<String>,
}

/// Parameters of `GET /collections/{collectionId}/dates/{date}/children`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DatesChildrenParameters {
    /// `Catalog` or `Collection`: those alone.
    #[param(example = "Catalog")]
    r#type: Option<String>,
    /// Of a day with many items, where to go on, from the link `children`.
    token: Option<String>,
}

/// Parameters of `POST /datacube/load`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LoadParameters {
    /// Form of the result: `cog`, `netcdf`, `zarr`, `png`, `jpeg` or `webp`; if it is left out, what `Accept` likes best.
    #[param(example = "cog")]
    f: Option<String>,
    /// For pictures, the least and greatest value shown; the 2nd and 98th percentile if it is left out.
    #[param(style = Form, explode = false, min_items = 2, max_items = 2, example = json!([0, 3000]))]
    rescale: Option<Vec<f64>>,
    /// For GeoTIFFs, how pixels are compressed: `deflate`, `zstd` or `lzw`; `deflate` if it is left out.
    #[param(example = "deflate")]
    compress: Option<String>,
    /// A ZIP of GeoTIFFs, each with its own pixel type: `band` for one for each band, `group` for one for each group,
    /// `band,group` for one for each band of each group; one GeoTIFF of everything if it is left out.
    split: Option<String>,
}
