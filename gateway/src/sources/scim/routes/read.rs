//! GET and search.

use axum::body::Body;
use axum::extract::{Path, Query as Parameters, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::super::document::Document;
use super::super::error::ScimError;
use super::super::list::{self, Query};
use super::super::project::Projection;
use super::super::resource::{group, meets, user};
use super::super::schema::{GROUP, Held, RESOURCE_TYPES, ResourceType, USER};
use super::super::{body, discovery};
use super::{Base, Scim, answer, resource_at};
use crate::domain::Revision;
use crate::store::View;

type Answer = Result<Response, ScimError>;
type Pairs = Parameters<Vec<(String, String)>>;

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
    query(&scim, vec![resource], Query::from_parameters(&parameters)?, base).await
}

pub(super) async fn search(
    State(scim): State<Scim>,
    Path(endpoint): Path<String>,
    Base(base): Base,
    body: Body,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    query(&scim, vec![resource], Query::from_search(&body::object(body).await?)?, base).await
}

pub(super) async fn search_all(State(scim): State<Scim>, Base(base): Base, body: Body) -> Answer {
    let query_sent = Query::from_search(&body::object(body).await?)?;
    query(&scim, RESOURCE_TYPES.to_vec(), query_sent, base).await
}

async fn query(scim: &Scim, resources: Vec<&'static ResourceType>, query: Query, base: String) -> Answer {
    let groups_with_members = resources
        .iter()
        .any(|resource| resource.held_as == Held::Groups && query.projection.wants(resource, "members"));
    let found = if groups_with_members || query.scans(&resources) {
        scim.read_at_length(move |view| list::answer(view, &resources, &query, &base)).await?
    } else {
        list::answer(&scim.inner.directory.read(), &resources, &query, &base)?
    };
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
    let found = match resource.held_as {
        Held::Cardholders => person(&scim.inner.directory.read(), &id, &base, &projection)?,
        Held::Groups => {
            let (id, projection) = (id.clone(), projection.clone());
            scim.read_at_length(move |view| one_group(view, &id, &base, &projection)).await?
        }
    };
    let (document, revision) =
        found.ok_or_else(|| ScimError::NotFound(format!("{} {id:?} not found", resource.name)))?;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known.is_some_and(|tags| meets(tags, revision)) {
        return Ok(answer::empty(StatusCode::NOT_MODIFIED));
    }
    Ok(answer::resource(StatusCode::OK, resource, document, &projection))
}

/// What a client wants to see of the resource that it reads or writes.
pub(super) fn projection(parameters: &[(String, String)]) -> Result<Projection, ScimError> {
    Query::from_parameters(parameters).map(|query| query.projection)
}

type Found = Option<(Document, Revision)>;

fn person(view: &View<'_>, id: &str, base: &str, projection: &Projection) -> Result<Found, ScimError> {
    let Ok(id) = id.parse() else { return Ok(None) };
    let Some(person) = view.cardholder(id)? else { return Ok(None) };
    let document = user::present(view, &person, base, projection.wants(&USER, "groups"))?;
    Ok(Some((document, person.revision)))
}

fn one_group(view: &View<'_>, id: &str, base: &str, projection: &Projection) -> Result<Found, ScimError> {
    let Ok(id) = id.parse() else { return Ok(None) };
    let Some(group) = view.group(id)? else { return Ok(None) };
    let document = group::present(view, &group, base, projection.wants(&GROUP, "members"))?;
    Ok(Some((document, group.revision)))
}
