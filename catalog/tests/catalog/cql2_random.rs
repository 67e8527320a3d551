//! Random filters on random items find what an evaluator of our own finds.

use std::collections::BTreeSet;

use crate::fixture::{Fixture, Random, plain};
use ardent_model::Search;
use ardent_model::filter::Condition;
use serde_json::{Value, json};

const NAMES: [&str; 4] = ["n", "m", "eo:cloud_cover", "none"];
const SIGNS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

fn literal(random: &mut Random) -> Value {
    match random.below(3) {
        0 => json!(["a", "7", "B", "é"][random.below(4) as usize]),
        _ => json!([-1.5, 0.0, 7.0, 7.1][random.below(4) as usize]),
    }
}

fn member(random: &mut Random) -> Value {
    match random.below(6) {
        0 => Value::Null,
        1 => json!([7]),
        2 => json!(true),
        _ => literal(random),
    }
}

fn property(random: &mut Random) -> Value {
    json!({ "property": NAMES[random.below(4) as usize] })
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
    match random.below(5) {
        0 => json!({"op": "isNull", "args": [property(random)]}),
        1 => json!({"op": "in", "args": [property(random), [literal(random), literal(random)]]}),
        2 => json!({"op": SIGNS[random.below(6) as usize], "args": [property(random), property(random)]}),
        3 => json!({"op": "between", "args": [property(random), -1.0, 7.05]}),
        _ => json!({"op": SIGNS[random.below(6) as usize], "args": [property(random), literal(random)]}),
    }
}

/// Whether a comparison holds; `None` where the values are not of one kind.
fn compares(sign: &str, left: &Value, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?)?,
        (Value::String(left), Value::String(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => return None,
    };
    Some(match sign {
        "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn and(parts: &[Option<bool>]) -> Option<bool> {
    if parts.contains(&Some(false)) { Some(false) } else { (!parts.contains(&None)).then_some(true) }
}

fn or(parts: &[Option<bool>]) -> Option<bool> {
    let opposite: Vec<Option<bool>> = parts.iter().map(|part| part.map(|value| !value)).collect();
    and(&opposite).map(|value| !value)
}

fn holds(filter: &Value, item: &Value) -> Option<bool> {
    let parts = filter["args"].as_array().unwrap();
    let given = |part: &Value| part["property"].as_str().map_or(part.clone(), |name| item["properties"][name].clone());
    // Cloud cover is a number, or nothing that compares.
    let value = |part: &Value| match given(part) {
        other if part["property"] == "eo:cloud_cover" && !other.is_number() => Value::Null,
        other => other,
    };
    let all = || parts.iter().map(|part| holds(part, item)).collect::<Vec<_>>();
    match filter["op"].as_str().unwrap() {
        "and" => and(&all()),
        "or" => or(&all()),
        "not" => holds(&parts[0], item).map(|value| !value),
        "isNull" => Some(given(&parts[0]).is_null()),
        "in" => {
            let list = parts[1].as_array().unwrap();
            or(&list.iter().map(|one| compares("=", &value(&parts[0]), one)).collect::<Vec<_>>())
        }
        "between" => and(&[compares(">=", &value(&parts[0]), &parts[1]), compares("<=", &value(&parts[0]), &parts[2])]),
        sign => compares(sign, &value(&parts[0]), &value(&parts[1])),
    }
}

#[tokio::test]
async fn random_filters_find_what_they_say() {
    let fixture = Fixture::with(&["a"]).await;
    let mut random = Random(7);
    let items: Vec<Value> = (0..60)
        .map(|number| {
            let mut item = plain("a", &format!("{number:02}"));
            for name in &NAMES[..3] {
                item["properties"][*name] = member(&mut random);
            }
            item
        })
        .collect();
    fixture.put(items.clone()).await;
    let (mut asked, mut some) = (0, 0);
    for round in 0..400 {
        let json = filter(&mut random, round % 4);
        // A number beside a text, where the property is always a number, is refused.
        let Ok(condition) = Condition::from_json(&json) else { continue };
        let expected = items.iter().filter(|item| holds(&json, item) == Some(true));
        let expected: BTreeSet<String> = expected.map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        let search = Search { filter: Some(condition), ..Search::default() };
        let found: BTreeSet<String> = fixture.ids(search).await.into_iter().collect();
        assert_eq!(found, expected, "{json}");
        asked += 1;
        some += usize::from(!found.is_empty() && found.len() < items.len());
    }
    assert!(asked > 150 && some > 60, "{some} of {asked} tell items apart");
}
