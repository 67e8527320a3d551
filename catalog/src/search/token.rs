//! Page tokens: where a page ended and of which search, signed, so that nobody can make one up.

use ardent_model::Search;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::error::while_doing;
use crate::wkb::Ewkb;
use crate::{Catalog, Error, Result};

/// Form of the tokens below; another form gets another number.
const VERSION: u8 = 3;
/// Bytes of the signature and of a search's digest (the first of a SHA-256).
const SIGNATURE_BYTES: usize = 16;
const DIGEST_BYTES: usize = 16;
const KEY_BYTES: usize = 32;

/// What tells a search from others, whatever its page.
pub(super) type SearchDigest = [u8; DIGEST_BYTES];

/// The key that signs tokens, shared by all servers of a catalogue.
#[derive(Clone)]
pub(crate) struct TokenKey([u8; KEY_BYTES]);

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey")
    }
}

/// A place in the order of items: the sort values of the last item of a page, as text; `None` where it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place(pub(super) Vec<Option<String>>);

impl Place {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for value in &self.0 {
            bytes.push(u8::from(value.is_some()));
            if let Some(text) = value {
                bytes.extend((text.len() as u64).to_be_bytes());
                bytes.extend(text.as_bytes());
            }
        }
        bytes
    }

    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut values = Vec::new();
        while let Some((is_some, rest)) = bytes.split_first() {
            bytes = rest;
            if *is_some == 0 {
                values.push(None);
                continue;
            }
            let (length, rest) = bytes.split_first_chunk()?;
            let (text, rest) = rest.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)?;
            values.push(Some(String::from_utf8(text.to_vec()).ok()?));
            bytes = rest;
        }
        Some(Self(values))
    }
}

impl TokenKey {
    /// The token of the page after `place`.
    pub(super) fn seal(&self, place: &Place, digest: &SearchDigest) -> String {
        let mut token = vec![VERSION];
        token.extend(digest);
        token.extend(place.to_bytes());
        let signature = self.mac(&token).finalize().into_bytes();
        token.extend(&signature[..SIGNATURE_BYTES]);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The place in a token of ours, of this search.
    pub(super) fn open(&self, token: &str, digest: &SearchDigest) -> Result<Place> {
        let fault = |reason: &str| Error::Token { reason: format!("{reason}; follow the `next` link as it is") };
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| fault("it is not one"))?;
        let signed = bytes.len().checked_sub(SIGNATURE_BYTES).ok_or_else(|| fault("it is too short"))?;
        let (signed, signature) = bytes.split_at(signed);
        self.mac(signed).verify_truncated_left(signature).map_err(|_| fault("it was not made here, or was changed"))?;
        let Some((&[VERSION], rest)) = signed.split_first_chunk::<1>() else {
            return Err(fault("it is of another version"));
        };
        let (of, place) = rest.split_first_chunk::<DIGEST_BYTES>().ok_or_else(|| fault("it is too short"))?;
        if of != digest {
            return Err(fault(
                "it belongs to another search: only `limit`, `fields` and `crs` may change from page to page",
            ));
        }
        Place::from_bytes(place).ok_or_else(|| fault("it cannot be read"))
    }

    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        // Padded to a block with zeros (RFC 2104 §2).
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block[..KEY_BYTES].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block);
        mac.update(bytes);
        mac
    }
}

