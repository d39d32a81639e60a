//! The sentences. None names a person who carries a card, and none a card's number.

use std::collections::BTreeSet;

use jiff::Timestamp;
use panel_protocol::decide::Reason;
use panel_protocol::door::Mode;

use super::facts::{AtDoor, Facts};
use super::ways::{Rules, Way};
use crate::access::model::AccessModel;
use crate::domain::{
    AccessLevel, At, Blocked, Cardholder, DoorMode, Hold, HoldOn, RuleTo, Schedule, WeeklyInterval, When,
    one_line,
};

/// Why, and what would have to change.
pub(super) type Told = (Vec<String>, String);

/// Most ways, names or intervals that a list of them has.
const MAX_LISTED: usize = 5;

/// Longest name in a sentence, in characters.
const MAX_NAME_CHARS: usize = 100;

/// A hold is on the card or its holder.
pub(super) fn on_hold(facts: &Facts<'_>, hold: &Hold) -> Told {
    let (since, by) = (facts.clock().short(&hold.created), name(&hold.by.words()));
    let what = match hold.on {
        HoldOn::Card(_) => "The card",
        HoldOn::Person(_) => "The card's holder",
    };
    let mut because =
        vec![format!("{what} is on hold since {since} by {by}, because: {}", name(&hold.reason))];
    let lift = format!("Lift the hold: `gateway hold remove {}`.", hold.id);
    let remedy = match hold.until {
        Some(until) => {
            because.push(format!("The hold ends {}.", on_day(facts, until)));
            format!("{lift} It ends by itself {}.", on_day(facts, until))
        }
        None => lift,
    };
    (because, remedy)
}

/// Nobody has the card, and nobody had it.
pub(super) fn unknown(facts: &Facts<'_>) -> Told {
    let mut because = vec!["Nobody holds this card.".to_owned()];
    because.extend(facts.revoked.map(|gone| {
        let by = gone.by.as_ref().map(|by| format!(" by {}", name(&by.words()))).unwrap_or_default();
        format!("It was somebody's until it was taken away{by} {}.", when(facts, gone.at))
    }));
    (because, "Give the card to a person: at the identity provider, or by hand on site.".to_owned())
}

/// Somebody has the card, and it opens nothing.
pub(super) fn blocked(facts: &Facts<'_>, why: Blocked, person: &Cardholder) -> Told {
    let gone = facts.revoked.filter(|gone| gone.holder == person.id);
    let how = match gone {
        Some(gone) => {
            let by = gone.by.as_ref().map(|by| format!(" by {}", name(&by.words()))).unwrap_or_default();
            format!("{}{by}", when(facts, gone.at))
        }
        None => format!("{} or before", when(facts, person.modified)),
    };
    let source = gone.and_then(|gone| gone.by.as_ref()).map(|by| name(&by.words()));
    let source = source.unwrap_or_else(|| "whoever manages them".to_owned());
    match why {
        Blocked::PersonSuspended => (
            vec![format!("The card's holder was suspended {how}.")],
            format!("Have the holder made active again by {source}; the card comes back with them."),
        ),
        Blocked::CardSuspended => (
            vec![format!("The card was suspended {how}.")],
            format!("Have the card made active again by {source}."),
        ),
        Blocked::CardWithdrawn | Blocked::OnHold => (
            vec![format!("The card was taken back from its holder {how}.")],
            "Give the card to a person again.".to_owned(),
        ),
    }
}

/// The card's validity was over before time began.
pub(super) fn over() -> Told {
    (vec!["The card's validity is over.".to_owned()], "Give the card a later end.".to_owned())
}

/// The ways that let the card in.
pub(super) fn granted(facts: &Facts<'_>, ways: &[&Way<'_>]) -> Vec<String> {
    let ways = ways.iter().take(MAX_LISTED).map(|way| sentence(facts, way));
    ways.chain(held_open(facts)).collect()
}

/// No way lets the card in.
pub(super) fn refused(model: &AccessModel, facts: &Facts<'_>, ways: &[&Way<'_>], reason: Reason) -> Told {
    let first = ways.first().and_then(|way| way.by);
    let (why, remedy) = match reason {
        Reason::NoAccess => no_access(model, facts),
        Reason::OutsideHours => outside_hours(facts, ways),
        Reason::Expired | Reason::NotYetValid => span(facts, first, reason),
        Reason::DoorLocked | Reason::Lockdown => ordered(facts, reason),
        other => (vec![format!("At the door: {other}.")], general(other).to_owned()),
    };
    let ways = ways.iter().take(MAX_LISTED).map(|way| sentence(facts, way));
    (why.into_iter().chain(ways).chain(held_open(facts)).collect(), remedy)
}

