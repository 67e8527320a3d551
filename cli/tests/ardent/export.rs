//! Items in files, and back again.

use std::{collections::BTreeMap, path::Path};

use ardent_catalog::{Access, NewItem};
use ardent_model::{Item, Search};
use futures::TryStreamExt;
use serde_json::{Value, json};

use crate::{Run, desk::Desk};

/// A scene of every day of June, in turn of one product and the other; each has something of its own.
fn scene(day: usize) -> Value {
    let west = day as f64 / 10.0;
    let mut document = json!({
        "type": "Feature", "stac_version": "1.1.0", "id": format!("s{day:02}"),
        "collection": if day.is_multiple_of(2) { "sentinel2" } else { "sentinel1" },
        "geometry": {"type": "Polygon", "coordinates":
            [[[west, 50], [west + 0.05, 50], [west + 0.05, 50.5], [west, 50.5], [west, 50]]]},
        "bbox": [west, 50, west + 0.05, 50.5],
        "properties": {"datetime": format!("2019-06-{day:02}T11:00:00Z"), "eo:cloud_cover": day * 3, "note": "é \" \\ \n"},
        "assets": {"red": {"href": format!("s3://ard/{day}/red.tif"), "type": "image/tiff"}},
        "links": [],
    });
    document["properties"][format!("only:{day}")] = json!({"list": [day, null, 0.1], "empty": []});
    document
}

async fn desk() -> Desk {
    let desk = Desk::new().await;
    let items =
        (1..=30).map(scene).map(|document| NewItem::new(Item::from_stac(&document).unwrap(), &document).unwrap());
    desk.catalog.put_items(items.collect()).await.unwrap();
    desk
}

