use crate::Run;

#[test]
fn a_wrong_flag_is_named_with_the_right_one() {
    insta::assert_snapshot!(Run::new(&["serve", "--lisen", "127.0.0.1:0"]).shown(&[]).unwrap());
}

#[test]
fn a_wrong_value_is_named_with_its_flag() {
    for (name, arguments) in [
        ("value_listen", ["serve", "--listen", "localhost"].as_slice()),
        ("value_from", &["index", "x", "--from", "June"]),
        ("value_rescale", &["load", "r.json", "-o", "x.png", "--rescale", "3000,0"]),
    ] {
        insta::assert_snapshot!(name, Run::new(arguments).shown(&[]).unwrap());
    }
}

#[test]
fn print_config_tells_where_settings_come_from_and_hides_secrets() {
    let run = Run::new(&["serve", "--title", "Mine", "--print-config"])
        .env("ARDENT_DATABASE_URL", "postgres://ardent:hush@db/ardent")
        .env("ARDENT_LISTEN", "127.0.0.1:9");
    let shown = run.shown(&[]).unwrap();
    assert!(!shown.contains("hush"), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn the_environment_is_no_place_for_nonsense() {
    let shown = Run::new(&["serve"]).env("ARDENT_LISTEN", "everywhere").shown(&[]).unwrap();
    assert!(shown.starts_with("exit code: 2") && shown.contains("everywhere"), "{shown}");
}

#[test]
fn a_secret_in_the_environment_stays_out_of_help_and_faults() {
    for arguments in [["serve", "--help"], ["serve", "--nonsense"]] {
        let run = Run::new(&arguments).env("ARDENT_DATABASE_URL", "postgres://ardent:hush@db/ardent");
        assert!(!run.shown(&[]).unwrap().contains("hush"));
    }
}

#[test]
fn a_configuration_file_that_is_missing_or_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ardent.toml");
    std::fs::write(&path, "[serve]\nlistn = \"127.0.0.1:0\"\n").unwrap();
    let at = folder.path().display().to_string();
    for (name, file) in [("file_missing", "none.toml"), ("file_wrong", "ardent.toml")] {
        let file = format!("{at}/{file}");
        insta::assert_snapshot!(name, Run::new(&["serve", "--config", &file]).shown(&[(&at, "FOLDER")]).unwrap());
    }
}
