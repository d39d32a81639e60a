//! Whether the box's clock can be believed: compared with one that can't be set, and with the latest instant that the
//! box remembers from before.

use jiff::{SignedDuration, Timestamp};
use panel_protocol::time::Micros;

use super::limits::{CLOCK_ALONE, CLOCK_JUMP, CLOCK_JUMP_TOLD};
use crate::domain::{ClockCondition, ControllerId, Part, PartCondition};

/// Watches a clock. [`look`](Self::look) is called every few seconds with what both clocks show.
#[derive(Debug)]
pub struct ClockWatch {
    /// The latest instant that was on record when the service started.
    latest: Option<Timestamp>,
    /// What both clocks showed at the last look.
    last: Option<(Timestamp, Micros)>,
    /// The last jump, and when it was seen.
    jump: Option<(SignedDuration, Micros)>,
    /// Whose clocks last showed something else, by how much, and when that was seen.
    disagreement: Option<(PartCondition, Micros)>,
    /// Since when a time server is known not to set it.
    alone_since: Option<Micros>,
}

impl ClockWatch {
    /// `latest` is the latest instant that is on record from before, if anything is.
    pub const fn new(latest: Option<Timestamp>) -> Self {
        Self { latest, last: None, jump: None, disagreement: None, alone_since: None }
    }

    /// A controller told the time, and the box's clock was so far ahead of it: it was set to the box's.
    pub fn compared(&mut self, controller: &ControllerId, ahead: SignedDuration, steady: Micros) {
        if ahead.unsigned_abs() >= CLOCK_JUMP {
            let controller = controller.clone();
            self.disagreement =
                Some((PartCondition::Clock(ClockCondition::Disagrees { controller, ahead }), steady));
        }
    }

    /// Whether a time server sets it; `None` where nobody can tell.
    pub fn synchronised(&mut self, by_server: Option<bool>, steady: Micros) {
        self.alone_since = match by_server {
            Some(false) => self.alone_since.or(Some(steady)),
            Some(true) | None => None,
        };
    }

    /// How the clock is: it shows `now`, and `steady` is what a clock shows that can't be set.
    pub fn look(&mut self, now: Timestamp, steady: Micros) -> PartCondition {
        if let Some((then, steady_then)) = self.last.replace((now, steady)) {
            let passed = SignedDuration::try_from(steady.since(steady_then)).unwrap_or(SignedDuration::MAX);
            let by = now.duration_since(then).saturating_sub(passed);
            if by.unsigned_abs() >= CLOCK_JUMP {
                self.jump = Some((by, steady));
            }
        }
        if let Some(latest) = self.latest
            && latest.duration_since(now)
                >= SignedDuration::try_from(CLOCK_JUMP).unwrap_or(SignedDuration::MAX)
        {
            return PartCondition::Clock(ClockCondition::Behind { latest });
        }
        let is_recent = |seen: Micros| steady.since(seen) < CLOCK_JUMP_TOLD;
        if let Some((by, _)) = self.jump.filter(|(_, seen)| is_recent(*seen)) {
            return PartCondition::Clock(ClockCondition::Jumped { by });
        }
        if let Some((disagreement, _)) = self.disagreement.as_ref().filter(|(_, seen)| is_recent(*seen)) {
            return disagreement.clone();
        }
        match self.alone_since.filter(|since| steady.since(*since) >= CLOCK_ALONE) {
            Some(_) => PartCondition::Clock(ClockCondition::NotSynchronised),
            None => PartCondition::Well(Part::Clock),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: PartCondition = PartCondition::Well(Part::Clock);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn steady(second: u64) -> Micros {
        Micros(second * 1_000_000)
    }

    #[test]
    fn a_clock_that_goes_with_the_steady_one_is_well_though_looks_come_late() {
        let mut watch = ClockWatch::new(Some(at(-5)));
        assert_eq!([watch.look(at(0), steady(7)), watch.look(at(901), steady(907))], [WELL, WELL]);
    }

    #[test]
    fn a_clock_that_is_set_in_either_direction_is_told_for_a_day() {
        for by in [-3_600, 90 * 86_400] {
            let mut watch = ClockWatch::new(None);
            watch.look(at(0), steady(0));
            let jumped = PartCondition::Clock(ClockCondition::Jumped { by: SignedDuration::from_secs(by) });
            assert_eq!(watch.look(at(5 + by), steady(5)), jumped);
            assert_eq!(watch.look(at(86_000 + by), steady(86_000)), jumped);
            assert_eq!(watch.look(at(86_406 + by), steady(86_406)), WELL);
        }
    }

    #[test]
    fn a_controller_whose_clock_shows_something_else_is_named_for_a_day() {
        let mut watch = ClockWatch::new(None);
        let dock: ControllerId = "dock".parse().unwrap();
        watch.compared(&dock, SignedDuration::from_secs(-59), steady(0));
        assert_eq!(watch.look(at(0), steady(0)), WELL);
        let ahead = SignedDuration::from_secs(5_400);
        watch.compared(&dock, ahead, steady(1));
        watch.compared(&dock, SignedDuration::from_secs(0), steady(2));
        let disagree = PartCondition::Clock(ClockCondition::Disagrees { controller: dock, ahead });
        assert_eq!(watch.look(at(5), steady(5)), disagree);
        assert_eq!(watch.look(at(86_402), steady(86_402)), WELL);
    }

    #[test]
    fn a_clock_that_no_server_sets_is_told_once_it_had_the_time_to_find_one() {
        let mut watch = ClockWatch::new(None);
        let look = |watch: &mut ClockWatch, second| watch.look(at(second as i64), steady(second));
        watch.synchronised(Some(false), steady(0));
        assert_eq!(look(&mut watch, 899), WELL);
        watch.synchronised(Some(false), steady(900));
        assert_eq!(look(&mut watch, 900), PartCondition::Clock(ClockCondition::NotSynchronised));
        watch.synchronised(Some(true), steady(905));
        assert_eq!(look(&mut watch, 905), WELL);
        watch.synchronised(None, steady(910));
        assert_eq!(look(&mut watch, 2_000), WELL);
    }

    #[test]
    fn a_clock_that_shows_less_than_the_box_remembers_is_told_until_it_has_passed_that() {
        let mut watch = ClockWatch::new(Some(at(100_000)));
        let behind = PartCondition::Clock(ClockCondition::Behind { latest: at(100_000) });
        assert_eq!(watch.look(at(0), steady(0)), behind);
        assert_eq!(watch.look(at(50_000), steady(50_000)), behind);
        assert_eq!(watch.look(at(100_000), steady(100_000)), WELL);
    }
}
