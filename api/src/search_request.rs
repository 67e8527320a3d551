//! What a caller searches for: the parameters of GET and the body of POST, made into the same validated `Search`.

use actix_web::http::StatusCode;
use ardent_model::{
    Error, Fields, FreeText, Interval, Search,
    footprint::from_geojson,
    search::{DEFAULT_LIMIT, MAX_LIMIT, MAX_VERTICES},
};
use geo::CoordsIter;
use geojson::GeoJson;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    extract::{self, Misread},
    parameters::Parameters,
    problem::Problem,
    search_crs,
    search_filter::{self, Given},
    search_members::{self, Chosen, Object},
    search_sort,
};

/// Parameters of `GET /search`.
pub(crate) const SEARCH_PARAMETERS: &[&str] = &[
    "collections",
    "ids",
    "bbox",
    "bbox-crs",
    "intersects",
    "datetime",
    "limit",
    "token",
    "crs",
    "filter",
    "filter-lang",
    "filter-crs",
    "query",
    "sortby",
    "q",
    "fields",
    "f",
];
/// Parameters of `GET /collections/{collectionId}/items`. pystac-client repeats the collection here.
pub(crate) const ITEMS_PARAMETERS: &[&str] = &[
    "bbox",
    "bbox-crs",
    "datetime",
    "limit",
    "token",
    "crs",
    "ids",
    "collections",
    "filter",
    "filter-lang",
    "filter-crs",
    "query",
    "sortby",
    "q",
    "fields",
    "f",
];

/// Parameters of `GET /collections`.
pub(crate) const COLLECTIONS_PARAMETERS: &[&str] =
    &["bbox", "datetime", "limit", "token", "q", "filter", "filter-lang", "filter-crs", "query", "sortby", "fields"];

/// What would pass as a limit of items, whatever the form of the answer.
const LIMIT_FIX: &str = "give a whole number from 0; a page has 10 000 items at most, a form without pages as many as are \
                         asked for, or all if it is left out";

/// What is asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Asked {
    /// Which items; the limit is that of a page.
    pub(crate) search: Search,
    /// How many in all, for forms without pages; none: all.
    pub(crate) most: Option<u64>,
}

/// From query parameters.
pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Asked, Problem> {
    let most = parameters.parsed("limit", LIMIT_FIX)?;
    Ok(Asked { search: Search { limit: page(most), ..conditions(parameters)? }, most })
}

/// From query parameters, whatever the limit.
pub(crate) fn conditions(parameters: &Parameters) -> Result<Search, Problem> {
    let intersects = parameters.get("intersects").map(serde_json::from_str::<Value>).transpose();
    let (bbox, projected_box) = search_crs::bbox(parameters)?;
    let intersects = intersects.map_err(|error| fault("intersects", format!("{error}; give a GeoJSON geometry")))?;
    validated(Search {
        ids: parameters.list("ids"),
        collections: parameters.list("collections"),
        bbox,
        projected_box,
        intersects: intersects.map(geometry).transpose()?,
        datetime: parameters.get("datetime").map(Interval::parse_rfc3339).transpose()?,
        filter: search_filter::from_parameters(parameters)?,
        sort: search_sort::from_parameters(parameters)?,
        limit: DEFAULT_LIMIT,
        token: parameters.get("token").map(ToOwned::to_owned),
        crs: search_crs::named("crs", parameters.get("crs"))?,
        text: parameters.get("q").map(FreeText::parse).transpose()?.unwrap_or_default(),
        fields: parameters.get("fields").map(Fields::parse).transpose()?,
    })
}

/// From query parameters, in a collection.
pub(crate) fn within(collection: &str, parameters: &Parameters) -> Result<Asked, Problem> {
    let Asked { search, most } = from_parameters(parameters)?;
    if search.collections.iter().any(|named| named != collection) {
        let reason = format!("these are the items of `{collection}`; leave it out, or search with `/search`");
        return Err(fault("collections", reason));
    }
    Ok(Asked { search: Search { collections: vec![collection.to_owned()], ..search }, most })
}

/// From query parameters, for collections: all of them fit on a page, unless there are very many.
pub(crate) fn for_collections(parameters: &Parameters) -> Result<Search, Problem> {
    let limit = parameters.parsed::<u64>("limit", "give a whole number from 1; more than 10 000 counts as 10 000")?;
    if limit == Some(0) {
        return Err(Problem::parameter("limit", "it must be at least 1; leave it out for all"));
    }
    Ok(Search { limit: limit.map_or(MAX_LIMIT, |limit| page(Some(limit))), ..conditions(parameters)? })
}

