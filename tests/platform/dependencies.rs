//! The crates depend on each other in one direction (docs/ARCHITECTURE.md).

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::Value;

/// What each crate may use of the others.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("model", &[]),
    ("identity", &["model"]),
    ("storage", &["model"]),
    ("cog", &["model", "storage"]),
    ("catalog", &["model"]),
    ("datacube", &["model", "storage", "cog"]),
    ("uploader", &["model", "storage", "cog"]),
    ("indexer", &["model", "storage", "cog", "catalog"]),
    ("recipes", &["model", "storage", "cog", "catalog", "datacube"]),
    ("export", &["model", "catalog"]),
    ("api", &["model", "identity", "storage", "catalog", "datacube", "recipes", "export"]),
    (
        "cli",
        &[
            "model", "identity", "storage", "cog", "catalog", "datacube", "uploader", "indexer", "recipes", "export",
            "api",
        ],
    ),
    // For development only: nothing that is released links it.
    ("testkit", &["model", "catalog"]),
    ("tests", &[]),
];

/// Libraries that only some crates may use (`deny.toml` says so of more).
const OWNED: [(&str, &[&str]); 4] = [
    ("rayon", &["cog", "datacube", "testkit"]),
    ("clap", &["cli", "testkit"]),
    ("utoipa", &["api"]),
    ("indicatif", &["cli"]),
];

struct Dependency {
    folder: String,
    on: String,
    is_dev: bool,
}

fn dependencies() -> Vec<Dependency> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        let folder = folder.file_name().unwrap().to_str().unwrap().to_owned();
        for dependency in package["dependencies"].as_array().unwrap() {
            let is_dev = dependency["kind"] == "dev";
            found.push(Dependency { folder: folder.clone(), on: text(&dependency["name"]), is_dev });
        }
    }
    found
}

#[test]
fn crates_depend_one_way() {
    let allowed = BTreeMap::from(ALLOWED);
    let wrong: Vec<_> = dependencies()
        .iter()
        .filter_map(|dependency| {
            let on = dependency.on.strip_prefix("ardent-")?;
            let of_tests = dependency.is_dev && on == "testkit";
            let crates = allowed.get(dependency.folder.as_str()).copied();
            let fits = of_tests || crates.is_some_and(|crates| crates.contains(&on));
            (!fits).then(|| format!("{} must not depend on {on}", dependency.folder))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_stay_with_their_owner() {
    let owned = BTreeMap::from(OWNED);
    let wrong: Vec<_> = dependencies()
        .iter()
        .filter(|dependency| {
            let owners = owned.get(dependency.on.as_str());
            owners.is_some_and(|owners| !owners.contains(&dependency.folder.as_str()))
        })
        .map(|dependency| format!("{} must not use {}", dependency.folder, dependency.on))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_is_in_the_table() {
    let known: Vec<_> = ALLOWED.iter().map(|(folder, _)| *folder).collect();
    for dependency in dependencies() {
        assert!(known.contains(&dependency.folder.as_str()), "{} is not in the table of crates", dependency.folder);
    }
}