/// All documents by id.
async fn documents(desk: &Desk) -> BTreeMap<String, String> {
    let walk = desk.catalog.walk(Search::default(), Access::Full, None);
    let pages: Vec<Vec<_>> = walk.try_collect().await.unwrap();
    pages.into_iter().flatten().map(|item| (item.id, item.document)).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn what_was_exported_is_indexed_again_unchanged() {
    let desk = desk().await;
    let folder = tempfile::tempdir().unwrap();
    for name in ["items.ndjson", "items.geojson"] {
        let file = folder.path().join(name);
        let receipt = desk.json(&["export", "-o", text(&file)]);
        assert_eq!(receipt["items"], 30);
        assert_eq!(receipt["collections"], json!({"sentinel1": 15, "sentinel2": 15}));
        assert_eq!(receipt["size_bytes"], file.metadata().unwrap().len());
        // Into an empty catalogue, and once more into the one that they came from.
        let other = Desk::new().await;
        let indexed = other.json(&["index", text(&file)]);
        assert_eq!((&indexed["inserted"], &indexed["rejects"]), (&json!(30), &json!([])), "{indexed}");
        assert_eq!(documents(&other).await, documents(&desk).await, "{name}");
        let again = desk.json(&["index", text(&file)]);
        assert_eq!((&again["unchanged"], &again["updated"]), (&json!(30), &json!(0)), "{again}");
    }
}

#[tokio::test]
async fn what_is_searched_for_is_what_is_written() {
    let desk = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("items.jsonl");
    let all: Vec<usize> = (1..=30).rev().collect();
    let of = |fits: fn(&usize) -> bool| all.iter().copied().filter(fits).collect::<Vec<_>>();
    for (arguments, expected) in [
        (vec![], of(|_| true)),
        (vec!["--collection", "sentinel2"], of(|day| day % 2 == 0)),
        (vec!["--collection", "sentinel2,sentinel1", "--id", "s03,s04"], vec![4, 3]),
        (vec!["--datetime", "2019-06-10/2019-06-12"], vec![12, 11, 10]),
        (vec!["--bbox", "-1,49,0.32,51"], vec![3, 2, 1]),
        (vec!["--filter", "eo:cloud_cover < 7"], vec![2, 1]),
        (vec!["--filter", "{\"op\":\"<\",\"args\":[{\"property\":\"eo:cloud_cover\"},7]}"], vec![2, 1]),
        (vec!["--sortby", "-eo:cloud_cover,id", "--limit", "3"], vec![30, 29, 28]),
        (vec!["--sortby", "id", "--limit", "3"], vec![1, 2, 3]),
        (vec!["--limit", "0"], vec![]),
    ] {
        let line: Vec<&str> = ["export", "-o", text(&file)].into_iter().chain(arguments.iter().copied()).collect();
        let receipt = desk.json(&line);
        let written = std::fs::read_to_string(&file).unwrap();
        let items: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let scenes: Vec<Value> = expected.iter().copied().map(scene).collect();
        assert_eq!(items, scenes, "{arguments:?}");
        assert_eq!((&receipt["format"], &receipt["items"]), (&json!("ndjson"), &json!(expected.len())));
    }
}

#[tokio::test]
async fn the_form_follows_the_name_or_what_is_said() {
    let desk = desk().await;
    let folder = tempfile::tempdir().unwrap();
    for (name, more, begin, end) in [
        ("a.geojsons", [].as_slice(), "\u{1e}{\"", "}\n"),
        ("a.txt", &["--format", "geojsonseq"], "\u{1e}{\"", "}\n"),
        ("a.GeoJSON", &[], "{\"type\":\"FeatureCollection\"", "]}\n"),
        ("a.parquet", &[], "PAR1", "PAR1"),
    ] {
        let file = folder.path().join(name);
        let receipt = folder.path().join("receipt.json");
        let line = ["export", "-o", text(&file), "--limit", "3", "--receipt", text(&receipt)];
        desk.succeed(&[&line, more].concat());
        let bytes = std::fs::read(&file).unwrap();
        let written = String::from_utf8_lossy(&bytes);
        assert!(written.starts_with(begin) && written.ends_with(end), "{name}: {written}");
        let receipt: Value = serde_json::from_str(&std::fs::read_to_string(receipt).unwrap()).unwrap();
        assert_eq!((&receipt["items"], &receipt["size_bytes"]), (&json!(3), &json!(bytes.len())));
    }
    let (out, _) = desk.succeed(&["export", "-o", "-", "--format", "ndjson", "--sortby", "id", "--limit", "2"]);
    let ids: Vec<Value> = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].take()).collect();
    assert_eq!(ids, ["s01", "s02"], "stdout has the items and nothing else");
    for format in ["ndjson", "geojson", "geojsonseq", "parquet"] {
        let receipt = folder.path().join("receipt.json");
        let line = ["export", "-o", "-", "--format", format, "--limit", "3", "--receipt", text(&receipt)];
        let written = desk.bytes(&line);
        let receipt: Value = serde_json::from_str(&std::fs::read_to_string(receipt).unwrap()).unwrap();
        assert_eq!((&receipt["output"], &receipt["size_bytes"]), (&json!("-"), &json!(written.len())), "{format}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_named_and_leaves_nothing_behind() {
    let desk = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&folder.path().join(name)).to_owned();
    std::fs::create_dir(at("folder.ndjson")).unwrap();
    std::fs::write(at("old.parquet"), "old").unwrap();
    let mut clash = scene(1);
    clash["properties"]["id"] = json!(1);
    let clash = NewItem::new(Item::from_stac(&clash).unwrap(), &clash).unwrap();
    desk.catalog.put_items(vec![clash]).await.unwrap();
    for (arguments, code, words) in [
        (vec!["-o".to_owned(), at("items.csv")], 1, ["items.csv", "--format geojson"]),
        (vec!["-o".to_owned(), at("none/items.ndjson")], 1, ["items.ndjson", "No such file"]),
        (vec!["-o".to_owned(), at("folder.ndjson")], 1, ["folder.ndjson", "it is a folder"]),
        (vec!["-o".to_owned(), at("a.ndjson"), "--collection".into(), "none".into()], 1, ["`none`", "product list"]),
        (
            vec!["-o".to_owned(), at("old.parquet")],
            1,
            ["`s01` does not fit into a table: its property `id`", "`--format ndjson`"],
        ),
        (vec!["-o".to_owned(), at("a.ndjson"), "--bbox".into(), "1,2".into()], 2, ["1,2", "west,south,east,north"]),
        (vec!["-o".to_owned(), at("a.ndjson"), "--datetime".into(), "June".into()], 2, ["June", "2019-06-01"]),
        (vec!["-o".to_owned(), at("a.ndjson"), "--filter".into(), "a =".into()], 2, ["a =", "character"]),
        (vec!["-o".to_owned(), at("a.ndjson"), "--sortby".into(), "a,-a".into()], 1, ["sortby", "leave one out"]),
        (vec!["-o".to_owned(), at("a.ndjson"), "--limit".into(), "-1".into()], 2, ["--limit", "-1"]),
        (vec![], 2, ["--output", "required"]),
    ] {
        let line: Vec<&str> = ["export"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let shown = desk.shown(&line, &[]);
        assert!(shown.starts_with(&format!("exit code: {code}\n")), "{line:?}: {shown}");
        assert!(words.iter().all(|word| shown.contains(word)), "{line:?}: {shown}");
    }
    let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["folder.ndjson", "old.parquet"], "no part is left");
    assert_eq!(std::fs::read_to_string(at("old.parquet")).unwrap(), "old");
}

#[test]
fn without_a_file_there_is_nothing_to_do() {
    let shown = Run::new(&["export"]).shown(&[]).unwrap();
    assert!(shown.starts_with("exit code: 2") && shown.contains("--output <FILE>"), "{shown}");
}
