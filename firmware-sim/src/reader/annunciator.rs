//! What people see and hear at a reader: its light and its buzzer, as they were told.

use std::time::Duration;

use panel_protocol::osdp::command::{Buzzer, Color, LedControl, PermanentAction, TemporaryAction, Tone};
use serde::Serialize;

/// What people see and hear.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Shown {
    /// The light's colour; `None` when it is dark.
    pub led: Option<&'static str>,
    /// Tones since it has had power; one that never ends counts as one.
    pub beeps: u64,
}

/// The light and the buzzer.
#[derive(Debug, Default)]
pub(super) struct Annunciator {
    for_good: Option<&'static str>,
    for_a_while: Option<(Option<&'static str>, Duration)>,
    beeps: u64,
}

impl Annunciator {
    pub(super) fn shown(&self, now: Duration) -> Shown {
        let led = match self.for_a_while {
            Some((color, until)) if now < until => color,
            _ => self.for_good,
        };
        Shown { led, beeps: self.beeps }
    }

    /// Does what a light was told; whether its colour says yes or no, if it says either.
    pub(super) fn light(&mut self, now: Duration, control: &LedControl) -> Option<bool> {
        if control.permanent == PermanentAction::Set {
            self.for_good = name(control.permanent_pattern.on_color);
        }
        match control.temporary {
            TemporaryAction::Keep => return None,
            TemporaryAction::Cancel => {
                self.for_a_while = None;
                return None;
            }
            TemporaryAction::Set => {}
        }
        let color = control.temporary_pattern.on_color;
        let span = Duration::from_millis(100) * u32::from(control.timer_100ms);
        self.for_a_while = Some((name(color), now + span));
        match color {
            Color::Green => Some(true),
            Color::Red => Some(false),
            _ => None,
        }
    }

    pub(super) fn sound(&mut self, buzzer: &Buzzer) {
        if !matches!(buzzer.tone, Tone::Keep | Tone::Off) {
            self.beeps += u64::from(buzzer.count.max(1));
        }
    }
}

const fn name(color: Color) -> Option<&'static str> {
    Some(match color {
        Color::Black => return None,
        Color::Red => "red",
        Color::Green => "green",
        Color::Amber => "amber",
        Color::Blue => "blue",
        Color::Magenta => "magenta",
        Color::Cyan => "cyan",
        Color::White => "white",
        _ => "another",
    })
}
