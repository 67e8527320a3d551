//! `make demo`: everything once, from an archive of scenes to four seasonal mosaics, as a user would do it.

mod lettering;
mod report;
mod sheet;
mod stage;
mod steps;

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};

use report::Report;
use stage::Stage;

/// How the demo is run.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The `ardent` binary.
    #[arg(long)]
    pub ardent: PathBuf,
    /// Folder for the mosaics and the contact sheet.
    #[arg(long, env = "ARDENT_DEMO_OUT", default_value = "demo-out")]
    pub out: PathBuf,
    /// Columns and rows of a scene.
    #[arg(long, default_value_t = 1024)]
    pub size_px: usize,
    /// Dates in the year.
    #[arg(long, default_value_t = 24)]
    pub dates: usize,
    /// Keep the server running, until Ctrl-C.
    #[arg(long)]
    pub serve: bool,
    /// Address to listen on; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:0", default_value_if("serve", "true", "127.0.0.1:8080"))]
    pub listen: String,
}

/// Runs it, and stops all that it started, whatever happened.
pub async fn run(options: &Options) -> Result<ExitCode> {
    let mut signals =
        [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?];
    let [interrupt, terminate, hangup] = &mut signals;
    let mut stage = Stage::set(options).await?;
    let mut report = Report::default();
    let work = async {
        steps::play(&mut stage, &mut report).await?;
        report.print(&stage)?;
        if options.serve { stage.stay().await } else { Ok(()) }
    };
    let outcome = tokio::select! {
        outcome = work => Some(outcome),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
        _ = hangup.recv() => None,
    };
    let struck = stage.strike().await;
    match outcome {
        Some(outcome) => outcome.and(struck).map(|()| ExitCode::SUCCESS),
        // Ctrl-C is how a server that was to stay is ended.
        None if options.serve => struck.map(|()| ExitCode::SUCCESS),
        None => struck.map(|()| ExitCode::from(130)),
    }
}

/// Tells the user something.
fn say(text: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    Ok(output.flush()?)
}
