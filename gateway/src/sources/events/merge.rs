//! What an event adds to all that its sender has said of a person. The newest revision of each kind wins, so that events
//! in any order, however often, end in the same state.
//!
//! Pure. A removed person takes along all that is older; a list of cards takes along all cards that are older.

use std::cmp::Ordering;

use super::limits::MAX_REMEMBERED_CARDS;
use super::vocabulary::{PersonSet, Told, What};
use crate::domain::{EventFault, GivenCard, Mark, SourceCard, SourceGroups, SourcePerson, SourceProfile};

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Merged {
    /// Something is new.
    News,
    /// That very event was known.
    Known,
    /// All of it was said anew since.
    Outdated,
}

/// Adds what was told to what is known.
///
/// # Errors
/// When another event has the same revision, or the person would have too many cards; what is known is then of no use.
pub(super) fn merge(known: &mut SourcePerson, told: &Told) -> Result<Merged, EventFault> {
    let mark = &told.mark;
    if let Some(removed) = &known.removed
        && against(removed, mark)? != Merged::News
    {
        let is_it = removed == mark && told.what == What::PersonRemoved;
        return Ok(if is_it { Merged::Known } else { Merged::Outdated });
    }
    let merged = match &told.what {
        What::Person(data) => person(known, mark, data)?,
        What::PersonRemoved => remove(known, mark)?,
        What::Card { number, format, given } => card(known, mark, number, format.as_ref(), given.as_ref())?,
    };
    forget_oldest(known)?;
    Ok(merged)
}

/// How something that is said stands against what was said of the same thing.
fn against(known: &Mark, said: &Mark) -> Result<Merged, EventFault> {
    match said.revision.cmp(&known.revision) {
        Ordering::Greater => Ok(Merged::News),
        Ordering::Less => Ok(Merged::Outdated),
        Ordering::Equal if said.event == known.event => Ok(Merged::Known),
        Ordering::Equal => {
            let message = format!("was used by the event {:?} already", known.event);
            let remedy = "give each event of a person a revision of its own, the higher the newer";
            Err(EventFault::new("data.revision", message, remedy).with(&said.revision.to_string()))
        }
    }
}

fn person(known: &mut SourcePerson, mark: &Mark, data: &PersonSet) -> Result<Merged, EventFault> {
    let mut all = Vec::with_capacity(3);
    let profile = known.profile.as_ref().map_or(Ok(Merged::News), |profile| against(&profile.mark, mark))?;
    if profile == Merged::News {
        known.profile = Some(SourceProfile {
            mark: mark.clone(),
            user_name: data.user_name.clone(),
            display_name: data.display_name.clone(),
            active: data.active,
            email: data.email.clone(),
            title: data.title.clone(),
            department: data.department.clone(),
        });
    }
    all.push(profile);
    if let Some(names) = &data.groups {
        let groups = known.groups.as_ref().map_or(Ok(Merged::News), |groups| against(&groups.mark, mark))?;
        if groups == Merged::News {
            known.groups = Some(SourceGroups { mark: mark.clone(), names: names.clone() });
        }
        all.push(groups);
    }
    if let Some(cards) = &data.cards {
        all.push(list(known, mark, cards.iter().map(super::vocabulary::EventCard::given))?);
    }
    let worth = |merged: &Merged| all.contains(merged);
    Ok([Merged::News, Merged::Known].into_iter().find(worth).unwrap_or(Merged::Outdated))
}

/// All cards of a person, as of one revision.
fn list(
    known: &mut SourcePerson,
    mark: &Mark,
    cards: impl Iterator<Item = GivenCard>,
) -> Result<Merged, EventFault> {
    if mark.revision <= known.cards_since {
        return Ok(Merged::Outdated);
    }
    for card in &known.cards {
        against(&card.mark, mark)?;
    }
    known.cards.retain(|card| card.mark.revision > mark.revision);
    known.cards_since = mark.revision;
    for given in cards {
        if known.cards.iter().all(|card| !is(card, &given.number, given.format.as_ref())) {
            put(known, mark, given.number.clone(), given.format.clone(), Some(given));
        }
    }
    Ok(Merged::News)
}

fn remove(known: &mut SourcePerson, mark: &Mark) -> Result<Merged, EventFault> {
    let is_newer = |other: &Mark| against(mark, other).map(|merged| merged == Merged::News);
    if let Some(profile) = &known.profile
        && !is_newer(&profile.mark)?
    {
        known.profile = None;
    }
    if let Some(groups) = &known.groups
        && !is_newer(&groups.mark)?
    {
        known.groups = None;
    }
    for card in &known.cards {
        is_newer(&card.mark)?;
    }
    known.cards.retain(|card| card.mark.revision > mark.revision);
    known.cards_since = known.cards_since.max(mark.revision);
    known.removed = Some(mark.clone());
    Ok(Merged::News)
}

fn card(
    known: &mut SourcePerson,
    mark: &Mark,
    number: &str,
    format: Option<&String>,
    given: Option<&GivenCard>,
) -> Result<Merged, EventFault> {
    match known.cards.iter().position(|card| is(card, number, format)) {
        Some(at) => {
            let merged = against(&known.cards[at].mark, mark)?;
            if merged == Merged::News {
                known.cards[at] =
                    SourceCard { mark: mark.clone(), given: given.cloned(), ..known.cards[at].clone() };
            }
            Ok(merged)
        }
        None if mark.revision <= known.cards_since => Ok(Merged::Outdated),
        None => {
            put(known, mark, number.to_owned(), format.cloned(), given.cloned());
            Ok(Merged::News)
        }
    }
}

fn is(card: &SourceCard, number: &str, format: Option<&String>) -> bool {
    card.number == number && card.format.as_ref() == format
}

/// In an order that doesn't follow from that of the events.
fn put(
    known: &mut SourcePerson,
    mark: &Mark,
    number: String,
    format: Option<String>,
    given: Option<GivenCard>,
) {
    let at = known.cards.partition_point(|card| (&card.number, &card.format) < (&number, &format));
    known.cards.insert(at, SourceCard { mark: mark.clone(), number, format, given });
}

/// Cards that were taken away long ago make room; whatever is as old as they are is out of date from then on.
fn forget_oldest(known: &mut SourcePerson) -> Result<(), EventFault> {
    while known.cards.len() > MAX_REMEMBERED_CARDS {
        let removed = known.cards.iter().enumerate().filter(|(_, card)| card.given.is_none());
        let Some((at, _)) = removed.min_by_key(|(_, card)| card.mark.revision) else {
            let message = format!("would have more than {MAX_REMEMBERED_CARDS} cards");
            let remedy = "take some away first";
            return Err(EventFault::new("data.person", message, remedy).with(&known.person));
        };
        let forgotten = known.cards.remove(at);
        known.cards_since = known.cards_since.max(forgotten.mark.revision);
    }
    Ok(())
}
