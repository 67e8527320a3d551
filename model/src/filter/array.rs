//! Lists, taken as sets.

use serde_json::Value;

use super::read::{Node, node, wrong_operator};
use super::{Condition, Property, Scalar, fault};
use crate::Result;

/// How two lists lie to each other, as sets: order and repetition do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrayRelation {
    /// The same elements.
    Equals,
    /// The first has all of the second.
    Contains,
    /// The second has all of the first.
    ContainedBy,
    /// They share an element.
    Overlaps,
}

/// A list.
#[derive(Debug, Clone, PartialEq)]
pub enum List {
    /// What the item has.
    Property(Property),
    /// Texts, numbers and booleans.
    Values(Vec<Value>),
}

/// An array function.
pub(super) fn array(name: &str, left: &Value, right: &Value) -> Result<Condition> {
    let relation = match name {
        "a_equals" => ArrayRelation::Equals,
        "a_contains" => ArrayRelation::Contains,
        "a_containedby" => ArrayRelation::ContainedBy,
        "a_overlaps" => ArrayRelation::Overlaps,
        _ => return wrong_operator(name, 2),
    };
    Ok(Condition::Array(relation, list(name, left)?, list(name, right)?))
}

fn list(user: &str, json: &Value) -> Result<List> {
    match node(json)? {
        Node::Property(name) => {
            let property = Property::named(name)?;
            match Scalar::Property(property.clone()).kind() {
                None => Ok(List::Property(property)),
                Some(_) => fault(format!("`{user}` wants lists; `{name}` is none")),
            }
        }
        Node::List(values) => {
            values.iter().try_for_each(|value| element(user, value))?;
            Ok(List::Values(values.to_vec()))
        }
        _ => fault(format!("`{user}` wants lists; give a property, or values such as ('B04', 'B08')")),
    }
}

fn element(user: &str, json: &Value) -> Result<()> {
    match node(json)? {
        Node::Text(text) if text.contains('\0') => fault("a text has a NUL character; leave it out"),
        Node::Text(_) | Node::Number(_) | Node::Boolean(_) => Ok(()),
        _ => fault(format!("`{user}`: a list has texts, numbers and booleans; give times as texts")),
    }
}
