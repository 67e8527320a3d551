use crate::Run;

#[test]
fn help_lists_the_commands() {
    insta::assert_snapshot!(Run::new(&["--help"]).shown(&[]).unwrap());
}

#[test]
fn help_of_each_command() {
    for command in ["serve", "upload", "index", "ingest", "product", "load", "migrate", "openapi", "doctor"] {
        insta::assert_snapshot!(format!("help_{command}"), Run::new(&["help", command]).shown(&[]).unwrap());
    }
}

#[test]
fn nothing_to_do_shows_the_help() {
    let shown = Run::new(&[]).shown(&[]).unwrap();
    assert!(shown.starts_with("exit code: 2") && shown.contains("Usage: ardent"), "{shown}");
}
