//! The `ardent-testkit` program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What tests stand on.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts a private PostGIS, runs a command with its URL in ARDENT_TEST_DATABASE_URL, stops it, exits as the command did.
    Services {
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Services { command } => ardent_testkit::services::run(&command).await,
    }
}
