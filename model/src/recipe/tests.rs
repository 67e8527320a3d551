use serde_json::{Value, json};

use super::*;

fn recipe() -> Value {
    json!({"collections": ["sentinel2"], "datetime": "2019-06-01/2019-08-31",
        "bbox": [434_800, 96_500, 548_510, 145_900], "bbox_crs": "EPSG:27700", "crs": "EPSG:27700", "resolution": 10,
        "bands": ["red"]})
}

fn with(field: &str, value: Value) -> Vec<u8> {
    let mut recipe = recipe();
    recipe[field] = value;
    serde_json::to_vec(&recipe).unwrap()
}

#[test]
fn the_least_recipe_has_the_documented_defaults() {
    let recipe = Recipe::parse(&serde_json::to_vec(&recipe()).unwrap()).unwrap();
    assert_eq!(recipe.anchor, Anchor::Edge);
    assert_eq!((recipe.resampling, recipe.group, recipe.reduce), (Resampling::Nearest, Group::All, Reduce::Median));
    assert!(recipe.mask.is_empty() && recipe.valid.is_empty());
}

#[test]
fn masks_have_two_forms() {
    let short = Recipe::parse(&with("mask", json!({"fmask": [0], "topomask": [1]}))).unwrap();
    let long = json!([{"band": "fmask", "include": [0]}, {"band": "topomask", "include": [1]}]);
    assert_eq!(short.mask, Recipe::parse(&with("mask", long)).unwrap().mask);
    let below = Recipe::parse(&with("mask", json!([{"band": "clouds_prob", "below": 40}]))).unwrap();
    assert_eq!(below.mask[0].keep, Keep::Below(40.0));
}

#[test]
fn a_written_recipe_reads_back() {
    let rules = json!([{"band": "scl", "exclude": [8.0, 9.0], "dilate_px": 3}, {"band": "scl", "below": 4.0}]);
    let recipe = Recipe::parse(&with("mask", rules.clone())).unwrap();
    assert_eq!(serde_json::to_value(&recipe.mask).unwrap(), rules);
    assert_eq!(Recipe::parse(&serde_json::to_vec(&recipe).unwrap()).unwrap(), recipe);
    for anchor in [json!("edge"), json!("center"), json!([5.0, 6.5]), json!({"like": "scene"})] {
        let recipe = Recipe::parse(&with("anchor", anchor.clone())).unwrap();
        assert_eq!(serde_json::to_value(&recipe.anchor).unwrap(), anchor);
    }
}

