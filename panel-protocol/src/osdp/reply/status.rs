//! LSTATR, ISTATR, OSTATR and RSTATR: how things are.

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::named_bytes::open_byte_enum;
use crate::osdp::payload::{PayloadError, fixed};
use crate::osdp::records::Record;

/// How the device itself is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct LocalStatus {
    /// Somebody opened or moved it.
    pub tamper: bool,
    /// Its power has failed.
    pub power_failure: bool,
}

open_byte_enum! {
    /// One input or output (OSDP 2.2, 7.7 and 7.8). An output is inactive or active, and nothing else.
    Contact {
        /// At rest.
        Inactive = 0,
        /// What it watches has happened; an output is switched on.
        Active = 1,
        /// A supervised input whose wires are shorted.
        Short = 2,
        /// A supervised input whose wires are cut.
        Open = 3,
        /// A supervised input whose resistance is none that it knows: tampered with, or defective.
        Fault = 4,
        /// Not yet known, or not configured.
        Unknown = 5,
    }
}

open_byte_enum! {
    /// One attached reader (OSDP 2.2, 7.9).
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

    fn read(bytes: &[u8]) -> Result<Self, PayloadError> {
        fixed(bytes).map(|[byte]| Self::from_byte(*byte))
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.to_byte()])
    }
}

impl Record for ReaderState {
    const LEN: usize = 1;

    fn read(bytes: &[u8]) -> Result<Self, PayloadError> {
        fixed(bytes).map(|[byte]| Self::from_byte(*byte))
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.to_byte()])
    }
}
