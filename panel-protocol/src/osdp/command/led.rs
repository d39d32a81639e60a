//! LED: set lights.

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::named_bytes::{byte_enum, open_byte_enum};
use crate::osdp::payload::{PayloadError, fixed};
use crate::osdp::records::Record;

/// What one light shall do: now for a while, and afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LedControl {
    /// The reader it belongs to, from 0.
    pub reader: u8,
    /// The light's number at that reader, from 0.
    pub led: u8,
    /// What to do with the temporary state.
    pub temporary: TemporaryAction,
    /// How the temporary state blinks.
    pub temporary_pattern: Pattern,
    /// How long the temporary state lasts, in tenths of a second.
    pub timer_100ms: u16,
    /// What to do with the permanent state.
    pub permanent: PermanentAction,
    /// How the permanent state blinks.
    pub permanent_pattern: Pattern,
}

/// How a light blinks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// Time in `on_color`, in tenths of a second.
    pub on_100ms: u8,
    /// Time in `off_color`, in tenths of a second; 0 for a steady light.
    pub off_100ms: u8,
    /// The colour of the "on" time.
    pub on_color: Color,
    /// The colour of the "off" time.
    pub off_color: Color,
}

byte_enum! {
    /// What to do with a light's temporary state.
    TemporaryAction {
        /// Leave it alone.
        Keep = 0,
        /// End it; the permanent state shows.
        Cancel = 1,
        /// Begin it now.
        Set = 2,
    }
}

byte_enum! {
    /// What to do with a light's permanent state.
    PermanentAction {
        /// Leave it alone.
        Keep = 0,
        /// Set it; it shows unless a temporary state does.
        Set = 1,
    }
}

open_byte_enum! {
    /// A light's colour; some devices have more than the standard names.
    Color {
        /// Dark.
        Black = 0,
        /// Red.
        Red = 1,
        /// Green.
        Green = 2,
        /// Amber.
        Amber = 3,
        /// Blue.
        Blue = 4,
        /// Magenta.
        Magenta = 5,
        /// Cyan.
        Cyan = 6,
        /// White.
        White = 7,
    }
}

impl Pattern {
    /// Always this colour.
    #[must_use]
    pub const fn steady(color: Color) -> Self {
        Self { on_100ms: 1, off_100ms: 0, on_color: color, off_color: color }
    }

    fn read([on_100ms, off_100ms, on, off]: [u8; 4]) -> Self {
        Self { on_100ms, off_100ms, on_color: Color::from_byte(on), off_color: Color::from_byte(off) }
    }

    fn bytes(self) -> [u8; 4] {
        [self.on_100ms, self.off_100ms, self.on_color.to_byte(), self.off_color.to_byte()]
    }
}

impl Record for LedControl {
    const LEN: usize = 14;

    fn read(bytes: &[u8]) -> Result<Self, PayloadError> {
        let [reader, led, temporary, t0, t1, t2, t3, low, high, permanent, pattern @ ..] =
            *fixed::<14>(bytes)?;
        Ok(Self {
            reader,
            led,
            temporary: TemporaryAction::parse(2, temporary)?,
            temporary_pattern: Pattern::read([t0, t1, t2, t3]),
            timer_100ms: u16::from_le_bytes([low, high]),
            permanent: PermanentAction::parse(9, permanent)?,
            permanent_pattern: Pattern::read(pattern),
        })
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.reader, self.led, self.temporary.to_byte()])?;
        out.put(&self.temporary_pattern.bytes())?;
        out.put_u16(self.timer_100ms)?;
        out.put(&[self.permanent.to_byte()])?;
        out.put(&self.permanent_pattern.bytes())
    }
}
