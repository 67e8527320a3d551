//! Arguments of `ardent key`.

use ardent_catalog::MAX_KEY_DAYS;
use ardent_model::{Scope, Subject};
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::policy::{Json, person};

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key, and print it: this once
    Create(Create),
    /// List the keys, without their secrets
    List(Json),
    /// End a key, or all of one owner, at once
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What it is for
    #[arg(long, env = "ARDENT_LABEL", value_name = "TEXT", required = true)]
    pub(crate) label: String,
    /// What may be done with it, as far as its subjects may: read, load, job, ingest, admin, with commas between
    #[arg(long, env = "ARDENT_SCOPES", value_name = "SCOPE", value_delimiter = ',', required = true)]
    pub(crate) scopes: Vec<Scope>,
    /// What it counts as, as in `ardent policy restrict`; several with blanks between
    #[arg(long, env = "ARDENT_SUBJECTS", value_name = "SUBJECT", num_args = 1.., required = true)]
    pub(crate) subjects: Vec<Subject>,
    /// How long it lives
    #[arg(
        long,
        env = "ARDENT_DAYS",
        value_name = "DAYS",
        default_value_t = 90,
        value_parser = clap::value_parser!(i64).range(1..=MAX_KEY_DAYS)
    )]
    pub(crate) days: i64,
    /// Whose it is, user:SUB [default: user:NAME@cli, after the user who runs this]
    #[arg(long, env = "ARDENT_OWNER", value_name = "USER", value_parser = person)]
    pub(crate) owner: Option<Subject>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Revoke {
    /// Id of the key, as `ardent key list` shows it
    #[arg(value_parser = id)]
    pub(crate) id: Option<Uuid>,
    /// Every key of this owner, user:SUB
    #[arg(long, env = "ARDENT_OWNER", value_name = "USER", value_parser = person)]
    pub(crate) owner: Option<Subject>,
}

fn id(text: &str) -> Result<Uuid, &'static str> {
    text.parse().map_err(|_| "it is not the id of a key; `ardent key list` shows those there are")
}