/// The door refused or would refuse for a reason of its own.
pub(super) fn at_door(facts: &Facts<'_>, said: Reason) -> Told {
    match said {
        Reason::DoorLocked | Reason::Lockdown => ordered(facts, said),
        other => (vec![format!("At the door: {other}.")], general(other).to_owned()),
    }
}

/// The card has a way, and the door's table doesn't.
pub(super) fn not_told(facts: &Facts<'_>, ways: &[&Way<'_>]) -> Told {
    let (why, remedy) = match facts.at_door {
        AtDoor::Said(_) => (
            "The card should open the door, but the door's controller had not been told so, or can't be told.",
            "See on the page whether the controller has proven its table, and present the card again.",
        ),
        AtDoor::WouldSay(_) | AtDoor::NotAsked => (
            "The card should open the door, but the door's controller can't be told of this way, so it keeps the door shut.",
            "Give the access for good and at any time, or have a door here that knows schedules and spans.",
        ),
    };
    let ways = ways.iter().take(MAX_LISTED).map(|way| sentence(facts, way));
    ([why.to_owned()].into_iter().chain(ways).collect(), remedy.to_owned())
}

fn no_access(model: &AccessModel, facts: &Facts<'_>) -> Told {
    let door = name(facts.door_name);
    let groups: Vec<String> = facts
        .holder()
        .into_iter()
        .flat_map(|holder| &holder.groups)
        .map(|group| facts.groups.get(group).map_or_else(|| group.to_string(), |known| name(known)))
        .collect();
    let groups = match groups.is_empty() {
        true => "The holder is in no group.".to_owned(),
        false => format!("The holder is in: {}.", listed(&groups)),
    };
    let opens = |level: &&AccessLevel| {
        level.doors.iter().any(|part| part.schedule != When::Never && facts.door.is_at(&part.at))
    };
    let levels: Vec<String> = model.levels().filter(opens).map(|level| name(level.name.as_str())).collect();
    let remedy = match levels.is_empty() {
        true => format!("No access level opens {door}: make one, and a rule that gives it."),
        false => format!(
            "Have a rule give the holder, or a group of theirs, an access level that opens {door}: {}.",
            listed(&levels)
        ),
    };
    (vec![format!("No rule gives the card's holder {door}."), groups], remedy)
}

fn outside_hours(facts: &Facts<'_>, ways: &[&Way<'_>]) -> Told {
    let schedules = || ways.iter().filter_map(|way| way.by?.schedule);
    let names: Vec<String> = schedules().map(|schedule| name(schedule.name.as_str())).collect();
    let next = schedules().filter_map(|schedule| facts.times.opens_next(schedule, facts.at)).min();
    let why = format!("{} is outside the hours of: {}.", weekday(facts, facts.at), listed(&names));
    let remedy = match next {
        Some(next) => {
            format!("The door opens for this card again on {}; or change the schedule.", weekday(facts, next))
        }
        None => "Change the schedule, or give an access level with other hours.".to_owned(),
    };
    (vec![why], remedy)
}

/// The card's validity or the rule's span has not begun, or is over.
fn span(facts: &Facts<'_>, by: Option<Rules<'_>>, reason: Reason) -> Told {
    let cards = || {
        let holder = facts.holder().into_iter().flat_map(|holder| holder.person.active_cards());
        holder.filter(|card| card.credential == facts.card)
    };
    let (from, until) = by.map_or((None, None), |by| by.span());
    let is_over = reason == Reason::Expired;
    let of_rule = match is_over {
        true => until.filter(|until| *until <= facts.at),
        false => from.filter(|from| facts.at < *from),
    };
    let of_card = || match is_over {
        true => cards().filter_map(|card| card.valid_until).max(),
        false => cards().filter_map(|card| card.valid_from).min(),
    };
    let what = if of_rule.is_some() { "The rule" } else { "The card" };
    let at = of_rule.or_else(of_card).map(|at| on_day(facts, at)).unwrap_or_default();
    let thing = if of_rule.is_some() { "rule" } else { "card" };
    if is_over {
        (vec![format!("{what} was valid until {at}.")], format!("Give the {thing} a later end."))
    } else {
        (
            vec![format!("{what} is valid from {at} on.")],
            format!("Wait until then, or give the {thing} an earlier beginning."),
        )
    }
}

fn ordered(facts: &Facts<'_>, reason: Reason) -> Told {
    let remedy = format!("Put the door back to normal use: `gateway door normal {}`.", facts.door.door);
    let what = if reason == Reason::Lockdown { "in lockdown" } else { "locked" };
    let order = facts.order().map(|order| order_words(facts, order));
    (vec![format!("{} is {what}{}.", name(facts.door_name), order.unwrap_or_default())], remedy)
}

