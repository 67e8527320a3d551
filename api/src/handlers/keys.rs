//! API keys, for notebooks and jobs that outlive a token.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header};
use ardent_catalog::{ApiSecret, MAX_KEY_DAYS, NewKey};
use ardent_model::{Scopes, Subject};
use chrono::{TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    audit::Deed,
    caller::Credential,
    context::Context,
    extract::JsonBody,
    links::JSON,
    parameters::{Parameters, segment},
    problem::Problem,
    routes::Answer,
    schemas,
};

/// One's API keys
///
/// The newest first, those that have ended or been revoked among them.
#[utoipa::path(get, path = "/keys", operation_id = "getKeys", tag = "Identity", responses(
    (status = 200, description = "The keys.", body = schemas::Keys, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn list(request: HttpRequest, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let keys = context.state.catalog.keys(Some(&owner(&context)?)).await?;
    Ok(HttpResponse::Ok().json(json!({ "keys": keys })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    label: String,
    scopes: Scopes,
    #[serde(default = "thirty")]
    days: i64,
}

const fn thirty() -> i64 {
    30
}

/// Make an API key
///
/// It may do no more than its owner, is sent as `Authorization: Bearer ardent_…`, and is shown this once. Only a token
/// makes keys: a key that was stolen makes no others.
#[utoipa::path(post, path = "/keys", operation_id = "postKey", tag = "Identity",
    request_body(content = schemas::NewKey, content_type = "application/json"), responses(
    (status = 201, description = "The key.", body = schemas::MadeKey, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn create(request: HttpRequest, body: JsonBody, context: Context) -> Answer {
    Parameters::of(&request, &[])?;
    let wanted: Wanted = body.read()?;
    let key = checked(wanted, &context)?;
    let secret = ApiSecret::generate()?;
    let key = NewKey { hash: secret.hash(), ..key };
    let detail = format!("{}, until {}", key.scopes, key.expires);
    let deed = Deed { action: "key.create", target: key.label.clone(), detail };
    let catalog = context.state.catalog.clone();
    let key = context.change(deed, async move { Ok(catalog.add_key(&key).await?) }).await?;
    let mut document = json!(key);
    document["secret"] = json!(secret.expose());
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, context.links.to(&format!("/keys/{}", key.id))));
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(response.json(document))
}

/// A key that may be made for the caller; its hash is still to come.
fn checked(wanted: Wanted, context: &Context) -> Result<NewKey, Problem> {
    let caller = &context.caller;
    let forbidden = |detail: String| Problem::new(StatusCode::FORBIDDEN, "NotByKey", detail);
    if !matches!(caller.credential, Credential::Token { .. }) {
        return Err(forbidden("an API key makes no other keys; come with a token".to_owned()));
    }
    if wanted.scopes.is_empty() || wanted.scopes.intersection(caller.scopes) != wanted.scopes {
        let detail = format!("the key may have the scopes you have ({}), and at least one", caller.scopes);
        return Err(Problem::new(StatusCode::BAD_REQUEST, "InvalidParameterValue", format!("`scopes`: {detail}")));
    }
    if !(1..=MAX_KEY_DAYS).contains(&wanted.days) {
        return Err(Problem::parameter("days", &format!("give a whole number from 1 to {MAX_KEY_DAYS}")));
    }
    Ok(NewKey {
        label: wanted.label,
        owner: owner(context)?,
        subjects: caller.subjects.to_vec(),
        scopes: wanted.scopes,
        expires: Utc::now() + TimeDelta::days(wanted.days),
        hash: [0; 32],
    })
}

/// Revoke one's API key
///
/// It counts no more from the next request on. A key may revoke itself.
#[utoipa::path(delete, path = "/keys/{keyId}", operation_id = "revokeKey", tag = "Identity",
    params(("keyId" = Uuid, Path, description = "Id of the key.")), responses(
    (status = 204, description = "It is revoked."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn revoke(request: HttpRequest, context: Context) -> Answer {
    let owner = owner(&context)?;
    if let Credential::Key { id, .. } = context.caller.credential
        && segment(&request, "keyId")? != id.to_string()
    {
        let detail = "an API key revokes itself alone; come with a token to revoke others";
        return Err(Problem::new(StatusCode::FORBIDDEN, "NotByKey", detail));
    }
    revoke_of(&request, &context, Some(&owner)).await
}

/// Revokes the key that the path names, if it is this owner's; none: whoever's it is.
pub(crate) async fn revoke_of(request: &HttpRequest, context: &Context, owner: Option<&Subject>) -> Answer {
    Parameters::of(request, &[])?;
    let id = segment(request, "keyId")?;
    let missing = || Problem::not_found(format!("there is no key `{id}`; `/keys` lists yours"));
    let uuid: Uuid = id.parse().map_err(|_| missing())?;
    let deed = Deed { action: "key.revoke", target: id.clone(), detail: String::new() };
    let (catalog, owner) = (context.state.catalog.clone(), owner.cloned());
    let revoked = context.change(deed, async move {
        let was_there = catalog.revoke_key(uuid, owner.as_ref()).await?;
        if was_there {
            Ok(())
        } else {
            Err(Problem::not_found(format!("there is no key `{uuid}`; `/keys` lists yours")))
        }
    });
    revoked.await?;
    Ok(HttpResponse::NoContent().finish())
}

fn owner(context: &Context) -> Result<Subject, Problem> {
    context.caller.user.clone().ok_or_else(|| Problem::internal("a route for those who have signed in let others pass"))
}
