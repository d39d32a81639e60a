//! Events as others are told of them: the views' own words, and how much each matters.

use serde::Serialize;
use serde_json::{Value, json};

use super::events::{door_name, event_view};
use super::receipts::receipt_view_by;
use crate::config::Config;
use crate::domain::{AlarmKind, ControllerId, DoorWhat, EventKind, Level, Receipt, ReceiptAction};
use crate::forward::{ShownCards, Told, Weight};
use crate::store::LoggedEvent;
use crate::views::{DoorEventView, EventView, Masked, ReceiptView};
use panel_protocol::decide::Reason;

/// An event of the log for others, with as much of cards as they may see. `reads_back` says whether a controller's proof is a
/// read-back.
pub(in crate::site) fn told(
    config: &Config,
    reads_back: &dyn Fn(&ControllerId) -> bool,
    cards: ShownCards,
    logged: &LoggedEvent,
) -> Option<Told> {
    let of = |kind, subject: String, weight, text: String, data| Told {
        number: logged.sequence,
        at: logged.event.at,
        kind,
        subject,
        weight,
        text,
        data,
    };
    Some(match &logged.event.kind {
        EventKind::CardRead(read) => {
            let view = shown(event_view(config, logged)?, cards);
            let subject = match &read.door {
                Some(door) => format!("doors/{door}"),
                None => format!("controllers/{}", read.controller),
            };
            let (kind, weight) = of_read(&view);
            of(kind, subject, weight, view.text.clone(), data(&view))
        }
        EventKind::Door(event) => {
            let view = DoorEventView::of(logged.event.at, event, door_name(config, Some(&event.door)));
            let (kind, weight) = of_door(&event.what);
            of(kind, format!("doors/{}", event.door), weight, view.text.clone(), data(&view))
        }
        EventKind::Receipt(receipt) => {
            let view = shown(receipt_view_by(reads_back, receipt, config.cards.default_format), cards);
            let subject = format!("revisions/{}", receipt.revision);
            of(of_receipt(receipt.action), subject, Weight::Usual, proven(receipt, &view), data(&view))
        }
        EventKind::Alarm(alarm) => {
            let weight = match (alarm.cleared, &alarm.what, alarm.what.level()) {
                (true, ..) => Weight::Notable,
                (false, AlarmKind::DoorForced { .. } | AlarmKind::DoorTampered { .. }, _) => Weight::Urgent,
                (false, _, Level::Problem) => Weight::Failing,
                (false, ..) => Weight::Notable,
            };
            let kind = if alarm.cleared { "alarm.cleared" } else { "alarm.raised" };
            of(kind, "alarms".to_owned(), weight, alarm.text.clone(), data(alarm))
        }
        EventKind::RuleDropped(rule) => {
            let text = "A rule went with its group".to_owned();
            of("access.rule_dropped", "access".to_owned(), Weight::Notable, text, data(rule))
        }
    })
}

fn shown<T: Masked>(view: T, cards: ShownCards) -> T {
    match cards {
        ShownCards::Masked => view.masked(),
        ShownCards::Full => view,
    }
}

fn data(view: &impl Serialize) -> Value {
    serde_json::to_value(view).unwrap_or_else(|_| json!({}))
}

fn of_read(view: &EventView) -> (&'static str, Weight) {
    match (view.granted, view.reason) {
        (true, Reason::GrantedUnderDuress) => ("access.duress", Weight::Urgent),
        (true, _) => ("access.granted", Weight::Usual),
        (false, _) => ("access.denied", Weight::Notable),
    }
}

const fn of_door(what: &DoorWhat) -> (&'static str, Weight) {
    match what {
        DoorWhat::Forced => ("door.forced", Weight::Urgent),
        DoorWhat::Held => ("door.held", Weight::Failing),
        DoorWhat::HeldWarning => ("door.held_warning", Weight::Notable),
        DoorWhat::Closed => ("door.closed", Weight::Notable),
        DoorWhat::Tamper { over: false } => ("door.tampered", Weight::Urgent),
        DoorWhat::Tamper { over: true } => ("door.tamper_over", Weight::Notable),
        DoorWhat::RequestToExit => ("door.request_to_exit", Weight::Usual),
        DoorWhat::LockLost => ("door.lock_lost", Weight::Failing),
        DoorWhat::LockBack => ("door.lock_back", Weight::Notable),
        DoorWhat::PowerFailed { over: false } => ("door.power_failed", Weight::Failing),
        DoorWhat::PowerFailed { over: true } => ("door.power_back", Weight::Notable),
        DoorWhat::Unlocked => ("door.unlocked", Weight::Notable),
        DoorWhat::Mode { .. } => ("door.mode", Weight::Notable),
        DoorWhat::NotSwitched { .. } => ("door.not_switched", Weight::Failing),
        DoorWhat::KeysEntered { .. } => ("door.keys_entered", Weight::Usual),
    }
}

const fn of_receipt(action: ReceiptAction) -> &'static str {
    match action {
        ReceiptAction::Activate => "card.activated",
        ReceiptAction::Update => "card.updated",
        ReceiptAction::Deactivate => "card.revoked",
    }
}

fn proven(receipt: &Receipt, view: &ReceiptView) -> String {
    let what = match receipt.action {
        ReceiptAction::Activate => "opens doors",
        ReceiptAction::Update => "has changed",
        ReceiptAction::Deactivate => "opens no door any more",
    };
    let controllers = match receipt.landings.len() {
        1 => "1 controller".to_owned(),
        count => format!("{count} controllers"),
    };
    let within = view.proven_ms.map(|ms| format!(" within {ms} ms")).unwrap_or_default();
    format!("A card of {} {what}: proven at {controllers}{within}", receipt.holder_name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_kind_is_lower_case_words_and_short_enough_for_a_syslog_message() {
        let doors = [
            DoorWhat::Forced,
            DoorWhat::HeldWarning,
            DoorWhat::Held,
            DoorWhat::Closed,
            DoorWhat::Tamper { over: false },
            DoorWhat::Tamper { over: true },
            DoorWhat::RequestToExit,
            DoorWhat::LockLost,
            DoorWhat::LockBack,
            DoorWhat::PowerFailed { over: false },
            DoorWhat::PowerFailed { over: true },
            DoorWhat::Unlocked,
            DoorWhat::NotSwitched { why: String::new() },
            DoorWhat::KeysEntered { keys: 4 },
        ];
        let kinds: HashSet<&str> = doors.iter().map(|what| of_door(what).0).collect();
        assert_eq!(kinds.len(), doors.len(), "each has a kind of its own");
        let fits = |kind: &&str| {
            kind.len() <= 32 && kind.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b))
        };
        assert!(kinds.iter().all(fits), "{kinds:?}");
    }
}
