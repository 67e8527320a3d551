use crate::Run;

#[test]
fn help_lists_the_commands() {
    insta::assert_snapshot!(Run::new(&["--help"]).shown(&[]).unwrap());
}

#[test]
fn help_of_each_command() {
    for command in [
        "serve", "upload", "index", "ingest", "product", "policy", "key", "audit", "login", "token", "logout", "load",
        "export", "migrate", "openapi", "doctor",
    ] {
        insta::assert_snapshot!(format!("help_{command}"), Run::new(&["help", command]).shown(&[]).unwrap());
    }
}

#[test]
fn help_of_what_is_below_a_command() {
    for (command, below) in [
        ("policy", ["show", "open", "restrict", "own", "grant", "revoke"].as_slice()),
        ("key", &["create", "list", "revoke"]),
    ] {
        for one in below {
            let shown = Run::new(&["help", command, one]).shown(&[]).unwrap();
            insta::assert_snapshot!(format!("help_{command}_{one}"), shown);
        }
    }
}

#[test]
fn nothing_to_do_shows_the_help() {
    let shown = Run::new(&[]).shown(&[]).unwrap();
    assert!(shown.starts_with("exit code: 2") && shown.contains("Usage: ardent"), "{shown}");
}
