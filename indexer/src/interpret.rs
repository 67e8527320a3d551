//! From the value of a document to what goes into the catalogue.

use ardent_catalog::NewItem;
use ardent_model::{Collection, Item};
use url::Url;

use crate::{collections::Collections, eo, error::chain, kind::Kind, read::Content, stac};

/// How much an item says; of two with the same id the richer one is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// From an ODC dataset document.
    Dataset,
    /// A STAC item.
    Stac,
}

/// What a document means.
#[derive(Debug)]
pub(crate) enum Meaning {
    /// An item for the catalogue.
    Item(Box<NewItem>, Rank),
    /// A collection for the catalogue.
    Collection(Box<Collection>),
    /// Nothing for the catalogue.
    PassedOver,
}

/// What is in the document at `base`, or in a part of it, means; items that name no collection are of `fallback`.
pub(crate) fn interpret(
    content: Content,
    base: &Url,
    collections: &Collections,
    fallback: Option<&str>,
) -> Result<Meaning, String> {
    let value = match content {
        Content::Value(value) => value,
        Content::Item(item) => {
            collections.get(&item.item().collection)?;
            return Ok(Meaning::Item(item, Rank::Stac));
        }
    };
    let (document, rank) = match Kind::of(&value)? {
        Kind::PassedOver => return Ok(Meaning::PassedOver),
        Kind::Items => return Err("it is a FeatureCollection inside another document; give it as a file".to_owned()),
        Kind::Collection => {
            let collection = Collection::from_stac(value).map_err(|error| error.to_string())?;
            return Ok(Meaning::Collection(Box::new(collection)));
        }
        Kind::Item => (stac::ready(value, base, fallback)?, Rank::Stac),
        Kind::EoDataset => (eo::item(&value, base, collections, fallback)?, Rank::Dataset),
    };
    let item = Item::without_assets(&document).map_err(|error| error.to_string())?;
    collections.get(&item.collection)?;
    let item = NewItem::new(item, &document).map_err(|error| chain(&error))?;
    Ok(Meaning::Item(Box::new(item), rank))
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use serde_json::{Value, json};

    use super::*;

    fn item() -> Value {
        json!({"type": "Feature", "stac_version": "1.0.0", "id": "scene", "collection": "known", "links": [],
            "geometry": {"type": "Point", "coordinates": [0, 0]}, "bbox": [0, 0, 0, 0],
            "properties": {"datetime": "2019-06-27T11:21:21Z"}, "assets": {"red": {"href": "red.tif"}}})
    }

    fn read(value: Value) -> Result<Meaning, String> {
        let mut collections = Collections::default();
        let known = json!({"type": "Collection", "id": "known", "description": "d"});
        collections.add(Collection::from_stac(known).unwrap());
        interpret(Content::Value(value), &Url::parse("s3://ard/x.json").unwrap(), &collections, None)
    }

    #[test]
    fn items_collections_and_others_are_told_apart() {
        let Ok(Meaning::Item(item, Rank::Stac)) = read(item()) else { panic!("no item") };
        let document: Value = serde_json::from_str(item.document()).unwrap();
        assert_eq!(Item::from_stac(&document).unwrap().assets[0].href, "s3://ard/red.tif");
        assert_eq!(document["assets"]["red"]["href"], "s3://ard/red.tif");
        let collection = json!({"type": "Collection", "id": "new", "description": "d"});
        assert!(matches!(read(collection), Ok(Meaning::Collection(_))));
        assert!(matches!(read(json!({"type": "Catalog"})), Ok(Meaning::PassedOver)));
    }

    #[test]
    fn what_cannot_be_found_again_is_refused() {
        for (pointer, value, reason) in [
            ("/geometry", Value::Null, "no geometry"),
            (
                "/geometry",
                json!({"type": "Point", "coordinates": [499_980.0, 5_200_080.0]}),
                "499980, 5200080 is not a longitude and latitude",
            ),
            ("/collection", json!("unknown"), "collection `unknown` is not in the catalogue (there are known)"),
            ("/properties/datetime", Value::Null, "neither `datetime`"),
            ("/id", json!(""), "no `id`"),
            ("/type", json!("FeatureCollection"), "inside another"),
            ("/type", json!("Thing"), "no kind"),
        ] {
            let mut item = item();
            *item.pointer_mut(pointer).unwrap() = value;
            let error = read(item).unwrap_err();
            assert!(error.contains(reason), "{pointer}: {error}");
        }
    }

    #[tokio::test]
    async fn real_scenes_and_their_collection_are_read() {
        let Some(folder) = std::env::var_os("ARDENT_TEST_SCENES").map(std::path::PathBuf::from) else {
            eprintln!("skipped: ARDENT_TEST_SCENES is not set");
            return;
        };
        let sources = vec![folder.display().to_string()];
        let options = crate::Options { sources, ..crate::Options::default() };
        let found = crate::discover::discover(&options, &ardent_storage::Stores::default()).await;
        let mut collections = Collections::default();
        let mut items = Vec::new();
        // The collection's file sorts behind the folders of the scenes; a run reads it first.
        let (first, rest) = found.documents.into_iter().partition(|one| one.url.path().ends_with("collection.json"));
        for documents in [first, rest] {
            let events: Vec<_> = crate::read::events(documents, None).collect().await;
            for event in events {
                let crate::read::Event::Part(part) = event else { continue };
                match interpret(part.content.unwrap(), &part.document.url, &collections, None).unwrap() {
                    Meaning::Collection(collection) => collections.add(*collection),
                    Meaning::Item(item, _) => {
                        items.push(Item::from_stac(&serde_json::from_str(item.document()).unwrap()).unwrap());
                    }
                    Meaning::PassedOver => panic!("{:?}", part.document.url),
                }
            }
        }
        assert_eq!(items.len(), 10);
        for item in &items {
            let file = Url::parse(&item.resolve_band("nir").unwrap().0.href).unwrap().to_file_path().unwrap();
            assert_eq!(file, folder.join(&item.id).join("B08.tif"));
            assert!(file.exists());
        }
    }
}
