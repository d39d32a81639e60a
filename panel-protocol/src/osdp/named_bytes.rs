//! Bytes that have names: enums of one byte on the wire, and tables of codes.
//!
//! A closed enum is for what can't be carried out if it isn't known: the byte is refused. An open one is for what is
//! only told, or what a maker may extend: an unknown byte passes as `Other`, and the reader of it decides.

/// An enum that is one byte on the wire and has no other values; `from_byte` may fail.
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

            /// The byte at this offset of a payload's data.
            pub(in crate::osdp) fn parse(at: usize, byte: u8) -> Result<Self, $crate::osdp::payload::PayloadError> {
                Self::from_byte(byte).ok_or($crate::osdp::payload::PayloadError::Value { at, byte })
            }
        }
    };
}
pub(super) use byte_enum;

/// An enum that is one byte on the wire, with room for values that this crate doesn't know.
macro_rules! open_byte_enum {
    ($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident = $byte:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $($(#[$variant_about])* $variant,)+
            /// A value that this crate doesn't know: kept for the future, or a maker's own.
            Other(u8),
        }

        impl $name {
            /// What the byte means.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Self {
                match byte {
                    $($byte => Self::$variant,)+
                    other => Self::Other(other),
                }
            }

            /// The byte on the wire.
            #[must_use]
            pub const fn to_byte(self) -> u8 {
                match self {
                    $(Self::$variant => $byte,)+
                    Self::Other(other) => other,
                }
            }
        }
    };
}
pub(super) use open_byte_enum;

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

#[cfg(test)]
mod tests {
    use crate::osdp::command::{self, Color, Tone};
    use crate::osdp::reply::{self, NakReason};

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

    #[test]
    fn an_open_enum_keeps_every_byte() {
        for byte in 0..=u8::MAX {
            assert_eq!(Color::from_byte(byte).to_byte(), byte);
            assert_eq!(Tone::from_byte(byte).to_byte(), byte);
            assert_eq!(NakReason::from_byte(byte).to_byte(), byte);
        }
        assert_eq!(Color::from_byte(7), Color::White);
        assert_eq!(Color::from_byte(8), Color::Other(8));
    }
}
