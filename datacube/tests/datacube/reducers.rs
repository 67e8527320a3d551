//! What becomes of the dates of a cube, end to end.

use serde_json::{Value, json};

use crate::archive::{Archive, Cube, SceneSpec, british};

const SIZE: usize = 64;
const DAYS: [&str; 4] = ["2019-06-01", "2019-06-11", "2019-07-01", "2019-08-10"];

/// Stored red and near infrared of a date at a pixel; 0 is missing.
fn stored(date: usize, x: usize, y: usize) -> (f64, f64) {
    let red = if (x + y * 3 + date).is_multiple_of(7) { 0 } else { 300 + (x * 13 + y * 7 + date * 211) % 400 };
    let nir = if (x * 5 + y + date).is_multiple_of(11) { 0 } else { 2000 + (x * 29 + y * 3 + date * 389) % 1500 };
    (red as f64, nir as f64)
}

/// Whether a cloud covers a pixel.
fn cloudy(date: usize, x: usize, y: usize) -> bool {
    (x / 8 + y / 16 + date).is_multiple_of(3)
}

/// Four dates of two bands, scaled by 0.0001.
fn archive() -> Archive {
    let mut archive = Archive::new();
    for (date, day) in DAYS.into_iter().enumerate() {
        archive.add_bands(
            &SceneSpec {
                id: &format!("scene{date}"),
                datetime: &format!("{day}T11:20:00Z"),
                spec: british(450_000.0, 110_000.0, SIZE),
                values: &move |x, y| stored(date, x, y).0,
                mask: &move |x, y| f64::from(u8::from(cloudy(date, x, y))),
            },
            &[("nir1", &move |x, y| stored(date, x, y).1)],
        );
    }
    archive
}

#[expect(clippy::needless_pass_by_value, reason = "callers build the recipe in place")]
fn cube(changes: Value) -> Cube {
    let mut recipe = json!({"mask": {"fmask": [0]}});
    recipe.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    archive().cube(recipe).unwrap()
}

/// The clear dates of a pixel with red and near infrared, and whether each is there.
fn clear(pixel: usize) -> impl Iterator<Item = (usize, Option<f64>, Option<f64>)> {
    let (x, y) = (pixel % SIZE, pixel / SIZE);
    (0..DAYS.len()).filter(move |date| !cloudy(*date, x, y)).map(move |date| {
        let (red, nir) = stored(date, x, y);
        (date, Some(red).filter(|red| *red != 0.0), Some(nir).filter(|nir| *nir != 0.0))
    })
}

/// Those with both.
fn whole(pixel: usize) -> Vec<(usize, f64, f64)> {
    clear(pixel).filter_map(|(date, red, nir)| Some((date, red?, nir?))).collect()
}

fn assert_pixels(found: &[f64], expected: impl Fn(usize) -> f64, tolerance: f64) {
    assert_eq!(found.len(), SIZE * SIZE);
    for (pixel, found) in found.iter().enumerate() {
        let expected = expected(pixel);
        let same = (found - expected).abs() <= tolerance || found.is_nan() && expected.is_nan();
        assert!(same, "pixel {pixel}: {found} is not {expected}");
    }
}

fn ndvi(red: f64, nir: f64) -> f64 {
    (nir - red) / (nir + red)
}

#[test]
fn a_deviation_is_float_and_of_the_clear_dates_alone() {
    let found = cube(json!({"reduce": "stddev"}));
    assert_eq!(found.data_type, "Float32");
    let expected = |pixel: usize| {
        let values: Vec<f64> = clear(pixel).filter_map(|(_, red, _)| red).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    };
    assert_pixels(&found.bands[0], expected, 1e-4);
}

