//! Reading the directory.
//!
//! A view shows committed state, to a plan together with the plans before it in the same flush. Each call sees whole
//! records, never half of one; two calls may see different revisions when somebody writes in between. Nothing is
//! kept in memory: every call reads sled.

mod lookup;

use std::sync::Arc;

use panel_protocol::credential::Credential;

use super::entity::{self, Entity};
use super::meta::{Counts, Meta};
use super::overlay::Overlay;
use super::rows::{self, kind};
use super::tree::Tree;
use crate::domain::{
    AccessLevel, AccessLevelId, AccessSettings, Cardholder, CardholderId, Group, GroupId, Revision,
    Revocation, Rule, RuleId, fold_case,
};
use crate::store::error::StoreError;

/// Called before every read of the directory by anybody but its writer.
pub type BeforeRead = Arc<dyn Fn() + Send + Sync>;

/// The directory at some revision. Every read may fail with the disk; absent is `None`, never an error.
#[derive(Clone, Copy)]
pub struct View<'a> {
    tree: &'a Tree,
    overlay: Option<&'a Overlay>,
    meta: Meta,
    before_read: Option<&'a BeforeRead>,
}

type Read<T> = Result<T, StoreError>;

impl<'a> View<'a> {
    /// What is in the tree. `meta` is the tree's own or an older one.
    pub(super) fn of_tree(tree: &'a Tree, meta: Meta, before_read: Option<&'a BeforeRead>) -> Self {
        Self { tree, overlay: None, meta, before_read }
    }

    /// What is in the tree with changes laid over it.
    pub(super) fn of_overlay(tree: &'a Tree, overlay: &'a Overlay) -> Self {
        Self { tree, overlay: Some(overlay), meta: overlay.meta, before_read: None }
    }

    /// The newest revision that this view is sure to show.
    pub fn revision(&self) -> Revision {
        self.meta.revision
    }

    /// How much there is of what, at [`revision`](Self::revision).
    pub fn counts(&self) -> Counts {
        self.meta.counts
    }

    /// A record of any kind.
    ///
    /// # Errors
    /// When the disk fails; so do all reads below.
    pub fn one<E: Entity>(&self, id: E::Id) -> Read<Option<E>> {
        self.get(&entity::key::<E>(id))?.map(|value| self.decode(&value)).transpose()
    }

