//! GET and search.

use std::sync::Arc;

use axum::extract::{Query as Parameters, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::super::body::Sent;
use super::super::discovery;
use super::super::document::Document;
use super::super::endpoint::{Base, Scim};
use super::super::error::ScimError;
use super::super::list::{Query, Search};
use super::super::resource::Entity;
use super::super::schema::{Held, RESOURCE_TYPES, ResourceType};
use super::answer::{self, projection};
use super::target::{Path, resource_at};
use crate::store::View;

type Answer = Result<Response, ScimError>;
type Pairs = Parameters<Vec<(String, String)>>;

/// RFC 7644, 4: what the endpoint tells of itself is not filtered.
pub(super) async fn refuse_filter(Parameters(parameters): Pairs, request: Request, next: Next) -> Answer {
    if parameters.iter().any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return Err(ScimError::Forbidden("what the endpoint tells of itself can't be filtered".into()));
    }
    Ok(next.run(request).await)
}

pub(super) async fn service_provider_config(Base(base): Base) -> Response {
    answer::json(StatusCode::OK, &discovery::service_provider_config(&base))
}

pub(super) async fn resource_types(Base(base): Base) -> Response {
    answer::json(StatusCode::OK, &discovery::resource_types(&base))
}

pub(super) async fn resource_type(Path(name): Path<String>, Base(base): Base) -> Answer {
    let found = discovery::resource_type(&name, &base);
    let found = found.ok_or_else(|| ScimError::NotFound(format!("ResourceType {name:?} not found")))?;
    Ok(answer::json(StatusCode::OK, &found))
}

pub(super) async fn schemas(Base(base): Base) -> Response {
    answer::json(StatusCode::OK, &discovery::schemas(&base))
}

pub(super) async fn schema(Path(id): Path<String>, Base(base): Base) -> Answer {
    let found = discovery::schema(&id, &base);
    let found = found.ok_or_else(|| ScimError::NotFound(format!("Schema {id:?} not found")))?;
    Ok(answer::json(StatusCode::OK, &found))
}

pub(super) async fn list(
    State(scim): State<Scim>,
    Path(endpoint): Path<String>,
    Base(base): Base,
    Parameters(parameters): Pairs,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let query_sent = Query::from_parameters(&parameters)?;
    if query_sent.tells_a_secret(resource) {
        return Err(ScimError::Sensitive);
    }
    query(&scim, vec![resource], query_sent, base).await
}

pub(super) async fn search(
    State(scim): State<Scim>,
    Path(endpoint): Path<String>,
    Base(base): Base,
    sent: Sent,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    query(&scim, vec![resource], Query::from_search(&sent.object().await?)?, base).await
}

pub(super) async fn search_all(State(scim): State<Scim>, Base(base): Base, sent: Sent) -> Answer {
    let query_sent = Query::from_search(&sent.object().await?)?;
    query(&scim, RESOURCE_TYPES.to_vec(), query_sent, base).await
}

async fn query(scim: &Scim, resources: Vec<&'static ResourceType>, query: Query, base: String) -> Answer {
    let groups_with_members = resources
        .iter()
        .any(|resource| resource.held_as == Held::Groups && query.projection.wants(resource, "members"));
    let at_length = groups_with_members || query.scans(&resources);
    let (now, bookmarks) = (scim.now(), Arc::clone(scim.bookmarks()));
    let answer = move |view: &View<'_>| {
        Search { view, resources: &resources, query: &query, base: &base, now, bookmarks: &bookmarks }
            .answer()
    };
    let found = if at_length { scim.read_at_length(answer).await? } else { scim.read(answer).await? };
    Ok(answer::json(StatusCode::OK, &found))
}

pub(super) async fn one(
    State(scim): State<Scim>,
    Path((endpoint, id)): Path<(String, String)>,
    Base(base): Base,
    Parameters(parameters): Pairs,
    headers: HeaderMap,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let projection = projection(&parameters)?;
    let not_found = || ScimError::NotFound(format!("{} {id:?} not found", resource.name));
    let uuid = id.parse().map_err(|_| not_found())?;
    let with_related = projection.wants(resource, resource.held_as.related());
    let read = move |view: &View<'_>| present(view, resource, uuid, &base, with_related);
    let found = match resource.held_as {
        Held::Cardholders => scim.read(read).await?,
        Held::Groups => scim.read_at_length(read).await?,
    };
    let document = found.ok_or_else(not_found)?;
    Ok(answer::unless_known(&headers, resource, document, &projection))
}

fn present(
    view: &View<'_>,
    resource: &ResourceType,
    id: Uuid,
    base: &str,
    with_related: bool,
) -> Result<Option<Document>, ScimError> {
    let entity = Entity::find(view, resource, id)?;
    entity.map(|entity| entity.present(view, base, with_related)).transpose()
}
