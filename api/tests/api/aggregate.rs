//! `/aggregate` and `/aggregations`, by GET and POST, of all collections and of one.

use serde_json::{Value, json};

use crate::site::{Got, SCENES, Site};

fn result(got: &Got, name: &str) -> Value {
    assert_eq!((got.status, got.header("content-type")), (200, "application/json"), "{}", got.text);
    let document = got.json();
    assert_eq!(document["type"], "AggregationCollection");
    let all = document["aggregations"].as_array().unwrap();
    all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}: {}", got.text)).clone()
}

#[tokio::test]
async fn get_and_post_tell_the_same() {
    let site = Site::start().await;
    let names = ["total_count", "collection_frequency", "datetime_frequency", "cloud_cover_frequency"];
    let list = names.join(",");
    for (path, query, body, expected) in [
        ("/aggregate", "", json!({}), SCENES + 2),
        ("/aggregate", "&collections=sentinel2", json!({"collections": ["sentinel2"]}), SCENES),
        ("/aggregate", "&bbox=-6,50.2,-3.5,50.4", json!({"bbox": [-6, 50.2, -3.5, 50.4]}), 3),
        (
            "/aggregate",
            "&filter=id<'s03'&collections=sentinel2",
            json!({"filter-lang": "cql2-text", "filter": "id < 's03'",
            "collections": ["sentinel2"]}),
            3,
        ),
        ("/aggregate", "&query=%7B%22id%22:%7B%22eq%22:%22reef%22%7D%7D", json!({"query": {"id": {"eq": "reef"}}}), 1),
        ("/aggregate", "&q=nowhere", json!({"q": ["nowhere"]}), 0),
        (
            "/aggregate",
            "&datetime=2019-06-02T00:00:00Z/2019-06-03T23:00:00Z&ids=s02,s03,s11",
            json!({"datetime": "2019-06-02T00:00:00Z/2019-06-03T23:00:00Z", "ids": ["s02", "s03", "s11"]}),
            2,
        ),
        ("/collections/fiji/aggregate", "", json!({}), 2),
        (
            "/collections/fiji/aggregate",
            "&collections=fiji&bbox=170,-20,-170,0",
            json!({"collections": ["fiji"], "bbox": [170, -20, -170, 0]}),
            1,
        ),
    ] {
        let got = site.get(&format!("{path}?aggregations={list}{query}")).await;
        let mut with_names = body;
        with_names["aggregations"] = json!(names);
        let posted = site.post(path, &with_names).await;
        let total = result(&got, "total_count");
        assert_eq!(total, json!({"name": "total_count", "data_type": "integer", "value": expected}), "{path} {query}");
        assert_eq!(got.json()["aggregations"], posted.json()["aggregations"], "{path} {query}");
        let order: Vec<Value> =
            got.json()["aggregations"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        assert_eq!(order, names, "as they were asked for");
    }
}

#[tokio::test]
async fn buckets_say_what_they_are() {
    let site = Site::start().await;
    let path = "/collections/sentinel2/aggregate?aggregations=datetime_frequency,cloud_cover_frequency,platform_frequency,\
                datetime_min,datetime_max&datetime_frequency_interval=day";
    let got = site.get(path).await;
    let days = result(&got, "datetime_frequency");
    assert_eq!((&days["data_type"], &days["overflow"]), (&json!("frequency_distribution"), &json!(0)));
    let expected: Vec<Value> = (1..=SCENES / 2)
        .map(|day| json!({"key": format!("2019-06-{day:02}T00:00:00Z"), "data_type": "datetime", "frequency": 2}))
        .collect();
    assert_eq!(days["buckets"], json!(expected));
    let covers = result(&got, "cloud_cover_frequency");
    assert_eq!(covers["buckets"][0], json!({"key": "*-5.0", "data_type": "numeric", "frequency": 0, "to": 5.0}));
    let second = json!({"key": "5.0-15.0", "data_type": "numeric", "frequency": SCENES, "from": 5.0, "to": 15.0});
    assert_eq!(covers["buckets"][1], second);
    assert_eq!(covers["buckets"][3], json!({"key": "40.0-*", "data_type": "numeric", "frequency": 0, "from": 40.0}));
    let platforms = result(&got, "platform_frequency");
    assert_eq!((&platforms["buckets"], &platforms["overflow"]), (&json!([]), &json!(SCENES)), "no item has one");
    assert_eq!(result(&got, "datetime_min")["value"], "2019-06-01T11:00:00Z");
    assert_eq!(result(&got, "datetime_max")["value"], "2019-06-06T11:00:00Z");
    let empty = site.get("/aggregate?ids=none&aggregations=datetime_min,total_count").await;
    assert_eq!(
        (&result(&empty, "datetime_min")["value"], &result(&empty, "total_count")["value"]),
        (&Value::Null, &json!(0))
    );
    assert_eq!(site.get("/aggregate").await.json()["aggregations"], json!([]), "nothing was asked for");
}

#[tokio::test]
async fn the_lists_name_what_can_be_asked_for_and_everything_links_to_them() {
    let site = Site::start().await;
    for (document, prefix) in [("/", ""), ("/collections/fiji", "/collections/fiji")] {
        let links = site.get(document).await.json()["links"].clone();
        let of = |rel: &str| -> Vec<Value> {
            let links = links.as_array().unwrap().iter().filter(|link| link["rel"] == rel);
            links.map(|link| json!([link["href"], link["method"]])).collect()
        };
        let aggregate = site.url(&format!("{prefix}/aggregate"));
        assert_eq!(of("aggregate"), [json!([aggregate, "GET"]), json!([aggregate, "POST"])]);
        assert_eq!(of("aggregations"), [json!([site.url(&format!("{prefix}/aggregations")), null])]);
        let list = site.get(&format!("{prefix}/aggregations")).await.json();
        let described = list["aggregations"].as_array().unwrap();
        let names: Vec<&str> = described.iter().map(|one| one["name"].as_str().unwrap()).collect();
        let got = site.get(&format!("{prefix}/aggregate?aggregations={}", names.join(","))).await;
        for one in described {
            assert_eq!(result(&got, one["name"].as_str().unwrap())["data_type"], one["data_type"]);
        }
        assert!(names.len() > 10, "{names:?}");
    }
}

#[tokio::test]
async fn what_is_hidden_is_not_counted() {
    let (site, _issuer) = Site::guarded().await;
    let all = "aggregations=total_count,collection_frequency,centroid_geohash_grid_frequency,datetime_max";
    let got = site.get(&format!("/aggregate?{all}")).await;
    assert_eq!(result(&got, "total_count")["value"], SCENES + 2);
    assert!(!got.text.contains("secret"));
    let of_secret = site.get(&format!("/aggregate?collections=secret&{all}")).await;
    let of_nothing = site.get(&format!("/aggregate?collections=nothing&{all}")).await;
    assert_eq!(of_secret.json()["aggregations"], of_nothing.json()["aggregations"]);
    for path in ["aggregate", "aggregations"] {
        site.get(&format!("/collections/secret/{path}")).await.assert_problem(404, &["`secret`"]);
    }
}

#[tokio::test]
async fn bad_questions_are_refused_with_the_fix() {
    let site = Site::start().await;
    for (query, words) in [
        ("aggregations=count", ["`count`", "total_count, datetime_max"]),
        ("aggregations=total_count,", ["aggregations", "total_count"]),
        ("aggregations=total_count,total_count", ["twice", "leave one out"]),
        ("limit=1", ["`limit`", "aggregations, collections"]),
        ("sortby=id", ["`sortby`", "known"]),
        ("token=a", ["`token`", "known"]),
        ("datetime_frequency_interval=decade", ["decade", "year, quarter, month, week"]),
        ("centroid_geohash_grid_frequency_precision=0", ["centroid_geohash_grid_frequency_precision", "from 1 to 12"]),
        ("centroid_geohash_grid_frequency_precision=x", ["`x`", "from 1 to 12"]),
        ("centroid_geotile_grid_frequency_precision=30", ["30", "from 0 to 29"]),
        ("bbox=1,2,3", ["bbox", "4 or 6"]),
        ("filter=a%3D", ["`filter`", "character"]),
        (
            "bbox=0,0,1,1&intersects=%7B%22type%22:%22Point%22,%22coordinates%22:[0,0]%7D",
            ["intersects", "leave one out"],
        ),
    ] {
        for path in ["/aggregate", "/collections/fiji/aggregate"] {
            site.get(&format!("{path}?{query}")).await.assert_problem(400, &words);
        }
    }
    for (body, words) in [
        (json!({"aggregations": ["count"]}), ["`count`", "total_count"]),
        (json!({"aggregations": "total_count"}), ["`aggregations`", "list of names"]),
        (json!({"aggregations": [1]}), ["`aggregations`", "list of names"]),
        (json!({"limit": 1}), ["`limit`", "known: aggregations"]),
        (json!({"datetime_frequency_interval": 1}), ["datetime_frequency_interval", "month"]),
        (json!({"centroid_geohash_grid_frequency_precision": 1.5}), ["`1.5`", "from 1 to 12"]),
        (json!({"centroid_geotile_grid_frequency_precision": 99}), ["99", "from 0 to 29"]),
        (json!({"bbox": [1, "x", 2, 3]}), ["`bbox[1]`", "string"]),
        (json!([]), ["`(body)`", "JSON object"]),
    ] {
        site.post("/aggregate", &body).await.assert_problem(400, &words);
    }
    site.post("/aggregate?aggregations=total_count", &json!({})).await.assert_problem(400, &["`aggregations`", "none"]);
    site.get("/collections/fiji/aggregate?collections=sentinel2")
        .await
        .assert_problem(400, &["collections", "/aggregate"]);
    site.get("/aggregations?x=1").await.assert_problem(400, &["`x`", "takes none"]);
    site.get("/collections/none/aggregate").await.assert_problem(404, &["`none`"]);
    site.post("/collections/none/aggregate", &json!({})).await.assert_problem(404, &["`none`"]);
}
