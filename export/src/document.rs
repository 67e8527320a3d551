//! Documents of items on their way out.

/// An item as it goes into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Id of its collection.
    pub collection: String,
    /// The whole document as JSON on one line, with links.
    pub text: String,
}

/// The text of a JSON object that has no `links`, with these, a JSON array. The rest stays as it is, to the digit.
///
/// ```
/// assert_eq!(ardent_export::with_links("{\"n\":1.10}", "[]"), "{\"n\":1.10,\"links\":[]}");
/// ```
pub fn with_links(object: &str, links: &str) -> String {
    let mut text = String::with_capacity(object.len() + links.len() + 10);
    splice(&mut text, object, links);
    text
}

/// Appends to `text` what [`with_links`] gives.
pub fn splice(text: &mut String, object: &str, links: &str) {
    let trimmed = object.trim_end();
    let open = trimmed.strip_suffix('}').unwrap_or(trimmed).trim_end();
    text.push_str(open);
    if !open.ends_with('{') {
        text.push(',');
    }
    text.push_str("\"links\":");
    text.push_str(links);
    text.push('}');
}
