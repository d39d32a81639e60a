//! What commands and replies share: the errors of their data, and values that travel both ways.

use core::fmt;

use super::bytes::{Full, Writer};

/// Why a payload's data is not what its code promises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PayloadError {
    /// This many bytes of data are too few or too many.
    Length(usize),
    /// The byte at this offset of the data has a value it can't have.
    Value(usize),
}

/// A vendor's own command or reply: its name, and bytes that only it understands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Manufacturer<'a> {
    /// The vendor's IEEE identifier.
    pub oui: [u8; 3],
    /// What the vendor makes of it.
    pub data: &'a [u8],
}

/// Where a PD listens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ComSettings {
    /// 0 to 0x7E.
    pub address: u8,
    /// Bits a second.
    pub baud: u32,
}

impl<'a> Manufacturer<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let (oui, rest) = data.split_first_chunk().ok_or(PayloadError::Length(data.len()))?;
        Ok(Self { oui: *oui, data: rest })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&self.oui)?;
        out.put(self.data)
    }
}

impl ComSettings {
    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        let [address, baud @ ..] = *fixed::<5>(data)?;
        if address >= super::frame::BROADCAST {
            return Err(PayloadError::Value(0));
        }
        Ok(Self { address, baud: u32::from_le_bytes(baud) })
    }

    pub(super) fn emit(self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.address])?;
        out.put(&self.baud.to_le_bytes())
    }
}

/// The data as exactly `N` bytes.
pub(super) fn fixed<const N: usize>(data: &[u8]) -> Result<&[u8; N], PayloadError> {
    data.try_into().map_err(|_| PayloadError::Length(data.len()))
}

/// `value` for a payload that carries no data.
pub(super) fn bare<T>(value: T, data: &[u8]) -> Result<T, PayloadError> {
    fixed::<0>(data).map(|_| value)
}

/// An enum that is one byte on the wire, with `from_byte`.
macro_rules! byte_enum {
    ($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident = $byte:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $($(#[$variant_about])* $variant = $byte,)+
        }

        impl $name {
            /// What the byte means, `None` when nothing.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($byte => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The byte on the wire.
            #[must_use]
            pub const fn to_byte(self) -> u8 {
                self as u8
            }
        }
    };
}
pub(super) use byte_enum;

/// Code bytes as constants, and their names as the standard writes them.
macro_rules! codes {
    ($($(#[$about:meta])* $name:ident = $byte:literal,)+) => {
        $($(#[$about])* pub const $name: u8 = $byte;)+

        /// The standard's name of a code, such as `osdp_POLL`; `None` for a code that this crate doesn't know.
        #[must_use]
        pub const fn name(code: u8) -> Option<&'static str> {
            match code {
                $($name => Some(concat!("osdp_", stringify!($name))),)+
                _ => None,
            }
        }
    };
}
pub(super) use codes;

impl fmt::Debug for Manufacturer<'_> {
    /// Without the data, which may hold cards.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.oui;
        write!(f, "Manufacturer({a:02X}-{b:02X}-{c:02X}, {} bytes)", self.data.len())
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(len) => write!(f, "{len} bytes of data are not what the code promises"),
            Self::Value(at) => write!(f, "byte {at} of the data has a value it can't have"),
        }
    }
}

impl core::error::Error for PayloadError {}

#[cfg(test)]
mod tests {
    use crate::osdp::{command, reply};

    #[test]
    fn codes_are_named_as_the_standard_names_them() {
        assert_eq!(command::name(0x60), Some("osdp_POLL"));
        assert_eq!(command::name(0x7B), Some("osdp_ACURXSIZE"));
        assert_eq!(command::name(0x40), None);
        assert_eq!(reply::name(0x78), Some("osdp_RMAC_I"));
        assert_eq!(reply::name(0x50), Some("osdp_RAW"));
        assert_eq!(reply::name(0x60), None);
        // The same byte is another thing in the other direction.
        assert_eq!((command::name(0x80), reply::name(0x80)), (Some("osdp_MFG"), Some("osdp_PIVDATAR")));
    }
}
