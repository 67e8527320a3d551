//! What to upload, and where to.

use std::path::PathBuf;

use chrono::NaiveDate;

use crate::{Error, Result, name::Product};

/// What to upload, and where to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The archive's folder: the one that holds `sentinel_2/YYYY/MM/DD`, or any folder below it.
    pub source: PathBuf,
    /// Where to: `s3://sentinel2-ard` or `file:///folder`, optionally with a prefix.
    pub target: String,
    /// First day (acquisition), included.
    pub from: Option<NaiveDate>,
    /// Last day, included.
    pub to: Option<NaiveDate>,
    /// Platforms such as `S2A`; empty: all.
    pub platforms: Vec<String>,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Files sent at the same time.
    pub transfers: usize,
}

impl Options {
    /// Refuses what cannot be meant.
    pub(crate) fn check(&self) -> Result<()> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Err(Error::Dates { from, to });
        }
        let is_platform = |name: &str| matches!(name.to_ascii_uppercase().as_bytes(), [b'S', b'1' | b'2', letter] if letter.is_ascii_uppercase());
        match self.platforms.iter().find(|platform| !is_platform(platform)) {
            Some(platform) => Err(Error::Platform { platform: platform.clone() }),
            None => Ok(()),
        }
    }

    /// Whether a day is in the range.
    pub(crate) fn wants_day(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Whether a product is asked for.
    pub(crate) fn wants(&self, product: &Product) -> bool {
        let is_wanted = |platform: &String| platform.eq_ignore_ascii_case(&product.platform);
        self.wants_day(product.date) && (self.platforms.is_empty() || self.platforms.iter().any(is_wanted))
    }
}
