//! What a filter in CQL2 JSON says of an item, worked out from the documents alone: true, false, or unknown (`None`).

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde_json::Value;

type Truth = Option<bool>;
/// West, south, east, north.
type Rectangle = [f64; 4];

pub(crate) fn holds(filter: &Value, item: &Value) -> Truth {
    if filter["property"].is_string() {
        return boolean(filter, item);
    }
    let parts = filter["args"].as_array().unwrap();
    let all = || parts.iter().map(|part| holds(part, item)).collect::<Vec<_>>();
    match filter["op"].as_str().unwrap() {
        "and" => and(&all()),
        "or" => or(&all()),
        "not" => holds(&parts[0], item).map(|value| !value),
        "isNull" => Some(is_null(&parts[0], item)),
        "in" => {
            let list = parts[1].as_array().unwrap();
            or(&list.iter().map(|one| compares("=", &parts[0], one, item)).collect::<Vec<_>>())
        }
        "between" => and(&[compares(">=", &parts[0], &parts[1], item), compares("<=", &parts[0], &parts[2], item)]),
        "like" => Some(is_like(&letters(&text(&parts[0], item)?), &letters(&text(&parts[1], item)?))),
        spatial if spatial.starts_with("s_") => Some(lie(spatial, place(&parts[0], item), place(&parts[1], item))),
        temporal if temporal.starts_with("t_") => meet(temporal, &parts[0], &parts[1], item),
        array if array.starts_with("a_") => Some(share(array, &list(&parts[0], item)?, &list(&parts[1], item)?)),
        sign => compares(sign, &parts[0], &parts[1], item),
    }
}

fn and(parts: &[Truth]) -> Truth {
    if parts.contains(&Some(false)) { Some(false) } else { (!parts.contains(&None)).then_some(true) }
}

fn or(parts: &[Truth]) -> Truth {
    let opposite: Vec<Truth> = parts.iter().map(|part| part.map(|value| !value)).collect();
    and(&opposite).map(|value| !value)
}

fn given(part: &Value, item: &Value) -> Value {
    match part["property"].as_str() {
        Some(name @ ("id" | "collection")) => item[name].clone(),
        Some(name) => item["properties"][name].clone(),
        None => part.clone(),
    }
}

fn is_null(part: &Value, item: &Value) -> bool {
    if part["property"].is_string() {
        return given(part, item).is_null();
    }
    match kind(part) {
        Some('n') => number(part, item).is_none(),
        _ => text(part, item).is_none(),
    }
}

/// Number, text, boolean or time, whatever the item has; none if that depends on it.
fn kind(part: &Value) -> Option<char> {
    match part {
        Value::Number(_) => Some('n'),
        Value::String(_) => Some('t'),
        Value::Bool(_) => Some('b'),
        _ if part["timestamp"].is_string() || part["date"].is_string() => Some('d'),
        _ => match (part["property"].as_str(), part["op"].as_str()) {
            (Some("id" | "collection"), _) | (_, Some("casei" | "accenti" | "lower" | "upper")) => Some('t'),
            (Some("eo:cloud_cover"), _) | (_, Some(_)) => Some('n'),
            (Some("datetime" | "start_datetime" | "end_datetime"), _) => Some('d'),
            _ => None,
        },
    }
}

/// Whether a comparison holds; unknown where the values are not of one kind.
fn compares(sign: &str, left: &Value, right: &Value, item: &Value) -> Truth {
    if let Some(date) = right["date"].as_str() {
        return Some(compares_day(sign, time(left, item)?, date));
    }
    let order = match kind(left).or(kind(right)) {
        Some('n') => number(left, item)?.partial_cmp(&number(right, item)?)?,
        Some('t') => text(left, item)?.as_bytes().cmp(text(right, item)?.as_bytes()),
        Some('b') => boolean(left, item)?.cmp(&boolean(right, item)?),
        Some(_) => time(left, item)?.cmp(&time(right, item)?),
        None => match (given(left, item), given(right, item)) {
            (Value::Number(one), Value::Number(two)) => one.as_f64()?.partial_cmp(&two.as_f64()?)?,
            (Value::Bool(one), Value::Bool(two)) => one.cmp(&two),
            (Value::String(one), Value::String(two)) => match (moment(&one), moment(&two)) {
                (Some(one), Some(two)) => one.cmp(&two),
                _ => one.as_bytes().cmp(two.as_bytes()),
            },
            _ => return None,
        },
    };
    Some(agrees(sign, order))
}

fn agrees(sign: &str, order: Ordering) -> bool {
    match sign {
        "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        other => panic!("{other}"),
    }
}

/// A whole day is before, after, or around a time.
fn compares_day(sign: &str, at: i64, date: &str) -> bool {
    let day = |at: i64| DateTime::<Utc>::from_timestamp_micros(at).unwrap().date_naive();
    agrees(sign, day(at).cmp(&date.parse::<NaiveDate>().unwrap()))
}

