//! LSTATR, ISTATR, OSTATR and RSTATR: how things are.

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::payload::{PayloadError, byte_enum, fixed};
use crate::osdp::records::Record;

/// How the device itself is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct LocalStatus {
    /// Somebody opened or moved it.
    pub tamper: bool,
    /// Its power has failed.
    pub power_failure: bool,
}

/// One input or output.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Contact {
    /// At rest: 0 on the wire.
    Inactive,
    /// Anything else on the wire; sent as 1.
    Active,
}

byte_enum! {
    /// One attached reader.
    ReaderState {
        /// All is well.
        Normal = 0,
        /// It doesn't answer.
        NotConnected = 1,
        /// Somebody opened or moved it.
        Tampered = 2,
    }
}

impl LocalStatus {
    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        let [tamper, power] = *fixed(data)?;
        Ok(Self { tamper: tamper != 0, power_failure: power != 0 })
    }

    pub(super) fn emit(self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[u8::from(self.tamper), u8::from(self.power_failure)])
    }
}

impl Record for Contact {
    const LEN: usize = 1;

    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.first().map(|byte| if *byte == 0 { Self::Inactive } else { Self::Active })
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[u8::from(*self == Self::Active)])
    }
}

impl Record for ReaderState {
    const LEN: usize = 1;

    fn read(bytes: &[u8]) -> Option<Self> {
        Self::from_byte(*bytes.first()?)
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.to_byte()])
    }
}
