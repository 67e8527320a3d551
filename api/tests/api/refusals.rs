//! Bad input: every endpoint says what is wrong and what would pass.

use ardent_api::Settings;
use serde_json::{Map, Value, json};

use crate::site::{Got, Site};

#[tokio::test]
async fn parameters_are_named_with_the_fix() {
    let site = Site::start().await;
    for (path, words) in [
        ("/?f=html", ["`f`", "it takes none"]),
        ("/conformance?x=1", ["`x`", "it takes none"]),
        ("/api?x", ["`x`", "it takes none"]),
        ("/collections?collections=a", ["`collections`", "limit, token"]),
        ("/collections?limit=0", ["`limit`", "at least 1"]),
        ("/collections/sentinel2?x=1", ["`x`", "it takes none"]),
        ("/collections/sentinel2/items?intersects=a", ["`intersects`", "bbox, bbox-crs, datetime"]),
        ("/collections/sentinel2/items?collections=fiji", ["`collections`", "/search"]),
        ("/collections/sentinel2/items?limit=-1", ["`limit`", "from 0"]),
        ("/collections/sentinel2/items?sortby=-", ["sortby", "write `-eo:cloud_cover`"]),
        ("/search?sortby=a,b,-properties.a", ["sortby", "`a` is in it twice"]),
        ("/collections/sentinel2/items?limit=ten", ["`ten`", "from 0"]),
        ("/collections/sentinel2/items?bbox=1,2,3", ["3 numbers", "west,south,east,north"]),
        ("/collections/sentinel2/items?datetime=2019-06-01", ["2019-06-01", "RFC 3339"]),
        ("/collections/sentinel2/items/s00?x=1", ["`x`", "known: crs"]),
        ("/search?bbox=0,60,10,50", ["south side", "west,south,east,north"]),
        ("/search?bbox=0,0,1,1&bbox=0,0,1,1", ["`bbox`", "once"]),
        ("/search?intersects=here", ["`intersects`", "GeoJSON"]),
        ("/search?datetime=2020-01-01T00:00:00Z/2019-01-01T00:00:00Z", ["datetime", "exchange"]),
        ("/search?filter=a%3D", ["`filter`", "at character 3"]),
        ("/search?filter=eo:cloud_cover%3D'a'", ["`eo:cloud_cover` is a number", "like with like"]),
        ("/search?filter=pg_sleep(10)%3D1", ["`pg_sleep`", "known are"]),
        ("/search?filter=clear(n)%3D1", ["`clear`", "day_of_year, area_km2"]),
        ("/search?filter=year(id)%3D1", ["`year` wants a time", "`id` is a text"]),
        ("/search?filter=S_INTERSECTS(geometry,CIRCULARSTRING(0+0,1+1,2+0))", ["`circularstring`", "straight sides"]),
        ("/search?filter=S_INTERSECTS(geometry,POINT+Z(1+2+3))", ["`filter`", "heights"]),
        ("/search?filter=S_INTERSECTS(geometry,POINT(1+2+3))", ["`filter`", "heights"]),
        ("/queryables?limit=1", ["`limit`", "it takes none"]),
        ("/sortables?collections=a", ["`collections`", "it takes none"]),
        ("/functions?x", ["`x`", "it takes none"]),
        ("/collections/sentinel2/queryables?bbox=1,2,3,4", ["`bbox`", "it takes none"]),
        ("/collections/sentinel2/sortables?f=html", ["`f`", "it takes none"]),
        ("/search?filter=a%3D1&filter-lang=sql", ["`filter-lang`", "cql2-text"]),
        ("/search?filter=a%3D1&filter-crs=EPSG:27700", ["`filter-crs`", "CRS84"]),
        ("/search?crs=EPSG:27700", ["`crs`", "32601 to 32660"]),
        ("/search?bbox=1,2,3,4&bbox-crs=EPSG:27700", ["`bbox-crs`", "32601 to 32660"]),
        ("/search?query=%7B%22a%22:%7B%22like%22:1%7D%7D", ["`query`", "startsWith"]),
        ("/collections/sentinel2/items?filter=S_WITHIN(geometry,BBOX(1,2,3,4,5,6))", ["`filter`", "heights"]),
        ("/search?ids=%zz", ["`%zz`", "%25"]),
        ("/search?ids=%ff%fe", ["%ff%fe", "UTF-8"]),
        ("/collections/%c3%28", ["%c3%28", "UTF-8"]),
        ("/collections/%00", ["%00", "NUL"]),
    ] {
        site.get(path).await.assert_problem(400, &words);
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_and_named() {
    let site = Site::start().await;
    for (path, name) in [
        ("/nothing", "`/nothing`"),
        ("/collections/none", "`none`"),
        ("/collections/none/items", "`none`"),
        ("/collections/none/queryables", "`none`"),
        ("/collections/none/sortables", "`none`"),
        ("/collections/none/items/s00", "`s00`"),
        ("/collections/sentinel2/items/none", "`none`"),
        ("/collections/sentinel2/items/s00/more", "`/collections/sentinel2/items/s00/more`"),
        ("/api.html/none.js", "`none.js`"),
    ] {
        site.get(path).await.assert_problem(404, &[name]);
    }
}

#[tokio::test]
async fn bodies_are_refused_with_their_place() {
    let site = Site::start().await;
    for (body, words) in [
        ("", ["empty", "JSON"]),
        ("{\"limit\": }", ["`limit`", "line 1 column 11"]),
        ("{\"bbox\": [1, 2, 3]}", ["bbox", "4 or 6"]),
        ("{\"sortby\": [{\"field\": \"a\", \"direction\": \"up\"}]}", ["`sortby[0].direction`", "`asc` or `desc`"]),
        ("{\"sortby\": [{\"field\": \"\"}]}", ["sortby", "write `-eo:cloud_cover`"]),
        ("{\"limit\": -1}", ["`limit`", "from 0"]),
        ("[{}]", ["`(body)`", "JSON object"]),
        ("{\"datetime\": \"..\"}", ["datetime", "cannot be open"]),
        (
            r#"{"filter": {"op": "s_intersects", "args": [{"property": "geometry"},
                {"type": "CircularString", "coordinates": [[0, 0], [1, 1], [2, 0]]}]}}"#,
            ["`filter`", "CircularString"],
        ),
        (
            r#"{"filter": {"op": "s_intersects", "args": [{"property": "geometry"},
                {"type": "Point", "coordinates": [0, 0, 9]}]}}"#,
            ["`filter`", "heights"],
        ),
        (r#"{"intersects": {"type": "Point", "coordinates": []}}"#, ["`intersects`", "two or more"]),
        (r#"{"intersects": {"type": "LineString", "coordinates": [[1, 2], []]}}"#, ["`intersects`", "fewer than two"]),
        (
            r#"{"filter": {"op": "s_intersects", "args": [{"property": "geometry"},
                {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [], [0, 0]]]}]}}"#,
            ["`filter`", "fewer than two numbers"],
        ),
        (
            r#"{"filter": {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1079, 0, 1, 2]}]}}"#,
            ["`filter`", "between -180 and 180"],
        ),
        (r#"{"filter": {"op": "=", "args": [{"op": "clear", "args": []}, 1]}}"#, ["`clear`", "area_km2"]),
    ] {
        site.post_text("/search", "application/json", body).await.assert_problem(400, &words);
    }
    let bytes = site.client.post(site.url("/search")).header("content-type", "application/json").body(vec![b'{', 0xff]);
    Got::from(bytes.send().await.unwrap()).await.assert_problem(400, &["line 1"]);
    site.post("/search?limit=1", &json!({})).await.assert_problem(400, &["`limit`", "known: f"]);
}

