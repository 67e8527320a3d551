//! The products of an archive and their names, as the generator plans them.

use anyhow::Context as _;
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use serde::{Deserialize, Serialize};

use super::{
    noise::{branch, dice, hash},
    options::{Naming, Options},
    terrain::CENTRE,
};

/// What follows a product's name in the name of its image.
pub const IMAGE_SUFFIX: &str = "_vmsk_sharp_rad_srefdem_stdsref";

/// A tile of the archive's grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// Such as `T30UWB`.
    pub id: String,
    /// West, south, east and north in EPSG:27700, metres: the edges of its pixels.
    pub bounds: [f64; 4],
    /// West, south, east and north in degrees (EPSG:4326), the box around its corners.
    pub bounds_degrees: [f64; 4],
}

/// A product: one tile on one date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// Such as `S2A_20190627_lat51lon125_T30UWB_ORB137_utm30n_osgb`.
    pub name: String,
    /// Below the archive's folder: `sentinel_2/2019/06/27`.
    pub folder: String,
    /// Its files, in that folder.
    pub files: Vec<String>,
    /// `S2A` or `S2B`.
    pub platform: String,
    /// When it was taken: about 11:20 UTC.
    pub datetime: DateTime<Utc>,
    /// The date of it.
    pub date: NaiveDate,
    /// Relative orbit.
    pub orbit: u16,
    /// Id of its tile.
    pub tile: String,
    /// West, south, east and north in EPSG:27700.
    pub bounds: [f64; 4],
    /// Cloud among the valid pixels, 0 … 1; known once it is written.
    pub cloud_cover: f64,
    /// Valid among all pixels, 0 … 1.
    pub valid_fraction: f64,
    /// Clear among the valid pixels, 0 … 1.
    pub clear_fraction: f64,
}

impl Product {
    /// Name of the file with the ten bands.
    pub fn image(&self) -> String {
        format!("{}{IMAGE_SUFFIX}.tif", self.name)
    }
}

/// Side by side, centred on the landscape's middle, on the 10 m grid.
pub(super) fn tiles(options: &Options) -> anyhow::Result<Vec<Tile>> {
    const IDS: [&str; 8] = ["T30UWB", "T30UXB", "T30UYB", "T30UZB", "T31UCR", "T31UDR", "T31UER", "T31UFR"];
    let mut to_degrees = SpatialRef::from_epsg(4326)?;
    to_degrees.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    let transform = CoordTransform::new(&SpatialRef::from_epsg(27700)?, &to_degrees)?;
    let size_m = options.size_px as f64 * 10.0;
    let snap = |metres: f64| (metres / 10.0).round() * 10.0;
    let west = snap(CENTRE.0 - size_m * options.tiles as f64 / 2.0);
    let north = snap(CENTRE.1 + size_m / 2.0);
    let tile = |(index, id): (usize, &&str)| {
        let left = west + index as f64 * size_m;
        let bounds = [left, north - size_m, left + size_m, north];
        let mut x = [bounds[0], bounds[0], bounds[2], bounds[2]];
        let mut y = [bounds[1], bounds[3], bounds[1], bounds[3]];
        transform.transform_coords(&mut x, &mut y, &mut []).context("EPSG:27700 to degrees")?;
        let least = |values: [f64; 4]| values.into_iter().fold(f64::INFINITY, f64::min);
        let most = |values: [f64; 4]| values.into_iter().fold(f64::NEG_INFINITY, f64::max);
        // A few centimetres are plenty, and no library's last digits show.
        let bounds_degrees = [least(x), least(y), most(x), most(y)].map(|degree| (degree * 1e6).round() / 1e6);
        Ok(Tile { id: (*id).to_owned(), bounds, bounds_degrees })
    };
    IDS.iter().take(options.tiles).enumerate().map(tile).collect()
}

/// Evenly spread, give or take a day or two.
pub(super) fn dates(options: &Options) -> Vec<NaiveDate> {
    let days = (options.to - options.from).num_days() + 1;
    let step = days as f64 / options.dates as f64;
    let play = ((step - 1.0) / 2.0).clamp(0.0, 1.6);
    let day = |index: usize| {
        let jitter = play * (2.0 * dice(branch(options.seed, 60), index as i64, 0) - 1.0);
        (((index as f64 + 0.5) * step + jitter).floor() as i64).clamp(0, days - 1) as u64
    };
    (0..options.dates).map(|index| options.from + Days::new(day(index))).collect()
}

/// The product of the date with this number, if the swath touches the tile.
pub(super) fn product(
    options: &Options,
    (index, date): (usize, NaiveDate),
    (at, tile): (usize, &Tile),
) -> Option<Product> {
    let sky = options.landscape().on(date).sky;
    let [west, south, east, north] = tile.bounds;
    let corners =
        [(west + 5.0, south + 5.0), (west + 5.0, north - 5.0), (east - 5.0, south + 5.0), (east - 5.0, north - 5.0)];
    if !corners.into_iter().any(|(x, y)| sky.valid(x, y)) {
        return None;
    }
    let bits = hash(branch(options.seed, 61), index as i64, 0);
    let start = date.and_time(NaiveTime::MIN).and_utc() + Duration::hours(11) + Duration::minutes(14);
    let datetime = start + Duration::seconds((bits % 480) as i64 + 6 * at as i64);
    let platform = if index.is_multiple_of(2) { "S2A" } else { "S2B" };
    let orbit = if (bits >> 20) & 1 == 0 { 137 } else { 94 };
    let new = match options.naming {
        Naming::Old => false,
        Naming::New => true,
        Naming::Mixed => index >= options.dates.div_ceil(2),
    };
    let generated = datetime + Duration::minutes(100) + Duration::seconds(((bits >> 24) % 4000) as i64);
    let place = place(tile, new);
    let generation = if new { generated.format("_%Y%m%d%H%M%S").to_string() } else { String::new() };
    let name =
        format!("{platform}_{}_{place}_{}_ORB{orbit:03}{generation}_utm30n_osgb", date.format("%Y%m%d"), tile.id);
    let mut files: Vec<String> =
        [".tif", "_meta.xml", "_thumbnail.jpg"].iter().map(|end| format!("{name}{IMAGE_SUFFIX}{end}")).collect();
    files.extend(["_clouds.tif", "_sat.tif", "_toposhad.tif", "_valid.tif"].iter().map(|end| format!("{name}{end}")));
    if new {
        files.push(format!("{name}_clouds_prob.tif"));
    }
    Some(Product {
        name,
        folder: date.format("sentinel_2/%Y/%m/%d").to_string(),
        files,
        platform: platform.to_owned(),
        datetime,
        date,
        orbit,
        tile: tile.id.clone(),
        bounds: tile.bounds,
        cloud_cover: 0.0,
        valid_fraction: 0.0,
        clear_fraction: 0.0,
    })
}

/// The tile's centre as names give it. Old names drop sign and point (`lat51lon125` is 1.25° west), new ones have
/// tenths of a degree with letters for the signs (`latn508lonw0012`).
fn place(tile: &Tile, new: bool) -> String {
    let [west, south, east, north] = tile.bounds_degrees;
    let (longitude, latitude) = (f64::midpoint(west, east), f64::midpoint(south, north));
    if new {
        let side = if longitude < 0.0 { 'w' } else { 'e' };
        return format!("latn{:03.0}lon{side}{:04.0}", latitude * 10.0, longitude.abs() * 10.0);
    }
    let digits = format!("{:.2}", longitude.abs()).replace('.', "");
    format!("lat{latitude:.0}lon{}", if digits.ends_with('0') { &digits[..digits.len() - 1] } else { &digits })
}
