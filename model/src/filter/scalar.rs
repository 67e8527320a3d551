//! Single values: literals, properties, and what is computed of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::fault;
use super::function::{Argument, Function, Signature, call};
use super::read::{Node, node};
use crate::interval::format_datetime;
use crate::{Interval, Result};

/// Properties that are times in every item (STAC common metadata).
const TIMES: [&str; 6] = ["start_datetime", "end_datetime", "created", "updated", "published", "expires"];

/// A property of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Property {
    /// The id.
    Id,
    /// The id of the collection.
    Collection,
    /// The footprint.
    Geometry,
    /// `datetime`, or the start of the item's time where that is null.
    Datetime,
    /// `eo:cloud_cover`, in percent.
    CloudCover,
    /// Any other member of `properties`.
    Other(String),
}

impl Property {
    /// By its name, with or without `properties.` before it.
    pub fn named(name: &str) -> Result<Self> {
        if name.is_empty() || name.contains('\0') {
            return fault("a property's name is empty or has a NUL character");
        }
        Ok(match name {
            "id" => Self::Id,
            "collection" => Self::Collection,
            "geometry" => Self::Geometry,
            _ => match name.strip_prefix("properties.").filter(|rest| !rest.is_empty()).unwrap_or(name) {
                "datetime" => Self::Datetime,
                "eo:cloud_cover" => Self::CloudCover,
                other => Self::Other(other.to_owned()),
            },
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Id => "id",
            Self::Collection => "collection",
            Self::Geometry => "geometry",
            Self::Datetime => "datetime",
            Self::CloudCover => "eo:cloud_cover",
            Self::Other(name) => name,
        }
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A time.
    Time,
    /// A footprint, which is no single value.
    Geometry,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Time => "a time",
            Self::Geometry => "a geometry",
        }
    }
}

/// What is left out of account when texts are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Small and capital letters.
    Case,
    /// Accents.
    Accent,
}

/// How two numbers make one. What has no result, such as division by zero, is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`: what is left of a division towards zero.
    Remainder,
    /// `div`: a division towards zero.
    WholeDivide,
    /// `^`
    Power,
}

impl Arithmetic {
    /// By its sign.
    pub fn of_sign(sign: &str) -> Option<Self> {
        Some(match sign {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Remainder,
            "^" => Self::Power,
            _ if sign.eq_ignore_ascii_case("div") => Self::WholeDivide,
            _ => return None,
        })
    }

    /// Its sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::WholeDivide => "div",
            Self::Power => "^",
        }
    }
}

/// A single value.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// What the item has.
    Property(Property),
    /// A text.
    Text(String),
    /// A number, finite.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// An instant.
    Instant(DateTime<Utc>),
    /// A whole day of UTC: times in it are equal to it.
    Date(NaiveDate),
    /// A text of which something is left out of account.
    Folded(Fold, Box<Self>),
    /// A number that is computed.
    Computed(Box<Self>, Arithmetic, Box<Self>),
    /// What a function gives.
    Call(&'static Signature, Vec<Argument>),
}

