//! `ardent policy`.

mod show;

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::Result;
use ardent_catalog::{Catalog, Error};
use ardent_model::{CollectionPolicy, Scopes, Subject, Visibility};
use serde_json::json;

use super::{
    Outcome,
    operator::{self, Deed},
};
use crate::{
    arguments::{Grant, Policy},
    output,
};

/// Shows policies and grants, or changes them.
pub(super) async fn run(command: &Policy, catalog: &Catalog) -> Result<Outcome> {
    match command {
        Policy::Show(form) => show::run(*form, catalog).await,
        Policy::Open { collection } => {
            let owner = owner(collection, catalog).await?;
            set(collection, CollectionPolicy { owner, ..CollectionPolicy::default() }, catalog).await
        }
        Policy::Restrict { collection, subjects } => {
            let owner = owner(collection, catalog).await?;
            let subjects = subjects.iter().cloned().collect();
            set(collection, CollectionPolicy { visibility: Visibility::Groups, subjects, owner }, catalog).await
        }
        Policy::Own { collection, user } => {
            let subjects = BTreeSet::new();
            let policy = CollectionPolicy { visibility: Visibility::Owner, subjects, owner: user.clone() };
            set(collection, policy, catalog).await
        }
        Policy::Grant(grant) => {
            let scopes = grant.scopes.0.iter().copied().collect();
            change(grant, "grant.add", async |subject| catalog.grant_more(subject, scopes).await, catalog).await
        }
        Policy::Revoke(grant) => {
            let scopes = &grant.scopes.0;
            change(grant, "grant.remove", async |subject| catalog.grant_less(subject, scopes).await, catalog).await
        }
    }
}

/// Whose a collection is, which stays so whoever else sees it.
async fn owner(collection: &str, catalog: &Catalog) -> Result<Option<Subject>> {
    let policy = catalog.collection_policy(collection).await?;
    Ok(policy.ok_or_else(|| Error::NoCollection { collection: collection.to_owned() })?.owner)
}

async fn set(collection: &str, policy: CollectionPolicy, catalog: &Catalog) -> Result<Outcome> {
    catalog.set_collection_policy(collection, &policy).await?;
    let detail = serde_json::to_string(&policy)?;
    operator::record(catalog, [Deed { action: "policy.set", target: collection, detail }]).await?;
    output::print(&format!("{collection} is seen by {}\n", show::seers(&policy)))
}

async fn change(
    grant: &Grant,
    action: &str,
    one: impl AsyncFn(&Subject) -> ardent_catalog::Result<Scopes>,
    catalog: &Catalog,
) -> Result<Outcome> {
    let mut text = String::new();
    for subject in &grant.subjects {
        let scopes = one(subject).await?;
        let detail = json!({"scopes": grant.scopes.0, "granted": scopes}).to_string();
        operator::record(catalog, [Deed { action, target: subject.as_str(), detail }]).await?;
        let granted = if scopes.is_empty() { "nothing".to_owned() } else { scopes.to_string() };
        let _ = writeln!(text, "{subject} is granted {granted}");
    }
    output::print(&text)
}
