//! What stands around the items in the forms that are text.

use crate::Form;

/// The text of a file, made item by item.
///
/// ```
/// use ardent_export::{Form, Text};
/// let mut text = Text::new(Form::GeoJsonSeq);
/// let mut out = Vec::new();
/// text.begin(&mut out);
/// text.push("{}", &mut out);
/// text.end(&mut out);
/// assert_eq!(out, b"\x1e{}\n");
/// ```
#[derive(Debug)]
pub struct Text {
    form: Form,
    is_first: bool,
}

impl Text {
    /// Of a form that is text; a table is none.
    pub const fn new(form: Form) -> Self {
        Self { form, is_first: true }
    }

    /// Appends what comes before the items.
    pub fn begin(&self, out: &mut Vec<u8>) {
        if self.form == Form::GeoJson {
            out.extend_from_slice(b"{\"type\":\"FeatureCollection\",\"features\":[");
        }
    }

    /// Appends an item, JSON on one line.
    pub fn push(&mut self, item: &str, out: &mut Vec<u8>) {
        match self.form {
            Form::GeoJson if self.is_first => out.push(b'\n'),
            Form::GeoJson => out.extend_from_slice(b",\n"),
            Form::GeoJsonSeq => out.push(0x1e),
            Form::Ndjson | Form::Parquet => {}
        }
        out.extend_from_slice(item.as_bytes());
        if self.form != Form::GeoJson {
            out.push(b'\n');
        }
        self.is_first = false;
    }

    /// Appends what comes after the items.
    pub fn end(&self, out: &mut Vec<u8>) {
        if self.form == Form::GeoJson {
            out.extend_from_slice(b"\n]}\n");
        }
    }
}
