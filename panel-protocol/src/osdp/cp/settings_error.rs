//! The speeds of a line, and why a PD was not asked to change its settings.

use core::fmt;

/// Speeds that a line can have, in bits a second (OSDP 2.2, 5.2).
pub const BAUD_RATES: [u32; 6] = [9600, 19_200, 38_400, 57_600, 115_200, 230_400];

/// Why a PD was not asked to change its settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingsError {
    /// The PD doesn't take commands now.
    NotReady,
    /// An earlier change has not ended.
    UnderWay,
    /// The address is not 0x00 to 0x7E.
    Address,
    /// Another PD has the address, or may have it.
    Taken,
    /// The speed is none of [`BAUD_RATES`].
    Baud,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotReady => "the device takes no commands now",
            Self::UnderWay => "an earlier change of its address or speed has not ended",
            Self::Address => "a device's address is 0 to 126",
            Self::Taken => "another device of the line has this address, or may have it",
            Self::Baud => "the speed is none of 9600, 19200, 38400, 57600, 115200, 230400",
        })
    }
}

impl core::error::Error for SettingsError {}
