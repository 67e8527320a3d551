use std::os::unix::fs::PermissionsExt;

use crate::Run;

#[test]
fn a_database_that_is_away_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display().to_string();
    let url = "postgres://nobody:hush@127.0.0.1:1/none";
    let arguments = ["product", "list", "--data-folder", &at, "--database-url", url];
    let shown = Run::new(&arguments).shown(&[(&at, "FOLDER")]).unwrap();
    assert!(shown.starts_with("exit code: 1") && shown.contains("ARDENT_DATABASE_URL"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn an_archive_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display().to_string();
    let archive = format!("{at}/archive");
    let run = Run::new(&["upload", &archive, "s3://bucket", "--data-folder", &at]);
    insta::assert_snapshot!(run.shown(&[(&at, "FOLDER")]).unwrap());
}

#[test]
fn a_target_without_profile_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display().to_string();
    let shown = Run::new(&["upload", &at, "s3://bucket", "--data-folder", &at]).shown(&[]).unwrap();
    assert!(shown.starts_with("exit code: 1") && shown.contains("ARDENT_STORES"), "{shown}");
}

/// Root runs PostgreSQL as another user, who must be able to enter the data folder.
#[test]
fn a_folder_that_postgres_cannot_enter_is_named() {
    let folder = tempfile::tempdir().unwrap();
    if std::os::unix::fs::MetadataExt::uid(&folder.path().metadata().unwrap()) != 0 {
        return;
    }
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let at = folder.path().display().to_string();
    let data = format!("{at}/data");
    let shown = Run::new(&["product", "list", "--data-folder", &data]).shown(&[]).unwrap();
    assert!(shown.starts_with("exit code: 1"), "{shown}");
    assert!(shown.contains("cannot enter") && shown.contains("chmod o+x"), "{shown}");
}

#[test]
fn there_must_be_some_folder_for_data() {
    let is_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0;
    if !is_root {
        let shown = Run::new(&["doctor"]).env("HOME", "").shown(&[]).unwrap();
        assert!(shown.contains("--data-folder"), "{shown}");
    }
}

#[test]
fn a_grid_of_ostn15_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display().to_string();
    let grid = format!("{at}/absent.gsb");
    let serve = ["serve", "--data-folder", &at, "--ostn15-grid", &grid];
    let shown = Run::new(&[&serve[..], &["--british-grid", "ostn15"]].concat()).shown(&[(&at, "FOLDER")]).unwrap();
    assert!(shown.starts_with("exit code: 1") && shown.contains("FOLDER/absent.gsb"), "{shown}");
    assert!(shown.contains("--british-grid helmert") && !shown.contains("PROJ:"), "{shown}");
    let shown = Run::new(&serve).shown(&[]).unwrap();
    assert!(shown.starts_with("exit code: 1") && shown.contains("add --british-grid ostn15"), "{shown}");
}
