//! Walks the archive's folders and gathers the files of each product.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;
use tracing::instrument;

use crate::{
    Error, Options, Result,
    name::{Product, split},
    receipt::Unknown,
    rule::{Kind, Part},
};

/// A file of a product, in the archive.
#[derive(Debug, Clone)]
pub(crate) struct ArchiveFile {
    /// Which part of the product.
    pub(crate) part: &'static Part,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its size.
    pub(crate) size_bytes: u64,
}

/// The files of a product that are there.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// The product.
    pub(crate) product: Product,
    /// Its files, empty ones included.
    pub(crate) files: Vec<ArchiveFile>,
}

impl Candidate {
    /// Why it is not complete, if it is not: the names of the files that are missing or empty.
    pub(crate) fn missing(&self) -> Option<String> {
        let name = |part: &Part| format!("{}{}", self.product.name, part.suffix);
        let mut faults = Vec::new();
        for part in self.product.kind.parts().iter().filter(|part| part.is_needed_by(&self.product)) {
            match self.files.iter().find(|file| file.part == part) {
                None => faults.push(format!("{} is missing", name(part))),
                Some(file) if file.size_bytes == 0 => faults.push(format!("{} is empty", name(part))),
                Some(_) => {}
            }
        }
        (!faults.is_empty()).then(|| faults.join("; "))
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Products by name.
    pub(crate) products: BTreeMap<String, Candidate>,
    /// What is in the folders and belongs to no product.
    pub(crate) unknown: Vec<Unknown>,
}

/// Where in `sentinel_2/YYYY/MM/DD` a folder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Top,
    Mission,
    Year(i32),
    Month(i32, u32),
    Day(NaiveDate),
}

/// Walks `options.source`. Blocks.
#[instrument(skip_all, fields(source = %options.source.display()))]
pub(crate) fn scan(options: &Options) -> Result<Scan> {
    let fault = |source| Error::Source { path: options.source.clone(), source };
    let root = std::path::absolute(&options.source).map_err(fault)?;
    let mut walk =
        Walk { options, archive: root.canonicalize().map_err(fault)?, scan: Scan::default(), is_archive: false };
    let level = level_of(&root);
    // Faults below the source are listed; that the source itself cannot be read stops everything.
    fs::read_dir(&root).map_err(fault)?;
    walk.is_archive = level != Level::Top;
    walk.folder(&root, level);
    if !walk.is_archive {
        return Err(Error::Layout { path: options.source.clone() });
    }
    Ok(walk.scan)
}

/// From the last names of a path.
fn level_of(path: &Path) -> Level {
    let names: Vec<_> = path.iter().rev().take(3).map(|name| name.to_str().unwrap_or_default()).collect();
    let name = |at: usize| names.get(at).copied().unwrap_or_default();
    let month_of = |year: &str, month: &str| Some((digits(year, 4)?, digits(month, 2)?));
    let day = month_of(name(2), name(1)).zip(digits(name(0), 2));
    let day = day.and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year as i32, month, day));
    if let Some(day) = day {
        return Level::Day(day);
    }
    if let Some((year, month)) = month_of(name(1), name(0)) {
        return Level::Month(year as i32, month);
    }
    match digits(name(0), 4) {
        Some(year) => Level::Year(year as i32),
        None if Kind::ALL.iter().any(|kind| kind.archive_folder() == name(0)) => Level::Mission,
        None => Level::Top,
    }
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

