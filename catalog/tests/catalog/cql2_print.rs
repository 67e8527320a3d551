//! CQL2 JSON as CQL2 text.

use serde_json::Value;

use crate::fixture::Random;

/// A filter as text, in one of the ways there are to write it.
pub(crate) fn print(json: &Value, random: &mut Random) -> String {
    match json {
        Value::String(text) => literal(text, random),
        Value::Array(values) => format!("({})", listed(values, random)),
        Value::Bool(value) if random.below(2) == 0 => value.to_string().to_uppercase(),
        Value::Object(_) => object(json, random),
        other => other.to_string(),
    }
}

fn object(json: &Value, random: &mut Random) -> String {
    if let (Some(name), Some(arguments)) = (json["op"].as_str(), json["args"].as_array()) {
        return operation(name, arguments, random);
    }
    if let Some(name) = json["property"].as_str() {
        return if random.below(2) == 0 { format!("\"{name}\"") } else { name.to_owned() };
    }
    for name in ["timestamp", "date"] {
        if let Some(text) = json[name].as_str() {
            return format!("{}('{text}')", cased(name, random));
        }
    }
    for name in ["interval", "bbox"] {
        if let Some(values) = json[name].as_array() {
            return format!("{}({})", cased(name, random), listed(values, random));
        }
    }
    geometry(json)
}

fn literal(text: &str, random: &mut Random) -> String {
    let quote = if random.below(2) == 0 || text.contains('\\') { "''" } else { "\\'" };
    format!("'{}'", text.replace('\'', quote))
}

fn cased(name: &str, random: &mut Random) -> String {
    if random.below(2) == 0 { name.to_uppercase() } else { name.to_owned() }
}

fn listed(values: &[Value], random: &mut Random) -> String {
    values.iter().map(|value| print(value, random)).collect::<Vec<_>>().join(", ")
}

fn operation(name: &str, arguments: &[Value], random: &mut Random) -> String {
    let mut part = |index: usize| print(&arguments[index], random);
    match name {
        "and" | "or" => {
            let parts: Vec<String> = (0..arguments.len()).map(part).collect();
            format!("({})", parts.join(&format!(" {} ", name.to_uppercase())))
        }
        "not" => format!("NOT ({})", part(0)),
        "isNull" => format!("{} IS NULL", part(0)),
        "between" => format!("{} BETWEEN {} AND {}", part(0), part(1), part(2)),
        "in" | "like" => format!("{} {} {}", part(0), name.to_uppercase(), part(1)),
        "+" | "-" | "*" | "/" | "%" | "div" | "^" => format!("({} {name} {})", part(0), part(1)),
        "=" | "<>" | "<" | "<=" | ">" | ">=" => format!("{} {name} {}", part(0), part(1)),
        _ => format!("{}({})", cased(name, random), listed(arguments, random)),
    }
}

fn geometry(json: &Value) -> String {
    let position = |at: &Value| format!("{} {}", at[0], at[1]);
    if json["type"] == "Point" {
        return format!("POINT({})", position(&json["coordinates"]));
    }
    let ring = json["coordinates"][0].as_array().unwrap();
    format!("POLYGON(({}))", ring.iter().map(position).collect::<Vec<_>>().join(", "))
}
