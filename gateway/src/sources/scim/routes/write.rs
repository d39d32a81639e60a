//! POST, PUT, PATCH and DELETE of resources. Each is one plan: whole or not at all, answered when durable.

use axum::body::Body;
use axum::extract::{Extension, Path, Query as Parameters, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::super::auth::Client;
use super::super::document::from_body;
use super::super::error::ScimError;
use super::super::project::Projection;
use super::super::resource::{group, user};
use super::super::schema::{GROUP, Held, ResourceType, USER};
use super::super::{body, patch};
use super::read::projection;
use super::{Base, Scim, answer, resource_at};
use crate::domain::{Cardholder, Group};

type Answer = Result<Response, ScimError>;
type Pairs = Parameters<Vec<(String, String)>>;

pub(super) async fn create(
    State(scim): State<Scim>,
    Extension(client): Extension<Client>,
    Path(endpoint): Path<String>,
    Base(base): Base,
    Parameters(parameters): Pairs,
    body: Body,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let shown =
        Shown { scim: &scim, base, projection: projection(&parameters)?, status: StatusCode::CREATED };
    let sent = from_body(resource, body::object(body).await?)?;
    match resource.held_as {
        Held::Cardholders => {
            let person =
                scim.commit(&client, |view, now, policy| user::create(view, now, policy, sent)).await?;
            shown.person(&person)
        }
        Held::Groups => {
            let group = scim.commit(&client, |view, now, _| group::create(view, now, sent)).await?;
            shown.group(group).await
        }
    }
}

pub(super) async fn replace(
    State(scim): State<Scim>,
    Extension(client): Extension<Client>,
    Path((endpoint, id)): Path<(String, String)>,
    Base(base): Base,
    Parameters(parameters): Pairs,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let shown = Shown { scim: &scim, base, projection: projection(&parameters)?, status: StatusCode::OK };
    let sent = from_body(resource, body::object(body).await?)?;
    let tags = if_match(&headers);
    match resource.held_as {
        Held::Cardholders => {
            let id = identifier(resource, &id)?;
            let plan = scim.commit(&client, move |view, now, policy| {
                user::replace(view, now, policy, (id, tags.as_deref()), sent)
            });
            shown.person(&plan.await?)
        }
        Held::Groups => {
            let id = identifier(resource, &id)?;
            let plan = scim
                .commit(&client, move |view, now, _| group::replace(view, now, (id, tags.as_deref()), sent));
            shown.group(plan.await?).await
        }
    }
}

/// A person is answered; a group only to a client that says what it wants of it, for it may have thousands of
/// members (RFC 7644, 3.5.2: 204 unless `attributes` is given).
pub(super) async fn patch(
    State(scim): State<Scim>,
    Extension(client): Extension<Client>,
    Path((endpoint, id)): Path<(String, String)>,
    Base(base): Base,
    Parameters(parameters): Pairs,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let shown = Shown { scim: &scim, base, projection: projection(&parameters)?, status: StatusCode::OK };
    let operations = patch::read(&body::object(body).await?)?;
    let tags = if_match(&headers);
    match resource.held_as {
        Held::Cardholders => {
            let id = identifier(resource, &id)?;
            let plan = scim.commit(&client, move |view, now, policy| {
                user::patch(view, now, policy, (id, tags.as_deref()), operations)
            });
            shown.person(&plan.await?)
        }
        Held::Groups => {
            let id = identifier(resource, &id)?;
            let plan = scim.commit(&client, move |view, now, _| {
                group::patch(view, now, (id, tags.as_deref()), operations)
            });
            let group = plan.await?;
            match shown.projection {
                Projection::All => Ok(answer::empty(StatusCode::NO_CONTENT)),
                _ => shown.group(group).await,
            }
        }
    }
}

pub(super) async fn delete(
    State(scim): State<Scim>,
    Extension(client): Extension<Client>,
    Path((endpoint, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let tags = if_match(&headers);
    match resource.held_as {
        Held::Cardholders => {
            let id = identifier(resource, &id)?;
            let plan = scim.commit(&client, move |view, now, policy| {
                user::delete(view, now, policy, (id, tags.as_deref()))
            });
            plan.await?;
        }
        Held::Groups => {
            let id = identifier(resource, &id)?;
            scim.commit(&client, move |view, _, _| group::delete(view, (id, tags.as_deref()))).await?;
        }
    }
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

fn if_match(headers: &HeaderMap) -> Option<String> {
    headers.get(header::IF_MATCH).and_then(|tags| tags.to_str().ok()).map(str::to_owned)
}

fn identifier<T: std::str::FromStr>(resource: &ResourceType, id: &str) -> Result<T, ScimError> {
    id.parse().map_err(|_| ScimError::NotFound(format!("{} {id:?} not found", resource.name)))
}

/// How a changed resource is answered.
struct Shown<'a> {
    scim: &'a Scim,
    base: String,
    projection: Projection,
    status: StatusCode,
}

impl Shown<'_> {
    fn person(&self, person: &Cardholder) -> Answer {
        let with_groups = self.projection.wants(&USER, "groups");
        let view = self.scim.inner.directory.read();
        let document = user::present(&view, person, &self.base, with_groups)?;
        Ok(answer::resource(self.status, &USER, document, &self.projection))
    }

    async fn group(self, group: Group) -> Answer {
        let with_members = self.projection.wants(&GROUP, "members");
        let base = self.base;
        let read = self.scim.read_at_length(move |view| group::present(view, &group, &base, with_members));
        Ok(answer::resource(self.status, &GROUP, read.await?, &self.projection))
    }
}
