//! Notices when a large part of all people loses access within minutes: a group unassigned by mistake, a mapping
//! changed, an identity provider taken over.
//!
//! It holds nothing back and delays nothing; it only tells. Pure: time is an argument. A change costs the same however
//! many came before it, and memory is bounded: losses are counted in stretches of ten seconds. Who loses access twice is
//! one person, and who has it again is none.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Cardholder, CardholderId};

/// Losses are looked at over so long.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(10);

const STRETCH_S: i64 = 10;

/// Most sources that one stretch tells apart; losses by others count without a name.
const MAX_SOURCES: usize = 4;

/// Most people that are told apart; further ones count each time that they lose access.
const MAX_PEOPLE: usize = 100_000;

/// From when on losses are an alarm.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rule {
    /// The share of all people who had access, above 0 to 1, that must be exceeded.
    pub share: f64,
    /// Fewer people than this never are one: at a site of ten, two leavers are an ordinary day.
    pub people: u32,
}

/// What stands out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MassRevocation {
    /// When the first of them lost access.
    pub since: Timestamp,
    /// How many have lost it within the window, and not got it back.
    pub lost: u32,
    /// How many had it when the window began.
    pub of: u64,
    /// Who did it, the one who did most of it first.
    pub by: Vec<String>,
}

impl MassRevocation {
    /// The one sentence that tells it, with the remedy.
    pub fn sentence(&self) -> String {
        let Self { lost, of, by, .. } = self;
        format!(
            "{lost} of {of} people have lost access within ten minutes, by the word of {}. Nothing was held back. If this \
             was not meant: stop provisioning there, assign the people again, and provision once more; cards and \
             memberships of those who were deactivated come back with them, those who were deleted are made anew.",
            by.join(" and ")
        )
    }
}

/// What a loss or the passing of time has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// It stands out, or has grown.
    Raised(MassRevocation),
    /// It has passed.
    Passed,
}

/// Watches losses of access.
#[derive(Debug)]
pub struct MassRevocationWatch {
    rule: Rule,
    stretches: VecDeque<Stretch>,
    /// In which stretch those who lost access count.
    people: HashMap<CardholderId, i64>,
    raised: bool,
}

/// Whom one change took access from, and who has it again by it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Turnover {
    /// No more.
    pub lost: Vec<CardholderId>,
    /// Again.
    pub regained: Vec<CardholderId>,
}

impl Turnover {
    /// Notes what a change of one person comes to: their last active card, or their being active.
    pub fn note(&mut self, before: Option<&Cardholder>, after: Option<&Cardholder>) {
        if let Some(person) = before.filter(|before| loses_access(before, after)) {
            self.lost.push(person.id);
        }
        if let Some(person) = after.filter(|after| before.is_some() && loses_access(after, before)) {
            self.regained.push(person.id);
        }
    }
}

#[derive(Debug)]
struct Stretch {
    number: i64,
    first: Timestamp,
    lost: u32,
    by: Vec<(String, u32)>,
}

impl MassRevocationWatch {
    /// Nothing has happened yet.
    pub fn new(rule: Rule) -> Self {
        Self { rule, stretches: VecDeque::new(), people: HashMap::new(), raised: false }
    }

    /// A change by the word of `source` leaves `left` people with access.
    pub fn changed(
        &mut self,
        now: Timestamp,
        source: &str,
        turnover: &Turnover,
        left: u64,
    ) -> Option<Output> {
        self.forget(now);
        turnover.regained.iter().for_each(|person| self.take_back(*person));
        let lost: Vec<_> = turnover.lost.iter().filter(|person| !self.people.contains_key(person)).collect();
        if !lost.is_empty() {
            self.note(now, source, &lost);
        }
        let total = self.total();
        let of = left + u64::from(total);
        if !lost.is_empty() && self.stands_out(total, of) {
            self.raised = true;
            let since = self.stretches.front().map_or(now, |stretch| stretch.first);
            return Some(Output::Raised(MassRevocation { since, lost: total, of, by: self.by() }));
        }
        self.passed(total, of)
    }

