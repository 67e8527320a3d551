//! Documents that are refused, and everything else indexed all the same.

use ardent_indexer::{Error, Options, index};
use ardent_model::progress::Silent;
use serde_json::{Value, json};

use crate::{
    documents::{dataset, item},
    setting::{Setting, reason},
};

fn changed(pointer: &str, value: Value) -> String {
    let mut item = item("bad", "optical", "2019-06-27");
    *item.pointer_mut(pointer).unwrap() = value;
    item.to_string()
}

#[tokio::test]
async fn bad_documents_are_kept_aside_with_their_reasons() {
    let setting = Setting::new().await;
    let scene = dataset("S2A_y", "2019-06-27", "1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c11");
    let bomb: Vec<_> =
        (1..10).map(|n| format!("a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 10].join(", "))).collect();
    let bad: Vec<(&str, Vec<u8>, &str)> = vec![
        ("malformed.json", b"{\"type\": \"Feature\",".to_vec(), "not JSON"),
        ("malformed.yaml", b"extent: {coord: [".to_vec(), "not YAML"),
        ("empty.yaml", Vec::new(), "empty"),
        ("latin.yaml", b"label: caf\xe9".to_vec(), "UTF-8"),
        ("bomb.yaml", format!("a0: &a0 [x, x, x, x, x, x, x, x]\n{}", bomb.join("\n")).into(), "not YAML"),
        ("no_footprint.yaml", scene.replace("  coord:", "  corners:").into(), "extent.coord"),
        ("no_geometry.json", changed("/geometry", Value::Null).into(), "no geometry"),
        ("no_time.json", changed("/properties/datetime", Value::Null).into(), "datetime"),
        ("wrong_type.json", changed("/type", json!("Scene")).into(), "STAC items"),
        ("wrong_label.yaml", scene.replace("label: S2A_y", "label: {a: b}").into(), "`label`"),
        (
            "projected.json",
            changed("/geometry/coordinates/0/1/0", json!(499_980)).into(),
            "not a longitude and latitude",
        ),
        ("eo3.yaml", b"$schema: https://schemas.opendatacube.org/dataset\nid: x\n".to_vec(), "EO3"),
        ("lines.ndjson", format!("{}\n{{]\n", item("line", "optical", "2019-06-27")).into(), "not JSON"),
    ];
    for (name, content, _) in &bad {
        setting.write(&format!("in/{name}"), content);
    }
    setting.write("in/good.json", item("good", "optical", "2019-06-27").to_string());
    setting.write("in/good.yaml", dataset("S2A_x", "2019-06-27", "1b3a6d64-0b5c-4e0a-9d5f-3f1f6b0f3c11"));
    let rejects = setting.folder.path().join("rejects");
    let sources = vec![setting.folder.path().join("in").display().to_string()];
    let receipt = setting.index(&Options { sources, rejects: Some(rejects.clone()), ..Options::default() }).await;

    assert!(!receipt.is_complete());
    assert_eq!(setting.ids().await, ["S2A_x", "good", "line"]);
    assert_eq!((receipt.documents.refused, receipt.documents.read), (13, 2));
    assert_eq!(receipt.rejects.len(), bad.len(), "{:?}", receipt.rejects);
    for (name, content, expected) in &bad {
        let is_line = *name == "lines.ndjson";
        let end = if is_line { "lines.ndjson#line-2" } else { *name };
        assert!(reason(&receipt, end).contains(expected), "{name}: {}", reason(&receipt, end));
        let kept = if is_line { "lines-line-2.ndjson" } else { *name };
        let why = std::fs::read_to_string(rejects.join(format!("{kept}.reason.txt"))).unwrap();
        assert!(why.contains(expected) && why.contains(name), "{why}");
        if !is_line && !content.is_empty() {
            assert_eq!(&std::fs::read(rejects.join(kept)).unwrap(), content, "{name}");
        }
    }
    let json = serde_json::to_value(&receipt).unwrap();
    assert_eq!((&json["inserted"], &json["documents"]["found"]), (&json!(3), &json!(15)));
}

#[tokio::test]
async fn an_item_the_database_refuses_does_not_lose_its_batch() {
    let setting = Setting::new().await;
    for number in 0..20 {
        setting.write(&format!("{number}.json"), item(&format!("scene{number}"), "optical", "2019-06-27").to_string());
    }
    let mut zero = item("zero", "optical", "2019-06-27");
    zero["properties"]["title"] = json!("a\u{0}b");
    setting.write("zero.json", zero.to_string());
    let receipt = setting.index(&setting.options()).await;
    let stored = setting.ids().await;
    assert_eq!(stored.iter().filter(|id| id.starts_with("scene")).count(), 20);
    assert_eq!(stored.len() + receipt.rejects.len(), 21, "stored or refused: {:?}", receipt.rejects);
    assert_eq!(receipt.documents.read + receipt.documents.refused, 21);
}

#[tokio::test]
async fn missing_places_are_named_and_the_rest_is_indexed() {
    let setting = Setting::new().await;
    setting.write("good.json", item("good", "optical", "2019-06-27").to_string());
    let mut options = setting.options();
    for missing in ["/no/such/folder", "file:///no/such/file.json", "s3://bucket-without-profile/x"] {
        options.sources.insert(0, missing.to_owned());
    }
    let receipt = setting.index(&options).await;
    let faults: Vec<_> = receipt.sources.iter().map(|source| source.fault.clone().unwrap_or_default()).collect();
    assert!(faults[0].contains("no storage profile covers"), "{faults:?}");
    assert!(faults[1].contains("no such folder or file") && faults[2].contains("no such folder or file"));
    assert_eq!(faults[3], "");
    assert_eq!(setting.ids().await, ["good"]);
}

#[tokio::test]
async fn options_that_cannot_be_followed_are_errors() {
    let setting = Setting::new().await;
    let file = setting.write("file", "");
    for (options, option) in [
        (Options::default(), "sources"),
        (
            Options {
                from: chrono::NaiveDate::from_ymd_opt(2020, 1, 1),
                to: chrono::NaiveDate::from_ymd_opt(2019, 1, 1),
                ..setting.options()
            },
            "from",
        ),
        (Options { rejects: Some(file.join("below")), ..setting.options() }, "below"),
    ] {
        let error = index(&options, &setting.stores, &setting.catalog, &Silent).await.unwrap_err();
        assert!(matches!(error, Error::Option { .. } | Error::Rejects { .. }));
        assert!(error.to_string().contains(option), "{error}");
    }
}
