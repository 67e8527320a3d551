//! The synthetic archive, read back by GDAL and held against the truth.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use ardent_testkit::{
    raster::Interleave,
    scenes::{self, BANDS, CLEAR, CLOUDY, Compression, Naming, Options, Plan, SHADOW, Window},
};
use gdal::Dataset;

/// Small, and with every kind of pixel.
fn small() -> Options {
    Options { size_px: 96, dates: 12, tile_px: Some(32), ..Options::default() }
}

fn read<T: gdal::raster::GdalType + Copy>(path: &Path, band: usize) -> Vec<T> {
    Dataset::open(path).unwrap().rasterband(band).unwrap().read_band_as::<T>().unwrap().data().to_vec()
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn every_pixel_of_the_files_is_what_the_landscape_says() {
    let folder = tempfile::tempdir().unwrap();
    // Wide enough for the edges of swaths.
    let options = Options { tiles: 6, ..small() };
    let plan = scenes::write(folder.path(), &options).unwrap();
    let landscape = plan.landscape();
    let mut met = BTreeSet::new();
    for product in &plan.products {
        let place = |end: &str| folder.path().join(&product.folder).join(format!("{}{end}", product.name));
        let clouds: Vec<u8> = read(&place("_clouds.tif"), 1);
        let valid: Vec<u8> = read(&place("_valid.tif"), 1);
        let image = folder.path().join(&product.folder).join(product.image());
        let bands: Vec<Vec<u16>> = (1..=10).map(|band| read(&image, band)).collect();
        let window = Window::of_bounds(product.bounds);
        for at in 0..96 * 96 {
            let (x, y) = window.centre(at % 96, at / 96);
            assert_eq!(clouds[at], landscape.cloud((x, y), product.date), "{} {x} {y}", product.name);
            assert_eq!(valid[at], landscape.valid((x, y), product.date), "{} {x} {y}", product.name);
            met.insert((valid[at], clouds[at]));
            // One band of each pixel, all in turn.
            let band = at % 10;
            let stored = bands[band][at];
            assert_eq!(Some(stored), landscape.stored(BANDS[band], (x, y), product.date));
            let ground = landscape.reflectance(BANDS[band], (x, y), product.date).unwrap();
            match (valid[at], clouds[at]) {
                (0, _) => assert_eq!(stored, 0),
                (_, CLEAR) => assert_eq!(stored, ground),
                (_, SHADOW) => assert!(stored <= ground && stored > 0),
                _ => assert!(stored > 0),
            }
        }
        let share = clouds.iter().map(|&class| f64::from(u8::from(class == CLOUDY))).sum::<f64>()
            / valid.iter().map(|&value| f64::from(value)).sum::<f64>();
        assert!((share - product.cloud_cover).abs() < 1e-12);
    }
    assert_eq!(met, BTreeSet::from([(0, CLEAR), (1, CLEAR), (1, CLOUDY), (1, SHADOW)]));
    assert_eq!(Plan::read(&folder.path().join("scenes.json")).unwrap(), plan);
}

#[test]
fn the_expected_median_is_that_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let plan = scenes::write(folder.path(), &small()).unwrap();
    let tile = &plan.tiles[1];
    let window = Window::of_bounds(tile.bounds);
    for dates in plan.seasons.values() {
        let mut seen = vec![Vec::new(); 96 * 96];
        for product in plan.products.iter().filter(|product| product.tile == tile.id && dates.contains(&product.date)) {
            let place = |end: &str| folder.path().join(&product.folder).join(format!("{}{end}", product.name));
            let (clouds, valid): (Vec<u8>, Vec<u8>) = (read(&place("_clouds.tif"), 1), read(&place("_valid.tif"), 1));
            let nir: Vec<f64> = read(&folder.path().join(&product.folder).join(product.image()), 7);
            for at in (0..seen.len()).filter(|&at| valid[at] == 1 && clouds[at] == 0) {
                seen[at].push(nir[at]);
            }
        }
        let expected = plan.landscape().median(&window, dates, &[6, 0]).swap_remove(0);
        let count = plan.landscape().clear_count(&window, dates);
        for (at, values) in seen.iter_mut().enumerate() {
            values.sort_by(f64::total_cmp);
            let length = values.len();
            let median = if length == 0 { 0.0 } else { f64::midpoint(values[(length - 1) / 2], values[length / 2]) };
            assert_eq!(f64::from(expected[at]), (median + 0.5).floor());
            assert_eq!(usize::from(count[at]), length);
        }
    }
}