/// The body of `POST /search`. Extensions that are not declared are unknown members, and refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default, deserialize_with = "search_members::ids")]
    ids: Vec<String>,
    #[serde(default, deserialize_with = "search_members::ids")]
    collections: Vec<String>,
    #[serde(default)]
    bbox: Option<Vec<f64>>,
    #[serde(default, rename = "bbox-crs")]
    bbox_crs: Option<String>,
    #[serde(default)]
    intersects: Option<Value>,
    #[serde(default)]
    datetime: Option<String>,
    #[serde(default)]
    limit: Option<u64>,
    #[serde(default)]
    sortby: Option<Vec<Object<search_sort::Key>>>,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    filter: Option<Value>,
    #[serde(default, rename = "filter-lang")]
    filter_lang: Option<String>,
    #[serde(default, rename = "filter-crs")]
    filter_crs: Option<String>,
    #[serde(default)]
    query: Option<Value>,
    #[serde(default)]
    crs: Option<String>,
    #[serde(default)]
    q: Option<Value>,
    // Null would be no object.
    #[serde(default, deserialize_with = "search_members::some")]
    fields: Option<Object<Chosen>>,
}

/// From a JSON body.
pub(crate) fn from_body(json: &[u8]) -> Result<Asked, Problem> {
    let body: Body = extract::object(json).map_err(|Misread { name, reason }| {
        let fix = if name == "limit" { format!("; {LIMIT_FIX}") } else { String::new() };
        fault(&name, format!("{reason}{fix}"))
    })?;
    let most = body.limit;
    Ok(Asked { search: search(body)?, most })
}

/// From the members of a JSON body, whose names are known.
pub(crate) fn from_members(members: Map<String, Value>) -> Result<Search, Problem> {
    let body: Body = serde_path_to_error::deserialize(Value::Object(members))
        .map_err(|error| fault(&error.path().to_string(), error.inner().to_string()))?;
    search(body)
}

fn search(body: Body) -> Result<Search, Problem> {
    let (bbox, projected_box) = search_crs::bbox_of_body(body.bbox.as_deref(), body.bbox_crs.as_deref())?;
    validated(Search {
        ids: body.ids,
        collections: body.collections,
        bbox,
        projected_box,
        intersects: body.intersects.map(geometry).transpose()?,
        datetime: body.datetime.as_deref().map(Interval::parse_rfc3339).transpose()?,
        filter: search_filter::condition(Given {
            filter: body.filter,
            language: body.filter_lang,
            crs: body.filter_crs,
            query: body.query,
        })?,
        sort: search_sort::from_keys(body.sortby.unwrap_or_default())?,
        limit: page(body.limit),
        token: body.token,
        crs: search_crs::named("crs", body.crs.as_deref())?,
        text: search_members::text(body.q)?,
        fields: body.fields.map(|Object(fields)| fields.into_fields()).transpose()?,
    })
}

fn fault(parameter: &str, reason: String) -> Problem {
    Error::Search { parameter: parameter.to_owned(), reason }.into()
}

/// The limit of a page.
fn page(limit: Option<u64>) -> usize {
    limit.map_or(DEFAULT_LIMIT, |limit| usize::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT))
}

fn validated(search: Search) -> Result<Search, Problem> {
    for (parameter, values) in [("ids", &search.ids), ("collections", &search.collections)] {
        if values.iter().any(|id| id.is_empty() || id.contains('\0')) {
            return Err(fault(parameter, "an id is empty or has a NUL character; leave it out".to_owned()));
        }
    }
    search.validate()?;
    Ok(search)
}

fn geometry(value: Value) -> Result<geo_types::Geometry<f64>, Problem> {
    let refuse = |reason: &str| {
        fault(
            "intersects",
            format!("{reason}; give a GeoJSON geometry such as {{\"type\":\"Point\",\"coordinates\":[-1.5,50.9]}}"),
        )
    };
    let geometry = match serde_json::from_value::<GeoJson>(value) {
        Ok(GeoJson::Geometry(geometry)) => geometry,
        Ok(_) => return Err(refuse("it is a Feature or FeatureCollection; give the geometry inside")),
        Err(error) => return Err(refuse(&error.to_string())),
    };
    let geometry = from_geojson(geometry).map_err(|error| refuse(&error))?;
    let vertices = geometry.coords_count();
    if vertices > MAX_VERTICES {
        let detail = format!("`intersects` has {vertices} vertices; simplify it to {MAX_VERTICES} at most");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TooManyVertices", detail));
    }
    Ok(geometry)
}

