//! File names of the archive: which product a file belongs to, and what the name says about it.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use regex::Regex;

use crate::rule::{Kind, Part};

/// A product, as its name describes it.
///
/// ```
/// use ardent_uploader::name::{Product, split};
/// let file = "S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb_clouds.tif";
/// let (product, part) = split(file).unwrap();
/// assert_eq!(product.name, "S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb");
/// assert_eq!((product.relative_orbit, part.key), (80, "fmask"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The name: what all of its files begin with.
    pub name: String,
    /// Sentinel-1 or Sentinel-2.
    pub kind: Kind,
    /// The satellite, such as `S2A`.
    pub platform: String,
    /// Day of acquisition.
    pub date: NaiveDate,
    /// Relative orbit, from 1.
    pub relative_orbit: u32,
    /// What only one of the missions has in its names.
    pub details: Details,
}

/// What only one of the missions has in its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Details {
    /// Sentinel-2.
    Optical {
        /// MGRS tile without the `T`, such as `29UQR`.
        tile: String,
        /// When the source product was generated; newer names only.
        generated: Option<DateTime<Utc>>,
    },
    /// Sentinel-1.
    Radar {
        /// Whether the satellite flew north.
        ascending: bool,
        /// Polarisations in the order of the bands, such as `VV`, `VH`.
        polarizations: Vec<String>,
    },
}

impl Product {
    /// When its source was generated, if the name says so (the newer Sentinel-2 names do).
    pub const fn generated(&self) -> Option<DateTime<Utc>> {
        match &self.details {
            Details::Optical { generated, .. } => *generated,
            Details::Radar { .. } => None,
        }
    }

    /// The folder of its date, `YYYY/MM/DD`, in the archive and in the store.
    pub fn folder(&self) -> String {
        self.date.format("%Y/%m/%d").to_string()
    }
}

#[expect(clippy::expect_used, reason = "the patterns are constant, and every test of this file compiles them")]
static OPTICAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?<platform>S2[A-Z])_(?<date>\d{8})_lat[ns]?\d+lon[ew]?\d+_T(?<tile>\d{2}[A-Z]{3})_ORB(?<orbit>\d{3})(?:_(?<generated>\d{14}))?_utm\d{1,2}[ns](?:_[A-Za-z0-9]+)*$",
    )
    .expect("a constant pattern")
});

#[expect(clippy::expect_used, reason = "the patterns are constant, and every test of this file compiles them")]
static RADAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?<platform>S1[A-Z])_(?<date>\d{8})_(?<orbit>\d{1,3})_(?<pass>asc|desc)_\d{6}_\d{6}_(?<polarizations>(?:VV|VH|HH|HV)+)(?:_[A-Za-z0-9]+)*$",
    )
    .expect("a constant pattern")
});

/// The product a file belongs to, and which part of it the file is; `None` if the name is of neither mission.
pub fn split(file: &str) -> Option<(Product, &'static Part)> {
    Kind::ALL.into_iter().find_map(|kind| {
        let mut parts: Vec<_> = kind.parts().iter().collect();
        // `_clouds_prob.tif` before `.tif`: the longest ending is the right one.
        parts.sort_by_key(|part| std::cmp::Reverse(part.suffix.len()));
        parts.into_iter().find_map(|part| Some((parse(kind, file.strip_suffix(part.suffix)?)?, part)))
    })
}

fn parse(kind: Kind, name: &str) -> Option<Product> {
    let found = match kind {
        Kind::Sentinel1 => RADAR.captures(name)?,
        Kind::Sentinel2 => OPTICAL.captures(name)?,
    };
    let text = |group: &str| found.name(group).map(|group| group.as_str());
    let details = match kind {
        Kind::Sentinel1 => Details::Radar {
            ascending: text("pass")? == "asc",
            polarizations: text("polarizations")?
                .as_bytes()
                .chunks(2)
                .map(|two| String::from_utf8_lossy(two).into())
                .collect(),
        },
        Kind::Sentinel2 => Details::Optical {
            tile: text("tile")?.to_owned(),
            generated: match text("generated") {
                Some(digits) => Some(generation_time(digits)?),
                None => None,
            },
        },
    };
    Some(Product {
        name: name.to_owned(),
        kind,
        platform: text("platform")?.to_owned(),
        date: NaiveDate::parse_from_str(text("date")?, "%Y%m%d").ok()?,
        relative_orbit: text("orbit")?.parse().ok()?,
        details,
    })
}

fn generation_time(digits: &str) -> Option<DateTime<Utc>> {
    let (date, time) = digits.split_at_checked(8)?;
    let date = NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
    let time = NaiveTime::parse_from_str(time, "%H%M%S").ok()?;
    Some(NaiveDateTime::new(date, time).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_generations_of_names_and_sentinel_1_are_read() {
        let (old, part) =
            split("S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb_vmsk_sharp_rad_srefdem_stdsref.tif").unwrap();
        assert_eq!((old.platform.as_str(), old.folder().as_str(), part.key), ("S2A", "2019/06/27", "data"));
        assert_eq!(old.details, Details::Optical { tile: "29UQR".to_owned(), generated: None });

        let (new, part) =
            split("S2B_20230214_latn510lonw0036_T30UXB_ORB094_20230214130325_utm30n_osgb_clouds_prob.tif").unwrap();
        assert_eq!((new.relative_orbit, part.key), (94, "clouds_prob"));
        assert_eq!(new.generated().unwrap().to_rfc3339(), "2023-02-14T13:03:25+00:00");

        let (radar, part) = split("S1B_20200202_110_desc_055728_055753_VVVH_G0_GB_OSGB_RTCK_SpkRL_meta.xml").unwrap();
        assert_eq!((radar.relative_orbit, part.key), (110, "metadata"));
        assert_eq!(radar.name, "S1B_20200202_110_desc_055728_055753_VVVH_G0_GB_OSGB_RTCK_SpkRL");
        let polarizations = vec!["VV".to_owned(), "VH".to_owned()];
        assert_eq!(radar.details, Details::Radar { ascending: false, polarizations });
    }

    #[test]
    fn other_names_are_nobodys() {
        for file in [
            "README.txt",
            "S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb.tif",
            "S2A_20191327_lat50lon544_T29UQR_ORB080_utm29n_osgb_clouds.tif",
            "S2A_20190627_lat50lon544_T29UQR_ORB080_20190627256199_utm29n_osgb_clouds.tif",
            "S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb_clouds.tif.aux.xml",
            "S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_../x_clouds.tif",
            "S1B_20200202_110_desc_055728_055753_XX_G0_GB_OSGB_RTCK_SpkRL.tif",
            "_clouds.tif",
            "",
        ] {
            assert!(split(file).is_none(), "{file}");
        }
    }
}
