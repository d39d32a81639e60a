//! What a resource is in the directory, whichever type it has.

use uuid::Uuid;

use super::super::document::{Document, object_in, slot};
use super::super::error::ScimError;
use super::super::schema::{GROUP, Held, ResourceType, USER};
use super::version::{etag, etag_with};
use super::{group, user};
use crate::domain::{Cardholder, CardholderId, Group, GroupId, Revision};
use crate::store::{StoreError, View};

/// A person or a group.
#[derive(Clone, Debug)]
pub(in super::super) enum Entity {
    Person(Box<Cardholder>),
    Group(Group),
}

type Read<T> = Result<T, StoreError>;

impl Entity {
    /// The entity of this type and identifier.
    pub(in super::super) fn find(view: &View<'_>, resource: &ResourceType, id: Uuid) -> Read<Option<Self>> {
        Ok(match resource.held_as {
            Held::Cardholders => view.cardholder(CardholderId(id))?.map(Self::from),
            Held::Groups => view.group(GroupId(id))?.map(Self::Group),
        })
    }

    /// All with this identifier of the identity provider's, which need not be unique, in the order of their own.
    pub(in super::super) fn by_external_id<'v>(
        view: &View<'v>,
        resource: &ResourceType,
        external_id: &str,
    ) -> Box<dyn Iterator<Item = Read<Self>> + 'v> {
        match resource.held_as {
            Held::Cardholders => {
                let people = view.cardholders_by_external_id(external_id);
                Box::new(people.map(|person| person.map(Self::from)))
            }
            Held::Groups => {
                Box::new(view.groups_by_external_id(external_id).map(|group| group.map(Self::Group)))
            }
        }
    }

    /// All people with a card of this number, in the order of their identifiers.
    pub(in super::super) fn by_card_number<'v>(
        view: &View<'v>,
        number: &str,
    ) -> impl Iterator<Item = Read<Self>> + use<'v> {
        view.cardholders_by_card_number(number).map(|person| person.map(Self::from))
    }

    /// The entity with this unique name: a person's `userName`, a group's `displayName`.
    pub(in super::super) fn by_name(
        view: &View<'_>,
        resource: &ResourceType,
        name: &str,
    ) -> Read<Option<Self>> {
        Ok(match resource.held_as {
            Held::Cardholders => view.cardholder_by_user_name(name)?.map(Self::from),
            Held::Groups => view.group_by_display_name(name)?.map(Self::Group),
        })
    }

    /// All of this type in the order of their identifiers, from the one after `after` on.
    pub(in super::super) fn all<'v>(
        view: &View<'v>,
        resource: &ResourceType,
        after: Option<Uuid>,
    ) -> Box<dyn Iterator<Item = Read<Self>> + 'v> {
        match resource.held_as {
            Held::Cardholders => {
                Box::new(view.cardholders(after.map(CardholderId)).map(|person| person.map(Self::from)))
            }
            Held::Groups => Box::new(view.groups(after.map(GroupId)).map(|group| group.map(Self::Group))),
        }
    }

    /// The identifier of the one of this type before which there are `n`.
    pub(in super::super) fn nth_id(view: &View<'_>, resource: &ResourceType, n: usize) -> Read<Option<Uuid>> {
        Ok(match resource.held_as {
            Held::Cardholders => view.nth_cardholder(n)?.map(|id| id.0),
            Held::Groups => view.nth_group(n)?.map(|id| id.0),
        })
    }

    /// How many there are of this type.
    pub(in super::super) fn count(view: &View<'_>, resource: &ResourceType) -> usize {
        let counts = view.counts();
        let count = match resource.held_as {
            Held::Cardholders => counts.cardholders,
            Held::Groups => counts.groups,
        };
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    pub(in super::super) fn id(&self) -> Uuid {
        match self {
            Self::Person(person) => person.id.0,
            Self::Group(group) => group.id.0,
        }
    }

    pub(in super::super) fn revision(&self) -> Revision {
        match self {
            Self::Person(person) => person.revision,
            Self::Group(group) => group.revision,
        }
    }

    pub(in super::super) fn resource(&self) -> &'static ResourceType {
        match self {
            Self::Person(_) => &USER,
            Self::Group(_) => &GROUP,
        }
    }

    /// All of it, as clients see it. `with_related`: with the attribute that [`Held::related`] names, which costs a
    /// look at each of its elements.
    pub(in super::super) fn present(
        &self,
        view: &View<'_>,
        base: &str,
        with_related: bool,
    ) -> Result<Document, ScimError> {
        let mut document = self.present_alone(base);
        if with_related {
            self.add_related(view, base, &mut document)?;
        }
        Ok(document)
    }

    /// As much of it as needs no look at anything else.
    pub(in super::super) fn present_alone(&self, base: &str) -> Document {
        match self {
            Self::Person(person) => user::present(person, base),
            Self::Group(group) => group::present(group, base),
        }
    }

    /// The version that a read of it would give, as far as a plan can know it: what changes a group's members is not seen
    /// by the plan that makes the change.
    pub(in super::super) fn version(&self, view: &View<'_>, base: &str) -> Result<String, ScimError> {
        let related = match self {
            Self::Person(person) => user::groups(view, person.id, base)?,
            Self::Group(_) => Vec::new(),
        };
        Ok(if related.is_empty() { etag(self.revision()) } else { etag_with(self.revision(), &related) })
    }

    /// Adds what [`present_alone`](Self::present_alone) leaves out.
    pub(in super::super) fn add_related(
        &self,
        view: &View<'_>,
        base: &str,
        document: &mut Document,
    ) -> Result<(), ScimError> {
        let related = match self {
            Self::Person(person) => user::groups(view, person.id, base)?,
            Self::Group(group) => group::members(view, group.id, base)?,
        };
        if !related.is_empty() {
            object_in(slot(document, "meta"))
                .insert("version".into(), etag_with(self.revision(), &related).into());
            document.insert(self.resource().held_as.related().into(), related.into());
        }
        Ok(())
    }
}

impl From<Cardholder> for Entity {
    fn from(person: Cardholder) -> Self {
        Self::Person(Box::new(person))
    }
}