/// Properties of a schema, with those of the schemas that it is made of.
fn properties(document: &Value, schema: &Value) -> Map<String, Value> {
    let schema = schema["$ref"].as_str().map_or(schema, |at| document.pointer(&at[1..]).unwrap());
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let own = schema["properties"].as_object().cloned().unwrap_or_default();
    parts.flat_map(|part| properties(document, part)).chain(own).collect()
}

#[tokio::test]
async fn null_is_taken_where_the_document_lets_it_in() {
    let (site, issuer) = crate::writer::site().await;
    let token = issuer.token("writer", &["writers"]);
    let document = site.get("/api").await.json();
    let item = crate::writer::scene("s00");
    let sorted = json!({"sortby": [{"field": "id"}]});
    let mut tried = Vec::new();
    for (schema, target, body, place) in [
        ("SearchBody", ("post", "/search"), json!({}), ""),
        ("SortKey", ("post", "/search"), sorted, "/sortby/0"),
        ("Fields", ("post", "/search"), json!({"fields": {}}), "/fields"),
        ("AggregateBody", ("post", "/aggregate"), json!({"aggregations": ["total_count"]}), ""),
        ("ReplacingItem", ("put", "/collections/sentinel2/items/s00"), item, ""),
        ("ReplacingCollection", ("put", "/collections/sentinel2"), crate::writer::product("sentinel2"), ""),
    ] {
        for (name, property) in properties(&document, &document["components"]["schemas"][schema]) {
            let mut choices = property["anyOf"].as_array().into_iter().flatten();
            let is_let_in = property["nullable"] == true || choices.any(|one| one["nullable"] == true);
            let mut body = body.clone();
            body.pointer_mut(place).unwrap()[&name] = Value::Null;
            let got = site.send(target, Some(&token), Some(&body)).await;
            assert_eq!(got.status == 200, is_let_in, "{schema}.{name}: {}", got.text);
            tried.push(is_let_in);
        }
    }
    assert!(tried.contains(&true) && tried.contains(&false) && tried.len() > 40, "{}", tried.len());
}

