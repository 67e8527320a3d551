//! What a command leaves behind: text on stdout, receipts, and its exit code.

use std::{
    io::{ErrorKind, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::command::Outcome;

/// Writes to stdout. A reader that has gone, such as `head`, is no fault.
pub(crate) fn print(text: &str) -> Result<Outcome> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("stdout cannot be written"),
        _ => Ok(Outcome::Complete),
    }
}

/// Writes to stderr what is not the result.
pub(crate) fn note(text: &str) {
    // Nobody reads it: no reason to fail.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes a receipt to `file`, or to stdout.
pub(crate) fn receipt(receipt: &impl Serialize, file: Option<&Path>) -> Result<()> {
    let text = serde_json::to_string_pretty(receipt)? + "\n";
    match file {
        Some(path) => std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display())),
        None => print(&text).map(|_| ()),
    }
}

/// The exit code of an outcome; a failure is told on stderr with its causes.
pub(crate) fn finish(outcome: Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Complete) => ExitCode::SUCCESS,
        Ok(Outcome::Partial) => ExitCode::from(3),
        Ok(Outcome::Interrupted) => ExitCode::from(130),
        Err(error) => {
            let mut text = format!("error: {error}\n");
            let mut before = error.to_string();
            for cause in error.chain().skip(1).map(ToString::to_string) {
                // Some errors tell their cause in their own words already.
                if !before.contains(&cause) {
                    text = text + "  caused by: " + &cause + "\n";
                }
                before = cause;
            }
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
            ExitCode::FAILURE
        }
    }
}
