//! What kind of archive is wanted.

use anyhow::ensure;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::Landscape;
use crate::raster::Interleave;

/// Which generation of file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Naming {
    /// `S2A_20190627_lat51lon125_T30UWB_ORB137_utm30n_osgb`.
    Old,
    /// With signs in the place and the time of generation, and a `_clouds_prob.tif`.
    New,
    /// Old for the first half of the dates, new for the rest.
    Mixed,
}

/// How images are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// zlib.
    Deflate,
    /// Zstandard.
    Zstd,
    /// Lempel-Ziv-Welch.
    Lzw,
    /// Not at all.
    None,
}

/// Size, time, weather and file format of an archive. The same options make the same bytes.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct Options {
    /// Chooses landscape and weather.
    #[arg(long, default_value_t = Self::default().seed)]
    pub seed: u64,
    /// Width and height of a tile, in pixels of 10 m.
    #[arg(long, default_value_t = Self::default().size_px)]
    pub size_px: usize,
    /// Tiles side by side, from west to east, sharing their edges.
    #[arg(long, default_value_t = Self::default().tiles)]
    pub tiles: usize,
    /// Dates, spread evenly; each has a product per tile that the swath touches.
    #[arg(long, default_value_t = Self::default().dates)]
    pub dates: usize,
    /// First day of the time they are spread over.
    #[arg(long, default_value_t = Self::default().from)]
    pub from: NaiveDate,
    /// Last day of it.
    #[arg(long, default_value_t = Self::default().to)]
    pub to: NaiveDate,
    /// 0: never a cloud; 0.5: British; 1: always under cloud.
    #[arg(long, default_value_t = Self::default().cloudiness)]
    pub cloudiness: f64,
    /// Generation of file names.
    #[arg(long, value_enum, default_value_t = Self::default().naming)]
    pub naming: Naming,
    /// How the ten bands lie in their file.
    #[arg(long, value_enum, default_value_t = Self::default().interleave)]
    pub interleave: Interleave,
    /// How the files are compressed (with predictor 2 in images).
    #[arg(long, value_enum, default_value_t = Self::default().compression)]
    pub compression: Compression,
    /// Width and height of the files' inner tiles; 256, or 512 for tiles over 2048 px, if not given.
    #[arg(long)]
    pub tile_px: Option<usize>,
    /// Leave the overviews out.
    #[arg(long)]
    pub no_overviews: bool,
}

impl Default for Options {
    /// Four whole seasons, two tiles of 1024 pixels, 24 dates.
    fn default() -> Self {
        Self {
            seed: 1,
            size_px: 1024,
            tiles: 2,
            dates: 24,
            from: NaiveDate::from_ymd_opt(2018, 12, 1).unwrap_or_default(),
            to: NaiveDate::from_ymd_opt(2019, 11, 30).unwrap_or_default(),
            cloudiness: 0.5,
            naming: Naming::Mixed,
            interleave: Interleave::Pixel,
            compression: Compression::Deflate,
            tile_px: None,
            no_overviews: false,
        }
    }
}

impl Options {
    /// The landscape the archive shows.
    pub fn landscape(&self) -> Landscape {
        Landscape { seed: self.seed, cloudiness: self.cloudiness }
    }

    /// Width and height of the inner tiles of the files.
    pub fn inner_tile_px(&self) -> usize {
        self.tile_px.unwrap_or(if self.size_px > 2048 { 512 } else { 256 })
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let days = (self.to - self.from).num_days() + 1;
        ensure!(days > 0, "--from {} is after --to {}", self.from, self.to);
        ensure!(
            self.dates > 0 && self.dates as i64 <= days,
            "--dates {}: there are {days} days, one date a day",
            self.dates
        );
        ensure!((1..=8).contains(&self.tiles), "--tiles {}: 1 to 8 are possible", self.tiles);
        ensure!((16..=20_000).contains(&self.size_px), "--size-px {}: 16 to 20000 are possible", self.size_px);
        ensure!((0.0..=1.0).contains(&self.cloudiness), "--cloudiness {}: 0 to 1 are possible", self.cloudiness);
        let tile_px = self.inner_tile_px();
        ensure!(tile_px >= 16 && tile_px.is_multiple_of(16), "--tile-px {tile_px}: multiples of 16 are possible");
        Ok(())
    }
}
