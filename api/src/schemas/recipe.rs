//! The recipe of a cube.

use serde::Serialize;

use super::{BTreeMap, ToSchema};

/// What cube is wanted: from which items, on which grid, which bands, what is masked, how dates are grouped and reduced.
#[derive(ToSchema)]
#[schema(example = json!({
    "collections": ["sentinel2"], "datetime": "2019-06-01/2019-08-31",
    "bbox": [434_800, 96_500, 548_510, 145_900], "bbox_crs": "EPSG:27700", "crs": "EPSG:27700", "resolution": 10,
    "bands": ["red", "green", "blue"], "valid": {"vmask": [1]}, "mask": {"fmask": [0]},
    "group": "season", "reduce": "median"
}))]
pub(crate) struct Recipe {
    /// Ids of the collections to read.
    #[schema(min_items = 1)]
    collections: Vec<String>,
    /// Ids of the items to read; all that the rest finds if left out.
    #[schema(required = false)]
    ids: Vec<String>,
    /// Time to read: a date or an RFC 3339 time, or two with `/` between; the end is included.
    #[schema(example = "2019-06-01/2019-08-31")]
    datetime: Option<String>,
    /// Left, bottom, right, top in `bbox_crs`; in degrees, left > right crosses the antimeridian.
    #[schema(min_items = 4, max_items = 4)]
    bbox: Option<Vec<f64>>,
    /// CRS of `bbox` and `geometry`.
    #[schema(default = "EPSG:4326", required = false)]
    bbox_crs: String,
    /// A GeoJSON geometry in `bbox_crs`, of which the bounds count, or with `clip` the inside; not together with `bbox`.
    #[schema(value_type = Option<Object>)]
    geometry: Option<serde_json::Value>,
    /// Whether pixels outside of `geometry` are left out.
    #[schema(required = false)]
    clip: Clip,
    /// CRS of the result; with `resolution`, or neither for the items' own grid.
    #[schema(example = "EPSG:27700")]
    crs: Option<String>,
    /// Pixel size of the result in units of its CRS.
    #[schema(exclusive_minimum = 0.0)]
    resolution: Option<f64>,
    /// Where pixel edges lie.
    #[schema(required = false)]
    anchor: Anchor,
    /// How values are taken from a grid that is not the result's.
    #[schema(default = "nearest", required = false)]
    resampling: Resampling,
    /// Bands of the result.
    #[schema(min_items = 1, max_items = 64)]
    bands: Vec<Band>,
    /// Where there is data at all.
    #[schema(required = false)]
    valid: Masks,
    /// Which pixels to keep.
    #[schema(required = false)]
    mask: Masks,
    /// Which versions of a scene are read.
    #[schema(default = "latest", required = false)]
    dedupe: Dedupe,
    /// Which dates are read, by what the masks say of the area; all if left out.
    select: Option<Select>,
    /// Which dates go together.
    #[schema(default = "all", required = false)]
    group: Group,
    /// What becomes of the dates of a group.
    #[schema(default = "median", required = false)]
    reduce: Reduce,
    /// Bands that tell where values come from, after the others.
    #[schema(required = false)]
    extra: Vec<Extra>,
    /// Whether the result is in physical values, as float32, instead of the collection's digital numbers.
    #[schema(default = false, required = false)]
    scale: bool,
    /// Whether items whose values differ in scale or offset are brought to one of each; if not, they are refused.
    #[schema(default = true, required = false)]
    harmonize: bool,
    /// What becomes of the cube if a scene cannot be read.
    #[schema(default = "fail", required = false)]
    on_error: OnError,
}

/// What becomes of the cube if a scene cannot be read: `fail`, `skip` (it is made without the scene), or the same for at
/// most a share of the scenes.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum OnError {
    /// `fail` or `skip`.
    Word(String),
    /// A share.
    Threshold {
        /// From 0 to 1.
        #[schema(minimum = 0.0, maximum = 1.0)]
        threshold: f64,
    },
}

/// Where pixel edges lie: `edge` or `center` of a pixel at the origin of the CRS, a corner at `[x, y]`, or the grid of
/// an item.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Anchor {
    /// `edge` or `center`.
    Word(String),
    /// A corner.
    At(Vec<f64>),
    /// The grid of an item.
    Like {
        /// Id of the item.
        like: String,
    },
}

