//! The command line. Each flag is an `ARDENT_…` variable and a key of the configuration file too.

mod audit;
mod british_grid;
mod export;
mod gate;
mod key;
mod login;
mod policy;

use std::{net::SocketAddr, path::PathBuf};

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::SecretString;

pub(crate) use audit::Audit;
pub(crate) use british_grid::{BritishGrid, DatumShift};
pub(crate) use export::Export;
pub(crate) use gate::{Anonymous, Bounds, Identity};
pub(crate) use key::{Create, Key, Revoke};
pub(crate) use login::{Login, Logout, Token};
pub(crate) use policy::{Grant, Json, Policy};

/// Analysis-Ready satellite data: from an archive to a searchable catalogue and cloud-free mosaics.
#[derive(Debug, Parser)]
#[command(name = "ardent", version, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 partial (something was refused; see the receipt), \
    130 interrupted.\nEvery flag --some-flag is also a variable ARDENT_SOME_FLAG and a key of the configuration file."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct Settings {
    /// Configuration file (TOML)
    #[arg(long, global = true, env = "ARDENT_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// PostgreSQL with PostGIS to use, instead of a private one in the data folder
    #[arg(long, global = true, env = "ARDENT_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<SecretString>,
    /// Folder of the private database and the local object store [default: /var/lib/ardent for root, else
    /// ~/.local/share/ardent]
    #[arg(long, global = true, env = "ARDENT_DATA_FOLDER", value_name = "FOLDER")]
    pub(crate) data_folder: Option<PathBuf>,
    /// Storage profiles: a TOML file of [[store]] tables
    #[arg(long, global = true, env = "ARDENT_STORES", value_name = "FILE")]
    pub(crate) stores: Option<PathBuf>,
    /// What to log to stderr, such as `info` or `ardent_api=debug` [default: info for serve, else warn]
    #[arg(long, global = true, env = "ARDENT_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// Form of the log
    #[arg(long, global = true, env = "ARDENT_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// Print the settings of this command and where each comes from, secrets hidden, and stop
    #[arg(long, global = true)]
    pub(crate) print_config: bool,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the STAC API and the datacube
    Serve(Serve),
    /// Send products of an archive to an object store, each with its dataset document
    Upload(Upload),
    /// Read documents from stores and folders into the catalogue
    Index(Index),
    /// Upload, then index what was uploaded
    Ingest(Ingest),
    /// The products (collections) of the catalogue
    #[command(subcommand)]
    Product(Product),
    /// Who sees which collection, and who may do what
    #[command(subcommand)]
    Policy(Policy),
    /// API keys, for scripts and services
    #[command(subcommand)]
    Key(Key),
    /// Show who did what
    Audit(Audit),
    /// Sign in to a server, by a code that is confirmed in a browser
    Login(Login),
    /// Print an access token for a server, such as for curl: -H "Authorization: Bearer $(ardent token SERVER)"
    Token(Token),
    /// Sign out of a server
    Logout(Logout),
    /// Make a cube from a recipe, without a server
    Load(Load),
    /// Write items to a file: GeoJSON, NDJSON or stac-geoparquet
    Export(Export),
    /// Bring the schema of the database up to date
    Migrate,
    /// Print the OpenAPI document of the server
    Openapi(Openapi),
    /// Check the folder, the database and the stores
    Doctor,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes any that is free
    #[arg(long, env = "ARDENT_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Base of every link, if a proxy stands in front
    #[arg(long, env = "ARDENT_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Believe the Forwarded and X-Forwarded headers; only behind a proxy that sets or removes them
    #[arg(long, env = "ARDENT_TRUST_FORWARDED")]
    pub(crate) trust_forwarded: bool,
    /// Title of the landing page
    #[arg(long, env = "ARDENT_TITLE", value_name = "TEXT", default_value = "Ardent")]
    pub(crate) title: String,
    /// Greatest body of a request
    #[arg(long, env = "ARDENT_BODY_BYTES", value_name = "BYTES", default_value_t = 8 << 20)]
    pub(crate) body_bytes: usize,
    /// How long counting what a search matches may take before it is estimated; 0: it is not counted
    #[arg(long, env = "ARDENT_COUNT_MS", value_name = "MS", default_value_t = 5)]
    pub(crate) count_ms: u64,
    #[command(flatten)]
    pub(crate) identity: Identity,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
    #[command(flatten)]
    pub(crate) cube: Cube,
    #[command(flatten)]
    pub(crate) british_grid: BritishGrid,
}

/// Bounds of the cube engine.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Bounds of cubes")]
pub(crate) struct Cube {
    /// Memory of all cubes under way
    #[arg(
        id = "cube_memory_mib",
        long = "cube-memory-mib",
        env = "ARDENT_CUBE_MEMORY_MIB",
        value_name = "MIB",
        default_value_t = 1024
    )]
    pub(crate) memory_mib: usize,
    /// Disk space of all cubes, under way and until they are sent
    #[arg(
        id = "cube_disk_mib",
        long = "cube-disk-mib",
        env = "ARDENT_CUBE_DISK_MIB",
        value_name = "MIB",
        default_value_t = 32_768
    )]
    pub(crate) disk_mib: u64,
    /// Most pixels (times bands, times groups) of one cube
    #[arg(
        id = "cube_pixels",
        long = "cube-pixels",
        env = "ARDENT_CUBE_PIXELS",
        value_name = "NUMBER",
        default_value_t = 1_000_000_000
    )]
    pub(crate) pixels: u64,
    /// Most items of one cube
    #[arg(
        id = "cube_items",
        long = "cube-items",
        env = "ARDENT_CUBE_ITEMS",
        value_name = "NUMBER",
        default_value_t = 10_000
    )]
    pub(crate) items: usize,
    /// Files fetched at the same time
    #[arg(
        id = "cube_fetches",
        long = "cube-fetches",
        env = "ARDENT_CUBE_FETCHES",
        value_name = "NUMBER",
        default_value_t = 32
    )]
    pub(crate) fetches: usize,
}

