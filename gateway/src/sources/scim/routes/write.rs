//! POST, PUT, PATCH and DELETE of resources. Each is one plan: whole or not at all, answered when durable.

use axum::extract::{Extension, Query as Parameters, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use uuid::Uuid;

use super::super::auth::Client;
use super::super::body::Sent;
use super::super::client::Speaker;
use super::super::document::Document;
use super::super::endpoint::{Base, Scim};
use super::super::error::ScimError;
use super::super::patch::Patch;
use super::super::project::Projection;
use super::super::resource::{Condition, Entity, Wish, Write};
use super::super::schema::Held;
use super::super::sent::from_body;
use super::answer::{self, projection};
use super::target::{Path, identifier, resource_at};
use crate::store::View;

type Answer = Result<Response, ScimError>;
type Pairs = Parameters<Vec<(String, String)>>;

pub(super) async fn create(
    State(scim): State<Scim>,
    Extension(client): Extension<Client>,
    Path(endpoint): Path<String>,
    Base(base): Base,
    Parameters(parameters): Pairs,
    sent: Sent,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let shown =
        Shown { scim: &scim, base, projection: projection(&parameters)?, status: StatusCode::CREATED };
    let wish = Wish::Create(from_body(resource, sent.object().await?)?);
    let write = Write { resource, id: Uuid::new_v4(), wish, condition: Condition::default() };
    shown.after(&client, write).await
}

pub(super) async fn replace(
    State(scim): State<Scim>,
    Extension(client): Extension<Client>,
    Path((endpoint, id)): Path<(String, String)>,
    Base(base): Base,
    Parameters(parameters): Pairs,
    headers: HeaderMap,
    sent: Sent,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let shown = Shown { scim: &scim, base, projection: projection(&parameters)?, status: StatusCode::OK };
    let wish = Wish::Replace(from_body(resource, sent.object().await?)?);
    let write = Write { resource, id: identifier(resource, &id)?, wish, condition: Condition::of(&headers) };
    shown.after(&client, write).await
}

/// A person is answered; a group only to a client that says what it wants of it, for it may have thousands of
/// members (RFC 7644, 3.5.2: 204 unless `attributes` is given).
pub(super) async fn patch(
    State(scim): State<Scim>,
    (Extension(client), speaker): (Extension<Client>, Speaker),
    Path((endpoint, id)): Path<(String, String)>,
    Base(base): Base,
    Parameters(parameters): Pairs,
    headers: HeaderMap,
    sent: Sent,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let shown = Shown { scim: &scim, base, projection: projection(&parameters)?, status: StatusCode::OK };
    let wish = Wish::Patch(Patch::read(&sent.object().await?, speaker)?);
    let write = Write { resource, id: identifier(resource, &id)?, wish, condition: Condition::of(&headers) };
    if resource.held_as == Held::Groups && matches!(shown.projection, Projection::All) {
        scim.write(&client, write, |_, _| Ok(())).await?;
        return Ok(answer::empty(StatusCode::NO_CONTENT));
    }
    shown.after(&client, write).await
}

pub(super) async fn delete(
    State(scim): State<Scim>,
    Extension(client): Extension<Client>,
    Path((endpoint, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let resource = resource_at(&endpoint)?;
    let id = identifier(resource, &id)?;
    let write = Write { resource, id, wish: Wish::Delete, condition: Condition::of(&headers) };
    scim.write(&client, write, |_, _| Ok(())).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// How a changed resource is answered.
struct Shown<'a> {
    scim: &'a Scim,
    base: String,
    projection: Projection,
    status: StatusCode,
}

/// What a plan gives of the resource that it changed.
enum Written {
    /// A person, with their groups: reading them afterwards would wait until the change is in sled.
    Person(Document),
    /// A group, whose members are read afterwards: there may be thousands.
    Group(Entity),
}

impl Shown<'_> {
    /// Makes a change, and answers with the resource afterwards.
    async fn after(self, client: &Client, write: Write) -> Answer {
        let (resource, base) = (write.resource, self.base);
        let with_related = self.projection.wants(resource, resource.held_as.related());
        let of_plan = base.clone();
        let written = move |view: &View<'_>, entity: Entity| match &entity {
            Entity::Person(_) => entity.present(view, &of_plan, with_related).map(Written::Person),
            Entity::Group(_) => Ok(Written::Group(entity)),
        };
        let document = match self.scim.write(client, write, written).await? {
            None => return Ok(answer::empty(StatusCode::NO_CONTENT)),
            Some(Written::Person(document)) => document,
            Some(Written::Group(group)) => {
                self.scim.read_at_length(move |view| group.present(view, &base, with_related)).await?
            }
        };
        Ok(answer::resource(self.status, resource, document, &self.projection))
    }
}
