//! Keys that sign tokens.

use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair},
};
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, EncodingKey, Header,
    jwk::{Jwk, PublicKeyUse},
};
use serde_json::Value;

/// Bytes before the key itself in a PKCS #8 document of 2048 bits (RFC 5208): version and algorithm.
const PKCS8_HEADER_BYTES: usize = 26;

/// A private key, with what is shown of it.
#[derive(Clone)]
pub struct SigningKey {
    id: String,
    algorithm: Algorithm,
    key: Arc<EncodingKey>,
    public: Value,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// If the algorithm is not of the RS, PS or ES family.
    pub fn new(id: &str, algorithm: Algorithm) -> Result<Self> {
        let key = match (algorithm, algorithm.family()) {
            (_, AlgorithmFamily::Rsa) => {
                let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key"))?;
                let der = pair.as_der().map_err(|_| anyhow!("no RSA key"))?;
                // The library takes PKCS #1, which is what PKCS #8 wraps.
                EncodingKey::from_rsa_der(der.as_ref().get(PKCS8_HEADER_BYTES..).unwrap_or_default())
            }
            (Algorithm::ES256 | Algorithm::ES384, _) => {
                let curve = match algorithm {
                    Algorithm::ES256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
                    _ => &ECDSA_P384_SHA384_FIXED_SIGNING,
                };
                let der =
                    EcdsaKeyPair::generate_pkcs8(curve, &SystemRandom::new()).map_err(|_| anyhow!("no EC key"))?;
                EncodingKey::from_ec_der(der.as_ref())
            }
            _ => bail!("{algorithm:?} is not for issuers"),
        };
        let mut public = Jwk::from_encoding_key(&key, algorithm)?;
        public.common.key_id = Some(id.to_owned());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let public = serde_json::to_value(public)?;
        Ok(Self { id: id.to_owned(), algorithm, key: Arc::new(key), public })
    }

    /// What the issuer shows of it (JWK).
    pub fn public(&self) -> &Value {
        &self.public
    }

    /// A header that names it.
    pub fn header(&self) -> Header {
        Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) }
    }

    /// A token with these claims.
    ///
    /// # Panics
    /// If it cannot be signed.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&self.header(), claims)
    }

    /// A token with this header and these claims.
    ///
    /// # Panics
    /// If it cannot be signed.
    #[expect(clippy::expect_used, reason = "for tests, which cannot go on without it")]
    pub fn sign_with(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).expect("a signed token")
    }

    /// The signature of these bytes, as the third part of a token.
    ///
    /// # Panics
    /// If they cannot be signed.
    #[expect(clippy::expect_used, reason = "for tests, which cannot go on without it")]
    pub fn sign_bytes(&self, message: &[u8]) -> String {
        jsonwebtoken::crypto::sign(message, &self.key, self.algorithm).expect("a signature")
    }
}
