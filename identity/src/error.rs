//! Why a token does not count.

use chrono::{DateTime, Utc};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The token is not good: its bearer needs another one.
    #[error("the token {0}")]
    Refused(#[from] Refusal),
    /// The token cannot be checked for the moment: that is not its bearer's fault.
    #[error("the keys of the issuer {issuer} cannot be had")]
    Unavailable {
        /// The issuer.
        issuer: String,
        /// Why; none if it was just tried and is not tried again yet.
        #[source]
        source: Option<Box<Error>>,
    },
    /// A document of an issuer could not be fetched.
    #[error("{url} cannot be fetched")]
    Fetch {
        /// Its address.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// A document of an issuer is not what it should be.
    #[error("{url}: {reason}")]
    Document {
        /// Its address.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// A provider that gives no token.
    #[error("the identity provider {issuer} gives no token: {reason}")]
    Login {
        /// The provider.
        issuer: String,
        /// Why, in its words, and what would help.
        reason: String,
    },
    /// The file of the sessions cannot be used.
    #[error("the sessions in {} cannot be read or written", path.display())]
    Sessions {
        /// Its path.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A setting that is wrong.
    #[error("issuer `{issuer}`: {reason}")]
    Issuer {
        /// The issuer as it is set.
        issuer: String,
        /// What is wrong, and what would pass.
        reason: String,
    },
}

/// Why a token is refused, in words for its bearer: they follow "the token".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no signed JSON Web Token.
    #[error("is not a signed JWT: {reason}; send the access token as the identity provider gave it")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// It is signed in a way that proves nothing here.
    #[error("is signed with {algorithm}; only RS256 to RS512, PS256 to PS512, ES256 and ES384 count")]
    Algorithm {
        /// The algorithm it names.
        algorithm: String,
    },
    /// Nobody trusts whoever issued it.
    #[error("was issued by {issuer:?}; this server trusts {known}")]
    UnknownIssuer {
        /// The issuer it names.
        issuer: String,
        /// Those that would pass.
        known: String,
    },
    /// Its issuer has no such key, or has it no more.
    #[error("is signed with a key that its issuer does not have (any more); get a new token")]
    UnknownKey,
    /// It was changed, or somebody else signed it.
    #[error("has a wrong signature")]
    Signature,
    /// Its time is over.
    #[error("expired at {at}; get a new one")]
    Expired {
        /// When.
        at: DateTime<Utc>,
    },
    /// Its time has not come.
    #[error("is not valid yet; check the clocks of this server and the identity provider")]
    NotYetValid,
    /// It is meant for others.
    #[error(
        "is not for this server: its audience must include `{expected}` (an audience mapper of the client sets it)"
    )]
    Audience {
        /// What would pass.
        expected: String,
    },
    /// It was given to a client that may not come here.
    #[error("was given to the client {client:?}, which may not be used here; use one of {allowed}")]
    Client {
        /// The client.
        client: String,
        /// Those that would pass.
        allowed: String,
    },
    /// It is an ID, refresh or logout token, or one that needs a proof of possession.
    #[error("is {kind}; send the access token")]
    Kind {
        /// What it is.
        kind: String,
    },
    /// It lacks something.
    #[error("{reason}")]
    Claims {
        /// What is missing or wrong.
        reason: String,
    },
}
