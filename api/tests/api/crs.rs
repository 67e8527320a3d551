//! OGC API – Features Part 2: `crs`, `bbox-crs` and `filter-crs`. What PROJ makes of positions is compared in
//! tests/python.

use ardent_catalog::NewItem;
use ardent_model::Item;
use serde_json::{Value, json};

use crate::site::{Got, Site};

const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

fn epsg(code: u32) -> String {
    format!("http://www.opengis.net/def/crs/EPSG/0/{code}")
}

fn crs_of(got: &Got) -> &str {
    got.header("content-crs")
}

/// Every pair of numbers in lists of lists, with its axes exchanged.
fn swapped(value: &Value) -> Value {
    match value {
        Value::Array(values) if values.first().is_some_and(Value::is_number) => json!([values[1], values[0]]),
        Value::Array(values) => Value::Array(values.iter().map(swapped).collect()),
        other => other.clone(),
    }
}

#[tokio::test]
async fn every_answer_with_footprints_says_what_they_are_in() {
    let site = Site::start().await;
    let plain = ["/search", "/collections/sentinel2/items", "/collections/sentinel2/items/s03"];
    for path in plain {
        let got = site.get(path).await;
        assert_eq!(crs_of(&got), format!("<{CRS84}>"), "{path}");
        let named = site.get(&format!("{path}?crs={CRS84}")).await;
        assert_eq!(crs_of(&named), format!("<{CRS84}>"), "{path}");
        let features = |got: &Got| {
            got.json()["features"]
                .as_array()
                .map(|all| all.iter().map(|one| one["geometry"].clone()).collect::<Vec<_>>())
        };
        assert_eq!(features(&got), features(&named), "{path}");
    }
    assert_eq!(crs_of(&site.post("/search", &json!({})).await), format!("<{CRS84}>"));
    let posted = site.post("/search", &json!({"crs": epsg(3857), "collections": ["sentinel2"]})).await;
    assert_eq!(crs_of(&posted), format!("<{}>", epsg(3857)));
    let exposed = site.client.get(site.url("/search")).header("origin", "https://elsewhere.org").send().await.unwrap();
    let exposed = exposed.headers()["access-control-expose-headers"].to_str().unwrap().to_lowercase();
    assert!(exposed.contains("content-crs") || exposed == "*", "{exposed}");
}

#[tokio::test]
async fn latitude_comes_first_in_4326_and_the_rest_stays_to_the_letter() {
    let site = Site::start().await;
    let path = "/collections/sentinel2/items/s03";
    let (plain, other) = (site.get(path).await, site.get(&format!("{path}?crs={}", epsg(4326))).await);
    assert_eq!(crs_of(&other), format!("<{}>", epsg(4326)));
    let (mut expected, found) = (plain.json(), other.json());
    expected["geometry"]["coordinates"] = swapped(&expected["geometry"]["coordinates"]);
    expected["bbox"] = json!([-90, -180, 90, 180]);
    assert_eq!(found["geometry"], expected["geometry"]);
    assert_eq!(found["bbox"].to_string().replace(".0", ""), expected["bbox"].to_string());
    assert_eq!(found["properties"], expected["properties"]);
    assert!(other.text.contains("12.50") == plain.text.contains("12.50"), "digits are kept");
    let names = |got: &Got| got.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&plain), names(&other));
}

#[tokio::test]
async fn pages_in_another_system_are_the_same_items() {
    let site = Site::start().await;
    let mut got = site.get(&format!("/collections/sentinel2/items?limit=5&crs={}", epsg(32630))).await;
    let (mut ids, plain) = (Vec::new(), site.get("/collections/sentinel2/items?limit=100").await.ids());
    loop {
        assert_eq!(crs_of(&got), format!("<{}>", epsg(32630)));
        for feature in got.json()["features"].as_array().unwrap() {
            let first = &feature["geometry"]["coordinates"][0][0];
            // 50 degrees north is 5 540 km from the equator.
            assert!((first[1].as_f64().unwrap() - 5.55e6).abs() < 3e4, "{first}");
            let eastings: Vec<f64> = feature["geometry"]["coordinates"][0]
                .as_array()
                .unwrap()
                .iter()
                .map(|at| at[0].as_f64().unwrap())
                .collect();
            let least = eastings.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(feature["bbox"][0].as_f64().unwrap(), least, "the box is that of the footprint");
        }
        ids.extend(got.ids());
        let Some(next) = got.link("next") else { break };
        got = Got::from(site.client.get(next["href"].as_str().unwrap()).send().await.unwrap()).await;
    }
    assert_eq!(ids, plain);
}

