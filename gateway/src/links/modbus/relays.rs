//! The outputs that doors have at one board: what each should show, and which are ours to switch off.
//!
//! Where a board measures the time itself, its pulse ends whatever becomes of the box. Where it can't, the output is on
//! this file's list until a board has confirmed that it is off. Nothing here ever switches an output on.

use std::time::Duration;

use panel_protocol::time::Micros;

use super::limits::{CHANGE_SLACK, OFF_RETRY};

/// An output that shows what nobody has ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unexpected {
    /// It is on.
    On(u8),
    /// It is off, though its time is not over.
    Off(u8),
}

#[derive(Debug)]
struct Relay {
    output: u8,
    /// Until then it should be on.
    on_until: Option<Micros>,
    /// When it is to be switched off by us.
    off_at: Option<Micros>,
    /// Until then it may show either.
    either_until: Micros,
    /// Whether it was told that it shows what nobody has ordered.
    told: bool,
}

/// The outputs of one board that doors have.
#[derive(Debug)]
pub(super) struct Relays(Vec<Relay>);

impl Relays {
    /// Those, of which nothing is known.
    pub(super) fn new(outputs: &[u8]) -> Self {
        let relay = |output: &u8| Relay {
            output: *output,
            on_until: None,
            off_at: None,
            either_until: Micros(0),
            told: false,
        };
        Self(outputs.iter().map(relay).collect())
    }

    fn get(&mut self, output: u8) -> Option<&mut Relay> {
        self.0.iter_mut().find(|relay| relay.output == output)
    }

    /// Nobody knows what they show: all are to be switched off.
    pub(super) fn close_all(&mut self, now: Micros) {
        for relay in &mut self.0 {
            (relay.on_until, relay.off_at) = (None, Some(now));
        }
    }

    /// Those that we have switched on, and nobody else will switch off, are to be switched off.
    pub(super) fn close_ours(&mut self, now: Micros) {
        for relay in self.0.iter_mut().filter(|relay| relay.off_at.is_some()) {
            (relay.on_until, relay.off_at) = (None, Some(now));
        }
    }

    /// Nothing is to be switched off by us any more.
    pub(super) fn is_closed(&self) -> bool {
        self.0.iter().all(|relay| relay.off_at.is_none())
    }

    /// Its board has switched it on and switches it off by itself.
    pub(super) fn pulsed(&mut self, now: Micros, output: u8, span: Duration) {
        if let Some(relay) = self.get(output) {
            (relay.on_until, relay.off_at, relay.either_until) = (Some(now + span), None, now + CHANGE_SLACK);
        }
    }

    /// It is on, and to be switched off by us.
    pub(super) fn switched_on(&mut self, now: Micros, output: u8, span: Duration) {
        if let Some(relay) = self.get(output) {
            let until = Some(now + span);
            (relay.on_until, relay.off_at, relay.either_until) = (until, until, now + CHANGE_SLACK);
        }
    }

    /// Its board has confirmed that it is off.
    pub(super) fn switched_off(&mut self, now: Micros, output: u8) {
        if let Some(relay) = self.get(output) {
            (relay.on_until, relay.off_at, relay.either_until) = (None, None, now + CHANGE_SLACK);
        }
    }

    /// It may be on or not: it is to be switched off.
    pub(super) fn doubtful(&mut self, now: Micros, output: u8) {
        if let Some(relay) = self.get(output) {
            (relay.on_until, relay.off_at, relay.either_until) = (None, Some(now), now + CHANGE_SLACK);
        }
    }

    /// It could not be switched off; it is tried again.
    pub(super) fn not_off(&mut self, now: Micros, output: u8) {
        if let Some(relay) = self.get(output) {
            relay.off_at = Some(now + OFF_RETRY);
        }
    }

