//! Why a card opens a door at an instant or does not, where that comes from, and what would have to change.
//!
//! It judges each way in which rules lead to the door by itself, with the function that decides at doors, and tells of the way
//! that comes closest. It knows more than a door does: a card that a table doesn't have may be on hold, or its holder
//! suspended, and is not unknown then.

mod facts;
mod ways;
mod words;

pub use facts::{AtDoor, Facts};

use jiff::SignedDuration;
use panel_protocol::decide::Reason;

use super::model::AccessModel;
use crate::domain::{Blocked, CardState, Cardholder, Explanation, Hold, HoldOn, Why};
use ways::Way;

/// How far a panel's clock may be behind the gateway's, so that what it refused is still understood.
const MAX_CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);

/// Why the card opens the door or does not.
pub fn explain(model: &AccessModel, facts: &Facts<'_>) -> Explanation {
    match blocked(model, facts) {
        Some(blocked) => blocked,
        None => by_rules(model, facts),
    }
}

/// What keeps the card from opening any door.
fn blocked(model: &AccessModel, facts: &Facts<'_>) -> Option<Explanation> {
    if let Some(hold) = hold(model, facts) {
        return Some(refused(Why::Blocked(Blocked::OnHold), words::on_hold(facts, hold)));
    }
    if facts.holders.is_empty() {
        return Some(refused(Why::Decided(Reason::UnknownCard), words::unknown(facts)));
    }
    if facts.holder().is_some() {
        return None;
    }
    let people = || facts.holders.iter().map(|holder| &holder.person);
    let has = |person: &Cardholder, state| {
        person.cards.iter().any(|card| card.credential == facts.card && card.state == state)
    };
    let suspended = people().find(|person| !person.active && has(person, CardState::Active));
    let (why, person) = match suspended {
        Some(person) => (Blocked::PersonSuspended, person),
        None => match people().find(|person| has(person, CardState::Suspended)) {
            Some(person) => (Blocked::CardSuspended, person),
            None => (Blocked::CardWithdrawn, people().next()?),
        },
    };
    Some(refused(Why::Blocked(why), words::blocked(facts, why, person)))
}

/// The hold that counts, put there before the instant in question.
fn hold<'a>(model: &'a AccessModel, facts: &Facts<'_>) -> Option<&'a Hold> {
    let people = facts.holders.iter().map(|holder| HoldOn::Person(holder.person.id));
    let mut holds = model.holds_on([HoldOn::Card(facts.card)].into_iter().chain(people));
    let late = match facts.at_door {
        AtDoor::Said(_) => MAX_CLOCKS_APART,
        AtDoor::WouldSay(_) | AtDoor::NotAsked => SignedDuration::ZERO,
    };
    holds.find(|hold| hold.is_on(facts.at) && hold.created.duration_since(facts.at) <= late)
}

/// What the ways to the door come to, and what the door has to say to that.
fn by_rules(model: &AccessModel, facts: &Facts<'_>) -> Explanation {
    let Some(access) = facts.access() else {
        return refused(Why::Decided(Reason::Expired), words::over());
    };
    let ways = ways::ways(model, facts, &access);
    let closest = ways.iter().map(Way::rank).max();
    let ways: Vec<&Way<'_>> = ways.iter().filter(|way| Some(way.rank()) == closest).collect();
    let reason = ways.first().map_or(Reason::NoAccess, |way| way.reason);
    match facts.at_door.reason() {
        Some(said) if said.granted() != reason.granted() || !is_of_rules(said) => {
            at_door(model, facts, &ways, reason, said)
        }
        _ => told(model, facts, &ways, reason),
    }
}

/// The rules and the door are of one mind, or nobody asked the door.
fn told(model: &AccessModel, facts: &Facts<'_>, ways: &[&Way<'_>], reason: Reason) -> Explanation {
    if reason.granted() {
        let because = words::granted(facts, ways);
        return Explanation { granted: true, reason: Why::Decided(reason), because, remedy: None };
    }
    refused(Why::Decided(reason), words::refused(model, facts, ways, reason))
}

/// The door says something that rules don't.
fn at_door(
    model: &AccessModel,
    facts: &Facts<'_>,
    ways: &[&Way<'_>],
    reason: Reason,
    said: Reason,
) -> Explanation {
    match (reason.granted(), is_of_rules(said)) {
        (_, false) => refused(Why::Decided(said), words::at_door(facts, said)),
        (true, true) => refused(Why::Decided(said), words::not_told(facts, ways)),
        (false, true) => told(model, facts, ways, reason),
    }
}

/// Whether a reason says something of a card's row, or of access by rules.
fn is_of_rules(reason: Reason) -> bool {
    use Reason as Is;
    reason.granted()
        || matches!(
            reason,
            Is::UnknownCard
                | Is::NotYetValid
                | Is::Expired
                | Is::NoAccess
                | Is::UnknownProfile
                | Is::OutsideHours
        )
}

fn refused(reason: Why, (because, remedy): words::Told) -> Explanation {
    Explanation { granted: false, reason, because, remedy: Some(remedy) }
}

#[cfg(test)]
mod tests;
