//! Attributes of a variable or of the whole, in order.

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Attribute {
    Text(String),
    Texts(Vec<String>),
    Number(f64),
    Single(f32),
    Numbers(Vec<f64>),
}

/// Attributes, in the order in which they are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Attributes(pub(crate) Vec<(&'static str, Attribute)>);

impl Attributes {
    pub(crate) fn text(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((name, Attribute::Text(value.into())));
    }

    pub(crate) fn texts(&mut self, name: &'static str, values: Vec<String>) {
        self.0.push((name, Attribute::Texts(values)));
    }

    pub(crate) fn number(&mut self, name: &'static str, value: f64) {
        self.0.push((name, Attribute::Number(value)));
    }

    /// For what must have the type of a float32 variable.
    pub(crate) fn single(&mut self, name: &'static str, value: f32) {
        self.0.push((name, Attribute::Single(value)));
    }

    pub(crate) fn numbers(&mut self, name: &'static str, values: Vec<f64>) {
        self.0.push((name, Attribute::Numbers(values)));
    }
}
