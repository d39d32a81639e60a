//! What a client wants to become of one resource, read and checked as far as that goes without the directory.

use uuid::Uuid;

use super::super::brief::short_name;
use super::super::document::Document;
use super::super::error::ScimError;
use super::super::patch::Patch;
use super::super::schema::{Held, ResourceType};
use super::entity::Entity;
use super::version::Condition;
use super::{group, user};
use crate::domain::{CardholderId, Change, GroupId};
use crate::sources::Moment;
use crate::sources::cards::CardPolicy;
use crate::store::View;

/// A change of one resource.
#[derive(Clone, Debug)]
pub(in super::super) struct Write {
    pub(in super::super) resource: &'static ResourceType,
    /// Of a new resource too: whoever makes it chooses.
    pub(in super::super) id: Uuid,
    pub(in super::super) wish: Wish,
    /// Which version of it the client wants to change.
    pub(in super::super) condition: Condition,
}

/// What a change comes to.
pub(in super::super) struct Planned {
    pub(in super::super) changes: Vec<Change>,
    /// The resource afterwards, if it is still there.
    pub(in super::super) entity: Option<Entity>,
    /// What was asked for and not done, in words.
    pub(in super::super) passed_over: Option<String>,
}

/// What shall become of the resource.
#[derive(Clone, Debug)]
pub(in super::super) enum Wish {
    Create(Document),
    Replace(Document),
    Patch(Patch),
    Delete,
}

impl Write {
    /// The names of the attributes that it is about.
    pub(in super::super) fn attributes(&self) -> Vec<String> {
        match &self.wish {
            Wish::Create(sent) | Wish::Replace(sent) => names(sent),
            Wish::Patch(patch) => patch.attributes(),
            Wish::Delete => Vec::new(),
        }
    }

    /// Plans it.
    pub(in super::super) fn plan(
        self,
        view: &View<'_>,
        now: Moment<'_>,
        policy: &CardPolicy,
    ) -> Result<Planned, ScimError> {
        match self.resource.held_as {
            Held::Cardholders => self.plan_person(view, now, policy),
            Held::Groups => self.plan_group(view, now),
        }
    }

    fn plan_person(
        self,
        view: &View<'_>,
        now: Moment<'_>,
        policy: &CardPolicy,
    ) -> Result<Planned, ScimError> {
        let id = CardholderId(self.id);
        let target = (id, &self.condition);
        let (changes, person) = match self.wish {
            Wish::Create(sent) => user::create(view, now, policy, id, sent)?,
            Wish::Replace(sent) => user::replace(view, now, policy, target, sent)?,
            Wish::Patch(patch) => user::patch(view, now, policy, target, patch)?,
            Wish::Delete => {
                let changes = user::delete(view, now, policy, target)?;
                return Ok(Planned { changes, entity: None, passed_over: None });
            }
        };
        Ok(Planned { changes, entity: Some(Entity::from(person)), passed_over: None })
    }

    fn plan_group(self, view: &View<'_>, now: Moment<'_>) -> Result<Planned, ScimError> {
        let id = GroupId(self.id);
        let target = (id, &self.condition);
        let (changes, written) = match self.wish {
            Wish::Create(sent) => group::create(view, now, id, sent)?,
            Wish::Replace(sent) => group::replace(view, now, target, sent)?,
            Wish::Patch(patch) => group::patch(view, now, target, patch)?,
            Wish::Delete => {
                let changes = group::delete(view, target)?;
                return Ok(Planned { changes, entity: None, passed_over: None });
            }
        };
        let group::Written { group, passed_over } = written;
        Ok(Planned { changes, entity: Some(Entity::Group(group)), passed_over })
    }
}

/// Those of a whole resource, an extension's among them without its name.
fn names(sent: &Document) -> Vec<String> {
    let told = sent.iter().filter(|(name, _)| !["schemas", "id", "meta"].contains(&name.as_str()));
    told.flat_map(|(name, value)| match value.as_object() {
        Some(extension) if name.starts_with("urn:") => {
            extension.keys().map(|name| short_name(name)).collect()
        }
        _ => vec![short_name(name)],
    })
    .collect()
}
