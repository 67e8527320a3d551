//! Random filters on random items find what an evaluator of our own finds, written as text or as JSON.

use std::collections::{BTreeMap, BTreeSet};

use crate::cql2_evaluate::holds;
use crate::cql2_print::print;
use crate::fixture::{Fixture, Random, document, square};
use ardent_model::Search;
use ardent_model::filter::{Condition, FUNCTIONS};
use serde_json::{Value, json};

const NAMES: [&str; 6] = ["n", "m", "t", "when", "eo:cloud_cover", "none"];
const SIGNS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];
const TEXTS: [&str; 9] = ["a", "7", "B", "é", "Straße", "STRASSE", "Café", "it's", "100%_\\x"];
const PATTERNS: [&str; 6] = ["a", "%a%", "_af%", "100\\%\\_\\\\x", "%'_", "stra%"];
const NUMBERS: [f64; 5] = [-1.5, 0.0, 7.0, 7.1, 2.0];
/// Some are the same time; the last two are none.
const TIMES: [&str; 8] = [
    "2019-12-31T23:00:00Z",
    "2020-01-01T00:00:00Z",
    "2020-01-01T01:00:00+01:00",
    "2020-01-01 00:00:00",
    "2020-06-15",
    "2020-06-15T12:30:00.5Z",
    "2020-02-30T00:00:00Z",
    "noon",
];
const SPATIAL: [&str; 8] = ["intersects", "equals", "disjoint", "touches", "within", "overlaps", "crosses", "contains"];
const TEMPORAL: [&str; 15] = [
    "after",
    "before",
    "contains",
    "disjoint",
    "during",
    "equals",
    "finishedBy",
    "finishes",
    "intersects",
    "meets",
    "metBy",
    "overlappedBy",
    "overlaps",
    "startedBy",
    "starts",
];

fn one_of<T: Copy>(random: &mut Random, all: &[T]) -> T {
    all[random.below(all.len() as u64) as usize]
}

fn literal(random: &mut Random) -> Value {
    match random.below(5) {
        0 => json!(one_of(random, &TEXTS)),
        1 => json!({ "timestamp": one_of(random, &[TIMES[0], TIMES[1], "2020-06-15T12:30:00.5Z"]) }),
        2 => json!({ "date": one_of(random, &["2020-01-01", "2020-06-15"]) }),
        _ => json!(one_of(random, &NUMBERS)),
    }
}

fn member(random: &mut Random) -> Value {
    match random.below(8) {
        0 => Value::Null,
        1 => json!([7]),
        2 => json!(random.below(2) == 0),
        3 => json!(one_of(random, &TIMES)),
        4 => json!(one_of(random, &TEXTS)),
        _ => json!(one_of(random, &NUMBERS)),
    }
}

fn elements(random: &mut Random) -> Value {
    let all = [json!("x"), json!("y"), json!(1.0), json!(true)];
    (0..random.below(4)).map(|_| all[random.below(4) as usize].clone()).collect()
}

fn item(number: usize, random: &mut Random) -> Value {
    let (west, south, size) = (random.below(5), random.below(5), 1 + random.below(3));
    let at = one_of(random, &[TIMES[0], TIMES[1], TIMES[2], TIMES[5]]);
    let mut item = document("a", &format!("{number:02}"), square(west as f64, south as f64, size as f64), at);
    for name in &NAMES[..5] {
        item["properties"][*name] = member(random);
    }
    item["properties"]["t"] = if random.below(5) == 0 { member(random) } else { json!(one_of(random, &TEXTS)) };
    item["properties"]["when"] = if random.below(5) == 0 { member(random) } else { json!(one_of(random, &TIMES)) };
    item["properties"]["l"] = if random.below(6) == 0 { member(random) } else { elements(random) };
    if random.below(2) == 0 {
        item["properties"]["datetime"] = Value::Null;
        item["properties"]["start_datetime"] = json!(one_of(random, &[TIMES[0], TIMES[1]]));
        item["properties"]["end_datetime"] = json!(one_of(random, &["2020-01-01T00:00:00Z", "2020-06-15T12:30:00.5Z"]));
    }
    item
}

fn property(random: &mut Random) -> Value {
    json!({ "property": one_of(random, &NAMES) })
}

