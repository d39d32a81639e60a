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
use crate::domain::{Feedback, LightColor, Look};
use crate::links::Showing;

/// One command of a signal.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Shown {
    Light(LedControl),
    Tone(Buzzer),
    Text { reader: u8, seconds: u8, text: String },
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

/// How a signal looks and sounds, and for how long its light shows.
fn look(signal: Signal, feedback: &Feedback) -> (&Look, Duration) {
    const BRIEFLY: Duration = Duration::from_secs(5);
    let (look, span) = match signal {
        Signal::Granted { span } => (&feedback.granted, span),
        Signal::Refused => (&feedback.refused, BRIEFLY),
        Signal::Warning => (&feedback.warning, BRIEFLY),
        Signal::Wait => (&feedback.wait, BRIEFLY),
    };
    (look, look.light_for.unwrap_or(span))
}

/// The commands of a signal at a reader that can do so much.
fn shown(
    reader: u8,
    signal: Signal,
    feedback: &Feedback,
    can: &Capabilities,
) -> impl Iterator<Item = Shown> + use<> {
    let (look, span) = look(signal, feedback);
    let light = look.light.filter(|_| can.lights).map(|color| Shown::Light(light(reader, look, color, span)));
    let length = tenths(look.beep);
    let tone = (can.buzzer && look.beeps > 0).then_some(Shown::Tone(Buzzer {
        reader,
        tone: Tone::Default,
        on_100ms: length,
        off_100ms: length,
        count: look.beeps,
    }));
    let seconds = u8::try_from(span.as_secs()).unwrap_or(u8::MAX);
    let shows_text = can.display && !look.text.is_empty();
    let text = shows_text.then(|| Shown::Text { reader, seconds, text: look.text.clone() });
    [light, tone, text].into_iter().flatten()
}

/// The device shows its own colour again by itself when the time is over.
fn light(reader: u8, look: &Look, color: LightColor, span: Duration) -> LedControl {
    let color = color_of(color);
    let pattern = match tenths(look.blink) {
        0 => Pattern::steady(color),
        tenths => Pattern { on_100ms: tenths, off_100ms: tenths, on_color: color, off_color: Color::Black },
    };
    LedControl {
        reader,
        led: 0,
        temporary: TemporaryAction::Set,
        temporary_pattern: pattern,
        timer_100ms: u16::try_from(span.as_millis() / 100).unwrap_or(u16::MAX),
        permanent: PermanentAction::Keep,
        permanent_pattern: Pattern::steady(Color::Black),
    }
}

const fn color_of(color: LightColor) -> Color {
    match color {
        LightColor::Off => Color::Black,
        LightColor::Red => Color::Red,
        LightColor::Green => Color::Green,
        LightColor::Amber => Color::Amber,
        LightColor::Blue => Color::Blue,
        LightColor::Magenta => Color::Magenta,
        LightColor::Cyan => Color::Cyan,
        LightColor::White => Color::White,
    }
}

fn tenths(span: Duration) -> u8 {
    u8::try_from(span.as_millis() / 100).unwrap_or(u8::MAX)
}

/// What waits to be shown on one line, oldest first.
#[derive(Debug, Default)]
pub(super) struct Signals(Vec<(usize, Micros, Shown)>);

impl Signals {
    /// Takes a signal for a device that can do so much, to be sent before `until`. What there is no room for is not shown.
    pub(super) fn add(&mut self, showing: &Showing, until: Micros, feedback: &Feedback, can: &Capabilities) {
        let new = shown(showing.reader, showing.signal, feedback, can).map(|it| (showing.device, until, it));
        self.0.extend(new.take(WAITING_SIGNALS.saturating_sub(self.0.len())));
    }

    /// Shows which of many a device is: for some seconds it blinks and beeps as it does for nothing else.
    pub(super) fn identify(&mut self, device: usize, until: Micros, can: &Capabilities) {
        let look = Look {
            light: Some(LightColor::Blue),
            blink: Duration::from_millis(300),
            light_for: None,
            beeps: 10,
            beep: Duration::from_millis(300),
            text: String::new(),
        };
        let all = Feedback { refused: look, ..Feedback::default() };
        let new = shown(0, Signal::Refused, &all, can).map(|it| (device, until, it));
        self.0.extend(new);
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
        let usual = Feedback::default();
        let count = |can: &Capabilities| shown(0, Signal::Refused, &usual, can).count();
        assert_eq!(count(&ALL), 3);
        assert_eq!(count(&Capabilities { display: false, ..ALL }), 2);
        assert_eq!(count(&Capabilities::default()), 0);
        let granted: Vec<_> =
            shown(1, Signal::Granted { span: Duration::from_secs(5) }, &usual, &ALL).collect();
        let Shown::Light(light) = granted[0] else { panic!("a light first") };
        assert_eq!((light.reader, light.timer_100ms), (1, 50));
        assert_eq!(light.temporary_pattern, Pattern::steady(Color::Green));
        assert!(matches!(granted[1], Shown::Tone(Buzzer { count: 1, .. })));
    }

    #[test]
    fn a_signal_looks_and_sounds_as_the_installer_wants_it() {
        let mut feedback = Feedback::default();
        feedback.granted.light = Some(LightColor::Blue);
        feedback.granted.light_for = Some(Duration::from_secs(3));
        feedback.granted.blink = Duration::from_millis(400);
        feedback.granted.beeps = 0;
        feedback.granted.text = "Come in".to_owned();
        let granted = Signal::Granted { span: Duration::from_secs(9) };
        let all: Vec<_> = shown(0, granted, &feedback, &ALL).collect();
        let [Shown::Light(light), Shown::Text { seconds: 3, text, .. }] = &all[..] else { panic!("{all:?}") };
        assert_eq!((light.timer_100ms, text.as_str()), (30, "Come in"));
        let pattern = light.temporary_pattern;
        assert_eq!((pattern.on_100ms, pattern.off_100ms, pattern.on_color), (4, 4, Color::Blue));
        feedback.granted.light = None;
        feedback.granted.text.clear();
        assert_eq!(shown(0, granted, &feedback, &ALL).count(), 0);
    }

    #[test]
    fn what_comes_too_late_or_is_too_much_is_not_shown() {
        let (mut signals, usual) = (Signals::default(), Feedback::default());
        signals.add(&showing(0, Signal::Refused), Micros(10), &usual, &ALL);
        signals.add(&showing(1, Signal::Refused), Micros(20), &usual, &ALL);
        assert!(signals.take(Micros(9), 0).is_some());
        assert!(signals.take(Micros(10), 0).is_none() && signals.wait_for(1));
        signals.lose(1);
        assert!(!signals.wait_for(1));
        for _ in 0..100 {
            signals.add(&showing(0, Signal::Refused), Micros(10), &usual, &ALL);
        }
        assert_eq!(signals.0.len(), WAITING_SIGNALS);
    }
}
