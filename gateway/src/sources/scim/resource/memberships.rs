//! Who belongs to a group: from a client's edits to the directory's relations.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::brief::cut;
use super::super::error::ScimError;
use super::super::filter::{Filter, element_matches};
use super::super::patch::MemberEdit;
use super::super::schema::{GROUP, USER};
use super::attributes::location;
use crate::domain::{CardholderId, Change, GroupId, ScimExchange};
use crate::store::View;

/// What edits mean for a group.
pub(super) struct Memberships {
    /// The shortest way from the members there are to those that the edits leave; departures first.
    pub(super) changes: Vec<Change>,
    /// Who was to be added and is nobody.
    pub(super) strangers: Strangers,
}

/// Whom a group was to have and can't: nobody has these identifiers.
#[derive(Default)]
pub(super) struct Strangers {
    /// The first of them.
    named: Vec<String>,
    count: usize,
}

impl Memberships {
    /// Follows the edits in their order. Members whom the directory doesn't know are passed over.
    pub(super) fn of(view: &View<'_>, group: GroupId, edits: Vec<MemberEdit>) -> Result<Self, ScimError> {
        let mut belongs: BTreeMap<CardholderId, bool> = BTreeMap::new();
        let mut strangers = Strangers::default();
        for edit in edits {
            match edit {
                MemberEdit::Add(ids) => set(&mut belongs, strangers.known_in(ids), true),
                MemberEdit::Remove(ids) => set(&mut belongs, Strangers::default().known_in(ids), false),
                MemberEdit::Replace(ids) => {
                    remove_where(view, group, &mut belongs, |_| true)?;
                    set(&mut belongs, strangers.known_in(ids), true);
                }
                MemberEdit::RemoveMatching(filter) => {
                    remove_where(view, group, &mut belongs, |id| is_chosen(&filter, id))?;
                }
            }
        }
        let (mut departures, mut arrivals) = (Vec::new(), Vec::new());
        for (member, belongs) in belongs {
            match (belongs, view.is_member(group, member)?) {
                (false, true) => departures.push(Change::RemoveMember { group, member }),
                (true, false) if view.cardholder(member)?.is_some() => {
                    arrivals.push(Change::AddMember { group, member });
                }
                (true, false) => strangers.note(&member.to_string()),
                _ => {}
            }
        }
        departures.append(&mut arrivals);
        Ok(Self { changes: departures, strangers })
    }
}

impl Strangers {
    /// Most that are named.
    const MAX_NAMED: usize = 3;

    /// The identifiers that could be somebody's; notes the others.
    fn known_in(&mut self, ids: Vec<String>) -> Vec<CardholderId> {
        let mut known = Vec::with_capacity(ids.len());
        for id in ids {
            match id.trim().parse() {
                Ok(id) => known.push(id),
                Err(_) => self.note(&id),
            }
        }
        known
    }

    fn note(&mut self, id: &str) {
        self.count += 1;
        if self.named.len() < Self::MAX_NAMED {
            self.named.push(cut(id, ScimExchange::MAX_NAME_CHARS));
        }
    }

    /// What to tell of them, if there are any.
    pub(super) fn in_words(&self, view: &View<'_>) -> Result<Option<String>, ScimError> {
        let mut told = Vec::with_capacity(self.named.len());
        for id in &self.named {
            let group = id.parse().ok().map(|id: GroupId| view.group(id)).transpose()?.flatten();
            told.push(match group {
                Some(_) => format!("{id:?}, which is a group: groups have people alone"),
                None => format!("{id:?}, which is nobody's id"),
            });
        }
        if self.count > told.len() {
            told.push(format!("{} more", self.count - told.len()));
        }
        Ok((self.count > 0).then(|| format!("passed over as members: {}", told.join("; "))))
    }
}

fn set(belongs: &mut BTreeMap<CardholderId, bool>, ids: Vec<CardholderId>, state: bool) {
    belongs.extend(ids.into_iter().map(|id| (id, state)));
}

fn is_chosen(filter: &Filter, id: CardholderId) -> bool {
    let row = GROUP.core_attribute("members");
    element_matches(filter, row, &member(id, ""))
}

fn remove_where(
    view: &View<'_>,
    group: GroupId,
    belongs: &mut BTreeMap<CardholderId, bool>,
    chosen: impl Fn(CardholderId) -> bool,
) -> Result<(), ScimError> {
    for (_, state) in belongs.iter_mut().filter(|(id, _)| chosen(**id)) {
        *state = false;
    }
    for id in view.members(group, None) {
        let id = id?;
        if chosen(id) {
            belongs.entry(id).or_insert(false);
        }
    }
    Ok(())
}

/// A member, as clients see it.
pub(super) fn member(id: CardholderId, base: &str) -> Value {
    let id = id.to_string();
    json!({ "value": id, "$ref": location(&USER, &id, base), "type": USER.name })
}