#[cfg(test)]
mod tests {
    use actix_web::{ResponseError, test::TestRequest};
    use serde_json::json;

    use super::*;

    fn get(query: &str) -> Result<Asked, Problem> {
        let request = TestRequest::get().uri(&format!("/search?{}", query.replace(' ', "%20"))).to_http_request();
        from_parameters(&Parameters::of(&request, SEARCH_PARAMETERS)?)
    }

    #[test]
    fn get_and_post_say_the_same() {
        let point = "%7B%22type%22%3A%22Point%22%2C%22coordinates%22%3A%5B-1.5%2C50.9%5D%7D";
        for (query, body) in [
            ("", json!({})),
            ("ids=a,b&collections=c", json!({"ids": ["a", "b"], "collections": ["c"]})),
            ("ids=a&collections=c", json!({"ids": "a", "collections": "c"})),
            ("", json!({"ids": null, "collections": null})),
            ("bbox=177,-19,-178,-16&limit=3", json!({"bbox": [177, -19, -178, -16], "limit": 3})),
            ("bbox=1,2,0,3,4,9", json!({"bbox": [1, 2, 0, 3, 4, 9]})),
            (&format!("intersects={point}"), json!({"intersects": {"type": "Point", "coordinates": [-1.5, 50.9]}})),
            ("datetime=../2020-01-01T00:00:00%2B01:00", json!({"datetime": "../2020-01-01T00:00:00+01:00"})),
            ("limit=20000", json!({"limit": 20_000, "bbox": null})),
            ("token=t", json!({"token": "t"})),
            ("limit=0", json!({"limit": 0})),
            ("sortby=", json!({"sortby": []})),
            ("q=EO,Earth Observation", json!({"q": ["EO", "Earth Observation"]})),
            ("q=EO,Earth Observation", json!({"q": "EO,Earth Observation"})),
            ("fields=", json!({"fields": {"include": []}})),
            ("fields=", json!({"fields": {"include": null, "exclude": []}})),
            (
                "fields=%2Bid,-geometry,properties.eo:cloud_cover",
                json!({"fields": {"include": ["id", "properties.eo:cloud_cover"], "exclude": ["geometry"]}}),
            ),
            (
                "sortby=%2Bid,+collection,-properties.eo:cloud_cover,gsd",
                json!({"sortby": [{"field": "id", "direction": "asc"}, {"field": "collection"},
                    {"field": "eo:cloud_cover", "direction": "desc"}, {"field": "properties.gsd", "direction": "asc"}]}),
            ),
        ] {
            let body = from_body(body.to_string().as_bytes()).unwrap();
            assert_eq!(get(query).unwrap(), body, "{query}");
        }
        let Asked { search, most } = get("limit=20000").unwrap();
        assert_eq!((search.limit, most), (MAX_LIMIT, Some(20_000)));
        let Asked { search, most } = get("").unwrap();
        assert_eq!((search.limit, most), (DEFAULT_LIMIT, None));
    }

    #[test]
    fn a_wrong_parameter_is_named_with_its_fix() {
        for (query, name, fix) in [
            ("limit=-1", "`limit`", "from 0"),
            ("limit=1.5", "`limit`", "from 0"),
            ("limit=ten", "`limit`", "without pages"),
            ("bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857", "`bbox-crs`", "there is no `bbox`"),
            ("filter-crs=http://www.opengis.net/def/crs/EPSG/0/3857", "`filter-crs`", "there is no `filter`"),
            ("bbox=1,2,3", "bbox", "west,south,east,north"),
            ("bbox=", "bbox", "west,south,east,north"),
            ("datetime=2020-01-01", "datetime", "2019-06-01T00:00:00Z"),
            ("datetime=2021-01-01T00:00:00Z/2020-01-01T00:00:00Z", "datetime", "exchange"),
            ("ids=a,,b", "`ids`", "leave it out"),
            ("intersects=POINT(1 2)", "`intersects`", "GeoJSON geometry"),
            ("intersects=%7B%22type%22:%22Circle%22%7D", "`intersects`", "GeoJSON geometry"),
            ("sortby=a,,b", "sortby", "write `-eo:cloud_cover`"),
            ("sortby=a,-properties.a", "sortby", "leave one out"),
            ("q=", "`q`", "has no word"),
            ("q=a,,b", "`q`", "has no word"),
            ("fields=a,,b", "`fields`", "write `id,-geometry"),
            ("fields=--a", "`fields`", "write `id,-geometry"),
            ("no-such=datetime", "`no-such`", "known: collections"),
        ] {
            let problem = get(query).unwrap_err();
            let detail = problem.to_string();
            assert_eq!(problem.status_code(), 400, "{query}");
            assert!(detail.contains(name) && detail.contains(fix), "{query}: {detail}");
        }
    }