#[test]
fn each_season_is_almost_all_seen_with_odd_and_even_counts_and_gaps() {
    let plan = Plan::new(&Options::default()).unwrap();
    assert_eq!(plan.products.len(), 48);
    let landscape = plan.landscape();
    let [west, south, east, north] = plan.bounds();
    let (mut odd, mut even, mut none) = (0, 0, 0);
    for (season, dates) in &plan.seasons {
        assert!(dates.len() >= 4, "{season}");
        let (mut unseen, mut places) = (0, 0);
        for row in 0..((north - south) / 90.0) as usize {
            for column in 0..((east - west) / 90.0) as usize {
                let place = (west + 5.0 + column as f64 * 90.0, north - 5.0 - row as f64 * 90.0);
                let clear = |date: &&_| landscape.valid(place, **date) == 1 && landscape.cloud(place, **date) == CLEAR;
                let count = dates.iter().filter(clear).count();
                places += 1;
                unseen += usize::from(count == 0);
                odd += count % 2;
                even += usize::from(count > 0 && count.is_multiple_of(2));
            }
        }
        assert!((unseen as f64) < 0.005 * f64::from(places), "{season}: {unseen} of {places} never clear");
        none += unseen;
    }
    assert!(odd > 0 && even > 0 && none > 0, "{odd} odd, {even} even, {none} none");
}

#[test]
fn both_generations_have_the_archive_s_names_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { size_px: 16, dates: 4, tile_px: Some(16), ..Options::default() };
    let plan = scenes::write(folder.path(), &options).unwrap();
    let written: BTreeSet<PathBuf> = files(folder.path()).into_keys().collect();
    let mut expected = BTreeSet::from([folder.path().join("scenes.json")]);
    for product in &plan.products {
        let day = product.date.format("sentinel_2/%Y/%m/%d").to_string();
        expected.extend(product.files.iter().map(|file| folder.path().join(&day).join(file)));
    }
    assert_eq!(written, expected);

    let first = plan.products.first().unwrap();
    let rest = first.name.strip_prefix(&first.date.format("S2A_%Y%m%d").to_string()).unwrap();
    // Its centre, 458160 95360, is 50.755° north and 1.177° west.
    assert_eq!(rest.replace("ORB137", "ORB094"), "_lat51lon118_T30UWB_ORB094_utm30n_osgb");
    let ends = |name: &str, files: &[String]| -> BTreeSet<String> {
        files.iter().map(|file| file.strip_prefix(name).unwrap().to_owned()).collect()
    };
    let image = "_vmsk_sharp_rad_srefdem_stdsref";
    let mut old: BTreeSet<String> =
        [".tif", "_meta.xml", "_thumbnail.jpg"].iter().map(|end| format!("{image}{end}")).collect();
    old.extend(["_clouds.tif", "_sat.tif", "_toposhad.tif", "_valid.tif"].map(str::to_owned));
    assert_eq!(ends(&first.name, &first.files), old);

    let last = plan.products.last().unwrap();
    let parts: Vec<&str> = last.name.split('_').collect();
    assert_eq!((parts.len(), parts[0], parts[2], parts[3]), (8, "S2B", "latn508lonw0012", "T30UXB"));
    assert_eq!((parts[5].len(), &parts[5][..8]), (14, parts[1]), "time of generation");
    old.insert("_clouds_prob.tif".to_owned());
    assert_eq!(ends(&last.name, &last.files), old);
}

#[test]
fn the_same_options_make_the_same_bytes_and_another_seed_does_not() {
    let make = |options: &Options| {
        let folder = tempfile::tempdir().unwrap();
        scenes::write(folder.path(), options).unwrap();
        let strip = |(path, bytes): (PathBuf, Vec<u8>)| (path.strip_prefix(folder.path()).unwrap().to_owned(), bytes);
        files(folder.path()).into_iter().map(strip).collect::<BTreeMap<_, _>>()
    };
    let options = Options { size_px: 48, dates: 4, tile_px: Some(32), ..Options::default() };
    let (one, again) = (make(&options), make(&options));
    assert!(one == again);
    assert!(one != make(&Options { seed: 2, ..options }));
}

