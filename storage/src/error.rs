//! What can go wrong between us and an object, by what a caller can do about it.

/// A failed access. Every variant names the object or profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The href is not one.
    #[error("`{href}` is not an object's address: {reason}")]
    Href {
        /// As it was given.
        href: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No profile covers the href.
    #[error("no storage profile covers `{href}`; add a [[store]] whose url it begins with (ARDENT_STORES)")]
    NoProfile {
        /// As it was given.
        href: String,
    },
    /// A profile cannot be used.
    #[error("storage profile `{profile}`: {reason}")]
    Profile {
        /// The profile's url, or the file it stands in.
        profile: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such object.
    #[error("`{href}` does not exist")]
    NotFound {
        /// The object.
        href: String,
    },
    /// The store refuses these credentials.
    #[error("the store refuses access to `{href}`; check the profile's credentials")]
    Denied {
        /// The object.
        href: String,
        /// The store's answer.
        #[source]
        source: object_store::Error,
    },
    /// A condition on the object does not hold: it changed, or it is there already.
    #[error("`{href}` changed")]
    Changed {
        /// The object.
        href: String,
        /// The store's answer.
        #[source]
        source: object_store::Error,
    },
    /// The store gave fewer bytes than the object has.
    #[error("`{href}` is truncated: {wanted_bytes} bytes at {offset_bytes} were asked for, {got_bytes} came")]
    Truncated {
        /// The object.
        href: String,
        /// Where they were to begin.
        offset_bytes: u64,
        /// How many were asked for.
        wanted_bytes: u64,
        /// How many came.
        got_bytes: u64,
    },
    /// The store failed, after retries.
    #[error("the store failed on `{href}`")]
    Unavailable {
        /// The object.
        href: String,
        /// The last failure.
        #[source]
        source: object_store::Error,
    },
}

impl Error {
    /// Sorts a failure of the store by what can be done about it.
    pub(crate) fn from_store(href: &str, source: object_store::Error) -> Self {
        use object_store::Error as Store;
        let href = href.to_owned();
        match source {
            Store::NotFound { .. } => Self::NotFound { href },
            Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => Self::Denied { href, source },
            Store::Precondition { .. } | Store::AlreadyExists { .. } => Self::Changed { href, source },
            _ => Self::Unavailable { href, source },
        }
    }

    /// Whether trying again later may help.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Truncated { .. })
    }
}