    #[test]
    fn a_wrong_member_is_named_with_its_place() {
        for (body, name, fix) in [
            ("{\"limit\": }", "`limit`", "line 1 column 11"),
            ("{\"limit\": -1}", "`limit`", "from 0"),
            ("{\"limit\": \"all\"}", "`limit`", "without pages"),
            ("{\"bbox-crs\": \"http://www.opengis.net/def/crs/OGC/1.3/CRS84\"}", "`bbox-crs`", "there is no `bbox`"),
            (
                "{\"filter-crs\": \"http://www.opengis.net/def/crs/OGC/1.3/CRS84\"}",
                "`filter-crs`",
                "there is no `filter`",
            ),
            ("{\"bbox\": [1, 2, \"x\", 4]}", "`bbox[2]`", "line 1"),
            ("{\"ids\": 7}", "`ids`", "a list of ids"),
            ("{\"collections\": [\"a\", 7]}", "`collections[1]`", "string"),
            ("{\"no-such\": []}", "`no-such`", "unknown field"),
            ("{\"sortby\": [{\"field\": \"a\", \"direction\": \"up\"}]}", "`sortby[0].direction`", "`asc` or `desc`"),
            ("{\"sortby\": [{\"field\": \"\"}]}", "sortby", "write"),
            ("{\"sortby\": \"a\"}", "`sortby`", "sequence"),
            ("{\"q\": [1]}", "`q`", "list of texts"),
            ("{\"q\": {}}", "`q`", "list of texts"),
            ("{\"q\": [\"-\"]}", "`q`", "has no word"),
            ("{\"fields\": {\"includes\": []}}", "`fields.includes`", "unknown field"),
            ("{\"fields\": {\"include\": [\"\"]}}", "`fields`", "is no name"),
            ("{\"fields\": \"id\"}", "`fields`", "invalid type"),
            ("{\"fields\": null}", "`fields`", "invalid type"),
            ("{\"fields\": [null, null]}", "`fields`", "an object"),
            ("{\"sortby\": [[\"id\", \"asc\"]]}", "`sortby[0]`", "an object"),
            ("[]", "`(body)`", "JSON object"),
            ("7", "`(body)`", "line 1"),
            ("{} {}", "`(body)`", "line 1 column 4"),
            ("{\"ids\": [\"\\u0000\"]}", "`ids`", "NUL"),
            (
                "{\"intersects\": {\"type\": \"Feature\", \"geometry\": null, \"properties\": {}}}",
                "`intersects`",
                "inside",
            ),
            (
                "{\"bbox\": [0,0,1,1], \"intersects\": {\"type\": \"Point\", \"coordinates\": [0,0]}}",
                "`intersects`",
                "leave one out",
            ),
            ("{\"intersects\": {\"type\": \"Point\", \"coordinates\": [500, 0]}}", "`intersects`", "degrees"),
        ] {
            let detail = from_body(body.as_bytes()).unwrap_err().to_string();
            assert!(detail.contains(name) && detail.contains(fix), "{body}: {detail}");
        }
        assert!(from_body(b"\xff\xfe").unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn too_many_vertices_are_413() {
        let line: Vec<[f64; 2]> = (0..=MAX_VERTICES).map(|i| [i as f64 * 1e-3, 0.0]).collect();
        let body = json!({"intersects": {"type": "LineString", "coordinates": line}});
        let problem = from_body(body.to_string().as_bytes()).unwrap_err();
        assert_eq!((problem.status_code().as_u16(), problem.to_string().contains("simplify")), (413, true));
    }
}
