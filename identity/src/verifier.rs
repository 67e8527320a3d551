//! From a bearer token to a principal.

use std::sync::Arc;

use jsonwebtoken::{
    Header, TokenData, Validation, dangerous,
    errors::{Error as JwtError, ErrorKind},
};
use tokio::runtime::Handle;

use crate::{
    Error, Issuer, Principal, Refusal, Result,
    claims::{Claims, Unverified, time},
    key_cache::KeyCache,
    key_set,
};

/// No token is longer.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Checks the tokens of all issuers that are trusted. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Verifier {
    trusted: Arc<[Trusted]>,
}

#[derive(Debug)]
struct Trusted {
    issuer: Arc<Issuer>,
    validation: Validation,
    keys: Arc<KeyCache>,
}

impl Verifier {
    /// For these issuers. Their keys are fetched on `runtime`, for as long as this is held; an issuer that does not
    /// answer yet is asked again.
    ///
    /// # Errors
    /// If an issuer cannot be trusted as it is set.
    pub fn start(issuers: Vec<Issuer>, runtime: &Handle) -> Result<Self> {
        Issuer::validate_all(&issuers)?;
        let trust = |issuer: Issuer| {
            let issuer = Arc::new(issuer);
            let keys = KeyCache::start(Arc::clone(&issuer), runtime)?;
            Ok(Trusted { validation: validation(&issuer), issuer, keys })
        };
        Ok(Self { trusted: issuers.into_iter().map(trust).collect::<Result<_>>()? })
    }

    /// The issuers.
    pub fn issuers(&self) -> impl Iterator<Item = &Issuer> {
        self.trusted.iter().map(|trusted| &*trusted.issuer)
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// [`Error::Refused`] if the token is not good, [`Error::Unavailable`] if that cannot be told for the moment.
    pub async fn verify(&self, token: &str) -> Result<Principal> {
        if token.len() > MAX_TOKEN_BYTES {
            let reason = format!("it is longer than {MAX_TOKEN_BYTES} bytes");
            return Err(Refusal::Malformed { reason }.into());
        }
        let header = header(token)?;
        let key_id = header.kid.as_deref().ok_or_else(|| malformed("its header has no `kid`"))?;
        let TokenData { claims: unverified, .. } =
            dangerous::insecure_decode::<Unverified>(token).map_err(|error| unreadable(&error))?;
        let trusted = self.trusted(&unverified.iss)?;
        let key = trusted.keys.find(key_id, header.alg).await?;
        let mut validation = trusted.validation.clone();
        validation.algorithms = vec![header.alg];
        let decoded = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|error| refusal(&error, &trusted.issuer, &unverified))?;
        debug_assert_eq!(decoded.claims.issuer(), trusted.issuer.url);
        Ok(decoded.claims.into_principal(&trusted.issuer, header.typ.as_deref())?)
    }

    fn trusted(&self, issuer: &str) -> Result<&Trusted> {
        let found = self.trusted.iter().find(|trusted| trusted.issuer.url == issuer);
        found.ok_or_else(|| {
            let known = self.issuers().map(|issuer| issuer.url.as_str()).collect::<Vec<_>>().join(", ");
            let issuer = issuer.chars().take(200).collect();
            Refusal::UnknownIssuer { issuer, known }.into()
        })
    }
}

fn validation(issuer: &Issuer) -> Validation {
    let mut validation = Validation::default();
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[&issuer.url]);
    validation.set_audience(&[&issuer.audience]);
    validation.leeway = issuer.leeway_seconds;
    validation.validate_nbf = true;
    validation
}

/// The header, if a token with it may be looked at.
fn header(token: &str) -> Result<Header> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| match named_algorithm(token) {
        Some(algorithm) if algorithm.parse::<jsonwebtoken::Algorithm>().is_err() => {
            Error::from(Refusal::Algorithm { algorithm })
        }
        _ => unreadable(&error),
    })?;
    if !key_set::counts(header.alg) {
        return Err(Refusal::Algorithm { algorithm: format!("{:?}", header.alg) }.into());
    }
    if header.crit.is_some() {
        return Err(malformed("its header has `crit`, of which nothing is understood here"));
    }
    if header.enc.is_some() || header.zip.is_some() {
        return Err(malformed("it is encrypted or compressed"));
    }
    Ok(header)
}

/// What a header that cannot be read calls its algorithm, such as `none`.
fn named_algorithm(token: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        alg: String,
    }
    // The library decodes only what has three parts and a header that it knows; the claims' decoder takes any JSON.
    let (header, _) = token.split_once('.')?;
    let named: Named = dangerous::insecure_decode_claims(format!("e30.{header}.")).ok()?;
    Some(named.alg.chars().take(20).collect())
}

fn malformed(reason: &str) -> Error {
    Refusal::Malformed { reason: reason.to_owned() }.into()
}

fn unreadable(error: &JwtError) -> Error {
    let reason = match error.kind() {
        ErrorKind::Json(error) => format!("its JSON cannot be read ({error})"),
        ErrorKind::Base64(_) => "it is not Base64url".to_owned(),
        ErrorKind::Utf8(_) => "it is not UTF-8".to_owned(),
        _ => "it does not have three parts".to_owned(),
    };
    malformed(&reason)
}

fn refusal(error: &JwtError, issuer: &Issuer, claims: &Unverified) -> Error {
    let refusal = match error.kind() {
        ErrorKind::ExpiredSignature => Refusal::Expired { at: time(claims.exp) },
        ErrorKind::ImmatureSignature => Refusal::NotYetValid,
        ErrorKind::InvalidAudience => Refusal::Audience { expected: issuer.audience.clone() },
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => {
            Refusal::Audience { expected: issuer.audience.clone() }
        }
        ErrorKind::MissingRequiredClaim(claim) => Refusal::Claims { reason: format!("has no `{claim}`") },
        ErrorKind::InvalidClaimFormat(claim) => Refusal::Claims { reason: format!("has a `{claim}` that is none") },
        ErrorKind::Json(error) => Refusal::Claims { reason: format!("has claims that cannot be read: {error}") },
        _ => Refusal::Signature,
    };
    refusal.into()
}
