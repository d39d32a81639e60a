//! From what a source has said of a person to changes of the directory: the shortest way there, or none.
//!
//! A source changes those people alone whom it gave. What a card number becomes is for `cards` to say.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::limits::MAX_PEOPLE;
use super::merge::{Merged, merge};
use super::vocabulary::Told;
use crate::domain::{
    Attributes, Cardholder, CardholderId, Change, EventFault, Group, GroupId, SourcePerson, SourcePersonId,
    SourceProfile,
};
use crate::sources::Moment;
use crate::sources::cards::{CardPolicy, SettleError, Settlement, WantedCards, hand_over};
use crate::store::{StoreError, View};

/// The name under which a person's department is kept, as SCIM calls it (RFC 7643, 4.3).
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    /// The event can't be followed.
    #[error("{0}")]
    Fault(EventFault),
    /// The directory can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SettleError> for PlanError {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Store(error) => Self::Store(error),
            SettleError::Refused { given, refusal } => {
                let remedy = "send a card that can be one";
                Self::Fault(EventFault::new("data.cards", refusal.to_string(), remedy).with(&given.number))
            }
        }
    }
}

/// What became of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The directory says so now.
    Applied,
    /// It is kept until the sender says who the person is.
    Waiting,
    /// That very event was taken before.
    Known,
    /// Something newer was said before it arrived.
    Outdated,
}

/// What a plan comes to besides its changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Done {
    /// What became of it.
    pub outcome: Outcome,
    /// How many people more the source gives, -1 to 1.
    pub people: i64,
    /// How many cards more.
    pub cards: i64,
}

type Plan = Result<(Vec<Change>, Done), PlanError>;

/// Plans what follows from one event.
pub(super) fn follow(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    source: &str,
    told: &Told,
) -> Plan {
    let before = view.one::<SourcePerson>(SourcePersonId::of(source, &told.person))?;
    if before.is_none() && view.counts().said >= MAX_PEOPLE {
        let message = format!("is one more than the {MAX_PEOPLE} of whom sources may speak");
        let fault = EventFault::new("data.person", message, "let fewer people come this way");
        return Err(PlanError::Fault(fault.with(&told.person)));
    }
    let mut after = before.clone().unwrap_or_else(|| SourcePerson::new(source, &told.person));
    let outcome = match merge(&mut after, told).map_err(PlanError::Fault)? {
        Merged::Known => Outcome::Known,
        Merged::Outdated => Outcome::Outdated,
        Merged::News if after.profile.is_none() && after.given_cards().next().is_some() => Outcome::Waiting,
        Merged::News => Outcome::Applied,
    };
    match outcome {
        Outcome::Known | Outcome::Outdated => Ok((Vec::new(), Done { outcome, people: 0, cards: 0 })),
        Outcome::Applied | Outcome::Waiting => reconcile(view, now, policy, before.as_ref(), after, outcome),
    }
}

/// Plans that the directory says what the source has said of a person.
pub(super) fn repair(view: &View<'_>, now: Moment<'_>, policy: &CardPolicy, id: SourcePersonId) -> Plan {
    match view.one::<SourcePerson>(id)? {
        Some(said) => reconcile(view, now, policy, Some(&said.clone()), said, Outcome::Applied),
        None => Ok((Vec::new(), Done { outcome: Outcome::Known, people: 0, cards: 0 })),
    }
}

fn reconcile(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    before: Option<&SourcePerson>,
    mut said: SourcePerson,
    outcome: Outcome,
) -> Plan {
    let known = said.cardholder.map(|id| view.cardholder(id)).transpose()?.flatten();
    let mut changes = match said.profile.clone() {
        Some(profile) => put(view, now, policy, &mut said, &profile, known.as_ref())?,
        None => remove(view, now, policy, &mut said, known.as_ref())?,
    };
    let (was, is) = (before.map_or((0, 0), given), given(&said));
    if before != Some(&said) {
        changes.push(Change::PutSourcePerson { person: Box::new(said) });
    }
    Ok((changes, Done { outcome, people: is.0 - was.0, cards: is.1 - was.1 }))
}

/// How many people and cards come of what was said.
pub(super) fn given(said: &SourcePerson) -> (i64, i64) {
    match said.profile {
        Some(_) => (1, i64::try_from(said.given_cards().count()).unwrap_or(i64::MAX)),
        None => (0, 0),
    }
}

