//! Arguments of `ardent policy`.

use ardent_model::{Scope, Subject};
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Show who sees each collection, and who may do what
    Show(Json),
    /// Let everyone who may read see a collection
    Open {
        /// Its id
        collection: String,
    },
    /// Let these see a collection, its owner and admins, and nobody else
    Restrict {
        /// Its id
        collection: String,
        /// Who: group:NAME, role:NAME, client-role:CLIENT/NAME, user:SUB, each with @ISSUER if the issuer has a name, or
        /// authenticated
        #[arg(required = true, value_name = "SUBJECT")]
        subjects: Vec<Subject>,
    },
    /// Let its owner see a collection, and admins, and nobody else
    Own {
        /// Its id
        collection: String,
        /// Whose it is, user:SUB; left out: nobody's, so that admins alone see it
        #[arg(value_parser = person)]
        user: Option<Subject>,
    },
    /// Let these do more
    Grant(Grant),
    /// Let these do less: what they were granted, and what needs it
    Revoke(Grant),
}

#[derive(Debug, Args)]
pub(crate) struct Grant {
    /// read, load, job, ingest or admin; several with commas between
    #[arg(value_name = "SCOPE[,SCOPE]", value_parser = scopes)]
    pub(crate) scopes: ScopeList,
    /// Who, as in `ardent policy restrict`
    #[arg(required = true, value_name = "SUBJECT")]
    pub(crate) subjects: Vec<Subject>,
}

/// Scopes as they were given, without what comes with them.
#[derive(Debug, Clone)]
pub(crate) struct ScopeList(pub(crate) Vec<Scope>);

/// In which form to print.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long, env = "ARDENT_JSON")]
    pub(crate) json: bool,
}

fn scopes(text: &str) -> Result<ScopeList, ardent_model::Error> {
    text.split(',').map(str::parse).collect::<Result<_, _>>().map(ScopeList)
}

/// A subject that is one person or service.
pub(super) fn person(text: &str) -> Result<Subject, String> {
    let subject: Subject = text.parse().map_err(|error: ardent_model::Error| error.to_string())?;
    if subject.is_user() { Ok(subject) } else { Err("it is not one person; give user:SUB".to_owned()) }
}