#[tokio::test]
async fn collections_list_what_they_are_offered_in_and_take_nothing_else() {
    let site = Site::start().await;
    let document = site.get("/collections/sentinel2").await.json();
    // Six degrees west to six degrees east, south of England.
    let expected: Vec<String> = [4326, 3857, 27700, 32630, 32631].map(epsg).into();
    assert_eq!(document["crs"], json!([&[CRS84.to_owned()][..], &expected].concat()));
    assert_eq!(document["storageCrs"], CRS84);
    let listed = site.get("/collections").await.json();
    let listed = listed["collections"].as_array().unwrap().iter().find(|one| one["id"] == "sentinel2").unwrap().clone();
    assert_eq!(listed["crs"], document["crs"]);
    for crs in document["crs"].as_array().unwrap() {
        let crs = crs.as_str().unwrap();
        for path in ["items", "items/s00"] {
            let got = site.get(&format!("/collections/sentinel2/{path}?crs={crs}")).await;
            assert_eq!((got.status, crs_of(&got)), (200, format!("<{crs}>").as_str()), "{}", got.text);
        }
        let got = site.get(&format!("/collections/sentinel2/items?bbox=0,0,1,1&bbox-crs={crs}")).await;
        assert_eq!(got.status, 200, "{}", got.text);
    }
    for (query, name) in [
        (format!("crs={}", epsg(32660)), "`crs`"),
        (format!("bbox=0,0,1,1&bbox-crs={}", epsg(32660)), "`bbox-crs`"),
        (format!("filter=true&filter-crs={}", epsg(32660)), "`filter-crs`"),
    ] {
        let got = site.get(&format!("/collections/sentinel2/items?{query}")).await;
        got.assert_problem(400, &[name, "32660` is not offered", "4326, 3857, 27700, 32630, 32631"]);
        assert_eq!(site.get(&format!("/search?collections=sentinel2&{query}")).await.status, 200, "{query}");
    }
    for (bbox_crs, filter_crs, name) in [(32660, 4326, "`bbox-crs`"), (4326, 32660, "`filter-crs`")] {
        let body = json!({"aggregations": ["total_count"], "bbox": [0, 0, 1, 1], "bbox-crs": epsg(bbox_crs),
            "filter": true, "filter-crs": epsg(filter_crs)});
        let counted = site.post("/collections/sentinel2/aggregate", &body).await;
        counted.assert_problem(400, &[name, "32660` is not offered", "4326, 3857, 27700, 32630, 32631"]);
        assert_eq!(site.post("/aggregate", &body).await.status, 200, "{name}");
    }
    let item = site.get(&format!("/collections/sentinel2/items/s00?crs={}", epsg(32660))).await;
    item.assert_problem(400, &["`crs`", "is not offered"]);
    site.get("/collections/sentinel2/items/s00?crs=x").await.assert_problem(400, &["`crs`", "32601 to 32660"]);
}

