//! The configuration file: its values become the defaults of the command line's flags.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{Arg, Command, CommandFactory};
use toml::{Table, Value};

use crate::arguments::Arguments;

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It cannot be read.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("the configuration file {} is not TOML: {reason}", path.display())]
    Syntax { path: PathBuf, reason: String },
    /// It sets something that is not there.
    #[error("the configuration file: {place} has no setting `{key}`; it has {known}")]
    Unknown { place: String, key: String, known: String },
    /// It sets something to a value of the wrong kind.
    #[error("the configuration file: `{key}` must be a string, number, boolean or list of these")]
    Kind { key: String },
}

/// The settings of a configuration file, or none.
#[derive(Debug, Default)]
pub(crate) struct File {
    table: Table,
    /// The settings it has, as `listen` of `serve`: `serve.listen`.
    pub(crate) keys: BTreeSet<String>,
}

impl File {
    /// Reads the file that the command line or the environment names, if they name one.
    pub(crate) fn find(arguments: &[OsString]) -> Result<Self, Error> {
        // What is wrong with the rest of the line comes to light when it is read for good.
        let matches = Arguments::command().ignore_errors(true).try_get_matches_from(arguments);
        let path = matches.ok().and_then(|matches| matches.try_get_one::<PathBuf>("config").ok().flatten().cloned());
        path.map_or_else(|| Ok(Self::default()), |path| Self::read(&path))
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        // The error's own text quotes the line, which may hold a secret.
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            Error::Syntax { path: path.to_owned(), reason: format!("line {line}: {}", error.message()) }
        })?;
        let mut keys = BTreeSet::new();
        collect("", &table, &mut keys);
        Ok(Self { table, keys })
    }

    /// The command line with the file's values as defaults.
    pub(crate) fn apply(&self, command: Command) -> Result<Command, Error> {
        apply(&self.table, command, "the top level")
    }
}

/// The name of an argument's setting.
pub(super) fn key_of(argument: &Arg) -> String {
    argument.get_id().as_str().replace('_', "-")
}

/// Whether an argument can be set in the file.
pub(super) fn is_setting(argument: &Arg) -> bool {
    let id = argument.get_id().as_str();
    !argument.is_positional() && !matches!(id, "config" | "print_config" | "help" | "version")
}

fn collect(prefix: &str, table: &Table, keys: &mut BTreeSet<String>) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => collect(&format!("{prefix}{key}."), inner, keys),
            _ => {
                keys.insert(format!("{prefix}{key}"));
            }
        }
    }
}

fn apply(table: &Table, mut command: Command, place: &str) -> Result<Command, Error> {
    for (key, value) in table {
        if command.find_subcommand(key).is_some() {
            let Value::Table(inner) = value else { return Err(Error::Kind { key: key.clone() }) };
            let mut fault = None;
            command =
                command.mut_subcommand(key, |subcommand| match apply(inner, subcommand.clone(), &format!("[{key}]")) {
                    Ok(applied) => applied,
                    Err(error) => {
                        fault = Some(error);
                        subcommand
                    }
                });
            if let Some(error) = fault {
                return Err(error);
            }
            continue;
        }
        let found = command.get_arguments().find(|argument| is_setting(argument) && key_of(argument) == *key);
        let Some(id) = found.map(|argument| argument.get_id().clone()) else {
            let known = command.get_arguments().filter(|argument| is_setting(argument)).map(key_of);
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(Error::Unknown { place: place.to_owned(), key: key.clone(), known });
        };
        let values = texts(key, value)?;
        command = command.mut_arg(id, |argument| argument.default_values(values).required(false));
    }
    Ok(command)
}

fn texts(key: &str, value: &Value) -> Result<Vec<String>, Error> {
    Ok(match value {
        Value::String(text) => vec![text.clone()],
        Value::Integer(number) => vec![number.to_string()],
        Value::Float(number) => vec![number.to_string()],
        Value::Boolean(truth) => vec![truth.to_string()],
        Value::Array(values) => {
            values.iter().map(|value| texts(key, value)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        }
        Value::Datetime(at) => vec![at.to_string()],
        Value::Table(_) => return Err(Error::Kind { key: key.to_owned() }),
    })
}
