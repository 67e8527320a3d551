//! The generator's own list of what it makes: `scenes.json`.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    Landscape,
    options::Options,
    product::{Product, Tile, dates, product, tiles},
};

/// Everything there is in an archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What was asked for.
    pub options: Options,
    /// Code of the CRS of all bounds: 27700.
    pub epsg: u32,
    /// Size of a pixel in metres: 10.
    pub resolution: f64,
    /// The tiles, from west to east.
    pub tiles: Vec<Tile>,
    /// The dates.
    pub dates: Vec<NaiveDate>,
    /// Dates by meteorological season, labelled by the year it ends in: `2019-DJF` begins in December 2018.
    pub seasons: BTreeMap<String, Vec<NaiveDate>>,
    /// The products, by date, then tile.
    pub products: Vec<Product>,
}

impl Plan {
    /// What an archive with these options will hold.
    pub fn new(options: &Options) -> anyhow::Result<Self> {
        options.check()?;
        let (tiles, dates) = (tiles(options)?, dates(options));
        let mut seasons: BTreeMap<String, Vec<NaiveDate>> = BTreeMap::new();
        for &date in &dates {
            seasons.entry(season(date)).or_default().push(date);
        }
        let mut products = Vec::new();
        for date in dates.iter().copied().enumerate() {
            products.extend(tiles.iter().enumerate().filter_map(|tile| product(options, date, tile)));
        }
        Ok(Self { options: options.clone(), epsg: 27700, resolution: 10.0, tiles, dates, seasons, products })
    }

    /// Reads a `scenes.json`.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("list of scenes {}", path.display());
        serde_json::from_slice(&std::fs::read(path).with_context(context)?).with_context(context)
    }

    /// The landscape the archive shows.
    pub fn landscape(&self) -> Landscape {
        self.options.landscape()
    }

    /// West, south, east and north of all tiles together, in EPSG:27700.
    pub fn bounds(&self) -> [f64; 4] {
        let first = self.tiles[0].bounds;
        self.tiles.iter().fold(first, |all, tile| {
            let [west, south, east, north] = tile.bounds;
            [all[0].min(west), all[1].min(south), all[2].max(east), all[3].max(north)]
        })
    }
}

/// The meteorological season of a date, such as `2019-JJA`.
pub fn season(date: NaiveDate) -> String {
    let year = date.year() + i32::from(date.month() == 12);
    let name = ["DJF", "MAM", "JJA", "SON"][(date.month() % 12 / 3) as usize];
    format!("{year}-{name}")
}