    /// Time has passed, and `left` people have access.
    pub fn tick(&mut self, now: Timestamp, left: u64) -> Option<Output> {
        self.forget(now);
        let total = self.total();
        self.passed(total, left + u64::from(total))
    }

    fn passed(&mut self, total: u32, of: u64) -> Option<Output> {
        let over = self.raised && !self.stands_out(total, of);
        self.raised &= !over;
        over.then_some(Output::Passed)
    }

    #[allow(clippy::cast_precision_loss, reason = "people are far fewer than 2^52")]
    fn stands_out(&self, lost: u32, of: u64) -> bool {
        lost >= self.rule.people && f64::from(lost) > self.rule.share * of as f64
    }

    fn note(&mut self, now: Timestamp, source: &str, lost: &[&CardholderId]) {
        let number = now.as_second().div_euclid(STRETCH_S);
        if self.stretches.back().is_none_or(|newest| newest.number < number) {
            self.stretches.push_back(Stretch { number, first: now, lost: 0, by: Vec::new() });
        }
        // A clock that was set back counts into the newest stretch.
        let Some(stretch) = self.stretches.back_mut() else { return };
        for person in lost.iter().take(MAX_PEOPLE.saturating_sub(self.people.len())) {
            self.people.insert(**person, stretch.number);
        }
        let lost = u32::try_from(lost.len()).unwrap_or(u32::MAX);
        stretch.lost = stretch.lost.saturating_add(lost);
        add(&mut stretch.by, source, lost);
    }

    /// Who has access again counts no more.
    fn take_back(&mut self, person: CardholderId) {
        let Some(number) = self.people.remove(&person) else { return };
        if let Some(stretch) = self.stretches.iter_mut().find(|stretch| stretch.number == number) {
            stretch.lost = stretch.lost.saturating_sub(1);
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let oldest = (now.as_second() - WINDOW.as_secs()).div_euclid(STRETCH_S);
        let known = self.stretches.len();
        while self.stretches.front().is_some_and(|stretch| stretch.number <= oldest) {
            self.stretches.pop_front();
        }
        if self.stretches.len() < known {
            self.people.retain(|_, number| *number > oldest);
        }
    }

    fn total(&self) -> u32 {
        self.stretches.iter().fold(0, |sum, stretch| sum.saturating_add(stretch.lost))
    }

    fn by(&self) -> Vec<String> {
        let mut by = Vec::new();
        for (source, lost) in self.stretches.iter().flat_map(|stretch| &stretch.by) {
            add(&mut by, source, *lost);
        }
        by.sort_by_key(|(_, lost)| std::cmp::Reverse(*lost));
        by.into_iter().map(|(source, _)| source).collect()
    }
}

fn add(by: &mut Vec<(String, u32)>, source: &str, lost: u32) {
    if let Some((_, sum)) = by.iter_mut().find(|(known, _)| known == source) {
        *sum = sum.saturating_add(lost);
    } else if by.len() < MAX_SOURCES {
        by.push((source.to_owned(), lost));
    }
}

fn loses_access(before: &Cardholder, after: Option<&Cardholder>) -> bool {
    let had_card = before.active_cards().next().is_some();
    let has_card = after.is_some_and(|after| after.active_cards().next().is_some());
    let is_active = after.is_some_and(|after| after.active);
    (had_card && !has_card && !after.is_some_and(|after| lost_what_had_ended(before, after)))
        || (before.active && !is_active)
}

/// Whether a card had ended before it was given to somebody else: it opened nothing any more.
fn lost_what_had_ended(before: &Cardholder, after: &Cardholder) -> bool {
    after.refused_cards.iter().any(|refused| refused.ended && !before.refused_cards.contains(refused))
}

#[cfg(test)]
mod tests;