#[tokio::test]
async fn recipes_are_refused_before_anything_is_read() {
    let site = Site::start().await;
    let recipe = |change: Value| {
        let mut recipe = json!({"collections": ["sentinel2"], "bands": ["red"]});
        recipe.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        recipe.to_string()
    };
    for (body, words) in [
        ("not JSON".to_owned(), ["(document)", "line 1"]),
        ("{}".to_owned(), ["collections", "missing field"]),
        (recipe(json!({"bands": []})), ["`bands`", "at least one"]),
        (recipe(json!({"crs": "EPSG:banana"})), ["banana", "EPSG:27700"]),
        (recipe(json!({"crs": "EPSG:27700"})), ["resolution", "together"]),
        (recipe(json!({"reduce": "mode"})), ["reduce", "median"]),
        (recipe(json!({"group": "week"})), ["group", "season"]),
        (recipe(json!({"datetime": "2019-08-31/2019-06-01"})), ["datetime", "exchange"]),
        (recipe(json!({"bbox": [1, 1, 1, 2]})), ["bbox", "empty"]),
        (recipe(json!({"geometry": {"type": "LineString", "coordinates": [[0, 0], []]}})), ["geometry", "two numbers"]),
        (recipe(json!({"colour": 1})), ["colour", "unknown field"]),
    ] {
        site.post_text("/datacube/load", "application/json", &body).await.assert_problem(400, &words);
    }
    let body = json!({"collections": ["sentinel2"], "bands": ["red"]});
    for (query, words) in [
        ("f=gif", ["`f`", "cog, netcdf, zarr, png, jpeg, webp"]),
        ("f=netcdf&rescale=0,3000", ["`rescale`", "f=png"]),
        ("f=zarr&compress=zstd", ["`compress`", "f=cog"]),
        ("compress=jpeg", ["`compress`", "deflate, zstd or lzw"]),
        ("split=date", ["`split`", "band, group or band,group"]),
        ("rescale=0,3000", ["`rescale`", "f=png"]),
        ("f=png&rescale=9,1", ["`rescale`", "0,3000"]),
        ("colormap=hot", ["`colormap`", "f, rescale"]),
    ] {
        site.post(&format!("/datacube/load?{query}"), &body).await.assert_problem(400, &words);
    }
    let text = site.client.post(site.url("/datacube/load")).header("accept", "text/csv").json(&body);
    Got::from(text.send().await.unwrap()).await.assert_problem(406, &["image/tiff", "application/netcdf"]);
}

