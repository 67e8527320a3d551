//! Adding, changing and removing collections (STAC API – Collection Transaction).

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, http::header};
use ardent_catalog::{Catalog, StoredCollection};
use ardent_model::{Collection, CollectionPolicy, Visibility};
use serde_json::{Value, json};

use super::change::{CollectionName, Target};
use crate::{
    as_served,
    audit::{self, Deed},
    authentication,
    context::Context,
    document_check, etag,
    links::{JSON, Link},
    parameters::Parameters,
    patch::Patch,
    posted::{self, Posted},
    problem::Problem,
    representation::Representation,
    routes::Answer,
    schemas,
    write_body::WriteBody,
};

/// How long the caller waits for the items of a removed collection to be deleted; the rest is done after the answer.
const WAIT: Duration = Duration::from_secs(20);

/// Add collections
///
/// A collection, or an object whose `collections` are several, of which all are added or none. It is the caller's own,
/// and seen by nobody else unless `visibility` is `public`. Ids that are taken are named: 409.
#[utoipa::path(post, path = "/collections", operation_id = "postCollections", tag = "Transactions",
    params(schemas::NewCollectionParameters),
    request_body(content = schemas::NewCollections, content_type = "application/json"), responses(
    (status = 201, description = "The collection, at `Location`, or how many were added.", content(
        (schemas::CreatedCollections = "application/json")), headers(
        ("Location" = String, description = "Where it is; not if several were added."),
        ("ETag" = String, description = "Its version and more; not if several were added."),
    )),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn create(request: HttpRequest, body: WriteBody, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &["visibility"])?;
    etag::no_preconditions(request.headers())?;
    let policy = policy(&parameters, &context)?;
    let (collections, is_one) = match posted::collections(body.json()?)? {
        Posted::One(collection) => (vec![collection], true),
        Posted::Many(collections) => (collections, false),
    };
    let (target, detail) = audited(&collections, &policy);
    let deed = Deed { action: "collection.create", target, detail };
    let catalog = context.state.catalog.clone();
    let change = async move { Ok(catalog.create_collections(&collections, &policy).await?) };
    let stored = context.change(deed, change).await?;
    Ok(created(&stored, is_one, &context))
}

/// What the audit says of collections that are added.
fn audited(collections: &[Collection], policy: &CollectionPolicy) -> (String, String) {
    match collections {
        [one] => (one.id.clone(), json!(policy).to_string()),
        many => {
            let ids = audit::listed(many.iter().map(|collection| collection.id.as_str()));
            let detail = json!({ "collections": many.len(), "ids": ids, "policy": policy });
            (format!("{} collections", many.len()), detail.to_string())
        }
    }
}

/// Who sees a collection that the caller adds.
fn policy(parameters: &Parameters, context: &Context) -> Result<CollectionPolicy, Problem> {
    let owner = context.caller.user.clone();
    let visibility = match parameters.get("visibility") {
        Some("public") => Visibility::Public,
        Some("owner") if owner.is_some() => Visibility::Owner,
        // Nobody's collection that nobody sees would be of no use to who adds it.
        None => {
            if owner.is_some() {
                Visibility::Owner
            } else {
                Visibility::Public
            }
        }
        Some(_) => return Err(Problem::parameter("visibility", "give owner (who has signed in) or public")),
    };
    Ok(CollectionPolicy { visibility, owner, ..CollectionPolicy::default() })
}

fn created(stored: &[StoredCollection], is_one: bool, context: &Context) -> HttpResponse {
    let links = &context.links;
    if let (true, [one]) = (is_one, stored) {
        let location = links.collection(&one.collection.id);
        let mut response = HttpResponse::Created();
        response.insert_header((header::LOCATION, location.clone()));
        return Representation::collection(context, one).written(response, location, context);
    }
    let children = stored.iter().map(|one| Link::new("child", JSON, links.collection(&one.collection.id)));
    let all: Vec<Link> =
        [links.root(), Link::new("data", JSON, links.to("/collections"))].into_iter().chain(children).collect();
    HttpResponse::Created().json(json!({ "inserted": stored.len(), "links": all }))
}

