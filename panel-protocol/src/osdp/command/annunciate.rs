//! BUZ and TEXT: what the person at the door hears and reads.

use core::fmt;

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::named_bytes::{byte_enum, open_byte_enum};
use crate::osdp::payload::{PayloadError, counted, fixed, head};

/// What a reader's buzzer shall do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buzzer {
    /// The reader's number, from 0.
    pub reader: u8,
    /// Which tone.
    pub tone: Tone,
    /// How long it sounds, in tenths of a second.
    pub on_100ms: u8,
    /// How long it pauses, in tenths of a second.
    pub off_100ms: u8,
    /// How often; 0 for ever.
    pub count: u8,
}

open_byte_enum! {
    /// A buzzer's tone; some devices have more than the standard names.
    Tone {
        /// None: the command changes nothing.
        Keep = 0,
        /// Silence.
        Off = 1,
        /// The device's own tone.
        Default = 2,
    }
}

/// What a reader's display shall show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    /// The reader's number, from 0.
    pub reader: u8,
    /// For how long, and how long lines are treated.
    pub mode: TextMode,
    /// How long a temporary text shows, in seconds.
    pub seconds: u8,
    /// First row, from 1.
    pub row: u8,
    /// First column, from 1.
    pub column: u8,
    /// The characters, in ASCII; at most 255.
    pub text: &'a [u8],
}

byte_enum! {
    /// How a text is shown.
    TextMode {
        /// For good, cut at the line's end.
        Permanent = 1,
        /// For good, wrapped at the line's end.
        PermanentWrapped = 2,
        /// For a while, cut at the line's end.
        Temporary = 3,
        /// For a while, wrapped at the line's end.
        TemporaryWrapped = 4,
    }
}

impl Buzzer {
    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        let [reader, tone, on_100ms, off_100ms, count] = *fixed(data)?;
        Ok(Self { reader, tone: Tone::from_byte(tone), on_100ms, off_100ms, count })
    }

    pub(super) fn emit(self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.reader, self.tone.to_byte(), self.on_100ms, self.off_100ms, self.count])
    }
}

impl<'a> Text<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let ([reader, mode, seconds, row, column, len], text) = head(data)?;
        Ok(Self {
            reader: *reader,
            mode: TextMode::parse(1, *mode)?,
            seconds: *seconds,
            row: *row,
            column: *column,
            text: counted(text, 5, *len)?,
        })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        let len = u8::try_from(self.text.len()).map_err(|_| Full)?;
        out.put(&[self.reader, self.mode.to_byte(), self.seconds, self.row, self.column, len])?;
        out.put(self.text)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reader, mode, seconds, row, column, text } = self;
        write!(
            f,
            "Text({mode:?} at reader {reader}, {row}:{column}, {seconds} s, \"{}\")",
            text.escape_ascii()
        )
    }
}
