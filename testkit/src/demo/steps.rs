//! The steps of the demo, in the order in which a user would take them.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    Stage,
    report::Report,
    sheet::{self, Panel, Picture},
    stage::BUCKET,
};

/// The product definition that the documentation shows.
const PRODUCT: &str = include_str!("../../../docs/examples/sentinel2.yaml");
/// Reflectance that is shown as black and as white.
const RESCALE: &str = "0,2400";

/// A season: its label, its days, and how the contact sheet calls it.
struct Season {
    label: &'static str,
    datetime: &'static str,
    months: &'static str,
}

const SEASONS: [Season; 4] = [
    Season { label: "2019-DJF", datetime: "2018-12-01/2019-02-28", months: "December - February" },
    Season { label: "2019-MAM", datetime: "2019-03-01/2019-05-31", months: "March - May" },
    Season { label: "2019-JJA", datetime: "2019-06-01/2019-08-31", months: "June - August" },
    Season { label: "2019-SON", datetime: "2019-09-01/2019-11-30", months: "September - November" },
];

/// Plays the whole.
pub(super) async fn play(stage: &mut Stage, report: &mut Report) -> Result<()> {
    report.step("scenes", scenes(stage)).await?;
    report.step("serve", serve(stage)).await?;
    report.step("product", product(stage)).await?;
    report.step("upload", upload(stage)).await?;
    report.step("index", index(stage)).await?;
    report.step("search", search(stage)).await?;
    let mut panels = Vec::new();
    for season in &SEASONS {
        report.step(season.label, mosaic(stage, season, &mut panels)).await?;
        report.files.push((season.label.to_owned(), stage.out.join(format!("{}.tif", season.label))));
    }
    let sheet = stage.out.join("seasons.png");
    report.step("sheet", async { draw(&sheet, panels) }).await?;
    report.files.push(("contact sheet".to_owned(), sheet));
    Ok(())
}

async fn scenes(stage: &Stage) -> Result<String> {
    let archive = stage.path("archive");
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("scenes").arg("--out").arg(&archive).kill_on_drop(true).process_group(0);
    command.args(["--size-px", &stage.options.size_px.to_string(), "--dates", &stage.options.dates.to_string()]);
    let output = command.output().await?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let (files, bytes) = size(&archive)?;
    Ok(format!("a year of scenes in the archive's layout: {files} files, {} MB", bytes / 1_000_000))
}

/// Files below a folder and their bytes.
fn size(folder: &Path) -> Result<(u64, u64)> {
    let mut sum = (0, 0);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (files, bytes) =
            if entry.file_type()?.is_dir() { size(&entry.path())? } else { (1, entry.metadata()?.len()) };
        sum = (sum.0 + files, sum.1 + bytes);
    }
    Ok(sum)
}

async fn serve(stage: &mut Stage) -> Result<String> {
    let log = stage.out.join("server.log");
    let server = stage.ardent.serve(["--listen", stage.options.listen.as_str()], &log).await?;
    let url = server.url().to_owned();
    stage.server = Some(server);
    Ok(format!("{url}, with a private PostGIS; log in {}", log.display()))
}

async fn product(stage: &Stage) -> Result<String> {
    let file = stage.path("sentinel2.yaml");
    std::fs::write(&file, PRODUCT)?;
    stage.ardent.succeed([Path::new("product"), Path::new("add"), &file]).await?;
    Ok("collection sentinel2".to_owned())
}

async fn upload(stage: &Stage) -> Result<String> {
    let archive = stage.path("archive").display().to_string();
    let receipt = stage.receipt(&["upload", &archive, &format!("s3://{BUCKET}")]).await?;
    let number = |member: &str| receipt[member].as_u64().unwrap_or_default();
    let products = format!("{} of {} products", number("uploaded"), number("found"));
    Ok(format!("{products}, {} files, {} MB", number("files_sent"), number("bytes") / 1_000_000))
}

async fn index(stage: &Stage) -> Result<String> {
    let receipt = stage.receipt(&["index", &format!("s3://{BUCKET}")]).await?;
    let number = |member: &str| receipt[member].as_u64().unwrap_or_default();
    Ok(format!("{} items new, {} updated, {} unchanged", number("inserted"), number("updated"), number("unchanged")))
}

impl Stage {
    /// Runs a command, keeps its receipt beside the results, and returns it.
    async fn receipt(&self, arguments: &[&str]) -> Result<Value> {
        let text = self.ardent.succeed(arguments).await?;
        let name = arguments.first().copied().unwrap_or_default();
        std::fs::write(self.out.join(format!("{name}.json")), &text)?;
        serde_json::from_str(&text).with_context(|| format!("the receipt of ardent {name} is not JSON"))
    }
}

async fn search(stage: &Stage) -> Result<String> {
    let url =
        format!("{}/search?collections=sentinel2&datetime=2019-06-01T00:00:00Z/2019-08-31T23:59:59Z", stage.url()?);
    let found: Value = answer(reqwest::Client::new().get(url)).await?.json().await?;
    let count =
        found["numberMatched"].as_u64().or_else(|| found["features"].as_array().map(|items| items.len() as u64));
    Ok(format!("{} items in summer", count.context("the answer is no ItemCollection")?))
}

async fn mosaic(stage: &Stage, season: &Season, panels: &mut Vec<Panel>) -> Result<String> {
    let recipe = json!({
        "collections": ["sentinel2"], "datetime": season.datetime, "bands": ["red", "green", "blue"],
        "valid": {"vmask": [1]}, "mask": {"fmask": [0]}, "group": "season", "reduce": "median",
    });
    let load = |query: &str| {
        Ok::<_, anyhow::Error>(
            reqwest::Client::new().post(format!("{}/datacube/load?{query}", stage.url()?)).json(&recipe),
        )
    };
    let cog = answer(load("f=cog")?).await?.bytes().await?;
    std::fs::write(stage.out.join(format!("{}.tif", season.label)), &cog)?;
    let png = answer(load(&format!("f=png&rescale={RESCALE}"))?).await?.bytes().await?;
    std::fs::write(stage.out.join(format!("{}.png", season.label)), &png)?;
    let picture = Picture::decode(&png)?;
    panels.push(Panel { picture, name: season.label.to_owned(), months: season.months.to_owned() });
    Ok(format!("median of {}, COG of {} kB", season.datetime, cog.len() / 1000))
}

/// The answer, if it is a good one; else an error with what the server said.
async fn answer(request: reqwest::RequestBuilder) -> Result<reqwest::Response> {
    let response = request.send().await?;
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, url) = (response.status(), response.url().clone());
    bail!("{url} answered {status}: {}", response.text().await.unwrap_or_default())
}

fn draw(path: &Path, panels: Vec<Panel>) -> Result<String> {
    let subtitle = "Seasonal medians of the clear pixels - EPSG:27700, 10 m";
    sheet::compose("Ardent", subtitle, panels)?.write_png(path)?;
    Ok("the four seasons on one sheet".to_owned())
}
