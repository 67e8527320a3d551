//! Where settings come from: the command line, then `ARDENT_…` variables, then the configuration file, then defaults.

mod file;
mod print;

use std::ffi::OsString;

use clap::{Command, CommandFactory, FromArgMatches, error::ErrorKind};

use crate::arguments::{Arguments, Command as Subcommand};
use file::File;

/// What the command line asks for.
pub(crate) enum Configured {
    /// To do something.
    Run(Box<Arguments>),
    /// To see the settings (`--print-config`).
    Print(String),
}

/// Reads the command line, the environment and the configuration file.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Configured, clap::Error> {
    let arguments: Vec<_> = arguments.collect();
    let mut command = Arguments::command();
    let file = File::find(&arguments).map_err(|error| usage(&mut command, &error))?;
    let mut command = file.apply(command).map_err(|error| usage(&mut Arguments::command(), &error))?;
    let matches = command.try_get_matches_from_mut(&arguments)?;
    let parsed = Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    if parsed.settings.print_config {
        return Ok(Configured::Print(print::settings(&command, &matches, &file)));
    }
    // Not left to clap: to it a value of the file is none that was given.
    if let Subcommand::Load(load) = &parsed.command
        && load.output.is_none()
        && !load.dry_run
    {
        let reason = "--output is missing; name the file to write, or add --dry-run";
        return Err(command.error(ErrorKind::MissingRequiredArgument, reason));
    }
    Ok(Configured::Run(Box::new(parsed)))
}

fn usage(command: &mut Command, error: &file::Error) -> clap::Error {
    command.error(ErrorKind::InvalidValue, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    /// The settings that `print-config` shows for a file of this text and this command line.
    fn shown(toml: &str, line: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ardent.toml");
        std::fs::write(&path, toml).unwrap();
        let config = [OsString::from("--config"), path.into(), "--print-config".into()];
        let arguments = ["ardent"].into_iter().chain(line.split(' ')).map(OsString::from).chain(config);
        match parse(arguments) {
            Ok(Configured::Print(text)) => Ok(text),
            Ok(Configured::Run(_)) => panic!("it ran"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_file_stands_between_variables_and_defaults() {
        let toml = "[serve]\nlisten = \"127.0.0.1:9\"\ntitle = \"From the file\"\ncube-items = 7";
        let text = shown(toml, "serve --title Flag").unwrap();
        assert!(text.contains("listen = \"127.0.0.1:9\"  # configuration file"), "{text}");
        assert!(text.contains("title = \"Flag\"  # command line"), "{text}");
        assert!(text.contains("cube-items = 7  # configuration file"), "{text}");
        assert!(text.contains("cube-fetches = 32  # default"), "{text}");
    }

    #[test]
    fn a_cube_needs_an_output_unless_it_is_only_estimated() {
        let parsed = |line: &str| parse(line.split(' ').map(OsString::from)).map_err(|error| error.to_string());
        let error = parsed("ardent load r.json").err().unwrap();
        assert!(error.contains("--output") && error.contains("--dry-run"), "{error}");
        assert!(parsed("ardent load r.json --dry-run").is_ok() && parsed("ardent load r.json -o a.tif").is_ok());
    }

    #[test]
    fn lists_and_required_flags_come_from_the_file() {
        let text = shown("[upload]\nplatform = [\"S2A\", \"S2B\"]\ndry-run = true", "upload a s3://b").unwrap();
        assert!(text.contains("platform = [\"S2A\", \"S2B\"]"), "{text}");
        assert!(text.contains("dry-run = true"), "{text}");
        assert!(shown("[load]\noutput = \"x.tif\"", "load r.json").unwrap().contains("output = \"x.tif\""));
    }

    #[test]
    fn secrets_are_hidden() {
        let text = shown("database-url = \"postgres://ardent:hush@db/ardent\"", "serve").unwrap();
        assert!(text.contains("postgres://ardent:***@db/ardent") && !text.contains("hush"), "{text}");
        let error = shown("database-url = \"postgres://ardent:hush@db", "serve").unwrap_err();
        assert!(!error.contains("hush"), "{error}");
    }

    #[test]
    fn faults_of_the_file_are_named() {
        for (toml, named) in [
            ("listn = 1", "listn"),
            ("[serve]\nlistn = 1", "[serve] has no setting `listn`; it has"),
            ("[sreve]\nlisten = \"x\"", "sreve"),
            ("[serve]\nlisten = {a = 1}", "listen"),
            ("[serve]\nlisten = \"nonsense\"", "nonsense"),
            ("config = \"other.toml\"", "config"),
            ("a b", "ardent.toml"),
        ] {
            let error = shown(toml, "serve").unwrap_err();
            assert!(error.contains(named), "{toml}: {error}");
        }
    }
}
