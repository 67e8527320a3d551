//! The same scene, processed again: only the latest version is read.

use ardent_model::{Item, Recipe, recipe::Dedupe};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value;

use crate::ledger::Superseded;

/// Versions of a scene of a tile say times that differ by less; no satellite comes back so soon.
const SAME_PASS: TimeDelta = TimeDelta::seconds(60);
/// How much of an older version's bounds a newer one covers.
const SAME_AREA: f64 = 0.95;

/// Takes the items out of which a later version is among them. Items that the recipe names stay.
pub(super) fn drop_superseded(recipe: &Recipe, items: &mut Vec<Item>) -> Vec<Superseded> {
    if recipe.dedupe == Dedupe::None || !recipe.ids.is_empty() {
        return Vec::new();
    }
    let passes: Vec<(Pass, Version)> = items.iter().map(|item| (Pass::of(item), Version::of(item))).collect();
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| passes[*a].0.key.cmp(&passes[*b].0.key).then(items[*a].datetime.cmp(&items[*b].datetime)));
    let mut superseded: Vec<(usize, usize)> = Vec::new();
    for (place, older) in order.iter().enumerate() {
        let (pass, version) = &passes[*older];
        let near = |other: &&usize| {
            let apart = (items[**other].datetime - items[*older].datetime).abs();
            passes[**other].0.key == pass.key && apart <= pass.tolerance
        };
        let after = order[place + 1..].iter().take_while(near);
        let before = order[..place].iter().rev().take_while(near);
        let later = before.chain(after).filter(|other| {
            let (other_pass, other_version) = &passes[**other];
            other_version > version && other_pass.covers(pass)
        });
        if let Some(latest) = later.max_by(|a, b| (&passes[**a].1, *a).cmp(&(&passes[**b].1, *b))) {
            superseded.push((*older, *latest));
        }
    }
    superseded.sort_unstable();
    let told = superseded.iter().map(|(older, latest)| Superseded {
        item: items[*older].id.clone(),
        collection: items[*older].collection.clone(),
        by: items[*latest].id.clone(),
    });
    let told = told.collect();
    let mut index = 0;
    items.retain(|_| {
        index += 1;
        superseded.binary_search_by_key(&(index - 1), |(older, _)| *older).is_err()
    });
    told
}

/// One look of one satellite at one place.
#[derive(Debug)]
struct Pass {
    /// Collection, platform, orbit, and tile or footprint.
    key: Vec<String>,
    /// How far the times of versions may be apart.
    tolerance: TimeDelta,
    bounds: Option<[f64; 4]>,
}

fn text(item: &Item, name: &str) -> Option<String> {
    match item.properties.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn tile(item: &Item) -> Option<String> {
    let parts = ["mgrs:utm_zone", "mgrs:latitude_band", "mgrs:grid_square"];
    let mgrs = || parts.iter().map(|name| text(item, name)).collect::<Option<String>>();
    text(item, "grid:code").or_else(|| text(item, "s2:mgrs_tile")).or_else(mgrs)
}

impl Pass {
    fn of(item: &Item) -> Self {
        let bounds = item.bounds();
        let tile = tile(item);
        let tolerance = if tile.is_some() { SAME_PASS } else { TimeDelta::zero() };
        let place = tile.unwrap_or_else(|| format!("{bounds:?}"));
        let mut key = vec![item.collection.clone(), place];
        key.extend(
            ["platform", "sat:relative_orbit", "sat:orbit_state"].map(|name| text(item, name).unwrap_or_default()),
        );
        // Two strips of one pass complement each other. Their ids end in the start of the strip, then the processing.
        let strip = text(item, "s2:datastrip_id");
        let start =
            strip.as_deref().and_then(|id| id.split('_').find(|part| part.len() == 16 && part.starts_with('S')));
        key.push(start.unwrap_or_default().to_owned());
        Self { key, tolerance, bounds }
    }

    /// Whether its bounds cover most of the other's.
    fn covers(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (self.bounds, other.bounds) else { return false };
        let side = |low: usize, high: usize| (own[high].min(others[high]) - own[low].max(others[low])).max(0.0);
        let area = (others[2] - others[0]) * (others[3] - others[1]);
        own == others || side(0, 2) * side(1, 3) >= SAME_AREA * area && area > 0.0
    }
}

/// How late a version is: by when it was processed, by its baseline, by when its document was made, by its number.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    processed: Option<DateTime<Utc>>,
    baseline: Vec<u64>,
    created: Option<DateTime<Utc>>,
    number: Vec<u64>,
}

impl Version {
    fn of(item: &Item) -> Self {
        let time = |name: &str| DateTime::parse_from_rfc3339(&text(item, name)?).ok().map(|time| time.to_utc());
        let numbers = |name: &str| text(item, name).map(|text| numbers(&text)).unwrap_or_default();
        let baseline = numbers("s2:processing_baseline");
        let number = numbers("version");
        Self {
            processed: time("processing:datetime").or_else(|| time("s2:generation_time")),
            baseline: if baseline.is_empty() { numbers("processing:version") } else { baseline },
            created: time("created"),
            number: if number.is_empty() { number_in_id(&item.id).into_iter().collect() } else { number },
        }
    }
}

