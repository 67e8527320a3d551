//! `ardent-testkit services`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn services(script: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ardent-testkit"));
    command.args(["services", "--", "sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap()
}

fn first_line(child: &mut Child) -> String {
    BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap()
}

/// Folder of the socket in a database URL.
fn socket_folder(url: &str) -> String {
    url.split_once('@').unwrap().1.split_once(':').unwrap().0.replace("%2F", "/")
}

#[test]
fn the_command_gets_the_database_and_its_exit_code_comes_back() {
    let mut child = services("echo $ARDENT_TEST_DATABASE_URL; exit 7");
    let url = first_line(&mut child);
    assert!(url.starts_with("postgres://ardent@%2F"), "{url}");
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert!(!std::path::Path::new(&socket_folder(&url)).exists(), "the server has gone");
}

#[test]
fn a_signal_ends_the_command_and_the_server() {
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130)] {
        let mut child = services("echo $ARDENT_TEST_DATABASE_URL $$; sleep 1000");
        let line = first_line(&mut child);
        let (url, command) = line.split_once(' ').unwrap();
        kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(!std::path::Path::new(&socket_folder(url)).exists(), "the server has gone");
        assert!(kill(Pid::from_raw(command.parse().unwrap()), None).is_err(), "so has the command");
    }
}

#[test]
fn a_command_that_is_not_there_is_named() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ardent-testkit"));
    let output = command.args(["services", "--", "no-such-command"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-command"));
}
