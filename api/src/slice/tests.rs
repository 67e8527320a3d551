use serde_json::{Value, json};

use super::*;

fn cut(fields: &str) -> Value {
    sliced(&Fields::parse(fields).unwrap())
}

fn sliced(fields: &Fields) -> Value {
    let item = r#"{"type":"Feature","stac_version":"1.1.0","stac_extensions":[],"id":"s\"1","collection":"c",
        "geometry":{"type":"Point","coordinates":[1.50,2]},"bbox":[1.50,2,1.50,2],"foreign":{"a":1},
        "properties":{"datetime":"2019-06-01T00:00:00Z","eo:cloud_cover":12.50,"a.b":{"c.d":1,"e":2},"a":{"b":{"e":3}},
            "n\u0061me":null},
        "assets":{"red":{"href":"red.tif","bands":[{"name":"red","nodata":0},7]},"nir":{"href":"nir.tif"}}}"#;
    let mut text = String::new();
    let links = || Ok(r#"[{"rel":"self","href":"h"}]"#.to_owned());
    Slice::of_items(fields).write(&mut text, item, links).unwrap();
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

/// The table of STAC API – Fields 1.0.0.
#[test]
fn what_is_asked_for_comes_alone() {
    let all: Vec<&str> = [&DEFAULT[..], &["foreign", "stac_extensions"]].concat();
    let without = |from: &[&'static str], gone: &str| {
        let mut names: Vec<&str> = from.iter().copied().filter(|name| *name != gone).collect();
        names.sort_unstable();
        names
    };
    let with = |more: &[&'static str]| {
        let mut names = [&["collection", "id", "stac_version", "type"], more].concat();
        names.sort_unstable();
        names
    };
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (geometry, both) = (list(&["geometry"]), list(&["bbox", "geometry"]));
    for (include, exclude, expected) in [
        (None, vec![], DEFAULT.to_vec()),
        (Some(vec![]), vec![], DEFAULT.to_vec()),
        (Some(both.clone()), vec![], with(&["bbox", "geometry"])),
        (None, geometry.clone(), without(&all, "geometry")),
        (Some(vec![]), geometry.clone(), without(&DEFAULT, "geometry")),
        (Some(both.clone()), geometry.clone(), with(&["bbox", "geometry"])),
        (Some(geometry), both, with(&["geometry"])),
    ] {
        let fields = Fields::new(include, exclude).unwrap();
        assert_eq!(members(&sliced(&fields)), expected, "{fields:?}");
    }
    let whole = sliced(&Fields::new(None, list(&["properties.a"])).unwrap());
    assert_eq!(members(&whole["properties"]), ["a.b", "datetime", "eo:cloud_cover", "name"]);
}

#[test]
fn the_longer_name_counts() {
    let one = cut("properties.eo:cloud_cover,-properties,-type,-stac_version,-collection");
    assert_eq!(one, json!({"id": "s\"1", "properties": {"eo:cloud_cover": 12.5}}));
    assert_eq!(members(&cut("properties")["properties"]), ["a", "a.b", "datetime", "eo:cloud_cover", "name"]);
    assert_eq!(members(&cut("properties,-properties.datetime,-a")["properties"]), ["a.b", "eo:cloud_cover", "name"]);
    assert_eq!(cut("assets,-assets.red,assets.red.href,-assets.nir")["assets"], json!({"red": {"href": "red.tif"}}));
    assert!(cut("-properties").get("properties").is_none());
    let timeless = cut("-properties.datetime");
    assert_eq!((members(&timeless), &timeless["properties"]), (DEFAULT.to_vec(), &json!({})));
}

#[test]
fn a_property_needs_no_prefix() {
    let item = cut("eo:cloud_cover,-datetime,foreign");
    assert_eq!((&item["properties"], &item["foreign"]), (&json!({"eo:cloud_cover": 12.5}), &json!({"a": 1})));
    assert_eq!(cut("properties,-name,-a.b.e")["properties"]["a.b"], json!({"c.d": 1}));
}

#[test]
fn names_have_dots_of_their_own_or_lead_inside() {
    assert_eq!(cut("properties.a.b.c.d")["properties"]["a.b"], json!({"c.d": 1}));
    let both = cut("properties.a.b.e");
    assert_eq!((&both["properties"]["a.b"], &both["properties"]["a"]), (&json!({"e": 2}), &json!({"b": {"e": 3}})));
    let assets = cut("-assets.nir,-assets.red.bands.nodata");
    assert_eq!(assets["assets"], json!({"red": {"href": "red.tif", "bands": [{"name": "red"}, 7]}}));
    assert_eq!(cut("-links.href")["links"], json!([{"rel": "self"}]));
    assert_eq!(cut("properties.datetime.year")["properties"], json!({}));
    assert_eq!(cut("foreign.b")["foreign"], json!({}));
}

#[test]
fn what_is_kept_is_the_same_text() {
    let mut text = String::new();
    let slice = Slice::of_items(&Fields::parse("number,links").unwrap());
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
    let with = cut("summaries.gsd,extent,-extent.spatial,-title,-id,-type,-stac_version");
    assert_eq!(with, json!({"summaries": {"gsd": [10]}, "extent": {"temporal": {}}}));
    assert!(cut("-title").get("title").is_none());
}

#[test]
fn what_comes_after_all_that_is_wanted_is_not_read() {
    let fields = Fields::parse("id,geometry,properties.gsd").unwrap();
    let begun =
        r#"{"type":"Feature","stac_version":"1.1.0","id":"a","collection":"c","geometry":null,"properties":{"gsd":10}"#;
    for rest in [",\"assets\":{}}", ",\"assets\":{\"red\"", ""] {
        let mut text = String::new();
        let written = Slice::of_items(&fields).write(&mut text, &format!("{begun}{rest}"), || Ok("[]".to_owned()));
        assert!(written.is_ok(), "{rest}");
        assert_eq!(text, format!("{begun}}}"));
    }
    let mut text = String::new();
    let early = Slice::of_items(&fields).write(&mut text, r#"{"type":"Feature","id":"a""#, || Ok("[]".to_owned()));
    assert!(early.is_err(), "what is wanted may still come");
}