/// The numbers in a text: `04.00` is 4, 0.
fn numbers(text: &str) -> Vec<u64> {
    text.split(|character: char| !character.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// The number after the date in an id such as `S2B_30UXB_20190627_1_L2A`, or at its end: `…_v2`.
fn number_in_id(id: &str) -> Option<u64> {
    let parts: Vec<&str> = id.split('_').collect();
    let is_date = |part: &str| part.len() == 8 && NaiveDate::parse_from_str(part, "%Y%m%d").is_ok();
    let after_date = parts.windows(2).find(|pair| is_date(pair[0]) && pair[1].len() <= 2);
    let last = || parts.last()?.strip_prefix(['v', 'V'])?.parse().ok();
    after_date.and_then(|pair| pair[1].parse().ok()).or_else(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(id: &str, time: &str, properties: &Value) -> Item {
        let mut document = json!({"type": "Feature", "stac_version": "1.1.0", "id": id, "collection": "c", "links": [],
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "bbox": [0, 0, 1, 1],
            "properties": {"datetime": time, "platform": "sentinel-2a", "grid:code": "MGRS-30UXB"}, "assets": {}});
        for (name, value) in properties.as_object().unwrap() {
            document["properties"][name] = value.clone();
        }
        Item::from_stac(&document).unwrap()
    }

    fn recipe(changes: &Value) -> Recipe {
        let mut recipe = json!({"collections": ["c"], "bands": ["red"]});
        for (name, value) in changes.as_object().unwrap() {
            recipe[name] = value.clone();
        }
        Recipe::parse(recipe.to_string().as_bytes()).unwrap()
    }

    /// What is left of these, whatever their order.
    fn left(items: &[Item]) -> Vec<String> {
        let mut found = Vec::new();
        for turn in 0..items.len() {
            let mut turned = items.to_vec();
            turned.rotate_left(turn);
            let told = drop_superseded(&recipe(&json!({})), &mut turned);
            assert_eq!(told.len() + turned.len(), items.len());
            let mut ids: Vec<_> = turned.into_iter().map(|item| item.id).collect();
            ids.sort();
            assert!(turn == 0 || ids == found, "{ids:?} {found:?}");
            found = ids;
        }
        found
    }

    #[test]
    fn the_latest_version_stays() {
        let at = "2022-01-20T11:21:21Z";
        let by = |first: &Value, second: &Value| left(&[item("a", at, first), item("b", at, second)]);
        let time = |text: &str| json!({"processing:datetime": text});
        assert_eq!(by(&time("2022-02-01T00:00:00Z"), &time("2022-01-21T00:00:00+01:00")), ["a"]);
        assert_eq!(by(&json!({"s2:processing_baseline": "03.01"}), &json!({"s2:processing_baseline": "10.00"})), ["b"]);
        assert_eq!(by(&json!({"created": "2022-02-01T00:00:00Z"}), &json!({"created": "2022-01-01T00:00:00Z"})), ["a"]);
        assert_eq!(by(&json!({"version": "2"}), &json!({"version": "11"})), ["b"]);
        let ids = ["S2A_30UXB_20220120_0_L2A", "S2A_30UXB_20220120_2_L2A", "S2A_30UXB_20220120_1_L2A"];
        assert_eq!(left(&ids.map(|id| item(id, at, &json!({})))), ["S2A_30UXB_20220120_2_L2A"]);
        assert_eq!(left(&["x_v9", "x_v10"].map(|id| item(id, at, &json!({})))), ["x_v10"]);
    }

    #[test]
    fn what_is_not_the_same_scene_stays() {
        let at = "2022-01-20T11:21:21Z";
        let version = |number: u64, name: &str, value: &str| {
            let mut properties = json!({"version": number.to_string()});
            properties[name] = json!(value);
            item(&number.to_string(), at, &properties)
        };
        for (name, one, other) in [
            ("platform", "sentinel-2a", "sentinel-2b"),
            ("grid:code", "MGRS-30UXB", "MGRS-30UXC"),
            ("datetime", at, "2022-01-20T11:23:00Z"),
            ("sat:orbit_state", "ascending", "descending"),
            (
                "s2:datastrip_id",
                "S2A_OPER_MSI_L2A_DS_VGS2_20220120T140000_S20220120T112120_N03.01",
                "S2A_OPER_MSI_L2A_DS_VGS2_20220120T140000_S20220120T112133_N03.01",
            ),
        ] {
            assert_eq!(left(&[version(1, name, one), version(2, name, other)]).len(), 2, "{name}");
            assert_eq!(left(&[version(1, name, one), version(2, name, one)]), ["2"], "{name}");
        }
        assert_eq!(left(&[item("a", at, &json!({})), item("b", at, &json!({}))]).len(), 2, "none is later");
        let mut elsewhere = item("b", at, &json!({"version": "2"}));
        elsewhere.geometry = geo_types::Point::new(5.0, 5.0).into();
        assert_eq!(left(&[item("a", at, &json!({})), elsewhere]).len(), 2, "another part of the tile");
    }

    #[test]
    fn without_a_tile_the_footprint_and_time_must_be_the_same() {
        let bare = |id: &str, time: &str, version: &str| {
            let mut item = item(id, time, &json!({"version": version}));
            item.properties.remove("grid:code");
            item
        };
        let at = "2022-01-20T11:21:21Z";
        assert_eq!(left(&[bare("a", at, "1"), bare("b", at, "2")]), ["b"]);
        assert_eq!(left(&[bare("a", at, "1"), bare("b", "2022-01-20T11:21:22Z", "2")]).len(), 2);
    }

    #[test]
    fn versions_can_be_asked_for() {
        let at = "2022-01-20T11:21:21Z";
        for changes in [json!({"dedupe": "none"}), json!({"ids": ["a", "b"]})] {
            let mut items = vec![item("a", at, &json!({})), item("b", at, &json!({"version": "2"}))];
            assert!(drop_superseded(&recipe(&changes), &mut items).is_empty() && items.len() == 2);
        }
        let mut items = vec![item("a", at, &json!({})), item("b", at, &json!({"version": "2"}))];
        let told = drop_superseded(&recipe(&json!({})), &mut items);
        assert_eq!((told[0].item.as_str(), told[0].by.as_str()), ("a", "b"));
    }
}