#[test]
fn every_fault_names_the_member_and_the_fix() {
    for (field, value, named, fix) in [
        ("collections", json!([]), "collections", "at least one"),
        ("bands", json!([]), "bands", "at least one"),
        ("bands", json!(["red", "red"]), "bands[1]", "once"),
        ("bands", json!([5]), "bands[0]", "a name"),
        ("bands", json!([{"name": "n", "expression": "(red"}]), "bands.n.expression", "(red"),
        ("bands", json!([{"name": "n", "expression": "1+1"}]), "bands[0].expression", "no band"),
        ("datetime", json!("2019-08-31/2019-06-01"), "datetime", "exchange"),
        ("datetime", json!("summer"), "datetime", "2019-06-01/2019-08-31"),
        ("bbox", json!([5, 5, 5, 6]), "bbox", "left < right"),
        ("bbox", json!([5, 5, 6]), "bbox", "4"),
        ("bbox_crs", json!("EPSG:4326"), "bbox", "bbox_crs"),
        ("bbox_crs", json!("British"), "bbox_crs", "EPSG:27700"),
        ("crs", Value::Null, "crs", "both"),
        ("resolution", json!(-10), "resolution", "positive"),
        ("anchor", json!("middle"), "anchor", "edge"),
        ("resampling", json!("lanczos"), "resampling", "nearest"),
        ("group", json!("fortnight"), "group", "season"),
        ("group", json!("P0D"), "group", "P1D to P366D"),
        ("group", json!("P+16D"), "group", "P1D to P366D"),
        ("group", json!("P016D"), "group", "P1D to P366D"),
        ("reduce", json!("mode"), "reduce", "median"),
        ("reduce", json!({"percentile": 101}), "reduce.percentile", "between 0 and 100"),
        ("reduce", json!({"best": {"band": "ndvi", "most": true}}), "reduce", "least"),
        ("reduce", json!({"best": {"band": {"index": "ndxi"}}}), "reduce.best.band", "ndvi"),
        ("bands", json!([{"index": "ndxi"}]), "bands[0]", "ndvi"),
        ("bands", json!([{"name": "n", "expression": "red", "after": "lunch"}]), "bands[0]", "\"reduce\""),
        ("extra", json!(["n_cloudy"]), "extra[0]", "n_clear"),
        ("extra", json!(["n_clear", "n_clear"]), "extra[1]", "once"),
        ("extra", json!(["source_index"]), "extra[0]", "medoid or best"),
        ("scale", json!("yes"), "scale", "boolean"),
        ("mask", json!({"fmask": []}), "mask[0]", "values to keep"),
        ("mask", json!([{"band": "fmask"}]), "mask", "include, exclude and below"),
        ("mask", json!(5), "mask", "fmask"),
        ("geometry", json!({"type": "Point", "coordinates": [0, 0]}), "geometry", "not both"),
        ("mask", json!([{"band": "scl", "exclude": [3], "dilate_px": 101}]), "mask[0]", "100 at most"),
        ("mask", json!([{"band": "scl", "exclude": [3], "dilate_px": -1}]), "mask", "dilate_px"),
        ("clip", json!(true), "clip", "give geometry"),
        ("clip", json!("yes"), "clip", "all_touched"),
        ("clip", json!({"touched": true}), "clip", "all_touched"),
        ("dedupe", json!("all"), "dedupe", "`latest`"),
        ("select", json!({"max_cloud": 40}), "select.max_cloud", "0.4"),
        ("select", json!({"min_valid": -0.1}), "select.min_valid", "from 0 to 1"),
        ("select", json!({"least_cloudy": 0}), "select.least_cloudy", "1 or more"),
        ("select", json!({"dates": []}), "select.dates", "leave it out"),
        ("select", json!({"dates": ["June"]}), "select.dates[0]", "invalid"),
        ("select", json!({"cloudy": 1}), "select", "`max_cloud`"),
        ("harmonize", json!("no"), "harmonize", "boolean"),
        ("on_error", json!("ignore"), "on_error", "`skip`"),
        ("on_error", json!({"threshold": 5}), "on_error.threshold", "0.05"),
        ("on_error", json!({"threshold": -0.1}), "on_error.threshold", "from 0 to 1"),
        ("dates", json!([]), "dates", "expected"),
    ] {
        let error = Recipe::parse(&with(field, value.clone())).unwrap_err().to_string();
        assert!(error.contains(named) && error.contains(fix), "{field} = {value}: {error}");
    }
    for text in ["", "[]", "{", "null", "{} {}"] {
        assert!(Recipe::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn only_polygons_clip() {
    let clipped = |geometry: Value| {
        let mut recipe = recipe();
        recipe.as_object_mut().unwrap().remove("bbox");
        (recipe["geometry"], recipe["clip"]) = (geometry, json!(true));
        Recipe::parse(&serde_json::to_vec(&recipe).unwrap())
    };
    let ring = json!([[0, 0], [9, 0], [9, 9], [0, 0]]);
    let polygon = json!({"type": "Polygon", "coordinates": [ring]});
    let parts = json!({"type": "GeometryCollection", "geometries": [polygon, polygon]});
    assert_eq!(clipped(polygon).unwrap().clip_polygons().unwrap().unwrap().len(), 1);
    assert_eq!(clipped(parts).unwrap().clip_polygons().unwrap().unwrap().len(), 2);
    let line = json!({"type": "LineString", "coordinates": [[0, 0], [9, 9]]});
    assert!(clipped(line).unwrap_err().to_string().contains("Polygon or MultiPolygon"));
}

#[test]
fn reducers_are_words_or_have_a_parameter() {
    for (text, expected) in [
        (json!("stddev"), Reduce::Stddev),
        (json!("last"), Reduce::Last),
        (json!("medoid"), Reduce::Medoid),
        (json!("geomedian"), Reduce::Geomedian),
        (json!({"percentile": 12.5}), Reduce::Percentile(12.5)),
        (
            json!({"best": {"band": "ndvi", "least": true}}),
            Reduce::Best(Best { band: BandRequest::Name("ndvi".to_owned()), least: true }),
        ),
    ] {
        let recipe = Recipe::parse(&with("reduce", text.clone())).unwrap();
        assert_eq!(recipe.reduce, expected);
        assert_eq!(serde_json::to_value(recipe).unwrap()["reduce"], text);
    }
}

#[test]
fn extra_bands_are_counted_and_keep_their_names_to_themselves() {
    let mut document = recipe();
    document["bands"] = json!(["red", "n_clear"]);
    document["extra"] = json!(["n_clear"]);
    let parse = |document: &Value| Recipe::parse(document.to_string().as_bytes());
    assert!(parse(&document).unwrap_err().to_string().contains("name that otherwise"));
    document["bands"] = json!(["red", "green"]);
    document["extra"] = json!(["n_clear", "source_index", "age_days"]);
    document["reduce"] = json!("last");
    assert_eq!(parse(&document).unwrap().bands_per_group(), 2 + 1 + 2 + 2);
    document["reduce"] = json!("medoid");
    assert_eq!(parse(&document).unwrap().bands_per_group(), 2 + 1 + 1 + 1);
    document["reduce"] = json!("last");
    document["bands"] = json!(["red", {"index": "ndvi", "after": "reduce"}]);
    assert!(parse(&document).unwrap_err().to_string().contains("mixes dates"));
}

#[test]
fn a_deeply_nested_expression_is_read_or_refused() {
    for depth in [10, 200, 490, 600] {
        let text = format!("{}red{}", "(".repeat(depth), ")".repeat(depth));
        let bands = json!([{"name": "n", "expression": text}]);
        let parsed = Recipe::parse(&with("bands", bands));
        assert_eq!(parsed.is_ok(), depth < 500, "{depth}");
    }
}

#[test]
fn an_area_across_the_antimeridian_goes_on() {
    let area = |member: &str, value: Value| {
        let document = json!({"collections": ["c"], "bands": ["red"], member: value});
        let recipe = Recipe::parse(document.to_string().as_bytes());
        recipe.map(|recipe| recipe.area().unwrap().unwrap()).map(|area| (area.left, area.right))
    };
    assert_eq!(area("bbox", json!([177, -19, -178, -16])).unwrap(), (177.0, 182.0));
    let ring = |west: f64, east: f64| json!([[[west, 0], [east, 0], [east, 1], [west, 1], [west, 0]]]);
    let both = json!({"type": "MultiPolygon", "coordinates": [ring(177.0, 180.0), ring(-180.0, -178.0)]});
    assert_eq!(area("geometry", both).unwrap(), (177.0, 182.0));
    let world = json!({"type": "Polygon", "coordinates": ring(-180.0, 180.0)});
    assert_eq!(area("geometry", world).unwrap(), (-180.0, 180.0));
    for wrong in [json!([177, -19, 182, -16]), json!([-190, 0, -170, 1]), json!([190, 0, -170, 1])] {
        let text = area("bbox", wrong.clone()).unwrap_err().to_string();
        assert!(text.contains("not in degrees"), "{wrong}: {text}");
    }
}