#[test]
fn the_best_date_gives_all_bands_and_says_which_it_is() {
    // Every spelling of the same decision.
    let ndvi_band = json!({"name": "n", "expression": "(nir1-red)/(nir1+red)"});
    let recipes = [
        json!({"bands": ["red", "nir1"], "reduce": {"best": {"band": "ndvi"}}}),
        json!({"bands": ["red", "nir1"], "reduce": {"best": {"band": {"index": "ndvi"}}}}),
        json!({"bands": ["red", "nir1"], "reduce": {"best": {"band": ndvi_band.clone()}}}),
        json!({"bands": ["red", "nir1", ndvi_band], "reduce": {"best": {"band": "n"}}}),
    ];
    for mut recipe in recipes {
        recipe["extra"] = json!(["n_clear", "source_index", "age_days"]);
        let found = cube(recipe);
        let best = |pixel: usize| {
            // The library computes in single precision: of what is equal there the earliest counts.
            let single = |red: f64, nir: f64| {
                let (red, nir) = ((red * 0.0001) as f32, (nir * 0.0001) as f32);
                (nir - red) / (nir + red)
            };
            let mut best: Option<(usize, f64, f64)> = None;
            for one in whole(pixel) {
                if best.is_none_or(|best| single(one.1, one.2) > single(best.1, best.2)) {
                    best = Some(one);
                }
            }
            best
        };
        let names: Vec<&str> = found.names.iter().map(String::as_str).collect();
        let band = |name: &str| &found.bands[names.iter().position(|one| *one == name).unwrap()];
        assert_pixels(band("red"), |pixel| best(pixel).map_or(f64::NAN, |best| best.1), 0.0);
        assert_pixels(band("nir1"), |pixel| best(pixel).map_or(f64::NAN, |best| best.2), 0.0);
        assert_pixels(band("source_index"), |pixel| best(pixel).map_or(f64::NAN, |best| best.0 as f64 + 1.0), 0.0);
        let last = [70.0, 60.0, 40.0, 0.0];
        assert_pixels(band("age_days"), |pixel| best(pixel).map_or(f64::NAN, |best| last[best.0]), 0.0);
        let clear = |pixel| clear(pixel).filter(|(_, red, nir)| red.is_some() || nir.is_some()).count() as f64;
        assert_pixels(band("n_clear"), clear, 0.0);
        let sources: Value = serde_json::from_str(&found.notes["source_index"]["SOURCES"]).unwrap();
        assert_eq!(sources[2], json!({"index": 3, "day": "2019-07-01", "items": ["scene2"]}));
    }
}

#[test]
fn extra_bands_share_the_type_of_the_others_where_it_holds_them() {
    let recipe = |extra: Value| cube(json!({"bands": ["red"], "reduce": "last", "extra": extra}));
    let found = recipe(json!(["n_clear", "source_index"]));
    assert_eq!((found.data_type.as_str(), found.nodata), ("UInt16", Some(0.0)));
    assert_eq!(found.names, ["red", "n_clear", "source_index_red"]);
    let last = |pixel: usize| clear(pixel).filter_map(|(date, red, _)| Some((date, red?))).last();
    assert_pixels(&found.bands[0], |pixel| last(pixel).map_or(0.0, |(_, red)| red), 0.0);
    assert_pixels(&found.bands[2], |pixel| last(pixel).map_or(0.0, |(date, _)| date as f64 + 1.0), 0.0);
    // 0 days old is not missing.
    assert_eq!(recipe(json!(["age_days"])).data_type, "Float32");
}

#[test]
fn the_medoid_is_joint_over_bands() {
    let found = cube(json!({"bands": ["red", "nir1"], "reduce": "medoid"}));
    let medoid = |pixel: usize| {
        let dates = whole(pixel);
        let sum = |one: &(usize, f64, f64)| dates.iter().map(|o| (one.1 - o.1).hypot(one.2 - o.2)).sum::<f64>();
        let least = dates.iter().map(sum).fold(f64::INFINITY, f64::min);
        dates.iter().find(|one| sum(one) <= least * (1.0 + 1e-12)).copied()
    };
    assert_pixels(&found.bands[0], |pixel| medoid(pixel).map_or(0.0, |date| date.1), 0.0);
    assert_pixels(&found.bands[1], |pixel| medoid(pixel).map_or(0.0, |date| date.2), 0.0);
}

#[test]
fn expressions_after_reducing_are_of_the_reduced_bands() {
    let after = json!({"index": "ndvi", "after": "reduce"});
    for reduce in ["median", "geomedian"] {
        let with_bands = cube(json!({"bands": ["red", "nir1", after], "reduce": reduce}));
        let [red, nir] = [&with_bands.bands[0], &with_bands.bands[1]];
        assert_pixels(&with_bands.bands[2], |pixel| ndvi(red[pixel], nir[pixel]), 1e-6);
        assert!(with_bands.bands[2].iter().filter(|value| !value.is_nan()).count() > SIZE * SIZE / 2);
        let alone = cube(json!({"bands": [after], "reduce": reduce}));
        assert_pixels(&alone.bands[0], |pixel| with_bands.bands[2][pixel], 0.0);
    }
}

#[test]
fn scaled_results_are_physical() {
    let plain = cube(json!({"bands": ["red"], "reduce": "mean"}));
    let scaled = cube(json!({"bands": ["red"], "reduce": "mean", "scale": true}));
    assert_eq!(scaled.data_type, "Float32");
    let expected = |pixel: usize| if plain.bands[0][pixel] == 0.0 { f64::NAN } else { plain.bands[0][pixel] * 0.0001 };
    assert_pixels(&scaled.bands[0], expected, 1e-7);
    let deviation = cube(json!({"reduce": "stddev"}));
    let scaled = cube(json!({"reduce": "stddev", "scale": true}));
    assert_pixels(&scaled.bands[0], |pixel| deviation.bands[0][pixel] * 0.0001, 1e-7);
    let counts = cube(json!({"reduce": "count", "scale": true}));
    assert_eq!((counts.data_type.as_str(), counts.nodata), ("UInt16", None), "a number of dates has no unit");
}

