//! Bands that tell where values come from.

use serde::{Deserialize, Serialize};

use super::{BandRequest, Reduce};
use crate::{Error, Result};

/// A band that tells where the values of a group come from.
///
/// ```
/// use ardent_model::recipe::{BandRequest, Extra, Reduce};
/// let bands = [BandRequest::Name("red".into()), BandRequest::Name("nir".into())];
/// assert_eq!(Extra::NClear.names(&Reduce::Median, &bands), ["n_clear"]);
/// assert_eq!(Extra::SourceIndex.names(&Reduce::Max, &bands), ["source_index_red", "source_index_nir"]);
/// assert_eq!(Extra::SourceIndex.names(&Reduce::Medoid, &bands), ["source_index"], "all bands are of one date");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// How many dates of the group are clear: the masks keep the pixel and a band has a value.
    NClear,
    /// Which date of the group a value is from, from 1.
    SourceIndex,
    /// Days from the date a value is from to the last day of the group.
    AgeDays,
}

impl Extra {
    /// Its name in recipes and results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NClear => "n_clear",
            Self::SourceIndex => "source_index",
            Self::AgeDays => "age_days",
        }
    }

    /// Whether there is one for each band: where bands are reduced apart, each may be of another date.
    pub fn is_per_band(self, reduce: &Reduce) -> bool {
        self != Self::NClear && reduce.is_apart()
    }

    /// The names of its bands in the result.
    pub fn names(self, reduce: &Reduce, bands: &[BandRequest]) -> Vec<String> {
        if self.is_per_band(reduce) {
            return bands.iter().map(|band| format!("{}_{}", self.name(), band.name())).collect();
        }
        vec![self.name().to_owned()]
    }
}

pub(super) fn validate(extra: &[Extra], reduce: &Reduce, bands: &[BandRequest]) -> Result<()> {
    for (index, one) in extra.iter().enumerate() {
        let fault = |reason: String| Err(Error::recipe(format!("extra[{index}]"), reason));
        if extra[..index].contains(one) {
            return fault(format!("`{}` is named twice; name it once", one.name()));
        }
        if *one != Extra::NClear && !reduce.is_of_one_date() {
            return fault(format!(
                "`{}` is of the date a value is from, and this reduce mixes dates; use it with first, last, min, max, \
                 medoid or best, or leave it out",
                one.name()
            ));
        }
        if one.is_per_band(reduce) && bands.iter().any(|band| band.after().is_some()) {
            return fault(format!(
                "`{}` is of the date a value is from, and what is computed after reduce mixes dates; load them apart",
                one.name()
            ));
        }
        if let Some(name) = one.names(reduce, bands).iter().find(|name| bands.iter().any(|band| band.name() == **name))
        {
            return fault(format!("its band `{name}` would have the name of one of bands; name that otherwise"));
        }
    }
    Ok(())
}
