//! What a caller may see, as a condition of every query.

use std::sync::Arc;

use sqlx::{Postgres, QueryBuilder};

use crate::item::is_text;

/// What the caller may see; a row filter in every query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Nothing,
    /// Public collections only.
    Public,
    /// Public collections, those that name one of these, and those that one of these owns. They are the text forms of
    /// all that the caller is: `authenticated`, its groups and roles, and its `user:` one.
    Member(Arc<[String]>),
    /// Everything (the command line, admins).
    Full,
}

impl Access {
    /// Appends the condition on rows of `collections`.
    pub(crate) fn of_collections(&self, query: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Nothing => query.push("false"),
            Self::Public => query.push("visibility = 'public'"),
            Self::Member(subjects) => {
                // The database cannot hold the rest, so no policy names it.
                let subjects: Vec<String> = subjects.iter().filter(|subject| is_text(subject)).cloned().collect();
                query.push("(visibility = 'public' OR visibility = 'groups' AND subjects && ");
                query.push_bind(subjects.clone()).push(" OR owner = ANY (").push_bind(subjects).push("))")
            }
            Self::Full => query.push("visibility <> 'removed'"),
        };
    }

    /// Appends whether one may write to a collection that one sees: if it is one's own or nobody's. (That one has the
    /// scope for it is for the API to see.)
    pub(crate) fn may_write(&self, query: &mut QueryBuilder<Postgres>) {
        query.push("(");
        if matches!(self, Self::Public | Self::Member(_)) {
            query.push("owner IS NULL OR ");
        }
        self.owns(query);
        query.push(")");
    }

    /// Appends whether a collection is one's own, as all are to full access.
    pub(crate) fn owns(&self, query: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Nothing | Self::Public => query.push("false"),
            Self::Member(subjects) => {
                let subjects: Vec<String> = subjects.iter().filter(|subject| is_text(subject)).cloned().collect();
                query.push("coalesce(owner = ANY (").push_bind(subjects).push("), false)")
            }
            Self::Full => query.push("true"),
        };
    }

    /// Appends the condition on rows of `items`. An array, made once per query, rather than a join: it leaves the order
    /// of an index alone. The collation, which is another name of the column's own, keeps the planner from looking up
    /// every visible item in an index of collections first.
    pub(crate) fn of_items(&self, query: &mut QueryBuilder<Postgres>) {
        match self {
            Self::Nothing => drop(query.push("false")),
            // All but those that are being removed, of which there are none most of the time.
            Self::Full => {
                query.push("collection COLLATE \"POSIX\" <> ALL ");
                query.push("(ARRAY(SELECT id FROM collections WHERE visibility = 'removed'))");
            }
            Self::Public | Self::Member(_) => self.of_some_items(query),
        }
    }

    fn of_some_items(&self, query: &mut QueryBuilder<Postgres>) {
        query.push("collection COLLATE \"POSIX\" = ANY (ARRAY(SELECT id FROM collections WHERE ");
        self.of_collections(query);
        query.push("))");
    }
}
