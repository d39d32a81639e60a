//! Card reads and what else happens at doors, in words.

use jiff::Timestamp;
use panel_protocol::decide::Reason;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::masking::CardText;
use crate::domain::{CardRead, ControllerId, DoorEvent, DoorWhat, EventResult, Explanation, Why};

/// A card presented at a door.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct EventView {
    /// Its number in the log.
    pub number: u64,
    /// When, by the controller's clock.
    pub at: Timestamp,
    /// Whose card; absent when nobody holds it.
    pub who: Option<String>,
    /// The door's name, or the controller and reader where the reader belongs to no door.
    pub door: String,
    /// The controller that decided or reported.
    pub controller: ControllerId,
    /// The card; absent when it could not be read.
    pub card: Option<CardText>,
    /// Whether the door opened.
    pub granted: bool,
    /// Why, for programs.
    #[schemars(schema_with = "reasons")]
    pub reason: Reason,
    /// Why, for people.
    pub reason_text: String,
    /// The whole as one sentence: `Ann Archer opened Dock`. Tells no card number.
    pub text: String,
    /// Why it was refused, where that comes from and what would have to change, as it was known when the event arrived.
    pub explained: Option<Explanation>,
}

/// Which events are wanted: those that all of it fits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventsWanted {
    /// Of this door, by id or name.
    pub door: Option<String>,
    /// Of this person, by id, name, user name or e-mail address.
    pub person: Option<String>,
    /// With this card, in one of the ways to write one or as lists show it.
    pub card: Option<String>,
    /// With this result.
    pub result: Option<EventResult>,
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// With a smaller number than this.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// Events that were found.
#[derive(Clone, PartialEq, Debug)]
pub struct EventsFound {
    /// The newest in the log first.
    pub events: Vec<EventView>,
    /// Where older ones begin: ask for those before it. `None`: there are none.
    pub next: Option<u64>,
}

/// Why events can't be shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EventsError {
    /// What stands for a card is none.
    #[error("{0}")]
    NotACard(String),
    /// The log or the directory can't be read now; the service's log has more.
    #[error("the event log can't be read now: {0}")]
    Unreadable(String),
}

impl EventView {
    /// A card read at `at`, in the log under `number`. `door_name` is what people call its door; `card` how its credential is
    /// to be written.
    pub fn of_card_read(
        number: u64,
        at: Timestamp,
        read: &CardRead,
        door_name: Option<&str>,
        card: CardText,
    ) -> Self {
        let door = match (door_name, &read.door) {
            (Some(name), _) => name.to_owned(),
            (None, Some(id)) => id.to_string(),
            (None, None) => format!("{}, reader {}", read.controller, read.reader),
        };
        let reason_text = match (read.held_back, read.explained.as_ref().map(|it| it.reason)) {
            (Some(why), _) => why.to_string(),
            (None, Some(Why::Blocked(why))) => why.words().to_owned(),
            (None, Some(Why::Decided(why))) => reason_words(why).to_owned(),
            (None, None) => reason_words(read.reason).to_owned(),
        };
        Self {
            number,
            at,
            text: sentence(read.holder_name.as_deref(), read.granted, &door, &reason_text),
            who: read.holder_name.clone(),
            door,
            controller: read.controller.clone(),
            card: Some(card),
            granted: read.granted,
            reason: read.reason,
            reason_text,
            explained: read.explained.as_deref().cloned(),
        }
    }
}

fn reasons(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Reason::ALL })
}

fn sentence(who: Option<&str>, granted: bool, door: &str, reason: &str) -> String {
    let who = who.unwrap_or("Unknown card");
    if granted { format!("{who} opened {door}") } else { format!("{who} refused at {door}: {reason}") }
}

