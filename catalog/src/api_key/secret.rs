//! The secret of an API key: what its owner has, and the database has not.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// What every key begins with, so that one that went astray is found.
const PREFIX: &str = "ardent_";
const SECRET_BYTES: usize = 32;

/// An API key in full: `ardent_` and 32 random bytes in base64url. It is shown once, to whom it is for; its hash is
/// what is stored. `Debug` does not show it.
///
/// ```
/// use ardent_catalog::ApiSecret;
/// let secret = ApiSecret::generate().unwrap();
/// assert_eq!(ApiSecret::parse(secret.expose()).unwrap().hash(), secret.hash());
/// assert!(ApiSecret::parse("ardent_short").is_none());
/// ```
#[derive(Debug, Clone)]
pub struct ApiSecret(SecretString);

impl ApiSecret {
    /// A new one, from the operating system's random numbers; [`Error::Random`] if it has none.
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|source| Error::Random { source })?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into()))
    }

    /// A text that has the shape of one; whether it is one the database knows.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (bytes.len() == SECRET_BYTES).then(|| Self(text.into()))
    }

    /// SHA-256 of the whole text: what is stored.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret()).into()
    }

    /// The text itself, to be shown to its owner and nowhere else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// 32 bytes of zeros.
    const ZEROS: &str = "ardent_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn the_hash_is_that_of_the_whole_text() {
        let hash = ApiSecret::parse(ZEROS).unwrap().hash();
        let shown = hash.map(|byte| format!("{byte:02x}")).concat();
        // printf %s ardent_AAAA… | sha256sum
        assert_eq!(shown, "d4c01f9aed1af5df97cba7bfb740d9177244ee24389087fb940237d55f1de046");
    }

    #[test]
    fn only_what_has_the_shape_is_one() {
        let long = format!("{ZEROS}A");
        let other = ZEROS.replace("ardent_", "Ardent_");
        let no_base64 = ZEROS.replace("AAA", "A+A");
        // The last character has four bits only.
        let loose = format!("{}B", &ZEROS[..ZEROS.len() - 1]);
        for text in ["", "ardent_", &ZEROS[..ZEROS.len() - 1], &long, &other, &no_base64, &loose, &ZEROS[7..]] {
            assert!(ApiSecret::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn no_two_are_the_same_and_none_is_shown() {
        let secrets: Vec<ApiSecret> = (0..1000).map(|_| ApiSecret::generate().unwrap()).collect();
        let texts: HashSet<&str> = secrets.iter().map(ApiSecret::expose).collect();
        assert_eq!(texts.len(), secrets.len());
        assert!(texts.iter().all(|text| text.len() == 50 && ApiSecret::parse(text).is_some()));
        let shown = format!("{:?}", secrets[0]);
        assert!(shown.contains("REDACTED") && !shown.contains(&secrets[0].expose()[7..]), "{shown}");
    }
}
