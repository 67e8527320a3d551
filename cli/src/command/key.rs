//! `ardent key`.

use anyhow::{Result, anyhow};
use ardent_catalog::{ApiKey, ApiSecret, Catalog, NewKey};
use chrono::{SecondsFormat, TimeDelta, Utc};

use super::{
    Outcome,
    operator::{self, Deed},
};
use crate::{
    arguments::{Create, Json, Key, Revoke},
    output, table,
};

/// Makes, lists or revokes keys.
pub(super) async fn run(command: &Key, catalog: &Catalog) -> Result<Outcome> {
    match command {
        Key::Create(options) => create(options, catalog).await,
        Key::List(form) => list(*form, catalog).await,
        Key::Revoke(options) => revoke(options, catalog).await,
    }
}

/// The secret is all there is on stdout, so that it can be sent on without being seen.
async fn create(options: &Create, catalog: &Catalog) -> Result<Outcome> {
    let secret = ApiSecret::generate()?;
    let new = NewKey {
        label: options.label.clone(),
        owner: options.owner.clone().unwrap_or_else(operator::subject),
        subjects: options.subjects.clone(),
        scopes: options.scopes.iter().copied().collect(),
        expires: Utc::now() + TimeDelta::days(options.days),
        hash: secret.hash(),
    };
    let key = catalog.add_key(&new).await?;
    let detail = serde_json::to_string(&key)?;
    operator::record(catalog, [Deed { action: "key.create", target: &key.id.to_string(), detail }]).await?;
    let until = key.expires.to_rfc3339_opts(SecondsFormat::Secs, true);
    output::note(&format!("the key {} of {} lives until {until}; it is shown this once\n", key.id, key.owner));
    output::print(&format!("{}\n", secret.expose()))
}

async fn list(form: Json, catalog: &Catalog) -> Result<Outcome> {
    let keys = catalog.keys(None).await?;
    if form.json {
        output::receipt(&keys, None)?;
        return Ok(Outcome::Complete);
    }
    let rows = keys.iter().map(|key| {
        let subjects: Vec<String> = key.subjects.iter().map(ToString::to_string).collect();
        let (id, owner) = (key.id.to_string(), key.owner.to_string());
        [id, key.label.clone(), owner, subjects.join(", "), key.scopes.to_string(), state(key)]
    });
    output::print(&table::of(["id", "label", "owner", "subjects", "scopes", "state"], rows))
}

/// Whether a key opens anything, and until when or since when not.
fn state(key: &ApiKey) -> String {
    let day = |at: chrono::DateTime<Utc>| at.format("%Y-%m-%d");
    match key.revoked {
        Some(at) => format!("revoked {}", day(at)),
        None if key.expires <= Utc::now() => format!("ended {}", day(key.expires)),
        None => format!("until {}", day(key.expires)),
    }
}

async fn revoke(options: &Revoke, catalog: &Catalog) -> Result<Outcome> {
    if let Some(owner) = &options.owner {
        let number = catalog.revoke_keys_of(owner).await?;
        let detail = format!("{number} keys");
        operator::record(catalog, [Deed { action: "key.revoke", target: owner.as_str(), detail }]).await?;
        return output::print(&format!("{number} of the keys of {owner} were revoked\n"));
    }
    let Some(id) = options.id else { return Err(anyhow!("name a key or --owner")) };
    if !catalog.revoke_key(id, None).await? {
        return Err(anyhow!("there is no key {id}; `ardent key list` shows those there are"));
    }
    operator::record(catalog, [Deed { action: "key.revoke", target: &id.to_string(), detail: String::new() }]).await?;
    output::print(&format!("the key {id} is revoked\n"))
}
