//! `ardent openapi`.

use anyhow::{Context as _, Result};

use super::Outcome;
use crate::{arguments::Openapi, output};

/// Writes the OpenAPI document.
pub(super) fn run(options: &Openapi) -> Result<Outcome> {
    let text = ardent_api::openapi_json();
    match &options.output {
        None => output::print(&text),
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(Outcome::Complete)
        }
    }
}
