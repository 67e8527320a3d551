//! `ardent policy show`.

use std::collections::BTreeMap;

use anyhow::Result;
use ardent_catalog::Catalog;
use ardent_model::{CollectionPolicy, Scopes, Subject, Visibility};
use serde::Serialize;

use crate::{arguments::Json, command::Outcome, output, table};

#[derive(Serialize)]
struct Policies {
    collections: BTreeMap<String, CollectionPolicy>,
    grants: BTreeMap<Subject, Scopes>,
}

/// Prints who sees each collection, and what is granted to whom.
pub(super) async fn run(form: Json, catalog: &Catalog) -> Result<Outcome> {
    let policies = Policies { collections: catalog.collection_policies().await?, grants: catalog.grants().await? };
    if form.json {
        output::receipt(&policies, None)?;
        return Ok(Outcome::Complete);
    }
    let seen = policies.collections.iter().map(|(id, policy)| {
        let owner = policy.owner.as_ref().map(ToString::to_string).unwrap_or_default();
        [id.clone(), policy.visibility.name().to_owned(), owner, seers(policy)]
    });
    let granted = policies.grants.iter().map(|(subject, scopes)| [subject.to_string(), scopes.to_string()]);
    let collections = table::of(["collection", "visibility", "owner", "seen by"], seen);
    output::print(&format!("{collections}\n{}", table::of(["granted to", "scopes"], granted)))
}

/// Who sees a collection, besides admins.
pub(super) fn seers(policy: &CollectionPolicy) -> String {
    let owner = policy.owner.as_ref().map(ToString::to_string);
    match policy.visibility {
        Visibility::Public => "everyone who may read".to_owned(),
        Visibility::Groups => {
            let seers: Vec<String> = policy.subjects.iter().map(ToString::to_string).chain(owner).collect();
            seers.join(", ")
        }
        Visibility::Owner => owner.unwrap_or_else(|| "admins alone".to_owned()),
    }
}
