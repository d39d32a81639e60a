//! Never, always, or by a schedule, in one byte.

/// When something is so.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum When {
    /// At no time.
    #[default]
    Never,
    /// While the schedule with this number is open, 1 to 254.
    Schedule(u8),
    /// At any time.
    Always,
}

impl When {
    /// Its byte on the wire and in digests.
    pub const fn code(self) -> u8 {
        match self {
            Self::Never => 0,
            Self::Schedule(number) => number,
            Self::Always => u8::MAX,
        }
    }

    /// What the byte says; every byte says something.
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Never,
            u8::MAX => Self::Always,
            number => Self::Schedule(number),
        }
    }
}
