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
#[derive(Debug)]
pub(in super::super) struct Write {
    pub(in super::super) resource: &'static ResourceType,
    /// Of a new resource too: whoever makes it chooses.
    pub(in super::super) id: Uuid,
    pub(in super::super) wish: Wish,
    /// Which version of it the client wants to change.
    pub(in super::super) condition: Condition,
}

/// What shall become of the resource.
#[derive(Debug)]
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

    /// Plans it: what to change, and the resource afterwards, if it is still there.
    pub(in super::super) fn plan(
        self,
        view: &View<'_>,
        now: Moment<'_>,
        policy: &CardPolicy,
    ) -> Result<(Vec<Change>, Option<Entity>), ScimError> {
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
    ) -> Result<(Vec<Change>, Option<Entity>), ScimError> {
        let id = CardholderId(self.id);
        let target = (id, &self.condition);
        let (changes, person) = match self.wish {
            Wish::Create(sent) => user::create(view, now, policy, id, sent)?,
            Wish::Replace(sent) => user::replace(view, now, policy, target, sent)?,
            Wish::Patch(patch) => user::patch(view, now, policy, target, patch)?,
            Wish::Delete => {
                return user::delete(view, now, policy, target).map(|(changes, ())| (changes, None));
            }
        };
        Ok((changes, Some(Entity::from(person))))
    }

    fn plan_group(
        self,
        view: &View<'_>,
        now: Moment<'_>,
    ) -> Result<(Vec<Change>, Option<Entity>), ScimError> {
        let id = GroupId(self.id);
        let target = (id, &self.condition);
        let (changes, group) = match self.wish {
            Wish::Create(sent) => group::create(view, now, id, sent)?,
            Wish::Replace(sent) => group::replace(view, now, target, sent)?,
            Wish::Patch(patch) => group::patch(view, now, target, patch)?,
            Wish::Delete => return group::delete(view, target).map(|(changes, ())| (changes, None)),
        };
        Ok((changes, Some(Entity::Group(group))))
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
