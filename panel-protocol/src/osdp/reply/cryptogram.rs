//! CCRYPT: the PD's side of the handshake.

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::payload::{PayloadError, fixed, head};

/// Who the PD is, its random number, and its proof of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientCryptogram {
    /// The device's own identifier; makers fill it differently, so nothing is read from it.
    pub cuid: [u8; 8],
    /// The PD's random number.
    pub random: [u8; 8],
    /// The proof.
    pub cryptogram: [u8; 16],
}

impl ClientCryptogram {
    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        fixed::<{ 8 + 8 + 16 }>(data)?;
        let (cuid, rest) = head(data)?;
        let (random, cryptogram) = head(rest)?;
        Ok(Self { cuid: *cuid, random: *random, cryptogram: *fixed(cryptogram)? })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&self.cuid)?;
        out.put(&self.random)?;
        out.put(&self.cryptogram)
    }
}
