//! Stored documents on their way out: links are spliced into the text, which is neither parsed nor built again.

use ardent_catalog::{Matched, StoredItem};

use crate::{links::Link, segments::Segments};

/// Room for the links of an item.
const LINKS_BYTES: usize = 1024;

/// A page of items as a GeoJSON FeatureCollection; `write` appends an item with its links.
pub(crate) fn feature_collection(
    items: &[StoredItem],
    write: impl Fn(&mut String, &StoredItem) -> Result<(), serde_json::Error>,
    links: &[Link],
    matched: Option<Matched>,
) -> Result<Segments, serde_json::Error> {
    let mut segments = Segments::default();
    segments.text().push_str("{\"type\":\"FeatureCollection\",\"features\":[");
    for (index, item) in items.iter().enumerate() {
        let text = segments.text();
        if index > 0 {
            text.push(',');
        }
        text.reserve(item.document.len() + LINKS_BYTES);
        write(text, item)?;
    }
    let text = segments.text();
    text.push_str("],\"links\":");
    text.push_str(&serde_json::to_string(links)?);
    if let Some(matched) = matched {
        text.push_str(",\"numberMatched\":");
        text.push_str(&matched.count.to_string());
        if !matched.exact {
            text.push_str(",\"numberMatchedEstimated\":true");
        }
    }
    text.push_str(",\"numberReturned\":");
    text.push_str(&items.len().to_string());
    text.push('}');
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use ardent_export::{splice, with_links};
    use serde_json::{Value, json};

    use super::*;

    fn link() -> Vec<Link> {
        vec![Link::new("self", "application/geo+json", "http://h/\"quoted\"".to_owned())]
    }

    #[test]
    fn links_go_into_any_object_and_the_rest_stays_as_it_was() {
        for object in ["{}", "{ }\n", "{\"id\":\"a\"}", "{\"nested\":{\"links\":\"}\"}, \"number\": 1.10 } \n"] {
            let text = with_links(object, &serde_json::to_string(&link()).unwrap());
            let mut parsed: Value = serde_json::from_str(&text).unwrap();
            let links = parsed.as_object_mut().unwrap().remove("links").unwrap();
            assert_eq!(links[0]["href"], "http://h/\"quoted\"");
            assert_eq!(parsed, serde_json::from_str::<Value>(object).unwrap());
        }
        assert!(with_links("{\"number\":1.10}", "[]").starts_with("{\"number\":1.10,"), "digits are kept");
    }

    #[test]
    fn a_page_is_a_feature_collection() {
        let item = |id: &str| StoredItem {
            collection: "c".to_owned(),
            id: id.to_owned(),
            document: format!("{{\"id\":\"{id}\"}}"),
            updated: chrono::DateTime::UNIX_EPOCH,
            version: [0; 32].into(),
        };
        let matched = Some(Matched { count: 20, exact: false });
        let write = |text: &mut String, item: &StoredItem| {
            splice(text, &item.document, &serde_json::to_string(&link())?);
            Ok(())
        };
        let text = |segments: Segments| String::from_utf8(segments.concat()).unwrap();
        let page = text(feature_collection(&[item("a"), item("b")], write, &[], matched).unwrap());
        let page: Value = serde_json::from_str(&page).unwrap();
        assert_eq!(page["features"][1]["id"], "b");
        assert_eq!(page["features"][0]["links"][0]["rel"], "self");
        assert_eq!((&page["numberMatched"], &page["numberReturned"]), (&json!(20), &json!(2)));
        assert_eq!(page["numberMatchedEstimated"], true);
        let empty = feature_collection(&[], write, &[], Some(Matched { count: 0, exact: true })).unwrap();
        assert_eq!(
            text(empty),
            "{\"type\":\"FeatureCollection\",\"features\":[],\"links\":[],\"numberMatched\":0,\"numberReturned\":0}"
        );
    }
}