#[test]
fn the_files_have_the_form_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        interleave: Interleave::Band,
        compression: Compression::Zstd,
        naming: Naming::New,
        dates: 1,
        tiles: 1,
        ..small()
    };
    let plan = scenes::write(folder.path(), &options).unwrap();
    let product = &plan.products[0];
    let file = Dataset::open(folder.path().join(&product.folder).join(product.image())).unwrap();
    let item = |name| gdal::Metadata::metadata_item(&file, name, "IMAGE_STRUCTURE");
    assert_eq!((item("INTERLEAVE").as_deref(), item("COMPRESSION").as_deref()), (Some("BAND"), Some("ZSTD")));
    let [west, _, _, north] = product.bounds;
    assert_eq!(file.geo_transform().unwrap(), [west, 10.0, 0.0, north, 0.0, -10.0]);
    assert_eq!(file.spatial_ref().unwrap().auth_code().unwrap(), 27700);
    let band = file.rasterband(10).unwrap();
    assert_eq!((file.raster_count(), band.block_size(), band.no_data_value()), (10, (32, 32), Some(0.0)));
    let overviews: Vec<_> = (0..2).map(|level| band.overview(level).unwrap().size()).collect();
    assert_eq!(overviews, [(48, 48), (24, 24)]);
}

#[test]
fn the_metadata_is_well_formed_and_tells_place_time_and_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let plan = scenes::write(folder.path(), &Options { dates: 3, ..small() }).unwrap();
    for product in &plan.products {
        let path =
            folder.path().join(&product.folder).join(format!("{}{}_meta.xml", product.name, scenes::IMAGE_SUFFIX));
        let text = std::fs::read_to_string(path).unwrap();
        let values = leaves(&text);
        let value = |name: &str| values.get(name).unwrap_or_else(|| panic!("{name} in {values:?}")).as_str();
        let taken = product.datetime.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        assert_eq!((value("gml:beginPosition"), value("gml:endPosition")), (taken.as_str(), taken.as_str()));
        assert_eq!(
            value("gmd:fileIdentifier/gco:CharacterString"),
            format!("{}{}", product.name, scenes::IMAGE_SUFFIX)
        );
        assert_eq!(value("gmd:code/gco:CharacterString"), "27700");
        let cloud = format!("\nARCSI_CLOUD_COVER: {}\n", product.cloud_cover);
        assert!(value("gmd:supplementalInformation/gco:CharacterString").contains(&cloud));
        // The Solent, by any atlas.
        let degree = |name: &str| value(&format!("gmd:{name}/gco:Decimal")).parse::<f64>().unwrap();
        let (west, east) = (degree("westBoundLongitude"), degree("eastBoundLongitude"));
        let (south, north) = (degree("southBoundLatitude"), degree("northBoundLatitude"));
        assert!(-1.25 < west && west < east && east < -1.1, "{west} … {east}");
        assert!(50.7 < south && south < north && north < 50.8, "{south} … {north}");
    }
}

/// Texts by element, and by parent and element.
fn leaves(text: &str) -> BTreeMap<String, String> {
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut open, mut found): (Vec<String>, _) = (Vec::new(), BTreeMap::new());
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(start) => {
                open.push(start.name().as_ref().to_owned());
            }
            quick_xml::events::Event::End(_) => drop(open.pop()),
            quick_xml::events::Event::Text(content) => {
                let content = content.to_string();
                if !content.trim().is_empty() {
                    found.insert(open.last().unwrap().clone(), content.clone());
                    found.insert(open[open.len() - 2..].join("/"), content);
                }
            }
            quick_xml::events::Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn what_cannot_be_made_is_refused_by_its_flag() {
    let day = "2019-01-01".parse().unwrap();
    for (options, flag) in [
        (Options { from: "2020-01-01".parse().unwrap(), ..Options::default() }, "--from"),
        (Options { from: day, to: day, dates: 2, ..Options::default() }, "--dates"),
        (Options { tiles: 0, ..Options::default() }, "--tiles"),
        (Options { size_px: 5, ..Options::default() }, "--size-px"),
        (Options { cloudiness: 1.5, ..Options::default() }, "--cloudiness"),
        (Options { tile_px: Some(100), ..Options::default() }, "--tile-px"),
    ] {
        let error = Plan::new(&options).unwrap_err().to_string();
        assert!(error.starts_with(flag), "{error}");
    }
}