impl Scalar {
    /// What it is; `None`: a property that may be anything.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Property(Property::Id | Property::Collection) | Self::Text(_) | Self::Folded(..) => Kind::Text,
            Self::Property(Property::CloudCover) | Self::Number(_) | Self::Computed(..) => Kind::Number,
            Self::Boolean(_) => Kind::Boolean,
            Self::Property(Property::Datetime) | Self::Instant(_) | Self::Date(_) => Kind::Time,
            Self::Property(Property::Geometry) => Kind::Geometry,
            Self::Property(Property::Other(name)) if TIMES.contains(&name.as_str()) => Kind::Time,
            Self::Property(Property::Other(_)) => return None,
            Self::Call(function, _) => function.returns,
        })
    }

    /// Itself, if it is of a kind or may be.
    pub(super) fn of_kind(self, kind: Kind, user: &str) -> Result<Self> {
        match self.kind() {
            Some(other) if other != kind => {
                fault(format!("`{user}` wants {}; {} is {}", kind.name(), self.shown(), other.name()))
            }
            _ => Ok(self),
        }
    }

    /// It and another, which must be able to be of one kind. A text beside a property that is a time is read as one.
    pub(super) fn alike(self, other: Self) -> Result<(Self, Self)> {
        let (left, right) = match (self.kind(), other.kind()) {
            (Some(Kind::Time), Some(Kind::Text)) => (self, other.into_time()?),
            (Some(Kind::Text), Some(Kind::Time)) => (self.into_time()?, other),
            _ => (self, other),
        };
        match (left.kind(), right.kind()) {
            (Some(Kind::Geometry), _) | (_, Some(Kind::Geometry)) => {
                fault("`geometry` does not compare as a value; use a spatial function such as S_INTERSECTS")
            }
            (Some(one), Some(two)) if one != two => {
                let (left, right) = (left.shown(), right.shown());
                fault(format!("{left} is {}, {right} is {}; compare like with like", one.name(), two.name()))
            }
            _ => Ok((left, right)),
        }
    }

    pub(super) fn into_time(self) -> Result<Self> {
        match self {
            Self::Text(text) => time(&text),
            other => Ok(other),
        }
    }

    /// How a message calls it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Property(property) => format!("`{}`", property.name()),
            Self::Text(text) => format!("'{}'", text.escape_debug()),
            Self::Number(number) => number.to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::Instant(at) => format_datetime(*at),
            Self::Date(date) => date.to_string(),
            Self::Folded(..) => "a folded text".to_owned(),
            Self::Computed(_, operator, _) => format!("the result of `{}`", operator.sign()),
            Self::Call(function, _) => format!("the result of `{}`", function.name),
        }
    }
}

/// A time or date in RFC 3339.
pub(super) fn time(text: &str) -> Result<Scalar> {
    if !text.contains('/')
        && let Ok(Interval { start: Some(at), .. }) = Interval::parse_rfc3339(text)
    {
        return Ok(Scalar::Instant(at));
    }
    let is_date = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(date) if is_date => Ok(Scalar::Date(date)),
        _ => fault(format!("'{}' is no time; give 2019-06-01T00:00:00Z or 2019-06-01", text.escape_debug())),
    }
}

/// A value of a filter.
pub(super) fn scalar(json: &Value) -> Result<Scalar> {
    match node(json)? {
        Node::Text(text) if text.contains('\0') => fault("a text has a NUL character; leave it out"),
        Node::Text(text) => Ok(Scalar::Text(text.to_owned())),
        Node::Number(number) => Ok(Scalar::Number(number)),
        Node::Boolean(value) => Ok(Scalar::Boolean(value)),
        Node::Property(name) => Property::named(name).map(Scalar::Property),
        Node::Timestamp(text) => match time(text)? {
            Scalar::Date(_) => fault(format!("timestamp `{text}` has no time; give 2019-06-01T00:00:00Z, or a date")),
            instant => Ok(instant),
        },
        Node::Date(text) => match time(text)? {
            Scalar::Instant(_) => fault(format!("date `{text}` has a time; give 2019-06-01, or a timestamp")),
            date => Ok(date),
        },
        Node::Operator(name, arguments) => computed(name, arguments),
        Node::List(_) => fault("a list is no single value; it belongs into IN or an array function"),
        Node::Interval(_) => fault("an interval is no single value; it belongs into a temporal function"),
        Node::Place => fault("a geometry is no single value; it belongs into a spatial function"),
    }
}

fn computed(name: &str, arguments: &[Value]) -> Result<Scalar> {
    let folds = [("casei", Fold::Case), ("accenti", Fold::Accent)];
    if let Some((name, fold)) = folds.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
        let [text] = arguments else {
            return fault(format!("`{name}` takes one text, not {} operands", arguments.len()));
        };
        return Ok(Scalar::Folded(fold, Box::new(scalar(text)?.of_kind(Kind::Text, name)?)));
    }
    if let Some(function) = Function::named(name) {
        return call(function, arguments);
    }
    let Some(operator) = Arithmetic::of_sign(name) else {
        return super::read::not_a_value(name);
    };
    let [left, right] = arguments else {
        return fault(format!("`{name}` takes 2 numbers, not {} operands", arguments.len()));
    };
    let number = |json| Ok(Box::new(scalar(json)?.of_kind(Kind::Number, name)?));
    Ok(Scalar::Computed(number(left)?, operator, number(right)?))
}
