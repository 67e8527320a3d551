use serde_json::json;

use super::*;

const HREF: &str = "https://example.org/a.tif";

fn base() -> Url {
    Url::parse("s3://ard/2019/scene.json").unwrap()
}

fn text(assets: &str, more: &str) -> String {
    format!(
        r#"{{"type": "Feature", "stac_version": "1.1.0", "id": "scene", "links": [{{"rel": "self", "href": "x"}}],
        "assets": {assets}, "geometry": {{"type": "Point", "coordinates": [1.50, 5e1]}}, "bbox": [1.5, 50, 1.5, 50],
        "properties": {{"datetime": "2019-06-27 11:21:21", "eo:cloud_cover": 12.5, "n": 1}}{more}}}"#
    )
}

/// What parsing it whole comes to.
fn slowly(text: &str, collection: Option<&str>) -> NewItem {
    let document = stac::ready(serde_json::from_str(text).unwrap(), &base(), collection).unwrap();
    NewItem::new(Item::without_assets(&document).unwrap(), &document).unwrap()
}

#[test]
fn it_is_what_parsing_the_whole_comes_to() {
    let escapes = r#"{"a": {"title": "\u00e9\n\"\u0001\ud83d\ude00\/", "href": "./b c.tif", "x": [], "y": {}, "z": [null,
        true, false, -1, 18446744073709551615, 18446744073709551616, 1E2, -0.0, 0.1, [[1], {"q": []}]]}}"#;
    let pilot = r#"{"a": {"href": "http://t.s3-ext.jc.rl.ac.uk/ard/a.tif?domain=t.s3-ext.jc.rl.ac.uk"}}"#;
    for assets in ["{}", escapes, pilot] {
        for (more, collection) in [(r#", "collection": "c""#, Some("other")), ("", Some("c"))] {
            let given = text(assets, more);
            let (quick, slow) = (item(&given, &base(), collection).unwrap(), slowly(&given, collection));
            assert_eq!(quick.document(), slow.document());
            assert_eq!(format!("{quick:?}"), format!("{slow:?}"));
        }
    }
    let made = item(&text(r#"{"a": {"href": "b.tif"}}"#, ""), &base(), Some("c")).unwrap();
    let document: Value = serde_json::from_str(made.document()).unwrap();
    assert_eq!(document["assets"]["a"]["href"], "s3://ard/2019/b.tif");
    assert_eq!(document["properties"]["datetime"], "2019-06-27T11:21:21Z");
    assert_eq!((document.get("links"), &document["collection"]), (None, &json!("c")));
}

#[test]
fn anything_unusual_is_left_to_the_slower_way() {
    let asset = |members: &str| text(&format!(r#"{{"a": {{"href": "{HREF}"{members}}}}}"#), r#", "collection": "c""#);
    assert!(item(&asset(""), &base(), None).is_some());
    let many = (0..300).map(|number| format!(r#", "n{number}": 0"#)).collect::<Vec<_>>().concat();
    let deep = format!(r#", "deep": {}1{}"#, "[".repeat(200), "]".repeat(200));
    for given in [
        asset(r#", "title": 1, "title": 2"#),
        asset(r#", "n": 1e999"#),
        asset(r#", "n": "\ud800""#),
        asset(&deep),
        asset(&many),
        format!("{} 1", asset("")),
        asset("").replace("Feature", "Collection"),
        asset("").replace(HREF, ""),
        text(r#"{"a": {}}"#, r#", "collection": "c""#),
        text(r#"{"a": 1}"#, r#", "collection": "c""#),
        text("[]", r#", "collection": "c""#),
        text("{}", r#", "collection": "c", "id": "twice""#),
        text("{}", r#", "collection": """#),
        text("{}", ""),
        text("{}", r#", "collection": "c""#).replace("2019-06-27 11", "yesterday"),
        text("{}", r#", "collection": "c""#).replace("Point", "Pint"),
        text("{}", r#", "collection": "c", "features": []"#),
        r#"{"type": "FeatureCollection", "features": [{"type": "Feature"}]}"#.to_owned(),
        "[1]".to_owned(),
        String::new(),
    ] {
        assert!(item(&given, &base(), None).is_none(), "{given}");
    }
}
