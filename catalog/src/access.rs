//! Who may see what.

/// Who may see a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everyone.
    Public,
    /// Only those with full access.
    Private,
}

impl Visibility {
    /// As the database has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }

    /// From what the database has; anything but `public` is closed.
    pub(crate) fn from_stored(text: &str) -> Self {
        if text == "public" { Self::Public } else { Self::Private }
    }
}

/// What the caller may see; a row filter in every query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Public collections only.
    Public,
    /// Everything (the command line, admins).
    Full,
}

impl Access {
    /// Condition on rows of `collections`.
    pub(crate) const fn of_collections(self) -> &'static str {
        match self {
            Self::Public => "visibility = 'public'",
            Self::Full => "true",
        }
    }

    /// Condition on rows of `items`. An array, made once per query, rather than a join: it leaves the order of an
    /// index alone.
    pub(crate) const fn of_items(self) -> &'static str {
        match self {
            Self::Public => "collection = ANY (ARRAY(SELECT id FROM collections WHERE visibility = 'public'))",
            Self::Full => "true",
        }
    }
}
