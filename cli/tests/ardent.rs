//! The command line as its users meet it: what it prints, and its exit codes.

#[cfg(test)]
#[path = "ardent/audit.rs"]
mod audit;
#[cfg(test)]
#[path = "ardent/desk.rs"]
mod desk;
#[cfg(test)]
#[path = "ardent/export.rs"]
mod export;
#[cfg(test)]
#[path = "ardent/failures.rs"]
mod failures;
#[cfg(test)]
#[path = "ardent/help.rs"]
mod help;
#[cfg(test)]
#[path = "ardent/keys.rs"]
mod keys;
#[cfg(test)]
#[path = "ardent/login.rs"]
mod login;
#[cfg(test)]
#[path = "ardent/policies.rs"]
mod policies;
#[cfg(test)]
#[path = "ardent/settings.rs"]
mod settings;

use std::process::Command;

/// A run of the built binary: arguments, exit code, stdout and stderr as one text.
struct Run {
    command: Command,
}

impl Run {
    /// Without the settings of whoever runs the tests.
    fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ardent"));
        command.args(arguments).env("HOME", "/nonexistent").env_remove("XDG_DATA_HOME");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"ARDENT_")) {
            command.env_remove(name);
        }
        Self { command }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it; `replace` are texts that differ from run to run and what stands for them.
    fn shown(mut self, replace: &[(&str, &str)]) -> Result<String, std::io::Error> {
        let output = self.command.output()?;
        let mut text = format!("exit code: {}\n", output.status.code().unwrap_or(-1));
        for (name, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
            if !bytes.is_empty() {
                text = text + "--- " + name + "\n" + &String::from_utf8_lossy(&bytes);
            }
        }
        Ok(replace.iter().fold(text, |text, (what, with)| text.replace(what, with)))
    }
}