/// Replace a collection
///
/// By the document in the body; its items and who sees it stay. What comes back as it was served (its extent as of now,
/// what its items have, the schemes of this server) is not stored. With `If-Match` only if it is at this version.
#[utoipa::path(put, path = "/collections/{collectionId}", operation_id = "putCollection", tag = "Transactions",
    params(("collectionId" = String, Path, description = "Id of the collection."), schemas::Conditions,
        schemas::Preference),
    request_body(content = schemas::ReplacingCollection, content_type = "application/json"), responses(
    (status = 200, description = "The collection as it is now.", body = schemas::Collection, content_type = JSON),
    (status = 204, description = "It is changed, and its content was not asked for (`Prefer: return=minimal`)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn replace(request: HttpRequest, body: WriteBody, context: Context) -> Answer {
    let target: Target<CollectionName> = Target::of(&request, &context, "collection.replace")?;
    let given = of_path(body.json()?, &target.name.0)?.document;
    let served = context.state.catalog.collection(&target.name.0, &target.terms.access).await?;
    let served = served.map(|stored| authentication::collection(&context, &stored)).unwrap_or_default();
    let become_of = move |stored: Value| {
        document_check::collection(as_served::restored(given, &served, &stored)).map_err(posted::refused)
    };
    change(target, &context, become_of).await
}

/// Change a collection
///
/// By a merge patch (RFC 7396), or by a JSON patch (RFC 6902) if the media type says so, of the document that was put
/// there: without links, and with its own extent rather than that of its items.
#[utoipa::path(patch, path = "/collections/{collectionId}", operation_id = "patchCollection", tag = "Transactions",
    params(("collectionId" = String, Path, description = "Id of the collection."), schemas::Conditions,
        schemas::Preference),
    request_body(content((schemas::MergePatch = "application/merge-patch+json"),
        (schemas::MergePatch = "application/json"), (schemas::JsonPatch = "application/json-patch+json"))),
    responses(
    (status = 200, description = "The collection as it is now.", body = schemas::Collection, content_type = JSON),
    (status = 204, description = "It is changed, and its content was not asked for (`Prefer: return=minimal`)."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn patch(request: HttpRequest, body: WriteBody, context: Context) -> Answer {
    let target: Target<CollectionName> = Target::of(&request, &context, "collection.patch")?;
    let patch = Patch::read(&body)?;
    let (id, most) = (target.name.0.clone(), context.state.settings.body_bytes);
    change(target, &context, move |document| of_path(patch.apply(document, most)?, &id)).await
}

/// Remove a collection
///
/// With all its items, and with who may see it; for its owner and admins. It is gone at once. If it has very many
/// items its id is free a little later: 202 says so.
#[utoipa::path(delete, path = "/collections/{collectionId}", operation_id = "deleteCollection", tag = "Transactions",
    params(("collectionId" = String, Path, description = "Id of the collection."), schemas::Conditions), responses(
    (status = 202, description = "It is gone, and its items are being deleted."),
    (status = 204, description = "It is gone, with its items."),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all, fields(collection.id))]
pub(crate) async fn remove(request: HttpRequest, context: Context) -> Answer {
    let target: Target<CollectionName> = Target::of(&request, &context, "collection.delete")?;
    let id = target.name.0.clone();
    let change =
        |catalog: Catalog, CollectionName(id), terms| async move { Ok(catalog.remove_collection(&id, &terms).await?) };
    target.change(&context, change).await?;
    let emptied = context.state.runtime.spawn(empty(context.state.catalog.clone(), id));
    match tokio::time::timeout(WAIT, emptied).await {
        Ok(Ok(true)) => Ok(HttpResponse::NoContent().finish()),
        _ => Ok(HttpResponse::Accepted().finish()),
    }
}

/// Deletes the items of a removed collection; what is left is for the maintenance. True if nothing is.
pub(crate) async fn empty(catalog: Catalog, id: String) -> bool {
    let emptied = catalog.empty_removed(&id).await;
    emptied.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, collection.id = id, "not emptied yet");
        false
    })
}

async fn change(
    target: Target<CollectionName>,
    context: &Context,
    become_of: impl FnOnce(Value) -> Result<Collection, Problem> + Send + 'static,
) -> Answer {
    let change = |catalog: Catalog, CollectionName(id), terms| async move {
        catalog.change_collection(&id, &terms, become_of).await
    };
    let (stored, location) = target.change(context, change).await?;
    Ok(Representation::collection(context, &stored).changed(location, context))
}

/// The collection that a document describes, which is the one that the path names.
fn of_path(mut document: Value, id: &str) -> Result<Collection, Problem> {
    if let Some(members) = document.as_object_mut() {
        document_check::is_the_same(members, "id", id).map_err(posted::refused)?;
    }
    document_check::collection(document).map_err(posted::refused)
}
