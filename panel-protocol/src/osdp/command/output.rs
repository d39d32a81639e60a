//! OUT: switch outputs.

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::named_bytes::byte_enum;
use crate::osdp::payload::{PayloadError, fixed};
use crate::osdp::records::Record;

/// What one output shall do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutputControl {
    /// The output's number, from 0.
    pub output: u8,
    /// What to do with it.
    pub action: OutputAction,
    /// For timed actions: how long, in tenths of a second.
    pub timer_100ms: u16,
}

byte_enum! {
    /// What to do with an output (OSDP 2.2, 6.10).
    OutputAction {
        /// Leave it alone.
        Keep = 0,
        /// Off for good, ending a timed action.
        Off = 1,
        /// On for good, ending a timed action.
        On = 2,
        /// Off for good once a timed action has run out.
        OffAfterTimer = 3,
        /// On for good once a timed action has run out.
        OnAfterTimer = 4,
        /// On, and off when the timer has run out.
        OnFor = 5,
        /// Off, and on when the timer has run out.
        OffFor = 6,
    }
}

impl Record for OutputControl {
    const LEN: usize = 4;

    fn read(bytes: &[u8]) -> Result<Self, PayloadError> {
        let [output, action, timer @ ..] = *fixed::<4>(bytes)?;
        let action = OutputAction::parse(1, action)?;
        Ok(Self { output, action, timer_100ms: u16::from_le_bytes(timer) })
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.output, self.action.to_byte()])?;
        out.put_u16(self.timer_100ms)
    }
}
