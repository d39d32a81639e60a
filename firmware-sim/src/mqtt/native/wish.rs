//! A wish of the gateway to have an output switched on, and what comes of it.

use panel_protocol::time::UtcSeconds;

/// The longest time for which an output may be switched on, in tenths of a second.
const MAX_TENTHS: u16 = 36_000;

/// Bytes of a wish, after session and number.
pub(super) const WISH_LEN: usize = 7;

/// Which output shall be on, for how long, unless it is too late.
pub(super) struct Wish {
    not_after: UtcSeconds,
    pub(super) output: u8,
    pub(super) tenths: u16,
}

/// What came of a wish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Actuated {
    Done = 0,
    NoSuchOutput = 1,
    Refused = 2,
    TooLate = 3,
}

impl Wish {
    pub(super) fn read(bytes: [u8; WISH_LEN]) -> Self {
        let [a, b, c, d, output, low, high] = bytes;
        let not_after = UtcSeconds(u32::from_le_bytes([a, b, c, d]));
        Self { not_after, output, tenths: u16::from_le_bytes([low, high]) }
    }

    /// What a panel with so many outputs makes of it at this time; without a clock it is too late for everything.
    pub(super) fn judge(&self, outputs: u8, clock: Option<UtcSeconds>) -> Actuated {
        match clock {
            _ if self.output >= outputs => Actuated::NoSuchOutput,
            _ if self.tenths > MAX_TENTHS => Actuated::Refused,
            Some(clock) if clock <= self.not_after => Actuated::Done,
            _ => Actuated::TooLate,
        }
    }
}
