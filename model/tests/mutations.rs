//! Filters and times that are almost right: each is read or refused, by a message, and nothing panics.

use std::time::{Duration, Instant};

use ardent_model::filter::Condition;
use ardent_model::{Interval, SortKey};
use serde_json::{Value, json};

const FILTERS: [&str; 8] = [
    "eo:cloud_cover < 20 AND platform IN ('S2A', 'it''s') OR NOT \"a b\" IS NOT NULL",
    "T_INTERSECTS(datetime, INTERVAL('2019-06-01', '..')) AND n NOT BETWEEN -1.5e3 AND .5",
    "S_WITHIN(geometry, POLYGON((0 0, 1 0, -1 1.5, 0 0), (0.1 0.1, 0.2 0.1, 0.1 0.2, 0.1 0.1)))",
    "A_CONTAINS(l, ('x', 1, true)) AND CASEI(ACCENTI(t)) NOT LIKE casei('%\\_a\\'b')",
    "(n + 1) * 2 ^ 3 div 4 % 5 >= -m / year(TIMESTAMP('2019-06-01T00:00:00Z'))",
    "S_DISJOINT(geometry, GEOMETRYCOLLECTION(POINT(1 2), MULTIPOINT((1 2), (3 4)), LINESTRING(0 0, 1 1)))",
    "S_EQUALS(BBOX(179, -1, -179, 1), geometry) AND area_km2(geometry) <> 0",
    "((((flag AND true)))) OR datetime = DATE('2020-02-29')",
];
const TIMES: [&str; 6] = [
    "2019-06-01T00:00:00Z",
    "2019-06-01T00:00:00.123456789+15:59/..",
    "../2020-02-29T23:59:59Z",
    "2019-06-01t00:00:00z/2019-06-02T00:00:00-00:00",
    "2019-06/2019-08",
    "2019-06-01",
];
/// What is put in, or in place of something.
const PARTS: [&str; 32] = [
    "(",
    ")",
    "[",
    "'",
    "\"",
    "\\",
    "''",
    ",",
    ".",
    "..",
    "-",
    "+",
    "^",
    "%",
    "/",
    "<",
    "<>",
    "=",
    " AND ",
    " NOT ",
    " IN ",
    "1e999",
    "0",
    "é",
    "\u{0}",
    "\u{10ffff}",
    "POINT",
    "BBOX(",
    "INTERVAL(",
    "DATE(",
    "casei(",
    "Z",
];

/// Numbers that are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit.max(1) as u64) as usize
    }
}

/// A text with one to four changes.
fn mutated(text: &str, others: &[&str], random: &mut Random) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(4) {
        let at = random.below(letters.len() + 1);
        let end = (at + random.below(6)).min(letters.len());
        match random.below(5) {
            0 => drop(letters.drain(at..end)),
            1 => drop(letters.splice(at..at, PARTS[random.below(PARTS.len())].chars())),
            2 => drop(letters.splice(at..end, PARTS[random.below(PARTS.len())].chars())),
            3 => {
                let copy: Vec<char> = letters[at..end].iter().copied().cycle().take(random.below(40)).collect();
                drop(letters.splice(at..at, copy));
            }
            _ => {
                let other: Vec<char> = others[random.below(others.len())].chars().collect();
                let from = random.below(other.len());
                drop(letters.splice(at..end, other[from..].iter().copied()));
            }
        }
    }
    letters.into_iter().collect()
}

/// JSON with one of its parts replaced by another.
fn replaced(json: &mut Value, random: &mut Random) {
    let replacements = [
        json!(null),
        json!([]),
        json!({}),
        json!("a"),
        json!(-1e300),
        json!(true),
        json!({"property": "n"}),
        json!({"op": "casei", "args": ["a"]}),
        json!({"timestamp": "2019"}),
        json!({"type": "Point", "coordinates": [1]}),
        json!({"bbox": [1, 2, 3]}),
        json!({"interval": ["..", null]}),
        json!([[[[1, 2]]]]),
    ];
    let stops = random.below(4) == 0;
    match json {
        Value::Array(parts) if !parts.is_empty() && !stops => {
            let at = random.below(parts.len());
            replaced(&mut parts[at], random);
        }
        Value::Object(members) if !members.is_empty() && !stops => {
            let at = random.below(members.len());
            if let Some((_, member)) = members.iter_mut().nth(at) {
                replaced(member, random);
            }
        }
        part => *part = replacements[random.below(replacements.len())].clone(),
    }
}

#[test]
fn mutated_filters_are_read_or_refused() {
    let mut random = Random(1);
    let (mut read, mut refused) = (0, 0);
    let started = Instant::now();
    for round in 0..40_000 {
        let text = mutated(FILTERS[round % FILTERS.len()], &FILTERS, &mut random);
        match Condition::from_text(&text) {
            Ok(condition) => {
                assert_eq!(Condition::from_text(&format!("({text})")).ok(), Some(condition), "{text}");
                read += 1;
            }
            Err(error) => {
                assert!(error.to_string().starts_with("search: `filter`: "), "{text}: {error}");
                refused += 1;
            }
        }
    }
    assert!(read > 1000 && refused > 10_000, "{read} read, {refused} refused");
    assert!(started.elapsed() < Duration::from_mins(1));
}

#[test]
fn mutated_json_is_read_or_refused() {
    let mut random = Random(2);
    let filters = json!([
        {"op": "and", "args": [{"op": "<", "args": [{"property": "n"}, 20]}, {"op": "in", "args": [{"property": "t"}, ["a"]]}]},
        {"op": "s_within", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}]},
        {"op": "t_after", "args": [{"property": "datetime"}, {"interval": ["2019-06-01", ".."]}]},
        {"op": "a_overlaps", "args": [{"property": "l"}, ["x", 1]]},
        {"op": "=", "args": [{"op": "year", "args": [{"property": "datetime"}]}, {"op": "+", "args": [2000, {"property": "n"}]}]},
        {"op": "like", "args": [{"op": "casei", "args": [{"property": "t"}]}, "a%"]},
    ]);
    let (mut read, mut refused) = (0, 0);
    for round in 0..20_000 {
        let mut filter = filters[round % 6].clone();
        for _ in 0..=random.below(2) {
            replaced(&mut filter, &mut random);
        }
        match Condition::from_json(&filter) {
            Ok(_) => read += 1,
            Err(error) => {
                assert!(error.to_string().starts_with("search: `"), "{filter}: {error}");
                refused += 1;
            }
        }
    }
    assert!(read > 200 && refused > 2000, "{read} read, {refused} refused");
}

#[test]
fn mutated_times_and_orders_are_read_or_refused() {
    let mut random = Random(3);
    let (mut read, mut refused) = (0, 0);
    for round in 0..40_000 {
        let text = mutated(TIMES[round % TIMES.len()], &TIMES, &mut random);
        for parsed in [Interval::parse_rfc3339(&text), Interval::parse_recipe(&text)] {
            match parsed {
                Ok(interval) => {
                    assert!(interval.start.zip(interval.end).is_none_or(|(start, end)| start <= end), "{text}");
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
        let sorted = SortKey::parse(&text);
        assert!(sorted.is_ok_and(|key| !key.field().is_empty()) || SortKey::parse(&text).is_err());
    }
    assert!(read > 1000 && refused > 10_000, "{read} read, {refused} refused");
}
