//! What was left out of a cube or changed on the way, and why.

use ardent_cog::Error as RasterError;
use ardent_storage::Error as StorageError;
use chrono::NaiveDate;
use serde::Serialize;

use crate::Error;

/// What was left out of a cube or changed on the way, and why. As JSON it has only the lists that are not empty.
///
/// ```
/// use ardent_datacube::Ledger;
/// assert!(Ledger::default().is_empty());
/// assert_eq!(serde_json::to_string(&Ledger::default()).unwrap(), "{}");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Ledger {
    /// Scenes that could not be read, in the order of the items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// Items of which a later version was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
    /// Dates that `select` left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dates_left_out: Vec<DateLeftOut>,
    /// Scenes whose values were brought to the scale and offset of their band.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub harmonised: Vec<Harmonised>,
    /// Items whose declared offset was not used, since they say that their values have it already.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offset_applied: Vec<String>,
    /// Pixels of the result × scenes × bands whose value did not fit the type after that, and was cut to its range.
    #[serde(skip_serializing_if = "is_zero")]
    pub clamped_px: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Ledger {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An item of which a later version was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// The item.
    pub item: String,
    /// Its collection.
    pub collection: String,
    /// The later version.
    pub by: String,
}

/// A date that `select` left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DateLeftOut {
    /// The solar day.
    pub day: NaiveDate,
    /// The collection.
    pub collection: String,
    /// Why.
    pub reason: Unselected,
    /// Share of the area that it covers.
    pub valid: f64,
    /// Share of what it covers that is cloud; none if it covers nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<f64>,
}

/// Why a date was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unselected {
    /// It covers no pixel of the area.
    NoValidPixel,
    /// It covers less than `min_valid`.
    MinValid,
    /// Everything that it covers is cloud.
    NoClearPixel,
    /// It has more cloud than `max_cloud`.
    MaxCloud,
    /// Others of its group have less cloud.
    LeastCloudy,
}

/// Scenes whose values of a band were brought to the scale and offset of the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Harmonised {
    /// The band.
    pub band: String,
    /// The scale that they declare.
    pub scale: f64,
    /// The offset that they declare.
    pub offset: f64,
    /// What it was brought to: scale and offset.
    pub to: [f64; 2],
    /// The items.
    pub items: Vec<String>,
}

/// A scene that could not be read, and is in no pixel of the cube.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The item.
    pub item: String,
    /// Its collection.
    pub collection: String,
    /// The band or asset that failed.
    pub band: String,
    /// Its file, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// What is wrong with it.
    pub kind: FailureKind,
    /// The error.
    pub message: String,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The item has no such band, or none of that layer.
    NoBand,
    /// The file is not there.
    Missing,
    /// The store refuses access, or knows no way to it.
    Denied,
    /// The store gave less than was asked for.
    Truncated,
    /// The file is another than when its header was read.
    Changed,
    /// The store did not answer, after retries.
    Unavailable,
    /// The file is not what its header says: cut short, or its bytes are others.
    Broken,
    /// The file is of a kind that cannot be read.
    Unsupported,
    /// The file does not say where it lies.
    NoGrid,
    /// Its values are of another type than those of the other scenes.
    DataType,
}

impl FailureKind {
    /// Whether it may be that the file was replaced since its header was read.
    pub const fn is_suspect(self) -> bool {
        matches!(self, Self::Changed | Self::Truncated | Self::Broken | Self::NoBand)
    }
}

impl Failure {
    /// The failure of `item` of `collection`; `None` if the error is not the scene's own.
    pub(crate) fn of((item, collection): (&str, &str), error: &Error) -> Option<Self> {
        let (band, href, kind) = match error {
            Error::Source { band, source, .. } => {
                let (kind, href) = kind_of(source);
                (band.clone(), href, kind)
            }
            Error::NoGrid { href, .. } => (String::new(), Some(href.clone()), FailureKind::NoGrid),
            Error::NoLayer { href, band, .. } => (band.clone(), Some(href.clone()), FailureKind::NoBand),
            Error::NoBand { band, .. } => (band.clone(), None, FailureKind::NoBand),
            Error::OtherType { band, href, .. } => (band.clone(), Some(href.clone()), FailureKind::DataType),
            _ => return None,
        };
        let (item, collection) = (item.to_owned(), collection.to_owned());
        Some(Self { item, collection, band, href, kind, message: Self::message(error) })
    }

    /// The error and its causes.
    fn message(error: &Error) -> String {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(one) = cause {
            let words = one.to_string();
            // Errors that only pass another on say the same again.
            if !text.contains(&words) {
                text = format!("{text}: {words}");
            }
            cause = one.source();
        }
        text
    }
}

fn kind_of(error: &RasterError) -> (FailureKind, Option<String>) {
    let (kind, href) = match error {
        RasterError::Malformed { href, .. } | RasterError::Decode { href, .. } => (FailureKind::Broken, href),
        RasterError::Unsupported { href, .. } => (FailureKind::Unsupported, href),
        RasterError::Missing { href, .. } => (FailureKind::NoBand, href),
        RasterError::Storage(error) => return kind_of_access(error),
        _ => return (FailureKind::Broken, None),
    };
    (kind, Some(href.clone()))
}

fn kind_of_access(error: &StorageError) -> (FailureKind, Option<String>) {
    let (kind, href) = match error {
        StorageError::NotFound { href } => (FailureKind::Missing, href),
        StorageError::Truncated { href, .. } => (FailureKind::Truncated, href),
        StorageError::Changed { href, .. } => (FailureKind::Changed, href),
        StorageError::Unavailable { href, .. } => (FailureKind::Unavailable, href),
        StorageError::Denied { href, .. } | StorageError::NoProfile { href } | StorageError::Href { href, .. } => {
            (FailureKind::Denied, href)
        }
        _ => return (FailureKind::Denied, None),
    };
    (kind, Some(href.clone()))
}