    /// One whose time to be switched off has come.
    pub(super) fn due(&self, now: Micros) -> Option<u8> {
        self.0.iter().find(|relay| relay.off_at.is_some_and(|at| at <= now)).map(|relay| relay.output)
    }

    /// When the next one's time comes.
    pub(super) fn next_due(&self) -> Option<Micros> {
        self.0.iter().filter_map(|relay| relay.off_at).min()
    }

    /// What they were read to show, from output 0 on; gives those that show what nobody has ordered, once each. One that is
    /// on is to be switched off.
    pub(super) fn shown(&mut self, now: Micros, states: &[bool]) -> Vec<Unexpected> {
        let mut strange = Vec::new();
        for relay in &mut self.0 {
            let Some(is_on) = states.get(usize::from(relay.output)) else { continue };
            let Some(should) = relay.should_be_on(now) else { continue };
            if *is_on == should {
                relay.told = false;
                continue;
            }
            (relay.on_until, relay.off_at) = (None, is_on.then_some(now));
            if !std::mem::replace(&mut relay.told, true) {
                let unexpected = if *is_on { Unexpected::On } else { Unexpected::Off };
                strange.push(unexpected(relay.output));
            }
        }
        strange
    }
}

impl Relay {
    /// `None`: about now it changes.
    fn should_be_on(&self, now: Micros) -> Option<bool> {
        if now < self.either_until || self.off_at.is_some_and(|at| at <= now) {
            return None;
        }
        match self.on_until {
            Some(until) if now + CHANGE_SLACK < until => Some(true),
            Some(until) if now < until + CHANGE_SLACK => None,
            _ => Some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u32) -> Micros {
        Micros(0) + SECOND * seconds
    }

    #[test]
    fn a_pulse_ends_by_itself_and_is_expected_to() {
        let mut relays = Relays::new(&[0, 3]);
        relays.pulsed(at(10), 3, SECOND * 5);
        assert!(relays.is_closed() && relays.next_due().is_none());
        assert_eq!(relays.shown(at(11), &[false; 4]), [], "it may not have begun");
        let on = [false, false, false, true];
        assert_eq!(relays.shown(at(12), &on), []);
        assert_eq!(relays.shown(at(15), &on), [], "it may not be over");
        assert_eq!(relays.shown(at(17), &[false; 4]), []);
    }

    #[test]
    fn what_nobody_ordered_is_told_once_and_switched_off() {
        let mut relays = Relays::new(&[0]);
        assert_eq!(relays.shown(at(10), &[true]), [Unexpected::On(0)]);
        assert_eq!(relays.due(at(10)), Some(0));
        relays.not_off(at(10), 0);
        assert_eq!(relays.due(at(10)), None, "not at once again");
        assert_eq!(relays.due(at(11)), Some(0));
        relays.switched_off(at(11), 0);
        assert_eq!(relays.shown(at(14), &[true]), [], "it has been told");
        relays.switched_off(at(14), 0);
        assert_eq!(relays.shown(at(17), &[false]), []);
        assert_eq!(relays.shown(at(20), &[true]), [Unexpected::On(0)], "and is again when it comes again");
    }

    #[test]
    fn an_output_that_drops_is_told_and_never_switched_on_again() {
        let mut relays = Relays::new(&[0]);
        relays.switched_on(at(10), 0, SECOND * 60);
        assert_eq!(relays.next_due(), Some(at(70)));
        assert_eq!(relays.shown(at(20), &[false]), [Unexpected::Off(0)]);
        assert!(relays.is_closed());
        assert_eq!(relays.shown(at(22), &[false]), []);
    }

    #[test]
    fn outputs_that_no_door_has_are_nobodys_affair() {
        let mut relays = Relays::new(&[0]);
        assert_eq!(relays.shown(at(10), &[false, true]), []);
        relays.close_all(at(10));
        assert_eq!(relays.due(at(10)), Some(0));
        relays.switched_off(at(10), 0);
        assert!(relays.is_closed());
    }
}
