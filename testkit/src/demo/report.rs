//! What was done, and how long it took.

use std::{
    fmt::Write as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{Stage, say};
use crate::ardent::Server;

/// The steps and the files of a demo.
#[derive(Debug, Default)]
pub(super) struct Report {
    steps: Vec<Step>,
    /// What was written, as `what` and path.
    pub(super) files: Vec<(String, PathBuf)>,
}

#[derive(Debug)]
struct Step {
    name: &'static str,
    result: String,
    took: Duration,
}

impl Report {
    /// Does a step, says what came of it, and remembers that.
    pub(super) async fn step(&mut self, name: &'static str, work: impl Future<Output = Result<String>>) -> Result<()> {
        say(&format!("… {name}"))?;
        let started = Instant::now();
        let result = work.await.map_err(|error| error.context(format!("demo: {name}")))?;
        self.steps.push(Step { name, result, took: started.elapsed() });
        Ok(())
    }

    /// The table of steps, the files and the addresses.
    pub(super) fn print(&self, stage: &Stage) -> Result<()> {
        let peak = stage.server.as_ref().and_then(Server::peak_memory_bytes);
        say(&self.table(peak))?;
        say("receipts")?;
        for name in ["upload", "index"] {
            let path = stage.out.join(format!("{name}.json"));
            say(&format!("  {name:<14} {}", brief(&std::fs::read_to_string(&path)?)?))?;
            say(&format!("  {:<14} whole: {}", "", path.display()))?;
        }
        say("\nfiles")?;
        for (what, path) in &self.files {
            say(&format!("  {what:<14} {}", path.display()))?;
        }
        let url = stage.url()?;
        say("\naddresses (while the server runs)")?;
        for (what, at) in [("API", ""), ("documentation", "/api.html"), ("search", "/search?collections=sentinel2")] {
            say(&format!("  {what:<14} {url}{at}"))?;
        }
        say(&format!("  {:<14} {}", "object store", stage.endpoint()))
    }

    fn table(&self, peak_bytes: Option<u64>) -> String {
        let mut text = format!("\n{:<10} {:>8}  result\n", "step", "seconds");
        for step in &self.steps {
            let _ = writeln!(text, "{:<10} {:>8.1}  {}", step.name, step.took.as_secs_f64(), step.result);
        }
        let total: Duration = self.steps.iter().map(|step| step.took).sum();
        let _ = writeln!(text, "{:<10} {:>8.1}", "in all", total.as_secs_f64());
        if let Some(bytes) = peak_bytes {
            let _ = writeln!(text, "peak memory of the server: {} MiB", bytes >> 20);
        }
        text
    }
}

/// A receipt on one line, without its list of every product.
fn brief(receipt: &str) -> Result<String> {
    let mut receipt: serde_json::Value = serde_json::from_str(receipt)?;
    if let Some(members) = receipt.as_object_mut() {
        members.remove("products");
    }
    Ok(receipt.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_step_is_named() {
        let mut report = Report::default();
        report.step("scenes", async { Ok("48 products".to_owned()) }).await.unwrap();
        let error = report.step("upload", async { anyhow::bail!("the store is away") }).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "demo: upload: the store is away");
        let table = report.table(Some(300 << 20));
        assert!(table.contains("48 products") && table.contains("300 MiB") && !table.contains("upload"), "{table}");
    }
}