fn place(random: &mut Random) -> Value {
    let (west, south) = (random.below(6) as f64, random.below(6) as f64);
    let (width, height) = (1.0 + random.below(3) as f64, 1.0 + random.below(3) as f64);
    match random.below(4) {
        0 => json!({"type": "Point", "coordinates": [west, south]}),
        1 => json!({"bbox": [west, south, west + width, south + height]}),
        2 => json!({"type": "Point", "coordinates": [west + 0.5, south + 0.5]}),
        _ => square(west, south, width),
    }
}

fn span(random: &mut Random) -> Value {
    let ends = ["..", "2019-12-31T23:00:00Z", "2020-01-01", "2020-06-15T12:30:00.5Z", "2020-06-15"];
    let (one, two) = (random.below(5) as usize, random.below(5) as usize);
    match random.below(6) {
        0 => literal(random),
        1 => json!({ "property": one_of(random, &["datetime", "when", "end_datetime"]) }),
        2 => json!({"interval": [{"property": "start_datetime"}, {"property": "end_datetime"}]}),
        3 => json!({"interval": [{"property": "when"}, ends[one]]}),
        _ => json!({"interval": [ends[one.min(two)], ends[one.max(two)]]}),
    }
}

/// A number that is computed, and one to compare it with.
fn computed(random: &mut Random) -> (Value, Value) {
    let times = [json!({"property": "datetime"}), json!({"property": "when"}), json!({"property": "none"})];
    let at = times[random.below(3) as usize].clone();
    let text = json!({ "property": one_of(random, &["t", "n", "id"]) });
    let number = property(random);
    match random.below(13) {
        0 => (json!({"op": "year", "args": [at]}), json!(one_of(random, &[2019, 2020]))),
        1 => (json!({"op": "month", "args": [at]}), json!(one_of(random, &[1, 6]))),
        2 => (json!({"op": "day", "args": [at]}), json!(one_of(random, &[1, 15]))),
        3 => (json!({"op": "hour", "args": [at]}), json!(one_of(random, &[0, 12]))),
        4 => (json!({"op": "day_of_year", "args": [at]}), json!(one_of(random, &[1, 167]))),
        5 => (json!({"op": "length", "args": [text]}), json!(one_of(random, &[1, 4, 6]))),
        // Squares of one, two and three degrees have some 12, 49 and 110 thousand.
        6 => {
            let footprint = json!({"property": "geometry"});
            (json!({"op": "area_km2", "args": [footprint]}), json!(one_of(random, &[9e3, 3e4, 8e4])))
        }
        7 => (
            json!({"op": one_of(random, &["abs", "floor", "ceiling"]), "args": [number]}),
            json!(one_of(random, &[7, 2])),
        ),
        _ => {
            let operator = one_of(random, &["+", "-", "*", "/", "%", "div", "^"]);
            let other = if random.below(2) == 0 { property(random) } else { json!(one_of(random, &NUMBERS)) };
            (json!({"op": operator, "args": [number, other]}), json!(one_of(random, &NUMBERS)))
        }
    }
}

fn texts(random: &mut Random) -> Value {
    let name = json!({ "property": one_of(random, &["t", "n", "m"]) });
    let fold = one_of(random, &["lower", "upper", "casei", "accenti"]);
    match random.below(4) {
        0 => json!({"op": "like", "args": [name, one_of(random, &PATTERNS)]}),
        1 => {
            let folded = json!({"op": "casei", "args": [one_of(random, &PATTERNS)]});
            json!({"op": "like", "args": [{"op": "casei", "args": [name]}, folded]})
        }
        2 => json!({"op": "isNull", "args": [{"op": fold, "args": [name]}]}),
        _ => {
            let literal = json!({"op": fold, "args": [one_of(random, &TEXTS)]});
            json!({"op": one_of(random, &SIGNS), "args": [{"op": fold, "args": [name]}, literal]})
        }
    }
}

