//! `ardent-testkit`: what the tests and the demo stand on, for shells.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use ardent_testkit::s3;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

/// Test services and synthetic scenes.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a folder as an S3 store, until SIGINT or SIGTERM.
    S3 {
        /// The folder; its sub-folders are the buckets.
        #[arg(long)]
        folder: PathBuf,
        /// Port of 127.0.0.1; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Buckets to make first.
        #[arg(long = "bucket")]
        buckets: Vec<String>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::S3 { folder, port, buckets } => serve_s3(&folder, port, &buckets).await,
    }
}

async fn serve_s3(folder: &Path, port: u16, buckets: &[String]) -> anyhow::Result<()> {
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let server = s3::start_in(folder, port).await?;
    for bucket in buckets {
        server.create_bucket(bucket);
    }
    say(&server.endpoint())?;
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    Ok(())
}

/// One line on standard output, at once.
fn say(line: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
