//! `ardent-testkit`: what the tests and the demo stand on, for shells.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use ardent_testkit::{
    demo, s3,
    scenes::{self, BANDS, Landscape, Plan},
    services,
};
use chrono::NaiveDate;
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
    /// Write a synthetic archive of Sentinel-2 products, and its list: scenes.json.
    Scenes {
        /// The archive's folder.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        options: scenes::Options,
    },
    /// What a pixel is, as JSON: from where and when alone.
    Truth {
        /// An archive's scenes.json.
        #[arg(long)]
        scenes: PathBuf,
        /// Easting of the pixel's centre (EPSG:27700).
        #[arg(long)]
        x: f64,
        /// Its northing.
        #[arg(long)]
        y: f64,
        /// The date.
        #[arg(long)]
        date: NaiveDate,
    },
    /// The median of a season's clear pixels, from the truth alone, as GeoTIFF, or as PNG of three bands.
    Expected {
        /// An archive's scenes.json.
        #[arg(long)]
        scenes: PathBuf,
        /// Such as 2019-JJA.
        #[arg(long)]
        season: String,
        /// Bands, in the order they shall have.
        #[arg(long, value_delimiter = ',', default_value = "red,green,blue")]
        bands: Vec<String>,
        /// A .tif or .png.
        #[arg(long)]
        out: PathBuf,
    },
    /// Show everything from end to end: archive, store, catalogue, four seasonal mosaics.
    Demo(demo::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Services { command } => services::run(&command).await,
        Command::S3 { folder, port, buckets } => serve_s3(&folder, port, &buckets).await,
        Command::Scenes { out, options } => {
            let start = Instant::now();
            let plan = scenes::write(&out, &options)?;
            let (count, seconds) = (plan.products.len(), start.elapsed().as_secs_f64());
            say(&format!("{count} products in {} ({seconds:.1} s)", out.display()))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Truth { scenes, x, y, date } => {
            say(&truth(&Plan::read(&scenes)?.landscape(), (x, y), date))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Expected { scenes, season, bands, out } => {
            scenes::write_expected(&Plan::read(&scenes)?, &season, &bands, &out)?;
            Ok(ExitCode::SUCCESS)
        }
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
