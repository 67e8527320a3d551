//! Parts of documents, and catalogues to browse.

use super::{Link, ToSchema};

/// Which members of documents to hand out; what is in both lists is handed out.
#[derive(ToSchema)]
pub(crate) struct Fields {
    /// Members that are wanted; empty for those that make a document valid, left out for all that `exclude` leaves.
    #[schema(example = json!(["properties.eo:cloud_cover"]))]
    include: Option<Vec<String>>,
    /// Members not wanted.
    #[schema(example = json!(["geometry"]))]
    exclude: Option<Vec<String>>,
}

/// A STAC catalogue.
#[derive(ToSchema)]
pub(crate) struct Catalog {
    /// `Catalog`.
    r#type: String,
    /// Version of STAC.
    stac_version: String,
    /// Its id.
    id: String,
    /// Its title.
    title: Option<String>,
    /// What it is.
    description: String,
    /// Where to go: `child` to catalogues, `item` to items.
    links: Vec<Link>,
}

/// Catalogues and collections.
#[derive(ToSchema)]
#[expect(clippy::struct_field_names, reason = "the member is called so in the standard")]
pub(crate) struct Children {
    /// The catalogues and collections.
    #[schema(value_type = Vec<Object>)]
    children: Vec<serde_json::Value>,
    /// Where to go; `next` if there are more.
    links: Vec<Link>,
    /// How many there are in all, where they come in pages.
    #[schema(rename = "numberMatched")]
    number_matched: Option<u64>,
    /// How many are here.
    #[schema(rename = "numberReturned")]
    number_returned: u64,
}

/// A JSON schema.
#[derive(ToSchema)]
#[schema(value_type = Object)]
pub(crate) struct JsonSchema(serde_json::Value);