#[tokio::test]
async fn boxes_are_searched_in_their_own_system() {
    let site = Site::start().await;
    let plain = site.get("/search?limit=100&bbox=-2.5,50.2,-0.5,50.7").await.ids();
    assert_eq!(plain.len(), 3);
    let latitude_first = format!("/search?limit=100&bbox=50.2,-2.5,50.7,-0.5&bbox-crs={}", epsg(4326));
    assert_eq!(site.get(&latitude_first).await.ids(), plain);
    let body = json!({"limit": 100, "bbox": [50.2, -2.5, 50.7, -0.5], "bbox-crs": epsg(4326)});
    assert_eq!(site.post("/search", &body).await.ids(), plain);
    // Mercator's x is 111 319.49 m per degree; its y of 50.2 and 50.7 degrees is 6 479 and 6 567 km.
    let mercator = format!("bbox=-278298.7,6482000,-55659.7,6567000&bbox-crs={}", epsg(3857));
    assert_eq!(site.get(&format!("/search?limit=100&{mercator}")).await.ids(), plain);
    let counted = site.get(&format!("/aggregate?aggregations=total_count&{mercator}")).await.json();
    assert_eq!(counted["aggregations"][0]["value"], 3);
    // Pages go on with the same box.
    let first = site.get(&format!("/search?limit=2&{mercator}")).await;
    let next = first.link("next").unwrap();
    let rest = Got::from(site.client.get(next["href"].as_str().unwrap()).send().await.unwrap()).await;
    assert_eq!([first.ids(), rest.ids()].concat(), plain);
    // Zone 60 goes on beyond the antimeridian, where the zone's eastings go on growing.
    let beyond = format!("/search?bbox=780000,7990000,900000,8100000&bbox-crs={}", epsg(32760));
    assert_eq!(site.get(&beyond).await.ids(), ["reef"]);
    let west_of_it = format!("/search?bbox=500000,7990000,580000,8100000&bbox-crs={}", epsg(32760));
    assert!(site.get(&west_of_it).await.ids().is_empty());
}

#[tokio::test]
async fn the_sides_of_a_box_are_as_straight_as_they_are_drawn() {
    let site = Site::start().await;
    // The northern side of this box in UTM zone 30, 2 000 km long, lies at 61.64 degrees in the middle and at 60.6 at
    // its ends: a line between the corners in degrees would leave out what is north of it.
    let (west, north, east) = (-500_000.0, 6_832_000.0, 1_500_000.0);
    let point = |id: &str, at: [f64; 2]| {
        let document = json!({
            "type": "Feature", "stac_version": "1.1.0", "id": id, "collection": "fiji", "links": [], "assets": {},
            "geometry": {"type": "Point", "coordinates": at}, "properties": {"datetime": "2020-01-01T00:00:00Z"},
        });
        NewItem::new(Item::from_stac(&document).unwrap(), &document).unwrap()
    };
    site.catalog.put_items(vec![point("inside", [-3.0, 61.5]), point("outside", [-3.0, 61.8])]).await.unwrap();
    let query = format!("bbox={west},6500000,{east},{north}&bbox-crs={}", epsg(32630));
    assert_eq!(site.get(&format!("/search?{query}")).await.ids(), ["inside"]);
}

#[tokio::test]
async fn filters_have_their_own_system() {
    let site = Site::start().await;
    let plain = site.get("/search?limit=100&filter=S_INTERSECTS(geometry,BBOX(-2.5,50.2,-0.5,50.7))").await.ids();
    assert_eq!(plain.len(), 3);
    for (code, condition) in [
        (4326, "S_INTERSECTS(geometry,BBOX(50.2,-2.5,50.7,-0.5))"),
        (4326, "S_INTERSECTS(geometry,POLYGON((50.2%20-2.5,50.2%20-0.5,50.7%20-0.5,50.2%20-2.5)))"),
        (3857, "S_INTERSECTS(geometry,BBOX(-278298.7,6482000,-55659.7,6567000))"),
        (27700, "S_INTERSECTS(geometry,LINESTRING(370000%2060000,500000%2060000))"),
    ] {
        let path = format!("/search?limit=100&filter-crs={}&filter={condition}", epsg(code));
        assert_eq!(site.get(&path).await.ids(), plain, "{path}");
    }
    let polygon = json!({"type": "Polygon", "coordinates": [[[50.2, -2.5], [50.2, -0.5], [50.7, -0.5], [50.2, -2.5]]]});
    let body = json!({"limit": 100, "filter-crs": epsg(4326),
        "filter": {"op": "s_intersects", "args": [{"property": "geometry"}, polygon]}});
    assert_eq!(site.post("/search", &body).await.ids(), plain);
    let within = format!(
        "/search?limit=100&filter-crs={}&filter=NOT%20S_DISJOINT(geometry,POINT(435257.5%20111288.2))",
        epsg(27700)
    );
    assert_eq!(site.get(&within).await.ids(), ["s04"], "the point 1.5° west, 50.9° north");
}