struct Walk<'a> {
    options: &'a Options,
    /// The source without symbolic links.
    archive: PathBuf,
    scan: Scan,
    /// Whether a folder of the layout was met.
    is_archive: bool,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, level: Level) {
        let entries = match entries(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unknown(folder, &format!("it cannot be read: {error}")),
        };
        for path in entries {
            match level {
                Level::Day(day) => self.file(folder, &path, day),
                _ => self.subfolder(&path, level),
            }
        }
    }

    /// Goes into a folder of the layout whose days may be asked for.
    fn subfolder(&mut self, path: &Path, level: Level) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let below = match level {
            Level::Top if Kind::ALL.iter().any(|kind| kind.archive_folder() == name) => Some(Level::Mission),
            Level::Top | Level::Mission => digits(name, 4).map(|year| Level::Year(year as i32)),
            Level::Year(year) => {
                digits(name, 2).filter(|month| (1..=12).contains(month)).map(|month| Level::Month(year, month))
            }
            Level::Month(year, month) => {
                digits(name, 2).and_then(|day| NaiveDate::from_ymd_opt(year, month, day)).map(Level::Day)
            }
            Level::Day(_) => None,
        };
        match below {
            // The archive's folder may stand among others, which are none of our business.
            None if level == Level::Top => {}
            None => self.unknown(path, "it is not part of the layout YYYY/MM/DD"),
            Some(_) if !path.is_dir() => self.unknown(path, "it is not a folder that can be read"),
            Some(below) => {
                self.is_archive = true;
                if self.wants(below) {
                    self.folder(path, below);
                }
            }
        }
    }

    fn wants(&self, level: Level) -> bool {
        let (first, last) = match level {
            Level::Top | Level::Mission => return true,
            Level::Day(day) => return self.options.wants_day(day),
            Level::Year(year) => (NaiveDate::from_ymd_opt(year, 1, 1), NaiveDate::from_ymd_opt(year, 12, 31)),
            Level::Month(year, month) => {
                let first = NaiveDate::from_ymd_opt(year, month, 1);
                let next = first.and_then(|first| first.checked_add_months(chrono::Months::new(1)));
                (first, next.and_then(|next| next.pred_opt()))
            }
        };
        let (Some(first), Some(last)) = (first, last) else { return false };
        self.options.from.is_none_or(|from| from <= last) && self.options.to.is_none_or(|to| first <= to)
    }

    fn file(&mut self, folder: &Path, path: &Path, day: NaiveDate) {
        let Some((product, part)) = path.file_name().and_then(|name| name.to_str()).and_then(split) else {
            return self.unknown(path, "its name is not that of a product's file");
        };
        if product.date != day {
            let reason = format!("its name says {}, its folder {}", product.folder(), day.format("%Y/%m/%d"));
            return self.unknown(path, &reason);
        }
        if !self.options.wants(&product) {
            return;
        }
        let size_bytes = match self.size_of(folder, path) {
            Ok(size_bytes) => size_bytes,
            Err(reason) => return self.unknown(path, &reason),
        };
        let candidate = self.scan.products.entry(product.name.clone());
        let candidate = candidate.or_insert_with(|| Candidate { product, files: Vec::new() });
        candidate.files.push(ArchiveFile { part, path: path.to_owned(), size_bytes });
    }

    /// The size of a regular file. A link may lead elsewhere in the archive, but not out of it: whoever can place a
    /// link there could otherwise publish any file that we can read.
    fn size_of(&self, folder: &Path, path: &Path) -> std::result::Result<u64, String> {
        let about = fs::metadata(path).map_err(|error| format!("it cannot be read: {error}"))?;
        if !about.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        if path.is_symlink() {
            let end = path.canonicalize().map_err(|error| format!("it cannot be read: {error}"))?;
            let is_beside = folder.canonicalize().is_ok_and(|folder| end.starts_with(folder));
            if !is_beside && !end.starts_with(&self.archive) {
                return Err(format!("it is a link that leads out of the archive, to {}", end.display()));
            }
        }
        Ok(about.len())
    }

    fn unknown(&mut self, path: &Path, reason: &str) {
        self.scan.unknown.push(Unknown { path: path.display().to_string(), reason: reason.to_owned() });
    }
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "S2A_20190627_lat50lon544_T29UQR_ORB080_utm29n_osgb";
    const NEW: &str = "S2B_20230214_latn510lonw0036_T30UXB_ORB094_20230214130325_utm30n_osgb";
    const RADAR: &str = "S1B_20200202_110_desc_055728_055753_VVVH_G0_GB_OSGB_RTCK_SpkRL";

    fn write(folder: &Path, product: &str, kind: Kind, without: &[&str]) {
        fs::create_dir_all(folder).unwrap();
        for part in kind.parts().iter().filter(|part| !without.contains(&part.suffix)) {
            fs::write(folder.join(format!("{product}{}", part.suffix)), "x").unwrap();
        }
    }

    fn archive() -> tempfile::TempDir {
        let archive = tempfile::tempdir().unwrap();
        write(&archive.path().join("sentinel_2/2019/06/27"), OLD, Kind::Sentinel2, &["_clouds_prob.tif"]);
        write(&archive.path().join("sentinel_2/2023/02/14"), NEW, Kind::Sentinel2, &[]);
        write(&archive.path().join("sentinel_1/2020/02/02"), RADAR, Kind::Sentinel1, &[]);
        archive
    }

    fn options(source: PathBuf) -> Options {
        let platforms = Vec::new();
        Options { source, target: String::new(), from: None, to: None, platforms, dry_run: false, transfers: 1 }
    }

    fn names(options: &Options) -> Vec<String> {
        scan(options).unwrap().products.into_keys().collect()
    }

    #[test]
    fn any_folder_of_the_layout_is_a_source() {
        let archive = archive();
        for (below, expected) in [
            ("", vec![RADAR, OLD, NEW]),
            ("sentinel_2", vec![OLD, NEW]),
            ("sentinel_2/2019", vec![OLD]),
            ("sentinel_2/2019/06", vec![OLD]),
            ("sentinel_2/2019/06/27", vec![OLD]),
        ] {
            assert_eq!(names(&options(archive.path().join(below))), expected, "{below}");
        }
        for candidate in scan(&options(archive.path().to_owned())).unwrap().products.values() {
            assert_eq!(candidate.missing(), None);
        }
    }

    #[test]
    fn dates_and_platforms_select() {
        let archive = archive();
        let all = options(archive.path().to_owned());
        let day = |text: &str| Some(text.parse().unwrap());
        for (from, to, expected) in [
            (day("2019-06-27"), day("2019-06-27"), vec![OLD]),
            (day("2019-06-28"), None, vec![RADAR, NEW]),
            (None, day("2020-02-02"), vec![RADAR, OLD]),
            (day("2019-06-28"), day("2020-02-01"), vec![]),
        ] {
            assert_eq!(names(&Options { from, to, ..all.clone() }), expected);
        }
        let platforms = vec!["s1b".to_owned(), "S2A".to_owned()];
        assert_eq!(names(&Options { platforms, ..all.clone() }), [RADAR, OLD]);
        // A folder out of range is not even looked into.
        fs::write(archive.path().join("sentinel_2/2019/06/27/README"), "x").unwrap();
        assert!(scan(&Options { from: day("2019-07-01"), ..all.clone() }).unwrap().unknown.is_empty());
        assert_eq!(scan(&all).unwrap().unknown.len(), 1);
    }

    #[test]
    fn every_missing_or_empty_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (name, kind) in [(OLD, Kind::Sentinel2), (NEW, Kind::Sentinel2), (RADAR, Kind::Sentinel1)] {
            for part in kind.parts() {
                let (product, _) = split(&format!("{name}{}", part.suffix)).unwrap();
                let day = folder.path().join(format!("sentinel_2/{}", product.folder()));
                write(&day, name, kind, &[part.suffix]);
                let file = format!("{name}{}", part.suffix);
                let reason = scan(&options(day.clone())).unwrap().products[name].missing();
                if name == OLD && part.key == "clouds_prob" {
                    assert_eq!(reason, None, "older products have no cloud probability");
                } else {
                    assert_eq!(reason, Some(format!("{file} is missing")));
                    fs::write(day.join(&file), "").unwrap();
                    let reason = scan(&options(day.clone())).unwrap().products[name].missing();
                    assert_eq!(reason, Some(format!("{file} is empty")));
                }
                fs::remove_dir_all(&day).unwrap();
            }
        }
    }

    #[test]
    fn odd_entries_are_listed_and_harm_nothing() {
        let archive = archive();
        let day = archive.path().join("sentinel_2/2019/06/27");
        let outside = tempfile::NamedTempFile::new().unwrap();
        fs::write(outside.path(), "secret").unwrap();
        let clouds = |tile: &str| day.join(format!("S2A_20190627_lat50lon544_T{tile}_ORB080_utm29n_osgb_clouds.tif"));
        std::os::unix::fs::symlink(outside.path(), clouds("29AAA")).unwrap();
        std::os::unix::fs::symlink("nowhere", clouds("29BBB")).unwrap();
        std::os::unix::fs::symlink(clouds("29UQR"), clouds("29CCC")).unwrap();
        fs::create_dir(clouds("29DDD")).unwrap();
        fs::write(day.join("S2A_20190628_lat50lon544_T29UQR_ORB080_utm29n_osgb_clouds.tif"), "x").unwrap();
        fs::write(day.join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"odd\xff\n")), "x").unwrap();
        fs::create_dir(archive.path().join("sentinel_2/2019/13")).unwrap();
        let found = scan(&options(archive.path().to_owned())).unwrap();
        let mut reasons: Vec<_> = found.unknown.iter().map(|one| one.reason.as_str()).collect();
        reasons.sort_unstable();
        let expected =
            ["not a regular file", "leads out", "not part of", "its name is not", "its name says", "cannot be read"];
        assert_eq!(reasons.len(), expected.len(), "{reasons:?}");
        for reason in expected {
            assert!(reasons.iter().any(|one| one.contains(reason)), "{reason} of {reasons:?}");
        }
        let linked = "S2A_20190627_lat50lon544_T29CCC_ORB080_utm29n_osgb";
        assert_eq!(found.products.len(), 4, "the link within the archive is followed: {linked}");
    }

    #[test]
    fn a_source_that_is_none_is_an_error() {
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(scan(&options(empty.path().to_owned())), Err(Error::Layout { .. })));
        assert!(matches!(scan(&options(empty.path().join("nothing"))), Err(Error::Source { .. })));
    }
}
