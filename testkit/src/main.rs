//! `ardent-testkit`: what the tests and the demo stand on, for shells.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use ardent_testkit::{demo, s3, services};
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
    /// Start a private PostGIS, run a command with its URL in ARDENT_TEST_DATABASE_URL, stop it, exit as the command did.
    Services {
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
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
    /// Show everything from end to end: archive, store, catalogue, four seasonal mosaics.
    Demo(demo::Options),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Services { command } => services::run(&command).await,
        Command::S3 { folder, port, buckets } => serve_s3(&folder, port, &buckets).await,
        Command::Demo(options) => demo::run(&options).await,
    }
}

async fn serve_s3(folder: &Path, port: u16, buckets: &[String]) -> anyhow::Result<ExitCode> {
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
    Ok(ExitCode::SUCCESS)
}

fn truth(landscape: &Landscape, place: (f64, f64), date: NaiveDate) -> String {
    let of_bands = |value: &dyn Fn(&str) -> Option<u16>| -> serde_json::Map<String, serde_json::Value> {
        BANDS.iter().filter_map(|&band| Some((band.to_owned(), value(band)?.into()))).collect()
    };
    serde_json::json!({
        "reflectance": of_bands(&|band| landscape.reflectance(band, place, date)),
        "stored": of_bands(&|band| landscape.stored(band, place, date)),
        "cloud": landscape.cloud(place, date),
        "valid": landscape.valid(place, date),
    })
    .to_string()
}

/// One line on standard output, at once.
fn say(line: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
