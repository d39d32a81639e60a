//! What people see and hear at a reader: one table from a signal to lights, tones and texts, by what the device has.
//!
//! Nothing of it is kept for a device that goes: a light that says "come in" minutes later would be a lie.

use std::time::Duration;

use panel_protocol::door::Signal;
use panel_protocol::osdp::command::{
    Buzzer, Color, Command, LedControl, Pattern, PermanentAction, TemporaryAction, Text, TextMode, Tone,
};
use panel_protocol::osdp::cp::Capabilities;
use panel_protocol::osdp::records::Records;
use panel_protocol::time::Micros;

use super::limits::WAITING_SIGNALS;
use crate::links::Showing;

/// One command of a signal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Shown {
    Light(LedControl),
    Tone(Buzzer),
    Text { reader: u8, seconds: u8, text: &'static str },
}

impl Shown {
    pub(super) fn command(&self) -> Command<'_> {
        match self {
            Self::Light(control) => Command::Led(Records::of(std::slice::from_ref(control))),
            Self::Tone(buzzer) => Command::Buzzer(*buzzer),
            Self::Text { reader, seconds, text } => Command::Text(Text {
                reader: *reader,
                mode: TextMode::Temporary,
                seconds: *seconds,
                row: 1,
                column: 1,
                text: text.as_bytes(),
            }),
        }
    }
}

/// How one signal looks and sounds.
struct Look {
    color: Color,
    /// In tenths of a second; 0 for a steady light.
    blink_100ms: u8,
    light_for: Duration,
    /// How many beeps, and how long each is and the pause after it, in tenths of a second.
    beeps: Option<(u8, u8)>,
    text: &'static str,
}

const fn look(signal: Signal) -> Look {
    match signal {
        Signal::Granted { span } => Look {
            color: Color::Green,
            blink_100ms: 0,
            light_for: span,
            beeps: Some((1, 2)),
            text: "Please enter",
        },
        Signal::Refused => Look {
            color: Color::Red,
            blink_100ms: 2,
            light_for: Duration::from_secs(2),
            beeps: Some((3, 1)),
            text: "No access",
        },
        Signal::Warning => Look {
            color: Color::Amber,
            blink_100ms: 3,
            light_for: Duration::from_secs(10),
            beeps: Some((5, 3)),
            text: "Close the door",
        },
        Signal::Wait => Look {
            color: Color::Amber,
            blink_100ms: 0,
            light_for: Duration::from_secs(5),
            beeps: None,
            text: "Please wait",
        },
    }
}

/// The commands of a signal at a reader that can do so much.
fn shown(reader: u8, signal: Signal, can: &Capabilities) -> impl Iterator<Item = Shown> + use<> {
    let look = look(signal);
    let light = can.lights.then(|| Shown::Light(light(reader, &look)));
    let tone = look.beeps.filter(|_| can.buzzer).map(|(count, length)| {
        Shown::Tone(Buzzer { reader, tone: Tone::Default, on_100ms: length, off_100ms: length, count })
    });
    let seconds = u8::try_from(look.light_for.as_secs()).unwrap_or(u8::MAX);
    let text = can.display.then_some(Shown::Text { reader, seconds, text: look.text });
    [light, tone, text].into_iter().flatten()
}

/// The device shows its own colour again by itself when the time is over.
fn light(reader: u8, look: &Look) -> LedControl {
    let pattern = match look.blink_100ms {
        0 => Pattern::steady(look.color),
        tenths => {
            Pattern { on_100ms: tenths, off_100ms: tenths, on_color: look.color, off_color: Color::Black }
        }
    };
    LedControl {
        reader,
        led: 0,
        temporary: TemporaryAction::Set,
        temporary_pattern: pattern,
        timer_100ms: u16::try_from(look.light_for.as_millis() / 100).unwrap_or(u16::MAX),
        permanent: PermanentAction::Keep,
        permanent_pattern: Pattern::steady(Color::Black),
    }
}

/// What waits to be shown on one line, oldest first.
#[derive(Debug, Default)]
pub(super) struct Signals(Vec<(usize, Micros, Shown)>);

impl Signals {
    /// Takes a signal for a device that can do so much, to be sent before `until`. What there is no room for is not shown.
    pub(super) fn add(&mut self, showing: &Showing, until: Micros, can: &Capabilities) {
        let new = shown(showing.reader, showing.signal, can).map(|it| (showing.device, until, it));
        self.0.extend(new.take(WAITING_SIGNALS.saturating_sub(self.0.len())));
    }

    /// Whether something waits for this device.
    pub(super) fn wait_for(&self, device: usize) -> bool {
        self.0.iter().any(|(of, ..)| *of == device)
    }

    /// The oldest for this device that is not too late.
    pub(super) fn take(&mut self, now: Micros, device: usize) -> Option<Shown> {
        self.0.retain(|(_, until, _)| now < *until);
        let at = self.0.iter().position(|(of, ..)| *of == device)?;
        Some(self.0.remove(at).2)
    }

    /// Forgets all for a device that has gone.
    pub(super) fn lose(&mut self, device: usize) {
        self.0.retain(|(of, ..)| *of != device);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const ALL: Capabilities = Capabilities {
        lights: true,
        buzzer: true,
        display: true,
        receive_buffer: None,
        crc: true,
        secure_channel: true,
        readers: 1,
        outputs: 1,
        inputs: 2,
        version: 2,
    };

    fn showing(device: usize, signal: Signal) -> Showing {
        Showing { device, reader: 1, signal, deadline: Instant::now() }
    }

    #[test]
    fn a_signal_uses_what_the_device_says_it_has_and_nothing_else() {
        let count = |can: &Capabilities| shown(0, Signal::Refused, can).count();
        assert_eq!(count(&ALL), 3);
        assert_eq!(count(&Capabilities { display: false, ..ALL }), 2);
        assert_eq!(count(&Capabilities::default()), 0);
        let granted: Vec<_> = shown(1, Signal::Granted { span: Duration::from_secs(5) }, &ALL).collect();
        let Shown::Light(light) = granted[0] else { panic!("a light first") };
        assert_eq!((light.reader, light.timer_100ms), (1, 50));
        assert_eq!(light.temporary_pattern, Pattern::steady(Color::Green));
        assert!(matches!(granted[1], Shown::Tone(Buzzer { count: 1, .. })));
    }

    #[test]
    fn what_comes_too_late_or_is_too_much_is_not_shown() {
        let mut signals = Signals::default();
        signals.add(&showing(0, Signal::Refused), Micros(10), &ALL);
        signals.add(&showing(1, Signal::Refused), Micros(20), &ALL);
        assert!(signals.take(Micros(9), 0).is_some());
        assert!(signals.take(Micros(10), 0).is_none() && signals.wait_for(1));
        signals.lose(1);
        assert!(!signals.wait_for(1));
        for _ in 0..100 {
            signals.add(&showing(0, Signal::Refused), Micros(10), &ALL);
        }
        assert_eq!(signals.0.len(), WAITING_SIGNALS);
    }
}
