//! The documentation speaks of what is there.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') && entry.file_name() != "target" {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path.display().to_string());
        }
    }
}

#[test]
fn the_walkthrough_names_files_that_exist() {
    let mut found = Vec::new();
    sources(&root(), &mut found);
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2).filter(|quoted| quoted.strip_suffix(".rs").is_some());
    let missing: Vec<_> = quoted.filter(|name| !found.iter().any(|path| path.ends_with(&format!("/{name}")))).collect();
    assert!(missing.is_empty(), "docs/ARCHITECTURE.md names {missing:?}");
}

#[test]
fn the_readme_names_targets_and_files_that_exist() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    for target in ["demo", "test", "serve", "help"] {
        assert!(text.contains(&format!("make {target}")) && makefile.contains(&format!("\n{target}:")), "{target}");
    }
    for file in text.split(['(', ')', ' ', '`', '@', '\n']).filter(|word| word.starts_with("docs/")) {
        assert!(root().join(file).exists(), "README.md names {file}");
    }
}
