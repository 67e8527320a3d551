//! CQL2 JSON into a condition. Texts are brought into this form first.

use serde_json::Value;

use super::scalar::scalar;
use super::weight::{self, MAX_WEIGHT};
use super::{
    Comparison, Condition, Function, Kind, MAX_DEPTH, MAX_OPERATORS, MAX_VALUES, Property, Scalar, array, fault,
    function, place, span, too_large,
};
use crate::{OfferedCrs, Result};

/// A part of a filter, by its form.
pub(super) enum Node<'a> {
    Text(&'a str),
    Number(f64),
    Boolean(bool),
    List(&'a [Value]),
    Property(&'a str),
    Timestamp(&'a str),
    Date(&'a str),
    Interval(&'a [Value]),
    Operator(&'a str, &'a [Value]),
    /// A box, or what looks like a GeoJSON geometry.
    Place,
}

/// The form of a part.
pub(super) fn node(json: &Value) -> Result<Node<'_>> {
    Ok(match json {
        Value::String(text) => Node::Text(text),
        Value::Bool(value) => Node::Boolean(*value),
        Value::Number(number) => match number.as_f64().filter(|number| number.is_finite()) {
            Some(number) => Node::Number(number),
            None => return fault(format!("{number} is too large a number")),
        },
        Value::Array(values) => Node::List(values),
        Value::Null => return fault("null compares with nothing; use isNull (`IS NULL`)"),
        Value::Object(members) => {
            let only = |name: &str, count: usize| members.get(name).filter(|_| members.len() == count);
            if let (Some(Value::String(name)), Some(Value::Array(arguments))) = (only("op", 2), only("args", 2)) {
                Node::Operator(name, arguments)
            } else if let Some(Value::String(name)) = only("property", 1) {
                Node::Property(name)
            } else if let Some(Value::String(text)) = only("timestamp", 1) {
                Node::Timestamp(text)
            } else if let Some(Value::String(text)) = only("date", 1) {
                Node::Date(text)
            } else if let Some(Value::Array(ends)) = only("interval", 1) {
                Node::Interval(ends)
            } else if only("bbox", 1).is_some() || members.contains_key("type") {
                Node::Place
            } else {
                let known: Vec<&str> = members.keys().map(String::as_str).take(5).collect();
                return fault(format!(
                    "an object with `{}` is nothing in CQL2; give {{\"op\": …, \"args\": […]}}, {{\"property\": …}}, \
                     {{\"timestamp\": …}}, {{\"date\": …}}, {{\"interval\": […]}}, {{\"bbox\": […]}} or a GeoJSON geometry",
                    known.join("`, `")
                ));
            }
        }
    })
}

/// A whole filter.
pub(super) fn condition(json: &Value, crs: OfferedCrs) -> Result<Condition> {
    let mut size = Size::default();
    size.add(json, 0)?;
    let condition = read(json, crs)?;
    if weight::of(&condition) > MAX_WEIGHT {
        return too_large("it compares too many computed values; ask in parts");
    }
    Ok(condition)
}

/// How large a filter is.
#[derive(Default)]
struct Size {
    operators: usize,
    values: usize,
}

impl Size {
    fn add(&mut self, json: &Value, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return too_large(format!("it is nested more than {MAX_DEPTH} deep; write it flatter"));
        }
        match json {
            Value::Object(members) if members.contains_key("op") => {
                self.operators += 1;
                let arguments = members.get("args").and_then(Value::as_array);
                arguments.into_iter().flatten().try_for_each(|argument| self.add(argument, depth + 1))?;
            }
            Value::Array(values) => {
                values.iter().try_for_each(|value| self.add(value, depth + 1))?;
            }
            _ => self.values += 1,
        }
        if self.operators > MAX_OPERATORS {
            return too_large(format!("it has more than {MAX_OPERATORS} operators; use IN for lists, or ask in parts"));
        }
        if self.values > MAX_VALUES {
            return too_large(format!("it has more than {MAX_VALUES} values; ask in parts"));
        }
        Ok(())
    }
}

fn read(json: &Value, crs: OfferedCrs) -> Result<Condition> {
    match node(json)? {
        Node::Boolean(value) => Ok(Condition::Constant(value)),
        Node::Property(name) => {
            let flag = Scalar::Property(Property::named(name)?).of_kind(Kind::Boolean, "a condition")?;
            let Scalar::Property(property) = flag else { return fault("a condition is wanted") };
            Ok(Condition::Flag(property))
        }
        Node::Operator(name, arguments) => operator(name, arguments, crs),
        _ => fault("a condition is wanted, such as `eo:cloud_cover < 20`, where a value stands"),
    }
}

fn operator(name: &str, arguments: &[Value], crs: OfferedCrs) -> Result<Condition> {
    let all = || arguments.iter().map(|argument| read(argument, crs)).collect::<Result<Vec<_>>>();
    let lower = name.to_ascii_lowercase();
    match (lower.as_str(), arguments) {
        ("and" | "or", []) => fault(format!("`{lower}` takes at least 2 conditions, not none")),
        // Not by the standard; but STAC Browser joins a single condition, too.
        ("and" | "or", [one]) => read(one, crs),
        ("and", _) => all().map(Condition::And),
        ("or", _) => all().map(Condition::Or),
        ("not", [one]) => Ok(Condition::Not(Box::new(read(one, crs)?))),
        ("isnull", [one]) => scalar(one).map(Condition::IsNull),
        ("like", [text, pattern]) => like(text, pattern),
        // Drafts of CQL2 had the bounds in a list, and clients still do.
        ("between", [value, Value::Array(bounds)]) if bounds.len() == 2 => {
            operator(name, &[value.clone(), bounds[0].clone(), bounds[1].clone()], crs)
        }
        ("between", [value, low, high]) => {
            let (value, low, high) = (scalar(value)?, scalar(low)?, scalar(high)?);
            let above = compare(value.clone(), Comparison::GreaterOrEqual, low)?;
            Ok(Condition::And(vec![above, compare(value, Comparison::LessOrEqual, high)?]))
        }
        ("in", [value, list]) => is_in(value, list),
        (sign, [left, right]) if Comparison::of_sign(sign).is_some() => {
            let comparison = Comparison::of_sign(sign).unwrap_or(Comparison::Equal);
            compare(scalar(left)?, comparison, scalar(right)?)
        }
        (known, [left, right]) if known.starts_with("s_") => place::spatial(known, (left, right), crs),
        (known, [left, right]) if known.starts_with("t_") => span::temporal(known, left, right),
        (known, [left, right]) if known.starts_with("a_") => array::array(known, left, right),
        _ => wrong_operator(name, arguments.len()),
    }
}

/// A comparison of two values of one kind.
pub(super) fn compare(left: Scalar, comparison: Comparison, right: Scalar) -> Result<Condition> {
    let (left, right) = left.alike(right)?;
    Ok(Condition::Compare(left, comparison, right))
}

fn like(text: &Value, pattern: &Value) -> Result<Condition> {
    let text = scalar(text)?.of_kind(Kind::Text, "like")?;
    let pattern = scalar(pattern)?.of_kind(Kind::Text, "like")?;
    let mut inner = &pattern;
    while let Scalar::Folded(_, folded) = inner {
        inner = folded;
    }
    let Scalar::Text(literal) = inner else {
        return fault("`like` wants a pattern that is a text, such as 'S2%'; a property cannot be one");
    };
    let backslashes = literal.len() - literal.trim_end_matches('\\').len();
    if backslashes % 2 == 1 {
        return fault("the pattern of `like` ends in a lone `\\`; write `\\\\` for a backslash");
    }
    Ok(Condition::Like(text, pattern))
}

fn is_in(value: &Value, list: &Value) -> Result<Condition> {
    let Node::List(values) = node(list)? else { return fault("`in` wants a list as its second operand") };
    let value = scalar(value)?;
    one_of(value, values.iter().map(scalar).collect::<Result<_>>()?)
}

/// One of these values, of which there is one at least.
pub(super) fn one_of(mut value: Scalar, list: Vec<Scalar>) -> Result<Condition> {
    if list.is_empty() {
        return fault("`in` wants at least one value in its list");
    }
    if list.len().saturating_mul(weight::of_value(&value)) > MAX_WEIGHT {
        return too_large("`in` compares a computed value with too many others; ask in parts");
    }
    let mut alike = Vec::new();
    for one in list {
        let (left, right) = value.alike(one)?;
        value = left;
        alike.push(right);
    }
    // A literal that became a time beside one of the list is none beside those before it.
    let alike = alike.into_iter().map(|one| value.clone().alike(one).map(|(_, one)| one)).collect::<Result<_>>()?;
    Ok(Condition::In(value, alike))
}

/// Where a condition cannot be read.
pub(super) fn wrong_operator<T>(name: &str, operands: usize) -> Result<T> {
    let arities: [(&str, &[&str]); 4] = [
        ("1 operand", &["not", "isNull"]),
        ("2 operands", &["=", "<>", "<", "<=", ">", ">=", "like", "in"]),
        (
            "2 operands",
            &[
                "s_intersects",
                "s_equals",
                "s_disjoint",
                "s_touches",
                "s_within",
                "s_overlaps",
                "s_crosses",
                "s_contains",
                "t_after",
                "t_before",
                "t_contains",
                "t_disjoint",
                "t_during",
                "t_equals",
                "t_finishedBy",
                "t_finishes",
                "t_intersects",
                "t_meets",
                "t_metBy",
                "t_overlappedBy",
                "t_overlaps",
                "t_startedBy",
                "t_starts",
                "a_equals",
                "a_contains",
                "a_containedBy",
                "a_overlaps",
            ],
        ),
        ("3 operands", &["between"]),
    ];
    for (arity, names) in arities {
        if let Some(known) = names.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            return fault(format!("`{known}` takes {arity}, not {operands}"));
        }
    }
    if is_value(name) {
        return fault(format!("`{name}` gives a value, not a condition; compare it with something"));
    }
    let known: Vec<&str> = arities.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    fault(format!(
        "there is no function `{}`; known are and, or, {}, casei, accenti, {}",
        name.escape_debug(),
        known.join(", "),
        function::names()
    ))
}

fn is_value(name: &str) -> bool {
    super::Arithmetic::of_sign(name).is_some()
        || Function::named(name).is_some()
        || ["casei", "accenti"].iter().any(|one| one.eq_ignore_ascii_case(name))
}

/// Where a value cannot be read.
pub(super) fn not_a_value<T>(name: &str) -> Result<T> {
    let shown = name.escape_debug();
    let known = function::names();
    fault(format!("`{shown}` is no function that gives a value; known are casei, accenti, {known} and + - * / % div ^"))
}
