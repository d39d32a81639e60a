//! What a record does to the rows. The same for a record that is new and for one that is replayed.
//!
//! A step on something that isn't there does nothing: deleting twice is deleting once, and a membership needs both
//! its ends, as a rule does.

use panel_protocol::credential::Credential;

use super::entity::{self, Entity};
use super::overlay::Overlay;
use super::rows::{self, Key, Rows, Value, kind};
use super::tree::Tree;
use super::view::View;
use crate::domain::{
    AccessLevel, AccessLevelId, Cardholder, CardholderId, Change, Group, GroupId, Hold, HoldOn,
    HolidayCalendar, Record, Revocation, Rule, RuleDropped, RuleTo, Schedule,
};
use crate::store::error::StoreError;
use crate::store::limits::MAX_REVOCATIONS;

type Done<T = ()> = Result<T, StoreError>;

/// What a record did, as far as it can't be read off the record or the directory after it.
#[derive(Default)]
pub(super) struct Effect {
    /// For each change, the person as they were before it, where it is about one.
    pub(super) before: Vec<Option<Cardholder>>,
    /// Rules that went with their group.
    pub(super) dropped: Vec<RuleDropped>,
}

/// Applies `record` to `overlay`.
pub(super) fn apply(tree: &Tree, overlay: &mut Overlay, record: &Record) -> Done<Effect> {
    let mut step = Step { tree, overlay, record, lost: Vec::new(), dropped: Vec::new() };
    let before = record.changes.iter().map(|change| step.change(change)).collect::<Done<_>>()?;
    step.revoke()?;
    let dropped = step.dropped;
    overlay.meta.revision = record.revision;
    Ok(Effect { before, dropped })
}

/// A card that one person can't use any more.
struct Lost {
    credential: Credential,
    holder: CardholderId,
    holder_name: String,
}

struct Step<'a> {
    tree: &'a Tree,
    overlay: &'a mut Overlay,
    record: &'a Record,
    lost: Vec<Lost>,
    dropped: Vec<RuleDropped>,
}

