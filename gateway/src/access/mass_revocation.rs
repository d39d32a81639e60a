//! Notices when a large part of all people loses access within minutes: a group unassigned by mistake, a mapping
//! changed, an identity provider taken over.
//!
//! It holds nothing back and delays nothing; it only tells. Pure: time is an argument. A change costs the same however
//! many came before it, and memory is fixed: losses are counted in stretches of ten seconds.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::domain::Cardholder;

/// Losses are looked at over so long.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(10);

const STRETCH_S: i64 = 10;

/// Most sources that one stretch tells apart; losses by others count without a name.
const MAX_SOURCES: usize = 4;

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
    /// How many have lost it within the window.
    pub lost: u32,
    /// How many had it when the window began.
    pub of: u64,
    /// Who did it, the one who did most of it first.
    pub by: Vec<String>,
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
    raised: bool,
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
        Self { rule, stretches: VecDeque::new(), raised: false }
    }

    /// `lost` people have lost access by the word of `source`, and `left` still have it.
    pub fn lost(&mut self, now: Timestamp, source: &str, lost: u32, left: u64) -> Option<Output> {
        self.forget(now);
        if lost > 0 {
            self.note(now, source, lost);
        }
        let total = self.total();
        let of = left + u64::from(total);
        if lost > 0 && self.stands_out(total, of) {
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

    fn note(&mut self, now: Timestamp, source: &str, lost: u32) {
        let number = now.as_second().div_euclid(STRETCH_S);
        if self.stretches.back().is_none_or(|newest| newest.number < number) {
            self.stretches.push_back(Stretch { number, first: now, lost: 0, by: Vec::new() });
        }
        // A clock that was set back counts into the newest stretch.
        let Some(stretch) = self.stretches.back_mut() else { return };
        stretch.lost = stretch.lost.saturating_add(lost);
        add(&mut stretch.by, source, lost);
    }

    fn forget(&mut self, now: Timestamp) {
        let oldest = (now.as_second() - WINDOW.as_secs()).div_euclid(STRETCH_S);
        while self.stretches.front().is_some_and(|stretch| stretch.number <= oldest) {
            self.stretches.pop_front();
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

/// Whether a change of a person takes their access away: their last active card, or their being active.
pub fn loses_access(before: Option<&Cardholder>, after: Option<&Cardholder>) -> bool {
    let Some(before) = before else { return false };
    let had_card = before.active_cards().next().is_some();
    let has_card = after.is_some_and(|after| after.active_cards().next().is_some());
    let is_active = after.is_some_and(|after| after.active);
    (had_card && !has_card) || (before.active && !is_active)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: Rule = Rule { share: 0.1, people: 5 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn raised(output: Option<Output>) -> Option<MassRevocation> {
        match output {
            Some(Output::Raised(alarm)) => Some(alarm),
            _ => None,
        }
    }

    #[test]
    fn losing_more_than_the_share_within_ten_minutes_stands_out_and_names_who_did_it() {
        let mut watch = MassRevocationWatch::new(RULE);
        for n in 0..10 {
            assert_eq!(watch.lost(at(n * 30), "entra", 1, 99 - u64::try_from(n).unwrap()), None, "{n}");
        }
        let alarm = raised(watch.lost(at(300), "okta", 1, 89)).unwrap();
        assert_eq!((alarm.lost, alarm.of, alarm.since), (11, 100, at(0)));
        assert_eq!(alarm.by, ["entra", "okta"]);
    }

    #[test]
    fn the_same_number_over_a_working_day_is_no_alarm() {
        let mut watch = MassRevocationWatch::new(RULE);
        for n in 0..50 {
            assert_eq!(watch.lost(at(n * 120), "entra", 1, 99), None);
        }
    }

    #[test]
    fn a_few_people_are_no_alarm_however_small_the_site() {
        let mut watch = MassRevocationWatch::new(RULE);
        assert_eq!(watch.lost(at(0), "entra", 4, 0), None);
        assert!(raised(watch.lost(at(1), "entra", 1, 0)).is_some());
    }

    #[test]
    fn an_alarm_passes_ten_minutes_after_the_last_loss_and_only_once() {
        let mut watch = MassRevocationWatch::new(RULE);
        assert!(raised(watch.lost(at(0), "entra", 20, 80)).is_some());
        assert_eq!(watch.tick(at(599), 80), None);
        assert_eq!(watch.tick(at(610), 80), Some(Output::Passed));
        assert_eq!(watch.tick(at(620), 80), None);
        assert!(raised(watch.lost(at(700), "entra", 20, 60)).is_some(), "and may come again");
    }

    #[test]
    fn a_clock_that_is_set_back_neither_panics_nor_forgets() {
        let mut watch = MassRevocationWatch::new(RULE);
        watch.lost(at(10_000), "entra", 3, 10);
        assert_eq!(raised(watch.lost(at(0), "entra", 3, 7)).unwrap().lost, 6);
    }

    proptest! {
        #[test]
        fn what_stands_out_is_what_a_list_of_all_losses_says(
            losses in prop::collection::vec((0_i64..200, 1_u32..4), 1..80),
        ) {
            let mut watch = MassRevocationWatch::new(RULE);
            let (mut now, mut left, mut all) = (0, 200_u64, Vec::new());
            for (pause, lost) in losses {
                now += pause;
                left = left.saturating_sub(u64::from(lost));
                all.push((now, lost));
                // The oldest stretch may have begun up to ten seconds earlier than the window.
                let sum = |window: i64| all.iter().filter(|(at, _)| *at > now - window).map(|(_, n)| n).sum::<u32>();
                let says = |lost: u32| {
                    lost >= RULE.people && f64::from(lost) > RULE.share * (left + u64::from(lost)) as f64
                };
                let told = raised(watch.lost(at(now), "entra", lost, left));
                if let Some(alarm) = &told {
                    prop_assert!(alarm.lost <= sum(600) && alarm.lost >= sum(590));
                }
                prop_assert!(told.is_some() || !says(sum(590)));
                prop_assert!(told.is_none() || says(sum(600)));
                prop_assert!(watch.stretches.len() <= 61);
            }
        }
    }
}