fn order_words(facts: &Facts<'_>, order: &DoorMode) -> String {
    let until = order.until.map(|until| format!(" until {}", on_day(facts, until))).unwrap_or_default();
    let reason = order.reason.as_deref().map(|why| format!(", because: {}", name(why))).unwrap_or_default();
    format!(" since {}{until} by {}{reason}", facts.clock().short(&order.since), name(&order.by))
}

fn held_open(facts: &Facts<'_>) -> Option<String> {
    let order = facts.order().filter(|order| order.mode == Mode::Held)?;
    let door = name(facts.door_name);
    Some(format!("{door} is held open{}: whoever comes gets in.", order_words(facts, order)))
}

/// A way: rule, access level, door or place, schedule.
fn sentence(facts: &Facts<'_>, way: &Way<'_>) -> String {
    let Some(Rules { rule, level, part, schedule }) = way.by else {
        return "The access mode is open: every active card of an active person opens every door.".to_owned();
    };
    let whom = match &rule.to {
        RuleTo::Everyone => "everyone".to_owned(),
        RuleTo::Group(group) => {
            let known = facts.groups.get(group).map_or_else(|| group.to_string(), |known| name(known));
            format!("the group {known}")
        }
        RuleTo::Person { .. } => "the card's holder".to_owned(),
    };
    let door = match &part.at {
        At::Door(_) => name(facts.door_name),
        At::Place(place) => format!("all doors of {}", name(&place.to_string())),
    };
    let hours = match (part.schedule, schedule) {
        (When::Always, _) => "at any time".to_owned(),
        (When::Never, _) => "never".to_owned(),
        (When::Schedule(_), Some(schedule)) => {
            format!("by the schedule {} ({})", name(schedule.name.as_str()), weekly(schedule))
        }
        (When::Schedule(id), None) => format!("by the schedule {id}, which is gone"),
    };
    format!(
        "The rule for {whom} gives the access level {}, which opens {door} {hours}.",
        name(level.name.as_str())
    )
}

fn weekly(schedule: &Schedule) -> String {
    let stretch = |it: &WeeklyInterval| format!("{} {}", it.days, it.interval);
    let mut stretches: Vec<String> = schedule.weekly.iter().map(stretch).collect();
    if stretches.is_empty() {
        stretches.push("no weekly hours".to_owned());
    }
    if !schedule.holidays.is_empty() {
        stretches.push("otherwise on holidays".to_owned());
    }
    listed(&stretches)
}

/// What to do about what a door says by itself.
const fn general(reason: Reason) -> &'static str {
    match reason {
        Reason::ClockNotSet | Reason::ZoneNotSet => {
            "See on the page how the door's controller is; its clock is set when it can be reached."
        }
        Reason::UnknownSchedule | Reason::UnknownProfile | Reason::UnknownCard => {
            "See on the page whether the door's controller has proven its table."
        }
        Reason::UnknownReader => "Give the door a reader in the configuration.",
        Reason::Interlock => "Close the other door first.",
        Reason::AntiPassback => "Present the card where the area is left, first.",
        Reason::PinWanted | Reason::NoPin | Reason::WrongPin => "Enter the card's PIN.",
        Reason::TooManyTries => "Wait, and enter the right PIN.",
        Reason::SecondPersonWanted => "Have a second person present a card within seconds.",
        _ => "Present the card again.",
    }
}

/// `at 13:04 CET` on the day in question, else `on 21 Nov 13:04 CET`.
fn when(facts: &Facts<'_>, at: Timestamp) -> String {
    let day = |at: Timestamp| at.to_zoned(facts.times.zone.clone()).date();
    let preposition = if day(at) == day(facts.at) { "at" } else { "on" };
    format!("{preposition} {}", facts.clock().short(&at))
}

fn on_day(facts: &Facts<'_>, at: Timestamp) -> String {
    facts.clock().dated(&at)
}

/// `Mon 30 Nov 2026 21:04 CET`.
fn weekday(facts: &Facts<'_>, at: Timestamp) -> String {
    at.to_zoned(facts.times.zone.clone()).strftime("%a %-d %b %Y %H:%M %Z").to_string()
}

fn listed(names: &[String]) -> String {
    let names = &distinct(names);
    let more = names.len().saturating_sub(MAX_LISTED);
    let shown = names.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

fn distinct(names: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.iter().filter(|name| seen.insert(name.as_str())).cloned().collect()
}

/// A name as others gave it, of bounded length and on one line.
fn name(text: &str) -> String {
    let cut = text.chars().take(MAX_NAME_CHARS).collect::<String>();
    let more = if cut.len() < text.len() { "…" } else { "" };
    one_line(format_args!("{cut}{more}"))
}