#[test]
fn a_named_index_is_computed_of_each_date_and_a_band_of_its_name_comes_first() {
    let found = cube(json!({"bands": ["ndvi"], "reduce": {"percentile": 50}}));
    let expected = |pixel: usize| {
        let mut values: Vec<f64> = whole(pixel).iter().map(|date| ndvi(date.1, date.2)).collect();
        values.sort_by(f64::total_cmp);
        let n = values.len();
        if n == 0 { f64::NAN } else { f64::midpoint(values[(n - 1) / 2], values[n / 2]) }
    };
    assert_pixels(&found.bands[0], expected, 1e-6);
    let mut archive = Archive::new();
    archive.add_bands(
        &SceneSpec {
            id: "scene",
            datetime: "2019-06-01T11:20:00Z",
            spec: british(450_000.0, 110_000.0, SIZE),
            values: &|_, _| 5.0,
            mask: &|_, _| 0.0,
        },
        &[("ndvi", &|_, _| 77.0)],
    );
    assert_eq!(archive.cube(json!({"bands": ["ndvi"]})).unwrap().bands[0][0], 77.0);
    assert!(archive.cube(json!({"bands": [{"index": "ndvi"}]})).err().unwrap().to_string().contains("no band `nir`"));
}

#[test]
fn what_cannot_be_reduced_is_refused_with_a_reason() {
    let mut unscaled = archive();
    for item in &mut unscaled.items {
        item.assets.iter_mut().flat_map(|asset| &mut asset.bands).for_each(|band| band.scale = 1.0);
    }
    let fault = |archive: &Archive, recipe: Value| archive.cube(recipe).err().unwrap().to_string();
    let savi = fault(&unscaled, json!({"bands": ["savi"]}));
    assert!(savi.contains("bands.savi") && savi.contains("no scale") && savi.contains("/10000"), "{savi}");
    assert!(unscaled.cube(json!({"bands": ["ndvi"]})).is_ok(), "a ratio has no unit");
    let archive = archive();
    for (recipe, parts) in [
        (json!({"bands": ["red", "ndvi"], "reduce": "geomedian"}), ["bands[1]", "\"after\": \"reduce\""]),
        (json!({"bands": ["ndvi"], "reduce": "medoid"}), ["bands", "name a band too"]),
        (json!({"bands": ["nbr"]}), ["item `scene0`", "swir22, swir2, B12"]),
        (
            json!({"bands": ["red", {"index": "ndvi", "after": "reduce"}], "reduce": {"best": {"band": "ndvi"}}}),
            ["reduce.best.band", "leave `after` out"],
        ),
        (json!({"reduce": {"best": {"band": "purple"}}}), ["purple", "red, fmask, nir1"]),
    ] {
        let error = fault(&archive, recipe.clone());
        assert!(parts.iter().all(|part| error.contains(part)), "{recipe}: {error}");
    }
}

#[test]
fn small_windows_reduce_as_large_ones_do() {
    let mut archive = Archive::new();
    for (date, day) in DAYS.into_iter().enumerate() {
        archive.add_bands(
            &SceneSpec {
                id: &format!("scene{date}"),
                datetime: &format!("{day}T11:20:00Z"),
                // Each date covers another part: how many there are differs from window to window.
                spec: british(450_000.0 + 500.0 * date as f64, 110_000.0, 300),
                values: &move |x, y| stored(date, x, y).0,
                mask: &move |x, y| f64::from(u8::from(cloudy(date, x, y))),
            },
            &[("nir1", &move |x, y| stored(date, x, y).1)],
        );
    }
    let reducers = [
        json!("median"),
        json!("medoid"),
        json!("geomedian"),
        json!("stddev"),
        json!({"percentile": 30}),
        json!({"best": {"band": {"index": "ndvi"}, "least": true}}),
    ];
    for reduce in reducers {
        let recipe = json!({"bands": ["red", "nir1", {"index": "ndvi", "after": "reduce"}], "reduce": reduce,
            "mask": {"fmask": [0]}, "extra": ["n_clear"]});
        archive.memory_bytes = 1 << 30;
        let whole = archive.cube(recipe.clone()).unwrap();
        archive.memory_bytes = 12 << 20;
        let parts = archive.cube(recipe).unwrap();
        let bits = |cube: &Cube| -> Vec<Vec<u64>> {
            cube.bands.iter().map(|band| band.iter().map(|value| value.to_bits()).collect()).collect()
        };
        assert!(bits(&whole) == bits(&parts), "{reduce}");
    }
}