fn put(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    said: &mut SourcePerson,
    profile: &SourceProfile,
    known: Option<&Cardholder>,
) -> Result<Vec<Change>, PlanError> {
    let id = known.map_or_else(|| CardholderId(Uuid::new_v4()), |known| known.id);
    let namesake = view.cardholder_by_user_name(&profile.user_name)?.filter(|other| other.id != id);
    if let Some(other) = namesake {
        let message = format!("is the user name of {}, whom somebody else gives", other.display_name);
        let fault = EventFault::new(
            "data.user_name",
            message,
            "send another, or remove that person where they come from",
        );
        return Err(PlanError::Fault(fault.with(&profile.user_name)));
    }
    let mut person = person(said, profile, id, now, known);
    let settlement = Settlement { view, policy, at: now.at, before: known, handover: None };
    settlement
        .settle(&mut person, WantedCards { number: None, list: said.given_cards().cloned().collect() })?;
    said.cardholder = Some(id);
    let mut changes = Vec::new();
    if !known.is_some_and(|known| is_same(known, &person)) {
        changes.push(Change::PutCardholder { cardholder: Box::new(person.clone()) });
        changes.extend(hand_over(view, policy, now, known, Some(&person))?);
    }
    if let Some(groups) = &said.groups {
        changes.extend(memberships(view, now, id, &groups.names)?);
    }
    Ok(changes)
}

/// The person that a profile describes, still with the cards of before.
fn person(
    said: &SourcePerson,
    profile: &SourceProfile,
    id: CardholderId,
    now: Moment<'_>,
    known: Option<&Cardholder>,
) -> Cardholder {
    Cardholder {
        id,
        user_name: profile.user_name.clone(),
        external_id: Some(said.person.clone()),
        display_name: profile.display_name.clone().unwrap_or_else(|| profile.user_name.clone()),
        active: profile.active,
        cards: known.map(|known| known.cards.clone()).unwrap_or_default(),
        refused_cards: known.map(|known| known.refused_cards.clone()).unwrap_or_default(),
        reactivation: None,
        attributes: attributes(profile),
        created: known.map_or(now.at, |known| known.created),
        modified: now.at,
        revision: now.revision,
    }
}

fn attributes(profile: &SourceProfile) -> Attributes {
    let mut attributes = Attributes::new();
    if let Some(email) = &profile.email {
        attributes.insert("emails".into(), json!([{ "value": email, "type": "work", "primary": true }]));
    }
    if let Some(title) = &profile.title {
        attributes.insert("title".into(), title.as_str().into());
    }
    if let Some(department) = &profile.department {
        attributes.insert(ENTERPRISE.into(), json!({ "department": department }));
    }
    attributes
}

fn is_same(known: &Cardholder, person: &Cardholder) -> bool {
    let (modified, revision) = (known.modified, known.revision);
    Cardholder { modified, revision, ..person.clone() } == *known
}

fn remove(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    said: &mut SourcePerson,
    known: Option<&Cardholder>,
) -> Result<Vec<Change>, PlanError> {
    said.cardholder = None;
    let Some(known) = known else { return Ok(Vec::new()) };
    let mut changes = vec![Change::DeleteCardholder { id: known.id }];
    changes.extend(hand_over(view, policy, now, Some(known), None)?);
    Ok(changes)
}

/// The person is in these groups and in no others. Groups that don't exist are made; departures come first.
fn memberships(
    view: &View<'_>,
    now: Moment<'_>,
    member: CardholderId,
    names: &[String],
) -> Result<Vec<Change>, PlanError> {
    let mut wanted = BTreeSet::new();
    let mut arrivals = Vec::new();
    let belongs: BTreeSet<GroupId> = view.groups_of(member)?.into_iter().collect();
    for (at, name) in names.iter().enumerate() {
        if names[..at].iter().any(|other| crate::domain::fold_case(other) == crate::domain::fold_case(name)) {
            continue;
        }
        let known = view.group_by_display_name(name)?;
        let group = match known {
            Some(group) => group.id,
            None => {
                let group = made(name, now);
                let id = group.id;
                arrivals.push(Change::PutGroup { group });
                id
            }
        };
        wanted.insert(group);
        if !belongs.contains(&group) {
            arrivals.push(Change::AddMember { group, member });
        }
    }
    let departures = belongs.difference(&wanted).map(|group| Change::RemoveMember { group: *group, member });
    Ok(departures.chain(arrivals).collect())
}

fn made(name: &str, now: Moment<'_>) -> Group {
    Group {
        id: GroupId(Uuid::new_v4()),
        display_name: name.to_owned(),
        external_id: None,
        attributes: Attributes::new(),
        created: now.at,
        modified: now.at,
        revision: now.revision,
    }
}