impl Step<'_> {
    fn view(&self) -> View<'_> {
        View::of_overlay(self.tree, self.overlay)
    }

    fn change(&mut self, change: &Change) -> Done<Option<Cardholder>> {
        match change {
            Change::PutCardholder { cardholder } => return self.put_cardholder(cardholder),
            Change::DeleteCardholder { id } => return self.delete_cardholder(*id),
            Change::PutGroup { group } => self.put(group)?,
            Change::DeleteGroup { id } => self.delete_group(*id)?,
            Change::AddMember { group, member } => self.add_member(*group, *member)?,
            Change::RemoveMember { group, member } => self.remove_member(*group, *member)?,
            Change::PutAccessLevel { access_level } => self.put(access_level)?,
            Change::DeleteAccessLevel { id } => self.delete_access_level(*id)?,
            Change::PutRule { rule } => self.put_rule(rule)?,
            Change::DeleteRule { id } => self.delete::<Rule>(*id)?,
            Change::PutHolidayCalendar { calendar } => self.put(calendar)?,
            Change::DeleteHolidayCalendar { id } => self.delete::<HolidayCalendar>(*id)?,
            Change::PutSchedule { schedule } => self.put(schedule)?,
            Change::DeleteSchedule { id } => self.delete::<Schedule>(*id)?,
            Change::SetAccessMode { settings } => self.put(settings)?,
            Change::PutHold { hold } => self.put_hold(hold)?,
            Change::DeleteHold { id } => self.delete::<Hold>(*id)?,
            Change::PutSourcePerson { person } => self.put(&**person)?,
        }
        Ok(None)
    }

    /// Writes an entity.
    fn put<E: Entity>(&mut self, entity: &E) -> Done {
        let before = self.view().one::<E>(entity.id())?;
        self.put_over(before.as_ref(), entity)
    }

    /// Writes an entity in the place of what it was before.
    fn put_over<E: Entity>(&mut self, before: Option<&E>, entity: &E) -> Done {
        let old = before.map_or(Ok(Rows::new()), |old| self.rows(entity::rows_of(old)))?;
        let new = self.rows(entity::rows_of(entity))?;
        self.replace(&old, new)?;
        let counts = &mut self.overlay.meta.counts;
        before.iter().for_each(|old| counts.remove(&old.counts()));
        counts.add(&entity.counts());
        Ok(())
    }

    /// Deletes an entity, if it is there.
    fn delete<E: Entity>(&mut self, id: E::Id) -> Done {
        let before = self.view().one::<E>(id)?;
        before.map_or(Ok(()), |before| self.take_out(&before))
    }

    /// Deletes an entity that is this.
    fn take_out<E: Entity>(&mut self, before: &E) -> Done {
        let old = self.rows(entity::rows_of(before))?;
        self.replace(&old, Rows::new())?;
        self.overlay.meta.counts.remove(&before.counts());
        Ok(())
    }

    fn put_cardholder(&mut self, person: &Cardholder) -> Done<Option<Cardholder>> {
        let before = self.view().cardholder(person.id)?;
        self.put_over(before.as_ref(), person)?;
        if let Some(old) = &before {
            self.note_lost(old, Some(person));
        }
        Ok(before)
    }

    fn delete_cardholder(&mut self, id: CardholderId) -> Done<Option<Cardholder>> {
        let Some(before) = self.view().cardholder(id)? else { return Ok(None) };
        for group in self.view().groups_of(id)? {
            self.remove_member(group, id)?;
        }
        for rule in self.view().rules_of_person(id)? {
            self.delete::<Rule>(rule.id)?;
        }
        self.take_out(&before)?;
        self.note_lost(&before, None);
        Ok(Some(before))
    }

    fn delete_group(&mut self, id: GroupId) -> Done {
        let Some(before) = self.view().group(id)? else { return Ok(()) };
        let members = self.view().members(id, None).collect::<Done<Vec<_>>>()?;
        for member in members {
            self.remove_member(id, member)?;
        }
        for rule in self.view().rules_of(id)? {
            self.drop_rule(&before, &rule)?;
        }
        self.take_out(&before)
    }

    fn add_member(&mut self, group: GroupId, member: CardholderId) -> Done {
        let both = self.is_there::<Group>(group)? && self.is_there::<Cardholder>(member)?;
        if both { self.set_member(group, member, Some(Value::default())) } else { Ok(()) }
    }

    fn remove_member(&mut self, group: GroupId, member: CardholderId) -> Done {
        self.set_member(group, member, None)
    }

    fn set_member(&mut self, group: GroupId, member: CardholderId, row: Option<Value>) -> Done {
        self.set(rows::member_key(group, member), row.clone())?;
        self.set(rows::membership_key(member, group), row)
    }

    fn delete_access_level(&mut self, id: AccessLevelId) -> Done {
        if !self.is_there::<AccessLevel>(id)? {
            return Ok(());
        }
        let rules = self.view().rules().collect::<Done<Vec<_>>>()?;
        for rule in rules.into_iter().filter(|rule| rule.access_level == id) {
            self.delete::<Rule>(rule.id)?;
        }
        self.delete::<AccessLevel>(id)
    }

    fn put_rule(&mut self, rule: &Rule) -> Done {
        let receiver = match rule.to {
            RuleTo::Everyone => true,
            RuleTo::Group(group) => self.is_there::<Group>(group)?,
            RuleTo::Person { person, .. } => self.is_there::<Cardholder>(person)?,
        };
        if receiver && self.is_there::<AccessLevel>(rule.access_level)? { self.put(rule) } else { Ok(()) }
    }

    fn put_hold(&mut self, hold: &Hold) -> Done {
        let there = match hold.on {
            HoldOn::Card(_) => true,
            HoldOn::Person(person) => self.is_there::<Cardholder>(person)?,
        };
        if there { self.put(hold) } else { Ok(()) }
    }

    fn is_there<E: Entity>(&self, id: E::Id) -> Done<bool> {
        self.view().get(&entity::key::<E>(id)).map(|row| row.is_some())
    }

    /// Deletes a rule because its group goes, and notes it.
    fn drop_rule(&mut self, group: &Group, rule: &Rule) -> Done {
        let level = self.view().access_level(rule.access_level)?;
        self.dropped.push(RuleDropped {
            revision: self.record.revision,
            origin: self.record.origin.clone(),
            rule: rule.id,
            group: group.id,
            group_name: group.display_name.clone(),
            access_level: rule.access_level,
            access_level_name: level.map(|level| level.name.to_string()).unwrap_or_default(),
        });
        self.delete::<Rule>(rule.id)
    }

    /// Writes what differs between two sets of rows.
    fn replace(&mut self, old: &Rows, new: Rows) -> Done {
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            self.set(key.clone(), None)?;
        }
        for (key, value) in new {
            if old.get(&key) != Some(&value) {
                self.set(key, Some(value))?;
            }
        }
        Ok(())
    }

    fn set(&mut self, key: Key, value: Option<Value>) -> Done {
        self.overlay.set(self.tree, key, value)
    }

    fn rows(&self, rows: Result<Rows, String>) -> Done<Rows> {
        rows.map_err(|what| self.tree.content(what))
    }

    fn note_lost(&mut self, before: &Cardholder, after: Option<&Cardholder>) {
        for card in before.active_cards() {
            if after.is_none_or(|after| !after.opens_with(card.credential)) {
                self.lost.push(Lost {
                    credential: card.credential,
                    holder: before.id,
                    holder_name: before.display_name.clone(),
                });
            }
        }
    }

    /// Remembers the cards that nobody can use any more after the whole record; a card handed on within it is none.
    fn revoke(&mut self) -> Done {
        for Lost { credential, holder, holder_name } in std::mem::take(&mut self.lost) {
            if !self.view().active_holders_of(credential)?.is_empty() {
                continue;
            }
            let (revision, at, by) = (self.record.revision, self.record.at, Some(self.record.origin.clone()));
            let revocation = Revocation { revision, at, by, credential, holder, holder_name };
            let key = rows::revocation_key(&revocation);
            if self.view().get(&key)?.is_none() {
                let value = rows::encode(&revocation).map_err(|what| self.tree.content(what))?;
                self.set(key, Some(value))?;
                self.overlay.meta.revocations += 1;
            }
        }
        while self.overlay.meta.revocations > MAX_REVOCATIONS {
            let Some(oldest) = self.view().first_row(vec![kind::REVOCATION]) else { break };
            self.set(oldest?.0, None)?;
            self.overlay.meta.revocations -= 1;
        }
        Ok(())
    }
}
