//! Whether what is heard on a line keeps its devices from being understood: another controller's commands, noise, or nothing
//! at all any more. Each is told once until it is over; what causes it is one thing and not thirty-two.

use std::time::Duration;

use panel_protocol::osdp::cp::LineCounters;
use panel_protocol::time::Micros;

use crate::domain::{DeviceCondition, LinkCondition};

/// What is counted is looked at over so long.
const WINDOW: Duration = Duration::from_secs(10);

/// Commands of others within a window that are no accident.
const OTHERS_COMMANDS: u32 = 5;

/// One byte of noise in so many that the line could carry is more than devices cause that are plugged in and out.
const NOISY_SHARE: u32 = 50;

/// Bits of a byte on the wire.
const BITS_PER_BYTE: u32 = 10;

/// Devices of a line that all fall silent are the line's fault; a lone device's silence is its own.
const SEVERAL: usize = 2;

/// What is the matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Matter {
    OtherController,
    Noise,
    Silence,
}

/// One line's disturbances.
#[derive(Debug)]
pub(super) struct Disturbance {
    /// Bytes of noise in a window that are too many.
    noisy: u32,
    began: Micros,
    before: LineCounters,
    /// Which devices were ever online, by their place in the setup.
    known: Vec<bool>,
    matter: Option<Matter>,
}

impl Disturbance {
    /// A quiet line of that speed.
    pub(super) fn new(baud: u32) -> Self {
        let window_s = u32::try_from(WINDOW.as_secs()).unwrap_or(u32::MAX);
        let noisy = (baud / BITS_PER_BYTE).saturating_mul(window_s) / NOISY_SHARE;
        let (began, before) = (Micros(0), LineCounters::default());
        Self { noisy, began, before, known: Vec::new(), matter: None }
    }

    /// Looks at what has been counted on the open line, and at its devices in the order of its setup. How the line is, if
    /// that has changed.
    pub(super) fn look(
        &mut self,
        now: Micros,
        counted: &LineCounters,
        devices: impl Iterator<Item = DeviceCondition>,
    ) -> Option<LinkCondition> {
        let silent = self.are_silent(devices);
        let heard = self.window(now, counted);
        let matter = match (heard, self.matter) {
            (Some((commands, _)), _) if commands >= OTHERS_COMMANDS => Some(Matter::OtherController),
            (Some((_, noise)), _) if noise >= self.noisy => Some(Matter::Noise),
            (None, told @ Some(Matter::OtherController | Matter::Noise)) => told,
            _ if silent => Some(Matter::Silence),
            _ => None,
        };
        if matter == self.matter {
            return None;
        }
        self.matter = matter;
        let (commands, noise) = heard.unwrap_or_default();
        Some(match matter {
            None => LinkCondition::Up,
            Some(Matter::OtherController) => LinkCondition::Disturbed { why: other_controller(commands) },
            Some(Matter::Noise) => LinkCondition::Disturbed { why: noise_words(noise) },
            Some(Matter::Silence) => LinkCondition::Silent { why: silence(self.known.len()) },
        })
    }

    /// The port was opened anew: whatever was the matter has to show again.
    pub(super) fn forget(&mut self, now: Micros, counted: &LineCounters) {
        (self.began, self.before, self.matter) = (now, *counted, None);
    }

    /// Commands of others and bytes of noise, at the end of a window.
    fn window(&mut self, now: Micros, counted: &LineCounters) -> Option<(u32, u32)> {
        if now.since(self.began) < WINDOW {
            return None;
        }
        let commands = counted.foreign_commands.wrapping_sub(self.before.foreign_commands);
        let noise = counted.noise_bytes.wrapping_sub(self.before.noise_bytes);
        (self.began, self.before) = (now, *counted);
        Some((commands, noise))
    }

    /// Whether several devices were online, and none is or may become so.
    fn are_silent(&mut self, devices: impl Iterator<Item = DeviceCondition>) -> bool {
        let mut all_offline = true;
        for (at, condition) in devices.enumerate() {
            if self.known.len() <= at {
                self.known.push(false);
            }
            self.known[at] |= condition == DeviceCondition::Online;
            all_offline &= condition == DeviceCondition::Offline || !self.known[at];
        }
        all_offline && self.known.iter().filter(|known| **known).count() >= SEVERAL
    }
}