/// The digest of all of a search but `limit`, `token` and `fields`, which change neither what is found nor its order. Each part is preceded by its length, so that no two searches
/// read alike.
pub(super) fn digest(search: &Search) -> Result<SearchDigest> {
    let mut hash = Sha256::new();
    let mut part = |name: &str, bytes: &[u8]| {
        hash.update([name.len() as u8]);
        hash.update(name);
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for id in &search.ids {
        part("id", id.as_bytes());
    }
    for collection in &search.collections {
        part("collection", collection.as_bytes());
    }
    if let Some(bbox) = &search.bbox {
        part("bbox", bbox.to_string().as_bytes());
    }
    if let Some(projected) = &search.projected_box {
        part("projected box", format!("{projected:?}").as_bytes());
    }
    if let Some(geometry) = &search.intersects {
        let fault = |reason| ardent_model::Error::Search { parameter: "intersects".to_owned(), reason };
        part("intersects", Ewkb::new(geometry).map_err(|error| fault(error.to_string()))?.as_bytes());
    }
    if let Some(interval) = &search.datetime {
        part("datetime", interval.to_string().as_bytes());
    }
    if let Some(condition) = &search.filter {
        part("filter", format!("{condition:?}").as_bytes());
    }
    for term in search.text.terms() {
        part("q", term.as_bytes());
    }
    for key in &search.sort {
        part("sortby", key.to_string().as_bytes());
    }
    let mut digest = SearchDigest::default();
    digest.copy_from_slice(&hash.finalize()[..DIGEST_BYTES]);
    Ok(digest)
}

/// The digest of a search for collections: another than that of the same search for items.
pub(super) fn digest_of_collections(search: &Search) -> Result<SearchDigest> {
    digest_for("collections", search)
}

/// The digest of the search for the items of a day, of which only ids are wanted.
pub(super) fn digest_of_day(search: &Search) -> Result<SearchDigest> {
    digest_for("day", search)
}

fn digest_for(what: &str, search: &Search) -> Result<SearchDigest> {
    let hash = Sha256::new().chain_update(what).chain_update(digest(search)?);
    let mut digest = SearchDigest::default();
    digest.copy_from_slice(&hash.finalize()[..DIGEST_BYTES]);
    Ok(digest)
}

impl Catalog {
    /// The key of this catalogue, made by the first migration.
    pub(super) async fn token_key(&self) -> Result<&TokenKey> {
        let read = async || {
            let query = sqlx::query_scalar("SELECT value FROM settings WHERE name = 'token_key'");
            query.fetch_one(&self.pool).await.map(TokenKey).map_err(while_doing("reading the settings"))
        };
        self.token_key.get_or_try_init(read).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ardent_model::filter::Condition;
    use ardent_model::{Bbox, Fields, FreeText, SortKey};

    fn place() -> Place {
        let text = |text: &str| Some(text.to_owned());
        Place(vec![text("-12.5"), None, text(""), text("sentinel2"), text("scène/1"), None])
    }

    #[test]
    fn a_token_opens_with_its_key_and_search_only() {
        let (key, other) = (TokenKey([1; 32]), TokenKey([2; 32]));
        let search = Search::default();
        let digest_of = |search: &Search| digest(search).unwrap();
        let token = key.seal(&place(), &digest_of(&search));
        assert_eq!(key.open(&token, &digest_of(&search)).unwrap(), place());
        assert_eq!(key.open(&token, &digest_of(&Search { limit: 99, ..search.clone() })).unwrap(), place());
        assert!(other.open(&token, &digest_of(&search)).is_err());
        let cut = Search { fields: Some(Fields::parse("id").unwrap()), ..search.clone() };
        assert_eq!(key.open(&token, &digest_of(&cut)).unwrap(), place());
        assert!(key.open(&token, &digest_of_collections(&search).unwrap()).is_err(), "it is of items");
        for different in [
            Search { ids: vec!["a".to_owned()], ..search.clone() },
            Search { collections: vec!["a".to_owned()], ..search.clone() },
            Search { bbox: Some(Bbox::parse("0,0,1,1").unwrap()), ..search.clone() },
            Search { intersects: Some(geo_types::Point::new(0.0, 0.0).into()), ..search.clone() },
            Search { datetime: Some(ardent_model::Interval::parse_recipe("2020").unwrap()), ..search.clone() },
            Search { filter: Some(Condition::from_text("eo:cloud_cover < 20").unwrap()), ..search.clone() },
            Search { sort: vec![SortKey::parse("id").unwrap()], ..search.clone() },
            Search { text: FreeText::parse("a").unwrap(), ..search.clone() },
        ] {
            let error = key.open(&token, &digest_of(&different)).unwrap_err().to_string();
            assert!(error.contains("another search"), "{error}");
        }
    }

    #[test]
    fn a_token_with_any_bit_changed_is_refused() {
        let key = TokenKey([1; 32]);
        let digest = digest(&Search::default()).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(key.seal(&place(), &digest)).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open(&URL_SAFE_NO_PAD.encode(changed), &digest).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(key.open(&URL_SAFE_NO_PAD.encode(&bytes[..length]), &digest).is_err(), "{length} bytes");
        }
        for text in ["", "?", "token", "é", "AAAA=="] {
            assert!(key.open(text, &digest).is_err(), "{text}");
        }
    }

    #[test]
    fn lists_that_read_alike_are_told_apart() {
        let with = |ids: &[&str], collections: &[&str]| {
            let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
            digest(&Search { ids: owned(ids), collections: owned(collections), ..Search::default() }).unwrap()
        };
        assert_ne!(with(&["a", "b"], &[]), with(&["ab"], &[]));
        assert_ne!(with(&["a"], &["b"]), with(&["b"], &["a"]));
    }
}
