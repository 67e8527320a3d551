//! The audit.

use actix_web::{HttpRequest, HttpResponse};
use ardent_catalog::AuditQuery;
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    context::Context,
    links::{JSON, Links},
    parameters::Parameters,
    problem::Problem,
    routes::Answer,
    schemas,
};

/// Most entries of a page.
const MAX_LIMIT: u32 = 1000;

/// Who did what
///
/// Writes, and requests that were not let through, the newest first; the same refusals together, with their number.
#[utoipa::path(get, path = "/admin/audit", operation_id = "getAudit", tag = "Administration",
    params(schemas::AuditParameters), responses(
    (status = 200, description = "Entries.", body = schemas::AuditPage, content_type = JSON),
    (status = "default", description = "A problem.", body = schemas::Problem, content_type = "application/problem+json"),
))]
#[tracing::instrument(skip_all)]
pub(crate) async fn list(request: HttpRequest, context: Context) -> Answer {
    let parameters = Parameters::of(&request, &["since", "until", "actor", "action", "limit", "token"])?;
    let query = query(&parameters)?;
    let entries = context.state.catalog.audit(&query).await?;
    let (href, given) = (context.links.to("/admin/audit"), request.query_string());
    let mut all = vec![Links::itself(JSON, href.clone(), given)];
    if let Some(last) = entries.last().filter(|_| entries.len() >= query.limit as usize) {
        all.push(Links::next(JSON, &href, given, &last.id.to_string()));
    }
    Ok(HttpResponse::Ok().json(json!({ "entries": entries, "links": all })))
}

fn query(parameters: &Parameters) -> Result<AuditQuery, Problem> {
    const TIME: &str = "give a time such as 2026-01-31T00:00:00Z";
    let limit = parameters.parsed::<u64>("limit", "give a whole number from 1 to 1000")?.unwrap_or(100);
    if limit == 0 {
        return Err(Problem::parameter("limit", "it must be at least 1"));
    }
    Ok(AuditQuery {
        since: parameters.parsed::<DateTime<Utc>>("since", TIME)?,
        until: parameters.parsed::<DateTime<Utc>>("until", TIME)?,
        actor: parameters.get("actor").map(ToOwned::to_owned),
        action: parameters.get("action").map(ToOwned::to_owned),
        before_id: parameters.parsed("token", "take it from the link `next`")?,
        limit: u32::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT),
    })
}