    /// Records of any kind in the order of their identifiers, from the one after `after` on.
    pub fn all<E: Entity>(&self, after: Option<E::Id>) -> impl Iterator<Item = Read<E>> + use<'a, E> {
        let view = *self;
        self.rows(vec![E::KIND], after.map(entity::key::<E>)).map(move |row| view.decode(&row?.1))
    }

    /// A person.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn cardholder(&self, id: CardholderId) -> Read<Option<Cardholder>> {
        self.one(id)
    }

    /// The person with this user name, whatever its case.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn cardholder_by_user_name(&self, user_name: &str) -> Read<Option<Cardholder>> {
        let folded = fold_case(user_name);
        self.find(kind::USER_NAME, &folded, |person: &Cardholder| fold_case(&person.user_name) == folded)
    }

    /// Everybody with this identifier of the identity provider's, in the order of their own identifiers.
    pub fn cardholders_by_external_id(
        &self,
        external_id: &str,
    ) -> impl Iterator<Item = Read<Cardholder>> + use<'a> {
        let meant = external_id.to_owned();
        self.all_listed(kind::EXTERNAL_ID, external_id, move |person: &Cardholder| {
            person.external_id.as_deref() == Some(meant.as_str())
        })
    }

    /// Everybody whose cards or refused cards have this number, in the words of those who gave it, in the order of their
    /// identifiers.
    pub fn cardholders_by_card_number(
        &self,
        number: &str,
    ) -> impl Iterator<Item = Read<Cardholder>> + use<'a> {
        let meant = number.to_owned();
        self.all_listed(kind::CARD_NUMBER, number, move |person: &Cardholder| {
            person.card_numbers().any(|number| number == meant)
        })
    }

    /// Everybody who has this card, active or not, in the order of their identifiers.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn holders_of(&self, credential: Credential) -> Read<Vec<CardholderId>> {
        self.holders(credential).map(|row| row.map(|(id, _)| id)).collect()
    }

    /// Everybody for whom this card may open something: it is active, and so are they.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn active_holders_of(&self, credential: Credential) -> Read<Vec<CardholderId>> {
        let active = self.holders(credential).filter(|row| row.as_ref().map_or(true, |(_, active)| *active));
        active.map(|row| row.map(|(id, _)| id)).collect()
    }

    /// People in the order of their identifiers, from the one after `after` on.
    pub fn cardholders(
        &self,
        after: Option<CardholderId>,
    ) -> impl Iterator<Item = Read<Cardholder>> + use<'a> {
        self.all(after)
    }

    /// The person before whom there are `n` in the order of identifiers. Reads none of them.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn nth_cardholder(&self, n: usize) -> Read<Option<CardholderId>> {
        self.ids(vec![kind::CARDHOLDER], None).nth(n).transpose().map(|id| id.map(CardholderId))
    }

    /// The group before which there are `n` in the order of identifiers. Reads none of them.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn nth_group(&self, n: usize) -> Read<Option<GroupId>> {
        self.ids(vec![kind::GROUP], None).nth(n).transpose().map(|id| id.map(GroupId))
    }

    /// A group.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn group(&self, id: GroupId) -> Read<Option<Group>> {
        self.one(id)
    }

    /// The group with this name, whatever its case.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn group_by_display_name(&self, display_name: &str) -> Read<Option<Group>> {
        let folded = fold_case(display_name);
        self.find(kind::GROUP_NAME, &folded, |group: &Group| fold_case(&group.display_name) == folded)
    }

    /// Every group with this identifier of the identity provider's, in the order of their own identifiers.
    pub fn groups_by_external_id(&self, external_id: &str) -> impl Iterator<Item = Read<Group>> + use<'a> {
        let meant = external_id.to_owned();
        self.all_listed(kind::GROUP_EXTERNAL_ID, external_id, move |group: &Group| {
            group.external_id.as_deref() == Some(meant.as_str())
        })
    }

    /// Groups in the order of their identifiers, from the one after `after` on.
    pub fn groups(&self, after: Option<GroupId>) -> impl Iterator<Item = Read<Group>> + use<'a> {
        self.all(after)
    }

    /// A group's members in the order of their identifiers, from the one after `after` on.
    pub fn members(
        &self,
        group: GroupId,
        after: Option<CardholderId>,
    ) -> impl Iterator<Item = Read<CardholderId>> + use<'a> {
        let after = after.map(|member| rows::member_key(group, member));
        self.ids(rows::members_prefix(group), after).map(|id| id.map(CardholderId))
    }

    /// The groups that a person is in.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn groups_of(&self, member: CardholderId) -> Read<Vec<GroupId>> {
        self.ids(rows::memberships_prefix(member), None).map(|id| id.map(GroupId)).collect()
    }

    /// Whether a person is in a group.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn is_member(&self, group: GroupId, member: CardholderId) -> Read<bool> {
        self.get(&rows::member_key(group, member)).map(|row| row.is_some())
    }

    /// People with a card that was refused and that has not ended.
    pub fn refused(&self) -> impl Iterator<Item = Read<Cardholder>> + use<'a> {
        self.people_listed(kind::REFUSED)
    }

    /// Inactive people whose reactivation was taken back at once.
    pub fn undone(&self) -> impl Iterator<Item = Read<Cardholder>> + use<'a> {
        self.people_listed(kind::UNDONE)
    }

    fn people_listed(&self, kind: u8) -> impl Iterator<Item = Read<Cardholder>> + use<'a> {
        let view = *self;
        self.ids(vec![kind], None)
            .filter_map(move |id| id.and_then(|id| view.cardholder(CardholderId(id))).transpose())
    }

    /// An access level.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn access_level(&self, id: AccessLevelId) -> Read<Option<AccessLevel>> {
        self.one(id)
    }

    /// Access levels in the order of their identifiers.
    pub fn access_levels(&self) -> impl Iterator<Item = Read<AccessLevel>> + use<'a> {
        self.all(None)
    }

    /// A rule.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn rule(&self, id: RuleId) -> Read<Option<Rule>> {
        self.one(id)
    }

    /// Rules in the order of their identifiers.
    pub fn rules(&self) -> impl Iterator<Item = Read<Rule>> + use<'a> {
        self.all(None)
    }

    /// A group's rules in the order of their identifiers.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn rules_of(&self, group: GroupId) -> Read<Vec<Rule>> {
        self.rules_to(group.0)
    }

    /// A person's own rules in the order of their identifiers.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn rules_of_person(&self, person: CardholderId) -> Read<Vec<Rule>> {
        self.rules_to(person.0)
    }

    fn rules_to(&self, of: uuid::Uuid) -> Read<Vec<Rule>> {
        let ids = self.ids(rows::rules_prefix(of), None);
        ids.filter_map(|id| id.and_then(|id| self.rule(RuleId(id))).transpose()).collect()
    }

    /// The access mode, if somebody has ever set it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn access_settings(&self) -> Read<Option<AccessSettings>> {
        self.one(uuid::Uuid::nil())
    }

    /// Revocations of changes after `revision`, oldest first, as far as they are remembered
    /// ([`MAX_REVOCATIONS`](crate::store::limits::MAX_REVOCATIONS)).
    ///
    /// # Errors
    /// When the disk fails.
    pub fn revocations_since(&self, revision: Revision) -> Read<Vec<Revocation>> {
        let from = rows::revocations_prefix(revision.next());
        self.rows_from(from, vec![kind::REVOCATION]).map(|row| self.decode(&row?.1)).collect()
    }

    /// The newest remembered revocation of a card.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn last_revocation_of(&self, credential: Credential) -> Read<Option<Revocation>> {
        let mut newest = None;
        for row in self.rows(vec![kind::REVOCATION], None) {
            let (key, value) = row?;
            if rows::is_revocation_of(&key, credential) {
                newest = Some(value);
            }
        }
        newest.map(|value| self.decode(&value)).transpose()
    }
}
