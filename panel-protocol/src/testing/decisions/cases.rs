//! The rows of the table.

use core::time::Duration;
use std::string::String;
use std::vec::Vec;

use super::site::{Card, Site, mode};
use super::words::{halves, instant, number, parts, snake};
use crate::decide::{CardState, DoorState, Mode, Outcome, Passage, Reason, Tries, Waiting};
use crate::table::{DigestKey, Pin, PinGiven};
use crate::time::{Micros, UtcSeconds};

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its line, from 1.
    pub line: usize,
    /// The line itself.
    pub text: String,
    /// The card, as its place among the site's; `None` for one that nobody knows.
    pub card: Option<usize>,
    /// The door, as its place among the site's.
    pub door: usize,
    /// When; `None`: the clock was never set.
    pub at: Option<UtcSeconds>,
    /// The mode, where somebody has said another than the door's settings.
    pub mode: Option<Mode>,
    /// The PIN that was entered.
    pub pin: Option<Pin>,
    /// The readers whose doors stand open.
    pub open_doors: u16,
    /// What is remembered of the card before.
    pub card_before: CardState,
    /// What is remembered of the door before.
    pub door_before: DoorState,
    /// What it comes to.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// What is remembered of the card after.
    pub card_after: CardState,
    /// What is remembered of the door after.
    pub door_after: DoorState,
}

/// The rows of the table, in order.
///
/// # Panics
/// When one can't be read; its line is told.
pub fn cases(site: &Site) -> Vec<Case> {
    let lines =
        super::TEXT.lines().enumerate().filter(|(_, line)| line.contains('|') && !line.starts_with('#'));
    lines.map(|(at, line)| Case::read(site, at + 1, line)).collect()
}

impl Case {
    /// The time of all rows, on the clock that is never set.
    pub const NOW: Micros = Micros(1_000_000_000);

    /// `who | door | when | state | outcome | reason | what changes`.
    fn read(site: &Site, line: usize, text: &str) -> Self {
        let columns: Vec<&str> = text.split('|').map(str::trim).collect();
        let [who, door, at, state, outcome, reason, after @ ..] = &columns[..] else {
            panic!("line {line}: six columns at least: {text}");
        };
        let named = |name: &str| Reason::ALL.into_iter().find(|reason| snake(reason) == name);
        let reason = named(reason).unwrap_or_else(|| panic!("line {line}: {reason:?} is no reason"));
        let mut case = Self {
            line,
            text: text.into(),
            card: (*who != "nobody").then(|| site.card(who)),
            door: site.door(door),
            at: (*at != "-").then(|| instant(at)),
            mode: None,
            pin: None,
            open_doors: 0,
            card_before: CardState::default(),
            door_before: DoorState::default(),
            outcome: reason.outcome(),
            reason,
            card_after: CardState::default(),
            door_after: DoorState::default(),
        };
        assert_eq!(snake(case.outcome), *outcome, "line {line}: {reason:?} is another outcome");
        parts(state, ',').for_each(|part| case.take(site, part));
        (case.card_after, case.door_after) = (case.card_before, case.door_before);
        for part in after.iter().flat_map(|after| parts(after, ',')) {
            let is_known = remember(site, part, &mut case.card_after, &mut case.door_after);
            assert!(is_known, "line {line}: {part:?} is nothing that is remembered");
        }
        case
    }

    fn take(&mut self, site: &Site, part: &str) {
        if remember(site, part, &mut self.card_before, &mut self.door_before) {
            return;
        }
        match part.split_whitespace().collect::<Vec<_>>()[..] {
            ["pin", digits] => self.pin = Pin::new(digits.as_bytes()),
            ["open", door] => self.open_doors |= 1 << site.doors[site.door(door)].reader,
            ref words => {
                let said = mode(words).unwrap_or_else(|| panic!("line {}: {part:?} is no state", self.line));
                self.mode = Some(said);
            }
        }
    }

    pub(super) fn pin_given(&self, card: Option<&Card>, key: &DigestKey) -> PinGiven {
        let Some(pin) = &self.pin else { return PinGiven::None };
        let row = card.map(|card| card.row);
        let kept = row.and_then(|row| Some((row.credential, row.pin?)));
        kept.map_or(PinGiven::Wrong, |(credential, kept)| kept.check(key, credential, pin))
    }
}

/// Takes a part of a state; whether it is one.
fn remember(site: &Site, part: &str, card: &mut CardState, door: &mut DoorState) -> bool {
    let later = |seconds: &str| Case::NOW + Duration::from_secs(number(seconds));
    match part.split_whitespace().collect::<Vec<_>>()[..] {
        ["in", area] => card.passage = Some(passage(area)),
        ["wrong", tries] => card.tries = Tries { wrong: number(tries), blocked_until: None },
        ["blocked", seconds] => card.tries = Tries { wrong: 0, blocked_until: Some(later(seconds)) },
        ["unlocked", "until", at] => door.unlocked_until = Some(instant(at)),
        ["nobody", "waits"] => door.waiting = None,
        [who, "waits", seconds, ref forced @ ..] => {
            let credential = site.cards[site.card(who)].row.credential;
            let duress = *forced == ["forced"];
            door.waiting = Some(Waiting { credential, until: later(seconds), duress });
        }
        _ => return false,
    }
    true
}

/// `1@2026-11-30T08:00Z`, or `1@-` if the clock was not set.
fn passage(text: &str) -> Passage {
    let (area, at) = halves(text, "@");
    Passage { area: number(area), at: (at != "-").then(|| instant(at)) }
}
