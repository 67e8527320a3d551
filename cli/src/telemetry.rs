//! The log: tracing events on stderr.

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::arguments::{Arguments, Command, LogFormat};

/// Starts logging as the settings say.
pub(crate) fn start(arguments: &Arguments) -> Result<()> {
    let settings = &arguments.settings;
    let usual = if matches!(arguments.command, Command::Serve(_)) { "info" } else { "warn" };
    let text = settings.log.as_deref().unwrap_or(usual);
    let filter =
        EnvFilter::try_new(text).with_context(|| format!("`{text}` is not a log filter; try info or debug"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