fn filter(random: &mut Random, depth: u64) -> Value {
    if depth > 0 {
        let (one, two) = (filter(random, depth - 1), filter(random, depth - 1));
        return match random.below(3) {
            0 => json!({"op": "and", "args": [one, two]}),
            1 => json!({"op": "or", "args": [one, two]}),
            _ => json!({"op": "not", "args": [one]}),
        };
    }
    let sign = one_of(random, &SIGNS);
    match random.below(14) {
        0 => json!({"op": "isNull", "args": [property(random)]}),
        1 => json!({"op": "in", "args": [property(random), [literal(random), literal(random)]]}),
        2 => json!({"op": sign, "args": [property(random), property(random)]}),
        3 => json!({"op": "between", "args": [property(random), -1.0, 7.05]}),
        4 => json!({"op": sign, "args": [{"property": "datetime"}, literal(random)]}),
        5 => property(random),
        6 | 7 => {
            let footprint = json!({"property": "geometry"});
            let name = format!("s_{}", one_of(random, &SPATIAL));
            let other = place(random);
            json!({"op": name, "args": if random.below(4) == 0 { [other, footprint] } else { [footprint, other] }})
        }
        8 | 9 => {
            let own = json!({ "property": one_of(random, &["datetime", "datetime", "when"]) });
            let name = format!("t_{}", one_of(random, &TEMPORAL));
            let other = span(random);
            json!({"op": name, "args": if random.below(4) == 0 { [other, own] } else { [own, other] }})
        }
        10 => {
            let name = one_of(random, &["a_equals", "a_contains", "a_containedBy", "a_overlaps"]);
            let (own, other) = (json!({ "property": one_of(random, &["l", "n"]) }), elements(random));
            json!({"op": name, "args": if random.below(3) == 0 { [other, own] } else { [own, other] }})
        }
        11 => texts(random),
        12 => {
            let (one, two) = computed(random);
            json!({"op": sign, "args": [one, two]})
        }
        _ => json!({"op": sign, "args": [property(random), literal(random)]}),
    }
}

/// Counts every operator of a filter.
fn count(json: &Value, counted: &mut BTreeMap<String, usize>) {
    if let Some(name) = json["op"].as_str() {
        *counted.entry(name.to_owned()).or_default() += 1;
    }
    match json {
        Value::Array(values) => values.iter().for_each(|value| count(value, counted)),
        Value::Object(members) => members.values().for_each(|value| count(value, counted)),
        _ => {}
    }
}

#[tokio::test]
async fn random_filters_find_what_they_say_as_text_and_as_json() {
    let fixture = Fixture::with(&["a"]).await;
    let mut random = Random(7);
    let items: Vec<Value> = (0..60).map(|number| item(number, &mut random)).collect();
    fixture.put(items.clone()).await;
    let (mut asked, mut some, mut counted) = (0, 0, BTreeMap::new());
    for round in 0..2400 {
        let json = filter(&mut random, round % 3);
        // A number beside a text, where the property is always a number, is refused in both forms.
        let text = print(&json, &mut random);
        let (read, written) = (Condition::from_json(&json), Condition::from_text(&text));
        let Ok(condition) = read else {
            assert!(written.is_err(), "{json}: {text}");
            continue;
        };
        assert_eq!(written.as_ref().ok(), Some(&condition), "{json}: {text}: {written:?}");
        let expected = items.iter().filter(|item| holds(&json, item) == Some(true));
        let expected: BTreeSet<String> = expected.map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        let search = Search { filter: Some(condition), ..Search::default() };
        let found: BTreeSet<String> = fixture.ids(search).await.into_iter().collect();
        assert_eq!(found, expected, "{json}");
        asked += 1;
        if !found.is_empty() && found.len() < items.len() {
            some += 1;
            count(&json, &mut counted);
        }
    }
    assert!(asked > 1200 && some > 600, "{some} of {asked} tell items apart");
    let wanted = FUNCTIONS.iter().map(|function| function.name.to_owned());
    let wanted = wanted.chain(SPATIAL.iter().map(|name| format!("s_{name}")));
    let wanted = wanted.chain(TEMPORAL.iter().map(|name| format!("t_{name}")));
    let wanted = wanted.chain(["+", "-", "*", "/", "%", "div", "^", "casei", "accenti", "like"].map(str::to_owned));
    for name in wanted {
        assert!(counted.get(&name).is_some_and(|times| *times >= 2), "`{name}` was hardly asked: {counted:?}");
    }
}
