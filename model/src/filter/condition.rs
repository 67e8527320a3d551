//! Conditions: true, false, or unknown where an item lacks what is asked about, as in SQL.

use super::{ArrayRelation, List, Place, Property, Scalar, Span, SpatialRelation, TemporalRelation};

/// A condition on items. An item is found if it is true of it: neither false nor unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Of all items, or of none.
    Constant(bool),
    /// The property is true.
    Flag(Property),
    /// All of these.
    And(Vec<Self>),
    /// Any of these.
    Or(Vec<Self>),
    /// Not this; what is unknown stays so.
    Not(Box<Self>),
    /// Two values of one kind, compared; unknown if they are not.
    Compare(Scalar, Comparison, Scalar),
    /// The value is one of these.
    In(Scalar, Vec<Scalar>),
    /// The text is like the pattern: `%` is any text, `_` any character, `\` takes the next one as it is.
    Like(Scalar, Scalar),
    /// The item has no such value.
    IsNull(Scalar),
    /// Two places.
    Spatial(SpatialRelation, Place, Place),
    /// Two times.
    Temporal(TemporalRelation, Span, Span),
    /// Two lists, taken as sets.
    Array(ArrayRelation, List, List),
}

/// How two values compare. Texts compare by code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// By its sign.
    pub fn of_sign(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" => Self::Equal,
            "<>" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// Its sign, in CQL2 as in SQL.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// What it is with its sides exchanged.
    #[must_use]
    pub const fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}