fn boolean(part: &Value, item: &Value) -> Truth {
    given(part, item).as_bool()
}

fn number(part: &Value, item: &Value) -> Option<f64> {
    let Some(operator) = part["op"].as_str() else { return given(part, item).as_f64() };
    let arguments = part["args"].as_array().unwrap();
    let first = || number(&arguments[0], item);
    let at = || time(&arguments[0], item).and_then(DateTime::<Utc>::from_timestamp_micros);
    Some(match operator {
        "year" => f64::from(at()?.year()),
        "month" => f64::from(at()?.month()),
        "day" => f64::from(at()?.day()),
        "hour" => f64::from(at()?.hour()),
        "day_of_year" => f64::from(at()?.ordinal()),
        "length" => text(&arguments[0], item)?.chars().count() as f64,
        "abs" => first()?.abs(),
        "floor" => first()?.floor(),
        "ceiling" => first()?.ceil(),
        "area_km2" => area(place(&arguments[0], item)),
        _ => computed(first()?, operator, number(&arguments[1], item)?)?,
    })
}

fn computed(one: f64, operator: &str, two: f64) -> Option<f64> {
    let result = match operator {
        "+" => one + two,
        "-" => one - two,
        "*" => one * two,
        "^" => one.powf(two),
        "/" | "%" | "div" if two == 0.0 => return None,
        "/" => one / two,
        "%" => one % two,
        "div" => (one / two).trunc(),
        other => panic!("{other}"),
    };
    result.is_finite().then_some(result)
}

fn text(part: &Value, item: &Value) -> Option<String> {
    let Some(operator) = part["op"].as_str() else { return given(part, item).as_str().map(ToOwned::to_owned) };
    let inner = text(&part["args"][0], item)?;
    Some(match operator {
        "lower" => inner.to_lowercase(),
        "upper" => inner.to_uppercase(),
        "casei" => inner.to_uppercase().to_lowercase(),
        "accenti" => inner.replace('é', "e").replace('É', "E"),
        other => panic!("{other}"),
    })
}

fn letters(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn is_like(text: &[char], pattern: &[char]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        (['%', rest @ ..], text) => (0..=text.len()).any(|skipped| is_like(&text[skipped..], rest)),
        (['\\', literal, rest @ ..], [first, more @ ..]) => first == literal && is_like(more, rest),
        (['_', rest @ ..], [_, more @ ..]) => is_like(more, rest),
        ([one, rest @ ..], [first, more @ ..]) => *one != '\\' && first == one && is_like(more, rest),
        (_, []) => false,
    }
}

/// In microseconds.
fn time(part: &Value, item: &Value) -> Option<i64> {
    if let Some(at) = part["timestamp"].as_str() {
        return moment(at);
    }
    match part["property"].as_str() {
        Some("datetime") => Some(own_time(item).0),
        _ => moment(given(part, item).as_str()?),
    }
}

/// The times of the documents of these tests, and no other texts.
fn moment(text: &str) -> Option<i64> {
    let start_of_day = |date: NaiveDate| date.and_hms_opt(0, 0, 0).unwrap().and_utc();
    let at = match text.len() {
        10 => start_of_day(text.parse().ok()?),
        19 => format!("{text}Z").replace(' ', "T").parse().ok()?,
        _ => text.parse::<DateTime<Utc>>().ok()?,
    };
    Some(at.timestamp_micros())
}

/// From its start to its end.
fn own_time(item: &Value) -> (i64, i64) {
    let at = |name: &str| item["properties"][name].as_str().and_then(moment);
    let start = at("start_datetime").or_else(|| at("datetime"));
    let end = at("end_datetime").or_else(|| at("datetime"));
    match at("datetime") {
        // A range beside a datetime is the item's time all the same.
        _ if start.is_some() && end.is_some() => (start.unwrap(), end.unwrap()),
        at => (at.unwrap(), at.unwrap()),
    }
}

fn span(part: &Value, item: &Value) -> (Option<i64>, Option<i64>) {
    const DAY: i64 = 86_400_000_000;
    let whole = |text: &str, is_end: bool| {
        let at = moment(text).unwrap();
        if is_end && text.len() == 10 { at + DAY - 1 } else { at }
    };
    if part["property"] == "datetime" {
        let (start, end) = own_time(item);
        return (Some(start), Some(end));
    }
    if let Some(date) = part["date"].as_str() {
        return (Some(whole(date, false)), Some(whole(date, true)));
    }
    let Some(ends) = part["interval"].as_array() else {
        let at = time(part, item);
        return (at, at);
    };
    let end = |part: &Value, is_end: bool| match part.as_str() {
        Some("..") => Some(if is_end { i64::MAX } else { i64::MIN }),
        Some(text) => Some(whole(text, is_end)),
        None => time(part, item),
    };
    (end(&ends[0], false), end(&ends[1], true))
}