/// Whether pixels are left out whose centre is outside of the geometry, or with `all_touched` those that are outside
/// entirely.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Clip {
    /// By the centre.
    Centre(bool),
    /// By any part.
    Touched {
        /// Whether pixels stay of which any part is inside.
        all_touched: bool,
    },
}

/// How values are taken from a grid that is not the result's.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Resampling {
    Nearest,
    Bilinear,
    Cubic,
    Average,
    Mode,
}

/// A band by its name or an alias (or an index by its name, where no item has such a band), an expression of such, or a
/// named index.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Band {
    /// A name.
    Name(String),
    /// An expression.
    Expression {
        /// Name of the band of the result.
        name: String,
        /// Arithmetic on band names, such as `(nir-red)/(nir+red)`.
        expression: String,
        /// Computed of the reduced bands; of each date, if left out.
        after: Option<After>,
    },
    /// A named index.
    Index {
        /// Its name: `ndvi`, `evi`, `nbr` and others.
        index: String,
        /// Name of the band of the result; that of the index if left out.
        name: Option<String>,
        /// Computed of the reduced bands; of each date, if left out.
        after: Option<After>,
    },
}

/// The step after which an expression is computed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum After {
    Reduce,
}

/// Rules about mask bands: a list, or in short an object of band names and the values that are kept.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Masks {
    /// Each band with the values that are kept.
    Short(BTreeMap<String, Vec<f64>>),
    /// A list of rules.
    Rules(Vec<MaskRule>),
}

/// What the pixels of a mask band must be; one of `include`, `exclude` and `below`.
#[derive(Serialize, ToSchema)]
struct MaskRule {
    /// The mask band, by name or alias.
    band: String,
    /// These values are kept.
    include: Option<Vec<f64>>,
    /// All but these values are kept.
    exclude: Option<Vec<f64>>,
    /// Values below this are kept.
    below: Option<f64>,
    /// Pixels this near to one that is not kept are not kept either, in pixels of the mask.
    #[schema(default = 0, maximum = 100, required = false)]
    dilate_px: u32,
}

/// Which versions of a scene are read.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
enum Dedupe {
    Latest,
    None,
}

/// Which dates are read.
#[derive(Serialize, ToSchema)]
struct Select {
    /// Solar days to read; all if left out.
    #[schema(min_items = 1, value_type = Option<Vec<String>>)]
    dates: Option<Vec<String>>,
    /// The least share of the area that a date must cover.
    #[schema(minimum = 0.0, maximum = 1.0)]
    min_valid: Option<f64>,
    /// The greatest share of what it covers that may be cloud.
    #[schema(minimum = 0.0, maximum = 1.0)]
    max_cloud: Option<f64>,
    /// How many dates of a group are read at most, the least cloudy ones.
    #[schema(minimum = 1)]
    least_cloudy: Option<usize>,
}

/// Which dates go together: those of a period, of so many days (`P16D`, counted from 1 January of each year), of a month or
/// season in whatever year, or all.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^(solar_day|month|season|year|all|month-of-year|season-of-year|P([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6])D)$")]
struct Group(#[expect(dead_code, reason = "it is described, not used")] String);

/// What becomes of the dates of a group.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Reduce {
    /// One without a parameter.
    Word(ReduceWord),
    /// The value below which so many per cent lie, interpolated linearly.
    Percentile {
        /// Per cent.
        #[schema(minimum = 0.0, maximum = 100.0)]
        percentile: f64,
    },
    /// The values of the date on which a band is greatest, or least.
    Best {
        /// Which band decides.
        best: Best,
    },
}

/// A reducer without a parameter.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ReduceWord {
    Median,
    Mean,
    Min,
    Max,
    Stddev,
    Count,
    First,
    Last,
    Medoid,
    Geomedian,
}

/// The band that decides which date is best.
#[derive(Serialize, ToSchema)]
struct Best {
    /// One of `bands` by its name, or another band, index or expression.
    band: Band,
    /// Whether the least value is best; otherwise the greatest is.
    #[schema(default = false, required = false)]
    least: bool,
}

/// A band that tells where values come from: how many dates are clear, which date a value is from (from 1), and how many
/// days that was before the last day of the group.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Extra {
    NClear,
    SourceIndex,
    AgeDays,
}
