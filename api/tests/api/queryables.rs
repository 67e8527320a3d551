//! What items may be filtered and sorted by; functions; the examples of the documentation.

use ardent_catalog::NewItem;
use ardent_model::Item;
use serde_json::{Value, json};

use crate::site::{Got, SCENES, Site};

const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
const SORTABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/sortables";

/// Items of `collection` with these properties.
async fn put(site: &Site, collection: &str, all: &[Value]) {
    let items = all.iter().enumerate().map(|(number, properties)| {
        let mut document = json!({
            "type": "Feature", "stac_version": "1.1.0", "id": format!("more{number}"), "collection": collection,
            "geometry": {"type": "Point", "coordinates": [1, 52]}, "assets": {}, "links": [],
            "properties": {"datetime": "2021-06-01T00:00:00Z"},
        });
        document["properties"].as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
        NewItem::new(Item::from_stac(&document).unwrap(), &document).unwrap()
    });
    site.catalog.put_items(items.collect()).await.unwrap();
}

fn schema(got: &Got) -> Value {
    assert_eq!((got.status, got.header("content-type")), (200, "application/schema+json"), "{}", got.text);
    let document = got.json();
    assert_eq!(document["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!((&document["type"], &document["additionalProperties"]), (&json!("object"), &json!(true)));
    document
}

#[tokio::test]
async fn a_collection_tells_what_its_items_have() {
    let site = Site::start().await;
    let first = json!({"platform": "S2B", "gsd": 10, "view:off_nadir": 1.5, "created": "2021-06-02T00:00:00Z",
        "instruments": ["msi"], "flag": true, "day": "2021-06-02", "odd": 1, "eo:cloud_cover": 3});
    let second = json!({"platform": "S2A", "gsd": 60, "view:off_nadir": -3, "odd": "x", "id": 7, "more": {"a": 1}});
    put(&site, "sentinel2", &[first, second]).await;
    let document = schema(&site.get("/collections/sentinel2/queryables").await);
    assert_eq!(document["$id"], site.url("/collections/sentinel2/queryables"));
    assert_eq!(document["title"], "The sentinel2");
    let expected = json!({
        "id": {"title": "Id", "type": "string", "x-ogc-role": "id"},
        "collection": {"title": "Id of the collection", "type": "string"},
        "geometry": {"title": "Footprint", "format": "geometry-any", "x-ogc-role": "primary-geometry"},
        "datetime": {"title": "Time", "type": "string", "format": "date-time", "x-ogc-role": "primary-instant"},
        "eo:cloud_cover": {"title": "Cloud cover in percent", "type": "number", "minimum": 0.0, "maximum": 100.0},
        "platform": {"type": "string", "enum": ["S2A", "S2B"]},
        "gsd": {"type": "integer", "minimum": 10, "maximum": 60},
        "view:off_nadir": {"type": "number", "minimum": -3.0, "maximum": 1.5},
        "created": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "instruments": {"type": "array"},
        "flag": {"type": "boolean"},
        "odd": {"type": ["integer", "string"]},
        "more": {"type": "object"},
    });
    assert_eq!(document["properties"], expected);

    let sortables = schema(&site.get("/collections/sentinel2/sortables").await);
    assert_eq!(sortables["$id"], site.url("/collections/sentinel2/sortables"));
    let mut single = expected.as_object().unwrap().clone();
    for name in ["geometry", "instruments", "more"] {
        single.remove(name);
    }
    assert_eq!(sortables["properties"], Value::Object(single));
    let summaries = site.get("/collections/sentinel2").await.json()["summaries"].clone();
    assert_eq!(summaries["platform"], json!(["S2A", "S2B"]));
    assert_eq!(summaries["gsd"], json!({"minimum": 10, "maximum": 60}));
    assert_eq!(summaries["eo:cloud_cover"], json!({"minimum": 3, "maximum": 12.5}));
}

#[tokio::test]
async fn all_together_tell_what_any_item_has_that_may_be_seen() {
    let site = Site::start().await;
    for (collection, platform) in [("sentinel2", "S2A"), ("fiji", "S2C"), ("secret", "hidden-platform")] {
        let named = format!("of:{collection}");
        put(&site, collection, &[json!({"platform": platform, named: 1})]).await;
    }
    for path in ["/queryables", "/sortables"] {
        let got = site.get(path).await;
        let document = schema(&got);
        assert_eq!(document["$id"], site.url(path));
        let properties = document["properties"].as_object().unwrap();
        assert_eq!(properties["platform"]["enum"], json!(["S2A", "S2C"]), "{path}");
        assert!(properties.contains_key("of:sentinel2") && properties.contains_key("of:fiji"), "{path}");
        assert_eq!(properties.contains_key("geometry"), path == "/queryables");
        assert!(!got.text.contains("secret") && !got.text.contains("hidden"), "{path}: {}", got.text);
    }
}

#[tokio::test]
async fn they_are_linked_from_where_they_count() {
    let site = Site::start().await;
    for (rel, name) in [(QUERYABLES, "queryables"), (SORTABLES, "sortables")] {
        for (page, path) in [("/", ""), ("/collections/sentinel2", "/collections/sentinel2")] {
            let link = site.get(page).await.link(rel).unwrap();
            assert_eq!(link["href"], site.url(&format!("{path}/{name}")));
            assert_eq!(link["type"], "application/schema+json");
        }
    }
    let header = |path: &str| format!("<{}>; rel=\"{QUERYABLES}\"; type=\"application/schema+json\"", site.url(path));
    assert_eq!(site.get("/search").await.header("link"), header("/queryables"));
    assert_eq!(site.post("/search", &json!({})).await.header("link"), header("/queryables"));
    let items = site.get("/collections/sentinel2/items").await;
    assert_eq!(items.header("link"), header("/collections/sentinel2/queryables"));
}

/// CQL2, Annex A, `/conf/functions/functions`: every function that is listed can be called in more than one way.
#[tokio::test]
async fn every_function_that_is_listed_can_be_called() {
    let site = Site::start().await;
    let functions = site.get("/functions").await.json()["functions"].as_array().unwrap().clone();
    let literal = |kind: &str| match kind {
        "string" => json!("a"),
        "number" => json!(1),
        "datetime" => json!({"timestamp": "2019-06-01T00:00:00Z"}),
        "geometry" => json!({"property": "geometry"}),
        other => panic!("{other}"),
    };
    let property = |kind: &str| match kind {
        "geometry" => json!({"property": "geometry"}),
        "datetime" => json!({"property": "datetime"}),
        _ => json!({"property": "some"}),
    };
    for function in &functions {
        let types = function["arguments"].as_array().unwrap().iter().map(|one| one["type"][0].as_str().unwrap());
        let returns = function["returns"][0].as_str().unwrap();
        for arguments in [types.clone().map(literal).collect::<Vec<_>>(), types.clone().map(property).collect()] {
            let call = json!({"op": function["name"], "args": arguments});
            let value = literal(returns);
            for filter in [
                json!({"op": "<", "args": [call, value]}),
                json!({"op": "in", "args": [call, [value, value]]}),
                json!({"op": "isNull", "args": [call]}),
                json!({"op": "=", "args": [call, call]}),
            ] {
                let got = site.post("/search", &json!({"filter": filter})).await;
                assert_eq!(got.status, 200, "{filter}: {}", got.text);
            }
        }
    }
    assert!(functions.len() >= 10);
    // Scenes are squares of a degree at 50 to 51 degrees north, in the first six days of June 2019.
    for (filter, expected) in [
        ("year(datetime) = 2019 AND month(datetime) = 6 AND collection = 'sentinel2'", SCENES),
        ("day(datetime) = 2 AND hour(datetime) = 11 AND collection = 'sentinel2'", 2),
        ("day_of_year(datetime) = 153", 2),
        ("area_km2(geometry) BETWEEN 7800 AND 7950", SCENES),
        ("upper(id) = 'S03' AND length(id) = 3 AND lower('É') = 'é'", 1),
    ] {
        let got = site.post("/search", &json!({"filter": filter, "filter-lang": "cql2-text", "limit": 100})).await;
        assert_eq!(got.ids().len(), expected, "{filter}: {}", got.text);
    }
}

/// Every line of the blocks of docs/SEARCH.md is answered: a request as it is, a filter alone and as a part of another.
#[tokio::test]
async fn the_documented_filters_are_answered() {
    let site = Site::start().await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/SEARCH.md");
    let text = std::fs::read_to_string(path).unwrap();
    let blocks: Vec<&str> = text.split("```").skip(1).step_by(2).collect();
    let mut asked = 0;
    for line in blocks.iter().flat_map(|block| block.lines().skip(1)) {
        if line.starts_with('/') {
            let got = site.get(line).await;
            assert_eq!(got.status, 200, "{line}: {}", got.text);
            continue;
        }
        let url = reqwest::Url::parse_with_params(&site.url("/search"), [("filter", line)]).unwrap();
        let got = Got::from(site.client.get(url).send().await.unwrap()).await;
        assert_eq!(got.status, 200, "{line}: {}", got.text);
        let negated = format!("NOT ({line}) OR ({line})");
        let got = site.post("/search", &json!({"filter": negated, "filter-lang": "cql2-text"})).await;
        assert_eq!(got.status, 200, "{line}: {}", got.text);
        asked += 1;
    }
    assert!(asked >= 8, "{asked} filters in {path}");
    let query = text.split_once("The STAC API's `query`").unwrap().1.split_once("`{").unwrap().1;
    let query = format!("{{{}", query.split_once('`').unwrap().0);
    let body = json!({"query": serde_json::from_str::<Value>(&query).unwrap()});
    assert_eq!(site.post("/search", &body).await.status, 200, "{query}");
}