fn meet(relation: &str, one: &Value, two: &Value, item: &Value) -> Truth {
    let ((s1, e1), (s2, e2)) = (span(one, item), span(two, item));
    let less = |one: Option<i64>, two: Option<i64>| Some(one? < two?);
    let same = |one: Option<i64>, two: Option<i64>| Some(one? == two?);
    match relation {
        "t_after" => less(e2, s1),
        "t_before" => less(e1, s2),
        "t_disjoint" => or(&[less(e2, s1), less(e1, s2)]),
        "t_intersects" => or(&[less(e2, s1), less(e1, s2)]).map(|apart| !apart),
        "t_equals" => and(&[same(s1, s2), same(e1, e2)]),
        "t_contains" => and(&[less(s1, s2), less(e2, e1)]),
        "t_during" => and(&[less(s2, s1), less(e1, e2)]),
        "t_starts" => and(&[same(s1, s2), less(e1, e2)]),
        "t_startedBy" => and(&[same(s1, s2), less(e2, e1)]),
        "t_finishes" => and(&[less(s2, s1), same(e1, e2)]),
        "t_finishedBy" => and(&[less(s1, s2), same(e1, e2)]),
        "t_meets" => same(e1, s2),
        "t_metBy" => same(s1, e2),
        "t_overlaps" => and(&[less(s1, s2), less(s2, e1), less(e1, e2)]),
        "t_overlappedBy" => and(&[less(s2, s1), less(s1, e2), less(e2, e1)]),
        other => panic!("{other}"),
    }
}

/// The rectangle of a place; a point has no width.
fn place(part: &Value, item: &Value) -> Rectangle {
    if part["property"] == "geometry" {
        return place(&item["geometry"], item);
    }
    let numbers =
        |values: &Value| values.as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect::<Vec<_>>();
    match part["type"].as_str() {
        None => numbers(&part["bbox"]).try_into().unwrap(),
        Some("Point") => {
            let at = numbers(&part["coordinates"]);
            [at[0], at[1], at[0], at[1]]
        }
        Some(_) => {
            // Rings begin at the south-west corner and have the opposite one third.
            let (low, high) = (numbers(&part["coordinates"][0][0]), numbers(&part["coordinates"][0][2]));
            [low[0], low[1], high[0], high[1]]
        }
    }
}

fn lie(relation: &str, one: Rectangle, two: Rectangle) -> bool {
    let is_point = |place: Rectangle| place[0] == place[2];
    let touch = one[0] <= two[2] && two[0] <= one[2] && one[1] <= two[3] && two[1] <= one[3];
    // A point is all interior.
    let inner = if is_point(one) && is_point(two) {
        one == two
    } else {
        one[0] < two[2] && two[0] < one[2] && one[1] < two[3] && two[1] < one[3]
    };
    let covers = |outer: Rectangle, inner: Rectangle| {
        outer[0] <= inner[0] && outer[1] <= inner[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
    };
    match relation {
        "s_intersects" => touch,
        "s_disjoint" => !touch,
        "s_equals" => one == two,
        "s_touches" => touch && !inner,
        "s_contains" => inner && covers(one, two),
        "s_within" => inner && covers(two, one),
        "s_overlaps" => inner && is_point(one) == is_point(two) && !covers(one, two) && !covers(two, one),
        // Neither two areas nor a single point cross.
        "s_crosses" => false,
        other => panic!("{other}"),
    }
}

/// On a sphere with the area of the ellipsoid: within a percent near the equator.
fn area([west, south, east, north]: Rectangle) -> f64 {
    const RADIUS_KM: f64 = 6371.0072;
    let height = north.to_radians().sin() - south.to_radians().sin();
    RADIUS_KM * RADIUS_KM * (east - west).to_radians() * height
}

fn list(part: &Value, item: &Value) -> Option<Vec<String>> {
    let given = if part.is_array() { part.clone() } else { given(part, item) };
    // 1 and 1.0 are one number.
    let shown = |one: &Value| one.as_f64().map_or(one.to_string(), |number| format!("{number:?}"));
    Some(given.as_array()?.iter().map(shown).collect())
}

fn share(relation: &str, one: &[String], two: &[String]) -> bool {
    let has = |all: &[String], some: &[String]| some.iter().all(|element| all.contains(element));
    match relation {
        "a_equals" => has(one, two) && has(two, one),
        "a_contains" => has(one, two),
        "a_containedBy" => has(two, one),
        "a_overlaps" => one.iter().any(|element| two.contains(element)),
        other => panic!("{other}"),
    }
}