/// What to take from an archive.
#[derive(Debug, Args)]
pub(crate) struct Archive {
    /// The archive's folder, such as /neodc/sentinel_ard/data, or one below it
    pub(crate) source: PathBuf,
    /// Where to: s3://bucket, s3://bucket/prefix or file:///folder
    pub(crate) target: String,
    /// Only these platforms, such as S2A,S2B
    #[arg(long, env = "ARDENT_PLATFORM", value_name = "NAME", value_delimiter = ',')]
    pub(crate) platform: Vec<String>,
    /// Files sent at the same time
    #[arg(long, env = "ARDENT_TRANSFERS", value_name = "NUMBER", default_value_t = 8)]
    pub(crate) transfers: usize,
}

/// Which days, and what becomes of the receipt.
#[derive(Debug, Args)]
pub(crate) struct Batch {
    /// First day of acquisition
    #[arg(long, env = "ARDENT_FROM", value_name = "DATE")]
    pub(crate) from: Option<NaiveDate>,
    /// Last day of acquisition, included
    #[arg(long, env = "ARDENT_TO", value_name = "DATE")]
    pub(crate) to: Option<NaiveDate>,
    /// Say what would be done, and do nothing
    #[arg(long, env = "ARDENT_DRY_RUN")]
    pub(crate) dry_run: bool,
    /// Write the receipt (JSON) to this file instead of stdout
    #[arg(long, env = "ARDENT_RECEIPT", value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
}

/// What becomes of documents.
#[derive(Debug, Args)]
pub(crate) struct Documents {
    /// Collection of documents that name none
    #[arg(long, env = "ARDENT_COLLECTION", value_name = "ID")]
    pub(crate) collection: Option<String>,
    /// Keep documents that are refused in this folder, each with its reason
    #[arg(long, env = "ARDENT_REJECTS", value_name = "FOLDER")]
    pub(crate) rejects: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Upload {
    #[command(flatten)]
    pub(crate) archive: Archive,
    #[command(flatten)]
    pub(crate) batch: Batch,
}

#[derive(Debug, Args)]
pub(crate) struct Index {
    /// s3://bucket/prefix, file:///folder, folders and files
    #[arg(required = true, value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    #[command(flatten)]
    pub(crate) documents: Documents,
    #[command(flatten)]
    pub(crate) batch: Batch,
}

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    #[command(flatten)]
    pub(crate) archive: Archive,
    #[command(flatten)]
    pub(crate) documents: Documents,
    #[command(flatten)]
    pub(crate) batch: Batch,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Product {
    /// Add products from ODC product definitions (YAML) or STAC collections (JSON), or replace them
    Add {
        /// Files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// List the products
    List,
}

#[derive(Debug, Args)]
pub(crate) struct Load {
    /// The recipe (JSON); `-` reads stdin
    pub(crate) recipe: PathBuf,
    /// File to write; needed without --dry-run
    #[arg(short, long, env = "ARDENT_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Say what it would read and take, and make nothing
    #[arg(long, env = "ARDENT_DRY_RUN")]
    pub(crate) dry_run: bool,
    /// Form of the file [default: by its name: .tif, .nc, .zarr.zip, .png, .jpg, .webp; else cog]
    #[arg(long, env = "ARDENT_FORMAT", value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Least and greatest value of a picture [default: the 2nd and 98th percentile]
    #[arg(long, env = "ARDENT_RESCALE", value_name = "LOW,HIGH", value_parser = rescale, allow_hyphen_values = true)]
    pub(crate) rescale: Option<(f64, f64)>,
    /// How pixels of GeoTIFFs are compressed [default: deflate]
    #[arg(long, env = "ARDENT_COMPRESS", value_name = "HOW")]
    pub(crate) compress: Option<Compress>,
    /// A ZIP of GeoTIFFs, for each of these, instead of one
    #[arg(long, env = "ARDENT_SPLIT", value_name = "BY", value_delimiter = ',')]
    pub(crate) split: Vec<SplitBy>,
    #[command(flatten)]
    pub(crate) cube: Cube,
    #[command(flatten)]
    pub(crate) british_grid: BritishGrid,
}

/// Form of a cube's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Cog,
    Netcdf,
    Zarr,
    Png,
    Jpeg,
    Webp,
}

/// How pixels of GeoTIFFs are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compress {
    Deflate,
    Zstd,
    Lzw,
}

/// What each GeoTIFF of a ZIP is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SplitBy {
    Band,
    Group,
}

#[derive(Debug, Args)]
pub(crate) struct Openapi {
    /// File to write instead of stdout
    #[arg(short, long, env = "ARDENT_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn rescale(text: &str) -> Result<(f64, f64), String> {
    let fault = || "give two numbers, the lower first, such as 0,3000".to_owned();
    let (low, high) = text.split_once(',').ok_or_else(fault)?;
    let number = |part: &str| part.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    match (number(low), number(high)) {
        (Some(low), Some(high)) if low < high => Ok((low, high)),
        _ => Err(fault()),
    }
}
