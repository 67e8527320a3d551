//! The keys of an issuer (RFC 7517), those alone that can sign tokens.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// Signatures that count. Never `none`, and never HS: whoever can check one of those can make one.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

/// Whether a signature of this kind counts.
pub(crate) fn counts(algorithm: Algorithm) -> bool {
    ALGORITHMS.contains(&algorithm)
}

/// No issuer has more keys.
const MAX_KEYS: usize = 100;

/// The signing keys of an issuer.
#[derive(Debug, Default)]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: String,
    /// The signatures it may be used for.
    algorithms: Vec<Algorithm>,
    public: DecodingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JWKS. Keys for encryption, symmetric ones and what cannot be read are left out; without any key for
    /// signatures it is an error.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(json).map_err(|error| format!("it is no key set: {error}"))?;
        if document.keys.len() > MAX_KEYS {
            return Err(format!("it has {} keys; {MAX_KEYS} are the most", document.keys.len()));
        }
        let keys: Vec<Key> = document.keys.into_iter().filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err("it has no key for signatures (RSA of 2048 bits or more, P-256 or P-384, with a `kid`)".into());
        }
        Ok(Self(keys))
    }

    /// The key of this id, if it may be used for this kind of signature.
    pub(crate) fn find(&self, id: &str, algorithm: Algorithm) -> Option<&DecodingKey> {
        self.0.iter().find(|key| key.id == id && key.algorithms.contains(&algorithm)).map(|key| &key.public)
    }

    /// Whether there is a key of this id, for whatever signature.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id == id)
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let common = &jwk.common;
        let is_for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
        let may_verify =
            common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if !is_for_signatures || !may_verify {
            return None;
        }
        let of_family = |family: AlgorithmFamily| {
            let all = ALGORITHMS.into_iter().filter(move |algorithm| algorithm.family() == family);
            all.collect::<Vec<_>>()
        };
        let mut algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => of_family(AlgorithmFamily::Rsa),
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => vec![Algorithm::ES256],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => return None,
        };
        if let Some(named) = common.key_algorithm {
            let named = Algorithm::try_from(named).ok()?;
            algorithms.retain(|algorithm| *algorithm == named);
        }
        let id = common.key_id.clone().filter(|id| !id.is_empty())?;
        let public = DecodingKey::from_jwk(&jwk).ok()?;
        (!algorithms.is_empty()).then_some(Self { id, algorithms, public })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa(changes: &Value) -> Value {
        let mut key = json!({"kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB", "use": "sig", "alg": "RS256"});
        for (member, value) in changes.as_object().unwrap() {
            key[member] = value.clone();
        }
        key
    }

    fn parse(keys: &[Value]) -> Result<KeySet, String> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn a_key_counts_for_what_it_says_alone() {
        let set = parse(&[rsa(&json!({})), rsa(&json!({"kid": "any", "alg": null}))]).unwrap();
        assert!(set.find("k", Algorithm::RS256).is_some() && set.find("k", Algorithm::PS256).is_none());
        assert!(set.find("any", Algorithm::PS512).is_some() && set.find("any", Algorithm::ES256).is_none());
        assert!(set.find("other", Algorithm::RS256).is_none());
        assert!(set.has("k") && !set.has("other"));
    }

    #[test]
    fn what_is_not_for_signatures_is_left_out() {
        let good = rsa(&json!({"kid": "good"}));
        for bad in [
            rsa(&json!({"use": "enc"})),
            rsa(&json!({"alg": "RSA-OAEP"})),
            rsa(&json!({"alg": "HS256"})),
            rsa(&json!({"use": null, "key_ops": ["encrypt"]})),
            rsa(&json!({"kid": ""})),
            rsa(&json!({"kid": null})),
            rsa(&json!({"n": "?"})),
            json!({"kty": "oct", "kid": "k", "k": "c2VjcmV0", "alg": "HS256"}),
            json!({"kty": "EC", "kid": "k", "crv": "P-521", "x": "AA", "y": "AA"}),
            json!({"kty": "OKP", "kid": "k", "crv": "Ed25519", "x": "AA"}),
            json!({"kty": "XYZ", "kid": "k"}),
            json!(7),
        ] {
            let set = parse(&[bad.clone(), good.clone()]).unwrap();
            assert!(!set.has("k") && set.has("good"), "{bad}");
        }
    }

    #[test]
    fn what_is_no_key_set_is_an_error() {
        for (json, words) in [
            ("", "no key set"),
            ("[]", "no key set"),
            ("{}", "no key set"),
            (r#"{"keys": []}"#, "no key for signatures"),
        ] {
            let message = KeySet::parse(json.as_bytes()).unwrap_err();
            assert!(message.contains(words), "{json}: {message}");
        }
        let message = parse(&vec![rsa(&json!({})); 101]).unwrap_err();
        assert!(message.contains("101 keys"), "{message}");
    }
}