/// Why a door opened or did not, for people.
pub const fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Granted => "access granted",
        Reason::UnknownCard => "card not known at this door",
        Reason::NotYetValid => "card not valid yet",
        Reason::Expired => "card expired",
        Reason::NoAccess => "no access to this door",
        Reason::UnknownProfile => "card table incomplete (profile missing)",
        Reason::UnknownReader => "reader not set up",
        Reason::ClockNotSet => "controller's clock not set",
        Reason::OutsideHours => "outside the card's hours",
        Reason::UnknownSchedule => "card table incomplete (schedule missing)",
        Reason::ZoneNotSet => "controller doesn't know the local time",
        Reason::DoorLocked => "door locked for everybody",
        Reason::Lockdown => "lockdown",
        Reason::Interlock => "another door stands open",
        Reason::AntiPassback => "anti-passback: the card is in another area",
        Reason::PinWanted => "PIN not entered",
        Reason::NoPin => "card has no PIN, and the door wants one",
        Reason::WrongPin => "wrong PIN",
        Reason::TooManyTries => "too many wrong PINs",
        Reason::SecondPersonWanted => "second person not there",
        Reason::GrantedUnderDuress => "access granted under duress",
        Reason::GrantedDespiteAntiPassback => "access granted, against anti-passback",
        Reason::GrantedByRank => "access granted in a lockdown",
    }
}

/// Something at a door other than a card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct DoorEventView {
    /// When, by the gateway's clock.
    pub at: Timestamp,
    /// The door's name.
    pub door: String,
    /// The controller under which the configuration has it.
    pub controller: ControllerId,
    /// What happened, for programs.
    #[serde(flatten)]
    pub what: DoorWhat,
    /// Who ordered it; absent where nobody did.
    pub by: Option<String>,
    /// Why, in their words.
    pub reason: Option<String>,
    /// The whole as one sentence.
    pub text: String,
}

impl DoorEventView {
    /// What happened at `at`; `door_name` is what people call the door.
    pub fn of(at: Timestamp, event: &DoorEvent, door_name: Option<&str>) -> Self {
        let door = door_name.unwrap_or(event.door.as_str()).to_owned();
        let by = event.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
        let reason = event.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        Self {
            at,
            text: format!("{}{by}{reason}", event.what.sentence(&door)),
            door,
            controller: event.controller.clone(),
            what: event.what.clone(),
            by: event.by.clone(),
            reason: event.reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Blocked;

    fn read(holder_name: Option<&str>, granted: bool, reason: Reason) -> CardRead {
        CardRead {
            controller: "dock".parse().unwrap(),
            door: None,
            reader: 1,
            credential: panel_protocol::credential::Credential::new(26, 0x2F6_23AE).unwrap(),
            holder: None,
            holder_name: holder_name.map(str::to_owned),
            granted,
            reason,
            held_back: None,
            explained: None,
            sequence: 1,
            epoch: 1,
        }
    }

    #[test]
    fn a_card_that_somebody_blocked_is_not_told_to_be_unknown() {
        let explained = Explanation {
            granted: false,
            reason: Why::Blocked(Blocked::OnHold),
            because: vec!["The card is on hold.".to_owned()],
            remedy: Some("Lift the hold.".to_owned()),
        };
        let blocked = CardRead {
            explained: Some(Box::new(explained.clone())),
            ..read(Some("Bo"), false, Reason::UnknownCard)
        };
        let view = EventView::of_card_read(
            1,
            Timestamp::UNIX_EPOCH,
            &blocked,
            Some("Dock"),
            CardText::new("100-1234"),
        );
        assert_eq!(view.text, "Bo refused at Dock: blocked: a hold is on the card");
        assert_eq!((view.reason, view.explained), (Reason::UnknownCard, Some(explained)));
    }

    #[test]
    fn a_card_read_is_one_sentence() {
        let view = |read: &CardRead, door| {
            EventView::of_card_read(1, Timestamp::UNIX_EPOCH, read, door, CardText::new("100-1234")).text
        };
        assert_eq!(
            view(&read(Some("Ann Archer"), true, Reason::Granted), Some("Dock")),
            "Ann Archer opened Dock"
        );
        assert_eq!(
            view(&read(None, false, Reason::UnknownCard), None),
            "Unknown card refused at dock, reader 1: card not known at this door"
        );
        assert_eq!(
            view(&read(Some("Bo"), false, Reason::Expired), Some("Dock")),
            "Bo refused at Dock: card expired"
        );
    }
}