fn other_controller(commands: u32) -> String {
    format!(
        "another controller speaks on it: {commands} commands that are not ours within {} s. Take the other one off the pair, \
         or give it a pair of its own",
        WINDOW.as_secs()
    )
}

fn noise_words(bytes: u32) -> String {
    format!(
        "it is full of noise: {bytes} bytes within {} s that belong to no message. Check that its speed is that of its devices, \
         that A and B are the right way round everywhere, the termination at both ends, the common ground, and what \
         lies beside the cable",
        WINDOW.as_secs()
    )
}

fn silence(devices: usize) -> String {
    format!(
        "none of its {devices} devices answers any more. Check its cable from here to the first device, the adapter, and \
         the devices' power"
    )
}

#[cfg(test)]
mod tests {
    use DeviceCondition::{Offline, Online, Starting};

    use super::*;

    /// A window later each time.
    struct Line {
        disturbance: Disturbance,
        now: Micros,
        counted: LineCounters,
    }

    impl Line {
        fn new() -> Self {
            let (now, counted) = (Micros(0), LineCounters::default());
            Self { disturbance: Disturbance::new(9_600), now, counted }
        }

        fn next(&mut self, commands: u32, noise: u32, devices: &[DeviceCondition]) -> Option<LinkCondition> {
            self.counted.foreign_commands += commands;
            self.counted.noise_bytes += noise;
            self.now = self.now + WINDOW;
            self.disturbance.look(self.now, &self.counted, devices.iter().copied())
        }

        fn at_once(&mut self, devices: &[DeviceCondition]) -> Option<LinkCondition> {
            self.disturbance.look(self.now, &self.counted, devices.iter().copied())
        }
    }

    fn why(condition: Option<LinkCondition>) -> String {
        match condition {
            Some(LinkCondition::Disturbed { why } | LinkCondition::Silent { why }) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn another_controller_is_told_once_with_the_count_and_is_over_when_it_is_quiet() {
        let mut line = Line::new();
        assert_eq!(line.next(4, 0, &[Online]), None, "an accident");
        let told = why(line.next(40, 500, &[Starting]));
        assert!(told.contains("another controller speaks on it: 40 commands"), "{told}");
        assert_eq!(line.next(38, 0, &[Offline]), None, "told already");
        assert_eq!(line.at_once(&[Offline]), None, "between windows nothing is known");
        assert_eq!(line.next(0, 0, &[Online]), Some(LinkCondition::Up));
    }

    #[test]
    fn noise_is_told_by_what_the_line_could_carry() {
        let mut line = Line::new();
        assert_eq!(line.next(0, 191, &[Online]), None);
        let told = why(line.next(0, 20_000, &[Offline]));
        assert!(told.contains("full of noise: 20000 bytes"), "{told}");
        assert_eq!(line.next(0, 3, &[Online]), Some(LinkCondition::Up));
    }

    #[test]
    fn several_devices_that_fall_silent_together_are_the_lines_fault_and_one_is_its_own() {
        let mut line = Line::new();
        assert_eq!(line.at_once(&[Offline, Offline, Offline]), None, "they were never there");
        assert_eq!(line.at_once(&[Online, Online, Offline]), None);
        assert_eq!(line.at_once(&[Online, Offline, Offline]), None);
        let told = why(line.at_once(&[Offline, Offline, Offline]));
        assert!(told.contains("none of its 3 devices"), "{told}");
        assert_eq!(line.at_once(&[Starting, Offline, Offline]), Some(LinkCondition::Up));
        let mut lone = Line::new();
        assert_eq!((lone.at_once(&[Online]), lone.at_once(&[Offline])), (None, None));
    }

    #[test]
    fn a_port_that_is_opened_anew_has_to_show_it_again() {
        let mut line = Line::new();
        assert!(line.next(40, 0, &[Starting]).is_some());
        line.disturbance.forget(line.now, &line.counted);
        assert!(line.next(40, 0, &[Starting]).is_some());
    }
}
