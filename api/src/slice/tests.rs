use serde_json::{Value, json};

use super::*;

fn cut(fields: &str) -> Value {
    let item = r#"{"type":"Feature","stac_version":"1.1.0","stac_extensions":[],"id":"s\"1","collection":"c",
        "geometry":{"type":"Point","coordinates":[1.50,2]},"bbox":[1.50,2,1.50,2],"foreign":{"a":1},
        "properties":{"datetime":"2019-06-01T00:00:00Z","eo:cloud_cover":12.50,"a.b":{"c.d":1,"e":2},"a":{"b":{"e":3}},
            "n\u0061me":null},
        "assets":{"red":{"href":"red.tif","bands":[{"name":"red","nodata":0},7]},"nir":{"href":"nir.tif"}}}"#;
    let mut text = String::new();
    let links = || Ok(r#"[{"rel":"self","href":"h"}]"#.to_owned());
    Slice::of_items(&Fields::parse(fields).unwrap()).write(&mut text, item, links).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

const DEFAULT: [&str; 9] =
    ["assets", "bbox", "collection", "geometry", "id", "links", "properties", "stac_version", "type"];

#[test]
fn without_names_an_item_is_small_and_valid() {
    let item = cut("");
    assert_eq!(members(&item), DEFAULT);
    assert_eq!(members(&item["properties"]), ["datetime"]);
    assert_eq!((&item["id"], &item["links"][0]["rel"]), (&json!("s\"1"), &json!("self")));
    assert_eq!(item["assets"]["red"]["bands"][0]["nodata"], 0);
}

#[test]
fn names_are_added_and_taken_away() {
    let item = cut("id,-geometry,properties.eo:cloud_cover,-links,no.such,-assets");
    assert_eq!(members(&item), ["bbox", "collection", "id", "properties", "stac_version", "type"]);
    assert_eq!(item["properties"], json!({"datetime": "2019-06-01T00:00:00Z", "eo:cloud_cover": 12.5}));
    assert_eq!(members(&cut("properties")["properties"]), ["a", "a.b", "datetime", "eo:cloud_cover", "name"]);
    assert_eq!(members(&cut("properties,-properties.datetime,-a")["properties"]), ["a.b", "eo:cloud_cover", "name"]);
    assert_eq!(members(&cut("-properties.datetime")["properties"]), Vec::<&str>::new());
    assert!(cut("-properties").get("properties").is_none());
    assert!(cut("properties.eo:cloud_cover,-properties").get("properties").is_none(), "what is excluded stays away");
}

#[test]
fn a_property_needs_no_prefix() {
    let item = cut("eo:cloud_cover,-datetime,foreign");
    assert_eq!(item["properties"], json!({"eo:cloud_cover": 12.5}));
    assert_eq!(item["foreign"], json!({"a": 1}));
    assert_eq!(cut("properties,-name,-a.b.e")["properties"]["a.b"], json!({"c.d": 1}));
}

#[test]
fn names_have_dots_of_their_own_or_lead_inside() {
    assert_eq!(cut("properties.a.b.c.d")["properties"]["a.b"], json!({"c.d": 1}));
    let both = cut("properties.a.b.e");
    assert_eq!((&both["properties"]["a.b"], &both["properties"]["a"]), (&json!({"e": 2}), &json!({"b": {"e": 3}})));
    let assets = cut("-assets,assets.red");
    assert!(assets.get("assets").is_none());
    let assets = cut("-assets.nir,-assets.red.bands.nodata");
    assert_eq!(assets["assets"], json!({"red": {"href": "red.tif", "bands": [{"name": "red"}, 7]}}));
    assert_eq!(cut("-links.href")["links"], json!([{"rel": "self"}]));
    assert_eq!(cut("properties.datetime.year")["properties"], json!({"datetime": "2019-06-01T00:00:00Z"}));
    assert_eq!(cut("properties.eo:cloud_cover.x")["properties"], json!({"datetime": "2019-06-01T00:00:00Z"}));
    assert_eq!(cut("foreign.b")["foreign"], json!({}));
}

#[test]
fn what_is_kept_is_the_same_text() {
    let mut text = String::new();
    let slice = Slice::of_items(&Fields::parse("number").unwrap());
    slice.write(&mut text, "{\"number\": 1.10 ,\"x\":{\"links\":1}}", || Ok("[]".to_owned())).unwrap();
    assert_eq!(text, "{\"number\":1.10,\"links\":[]}");
    text.clear();
    let nothing = Slice::of_items(&Fields::parse("-id,-links").unwrap());
    nothing.write(&mut text, "{\"id\":\"a\"}", || panic!("links are not wanted")).unwrap();
    assert_eq!(text, "{}");
}

#[test]
fn a_collection_keeps_what_makes_it_one() {
    let collection = r#"{"type":"Collection","stac_version":"1.1.0","id":"c","title":"C","description":"d",
        "license":"other","extent":{"spatial":{},"temporal":{}},"summaries":{"gsd":[10],"platform":["S2A"]},
        "item_assets":{}}"#;
    let cut = |fields| {
        let mut text = String::new();
        let slice = Slice::of_collections(&Fields::parse(fields).unwrap());
        slice.write(&mut text, collection, || Ok("[]".to_owned())).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let default = ["description", "extent", "id", "license", "links", "stac_version", "title", "type"];
    assert_eq!(members(&cut("")), default);
    let with = cut("summaries.gsd,-extent.spatial,-title");
    assert_eq!((&with["summaries"], &with["extent"]), (&json!({"gsd": [10]}), &json!({"temporal": {}})));
    assert!(with.get("title").is_none());
}