#[tokio::test]
async fn what_cannot_be_transformed_is_named() {
    let site = Site::start().await;
    let mercator = epsg(3857);
    for (query, words) in [
        (format!("bbox=3e7,0,4e7,1&bbox-crs={mercator}"), ["`bbox`", "cannot be used"]),
        (format!("bbox=2,0,1,1&bbox-crs={mercator}"), ["`bbox`", "least easting"]),
        (format!("bbox=1,2,3&bbox-crs={mercator}"), ["`bbox`", "3 numbers"]),
        (format!("bbox=a,2,3,4&bbox-crs={mercator}"), ["`bbox`", "not a number"]),
        (format!("bbox=100,0,101,1&bbox-crs={}", epsg(4326)), ["bbox", "latitudes first"]),
        (format!("filter=S_INTERSECTS(geometry,POINT(3e9%200))&filter-crs={mercator}"), ["`filter`", "cannot be used"]),
        (format!("filter=S_INTERSECTS(geometry,POINT(100%200))&filter-crs={}", epsg(4326)), ["`filter`", "degrees"]),
        (
            format!("bbox=0,0,1,1&bbox-crs={mercator}&intersects=%7B%22type%22:%22Point%22,%22coordinates%22:[0,0]%7D"),
            ["`intersects`", "leave one out"],
        ),
    ] {
        site.get(&format!("/search?{query}")).await.assert_problem(400, &words);
    }
    let pole = json!({
        "type": "Feature", "stac_version": "1.1.0", "id": "pole", "collection": "fiji", "links": [], "assets": {},
        "geometry": {"type": "Polygon", "coordinates": [[[0, 80], [90, 80], [90, 90], [0, 90], [0, 80]]]},
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
    });
    site.catalog.put_items(vec![NewItem::new(Item::from_stac(&pole).unwrap(), &pole).unwrap()]).await.unwrap();
    for path in ["/search?ids=pole&", "/collections/fiji/items/pole?"] {
        site.get(&format!("{path}crs={mercator}")).await.assert_problem(400, &["`crs`", "`pole`", "leave it out"]);
        assert_eq!(site.get(&format!("{path}crs={}", epsg(4326))).await.status, 200);
    }
    for (body, name) in [
        (json!({"crs": "EPSG:4326"}), "`crs`"),
        (json!({"bbox": [0, 0, 1, 1], "bbox-crs": "x"}), "`bbox-crs`"),
        (json!({"filter": true, "filter-crs": "x"}), "`filter-crs`"),
    ] {
        site.post("/search", &body).await.assert_problem(400, &[name, "is not offered here"]);
    }
    // What would explain nothing is refused; a language is let pass.
    for (explained, path) in [("bbox", "/search"), ("filter", "/search"), ("filter", "/collections")] {
        let alone = site.get(&format!("{path}?{explained}-crs={CRS84}")).await;
        alone.assert_problem(400, &[&format!("`{explained}-crs`"), &format!("there is no `{explained}`")]);
        assert_eq!(site.get(&format!("{path}?filter-lang=cql2-json")).await.status, 200);
    }
}

#[tokio::test]
async fn the_systems_of_what_is_hidden_are_not_told() {
    let (site, _issuer) = Site::guarded().await;
    for path in ["items", "items/hidden"] {
        for crs in [epsg(32660), epsg(32631), epsg(4326)] {
            let secret = site.get(&format!("/collections/secret/{path}?crs={crs}")).await;
            let nothing = site.get(&format!("/collections/nothing/{path}?crs={crs}")).await;
            let detail = |got: &Got| got.json()["detail"].as_str().unwrap().replace("secret", "nothing");
            assert_eq!((secret.status, detail(&secret)), (404, detail(&nothing)), "{path} {crs}");
        }
    }
}
