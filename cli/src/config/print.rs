//! `--print-config`: the settings as a configuration file that could be used again, secrets hidden.

use std::fmt::Write;

use clap::{Arg, ArgMatches, Command, parser::ValueSource};

use super::file::{File, is_setting, key_of};

/// The settings of the command that `matches` names, with where each comes from.
pub(super) fn settings(command: &Command, matches: &ArgMatches, file: &File) -> String {
    let mut text = String::new();
    let mut level = (command, matches);
    let mut place = String::new();
    loop {
        let (command, matches) = level;
        for argument in command.get_arguments().filter(|argument| is_setting(argument)) {
            // Settings of every command stand at the top, whichever command they are given to.
            if !place.is_empty() && argument.is_global_set() {
                continue;
            }
            if let Some(line) = line(argument, matches, file, &place) {
                let _ = writeln!(text, "{line}");
            }
        }
        let Some((name, inner)) = matches.subcommand() else { return text };
        let Some(subcommand) = command.find_subcommand(name) else { return text };
        place = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        if subcommand.get_arguments().any(|argument| is_setting(argument) && !argument.is_global_set()) {
            let _ = writeln!(text, "\n[{place}]");
        }
        level = (subcommand, inner);
    }
}

fn line(argument: &Arg, matches: &ArgMatches, file: &File, place: &str) -> Option<String> {
    let id = argument.get_id().as_str();
    let key = key_of(argument);
    let values: Vec<_> = matches.try_get_raw(id).ok()??.map(|value| value.to_string_lossy().into_owned()).collect();
    let path = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
    let source = match matches.value_source(id)? {
        ValueSource::CommandLine => "command line".to_owned(),
        ValueSource::EnvVariable => argument.get_env().map(|name| name.to_string_lossy().into_owned())?,
        _ if file.keys.contains(&path) => "configuration file".to_owned(),
        _ => "default".to_owned(),
    };
    let shown: Vec<_> = values.iter().map(|value| show(id, value)).collect();
    let shown = match shown.as_slice() {
        [one] if argument.get_value_delimiter().is_none() => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Some(format!("{key} = {shown}  # {source}"))
}

/// A value as TOML: numbers and booleans bare, the rest quoted.
fn show(id: &str, value: &str) -> String {
    if id == "client_secret" {
        return toml::Value::String("***".to_owned()).to_string();
    }
    if id == "database_url" {
        return toml::Value::String(redact(value)).to_string();
    }
    if value.parse::<i64>().is_ok() || matches!(value, "true" | "false") {
        return value.to_owned();
    }
    toml::Value::String(value.to_owned()).to_string()
}

/// A database URL without its password, wherever in it that is.
fn redact(value: &str) -> String {
    let Ok(mut url) = url::Url::parse(value) else { return "***".to_owned() };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "***".to_owned();
    }
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    if pairs.iter().any(|(key, _)| key.contains("password")) {
        let shown = pairs.iter().map(|(key, value)| (key, if key.contains("password") { "***" } else { value }));
        url.query_pairs_mut().clear().extend_pairs(shown).finish();
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_wherever_they_stand() {
        for (url, shown) in [
            ("postgres://me:hush@db/ardent", "postgres://me:***@db/ardent"),
            ("postgres://db/ardent?user=me&password=hush", "postgres://db/ardent?user=me&password=***"),
            ("postgres://db/ardent", "postgres://db/ardent"),
            ("host=db password=hush", "***"),
        ] {
            assert_eq!(redact(url), shown);
        }
    }
}
