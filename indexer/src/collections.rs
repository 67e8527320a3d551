//! The collections that items may belong to.

use std::collections::BTreeMap;

use ardent_model::Collection;
use serde_json::Value;

/// The collections of the catalogue, and those found on the way.
#[derive(Debug, Default)]
pub(crate) struct Collections {
    known: BTreeMap<String, Collection>,
}

impl Collections {
    /// Adds or replaces one.
    pub(crate) fn add(&mut self, collection: Collection) {
        self.known.insert(collection.id.clone(), collection);
    }

    /// The collection called `id`; the reason says how to add it.
    pub(crate) fn get(&self, id: &str) -> Result<&Collection, String> {
        self.known.get(id).ok_or_else(|| {
            let have = self.known.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let have = if have.is_empty() { "there is none yet".to_owned() } else { format!("there are {have}") };
            format!("its collection `{id}` is not in the catalogue ({have}); add it first (ardent product add)")
        })
    }

    /// The collection whose product definition matches a document's platform and product type, else `fallback`.
    pub(crate) fn matching(
        &self,
        platform: Option<&str>,
        product_type: Option<&str>,
        fallback: Option<&str>,
    ) -> Result<&Collection, String> {
        let given = [("platform", platform), ("product_type", product_type)];
        let found: Vec<_> = self.known.values().filter(|collection| matches(collection, &given)).collect();
        let chosen = fallback.and_then(|id| found.iter().find(|collection| collection.id == id));
        match (found.as_slice(), chosen, fallback) {
            ([one], ..) | (_, Some(one), _) => Ok(*one),
            ([], None, Some(id)) => self.get(id),
            ([], None, None) => Err(format!(
                "no collection is for platform `{}` and product type `{}`; add its product definition (ardent product \
                 add) or say which collection is meant (--collection)",
                platform.unwrap_or("(none)"),
                product_type.unwrap_or("(none)"),
            )),
            (many, None, _) => Err(format!(
                "the collections {} are all for its platform and product type; say which one is meant (--collection)",
                many.iter().map(|collection| collection.id.as_str()).collect::<Vec<_>>().join(", ")
            )),
        }
    }
}

/// Whether everything the collection's definition asks for is so, in any case of letters.
fn matches(collection: &Collection, given: &[(&str, Option<&str>)]) -> bool {
    let Some(wanted) = collection.document.get("ardent:match") else { return false };
    let mut asked = given.iter().filter_map(|(name, value)| Some((wanted.get(name).and_then(Value::as_str)?, value)));
    let any = given.iter().any(|(name, _)| wanted.get(name).is_some_and(Value::is_string));
    any && asked.all(|(wanted, value)| value.is_some_and(|value| value.eq_ignore_ascii_case(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn collections(entries: &[(&str, Value)]) -> Collections {
        let mut collections = Collections::default();
        for (id, wanted) in entries {
            let document = json!({"type": "Collection", "id": id, "description": "d", "ardent:match": wanted});
            collections.add(Collection::from_stac(document).unwrap());
        }
        collections
    }

    #[test]
    fn a_document_is_matched_by_platform_and_product_type() {
        let collections = collections(&[
            ("s1", json!({"platform": "SENTINEL-1", "product_type": "gamma_0"})),
            ("s2", json!({"platform": "SENTINEL-2", "product_type": "ARCSI_SREF"})),
            ("other", Value::Null),
        ]);
        let find = |platform, product_type, fallback| {
            collections.matching(platform, product_type, fallback).map(|collection| collection.id.clone())
        };
        assert_eq!(find(Some("sentinel-2"), Some("ARCSI_SREF"), Some("other")).unwrap(), "s2");
        assert_eq!(find(Some("LANDSAT-8"), None, Some("other")).unwrap(), "other");
        assert!(find(Some("SENTINEL-2"), Some("gamma_0"), None).unwrap_err().contains("ardent product add"));
        assert!(find(None, None, Some("gone")).unwrap_err().contains("there are other, s1, s2"));
    }

    #[test]
    fn two_that_match_need_a_choice() {
        let wanted = json!({"platform": "SENTINEL-2", "product_type": null});
        let collections = collections(&[("a", wanted.clone()), ("b", wanted)]);
        let error = collections.matching(Some("SENTINEL-2"), None, None).unwrap_err();
        assert!(error.contains("a, b") && error.contains("--collection"), "{error}");
        assert_eq!(collections.matching(Some("SENTINEL-2"), None, Some("b")).unwrap().id, "b");
    }
}