#[tokio::test]
async fn methods_media_types_and_encodings_are_negotiated() {
    let site = Site::start().await;
    let put = Got::from(site.client.put(site.url("/search")).send().await.unwrap()).await;
    put.assert_problem(405, &["`PUT`", "GET, HEAD, POST"]);
    assert_eq!(put.header("allow"), "GET, HEAD, POST, OPTIONS");
    let get = site.get("/datacube/load").await;
    get.assert_problem(405, &["`GET`", "POST"]);
    assert_eq!(get.header("allow"), "POST, OPTIONS");
    site.post("/conformance", &json!({})).await.assert_problem(405, &["`POST`", "GET"]);
    for path in ["/search", "/datacube/load"] {
        site.post_text(path, "text/plain", "{}").await.assert_problem(415, &["text/plain", "application/json"]);
    }
    let html = site.client.get(site.url("/collections")).header("accept", "text/html");
    Got::from(html.send().await.unwrap()).await.assert_problem(406, &["`Accept`", "application/json"]);
    let brotli = site.client.get(site.url("/")).header("accept-encoding", "br, identity;q=0");
    Got::from(brotli.send().await.unwrap()).await.assert_problem(406, &["`Accept-Encoding`", "gzip"]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_declared_or_chunked() {
    let site = Site::with(Settings { body_bytes: 10_000, ..Settings::default() }).await;
    let long = format!("{{\"ids\": [\"{}\"]}}", "x".repeat(20_000));
    for path in ["/search", "/datacube/load"] {
        site.post_text(path, "application/json", &long).await.assert_problem(413, &["10000 bytes", "simpler"]);
        let parts = long
            .clone()
            .into_bytes()
            .chunks(1000)
            .map(|part| Ok::<_, std::io::Error>(part.to_vec()))
            .collect::<Vec<_>>();
        let chunked = reqwest::Body::wrap_stream(futures::stream::iter(parts));
        let request = site.client.post(site.url(path)).header("content-type", "application/json").body(chunked);
        Got::from(request.send().await.unwrap()).await.assert_problem(413, &["10000 bytes"]);
    }
    let short = format!("{{\"ids\": [\"{}\"]}}", "x".repeat(9_000));
    assert_eq!(site.post_text("/search", "application/json", &short).await.status, 200);
}

#[tokio::test]
async fn too_many_vertices_are_413_and_many_are_answered() {
    let site = Site::start().await;
    let line =
        |count: u32| -> Vec<[f64; 2]> { (0..count).map(|i| [-6.0 + f64::from(i % 1000) * 0.01, 50.5]).collect() };
    let search = |count| json!({"intersects": {"type": "LineString", "coordinates": line(count)}, "limit": 100});
    site.post("/search", &search(100_001)).await.assert_problem(413, &["100001 vertices", "simplify"]);
    assert_eq!(site.post("/search", &search(1000)).await.status, 200);
}

#[tokio::test]
async fn filters_over_the_limits_are_413_and_those_within_are_answered() {
    let site = Site::start().await;
    let any =
        |count: usize| json!({"op": "or", "args": vec![json!({"op": "=", "args": [{"property": "n"}, 1]}); count]});
    let list = |count: usize| json!({"op": "in", "args": [{"property": "n"}, vec![1; count]]});
    let deep = |count: usize| format!("{}n = 1{}", "(".repeat(count), ")".repeat(count));
    let line = |count: u32| {
        let line: Vec<[f64; 2]> = (0..count).map(|i| [-6.0 + f64::from(i % 1000) * 0.01, 50.5]).collect();
        json!({"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "LineString", "coordinates": line}]})
    };
    for (filter, words) in [
        (any(1000), ["`filter`", "more than 1000 operators"]),
        (list(10_001), ["`filter`", "more than 10000 values"]),
        (line(100_001), ["100001 vertices", "simplify"]),
    ] {
        site.post("/search", &json!({ "filter": filter })).await.assert_problem(413, &words);
    }
    for filter in [any(999), list(9_999), line(1000)] {
        assert_eq!(site.post("/search", &json!({ "filter": filter })).await.status, 200);
    }
    site.get(&format!("/search?filter={}", deep(64))).await.assert_problem(413, &["`filter`", "64 deep"]);
    assert_eq!(site.get(&format!("/search?filter={}", deep(60))).await.status, 200);
    let long = format!("n = '{}'", "x".repeat(1 << 20));
    let body = json!({"filter": long, "filter-lang": "cql2-text"});
    site.post("/search", &body).await.assert_problem(413, &["`filter`", "1048576 bytes"]);
    let many = json!({"query": {"n": {"in": vec![1; 10_001]}}});
    site.post("/search", &many).await.assert_problem(413, &["`query`", "10000 values"]);
    let comparisons: Map<_, _> = (0..1001).map(|n| (format!("n{n}"), json!({"eq": 1}))).collect();
    site.post("/search", &json!({ "query": comparisons })).await.assert_problem(413, &["`query`", "1000 comparisons"]);
}
