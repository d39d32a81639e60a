//! KEYSET: install a key.

use core::fmt;

use subtle::ConstantTimeEq;

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::payload::{PayloadError, fixed};
use crate::osdp::secure::Scbk;

/// Type and length that a secure channel base key is announced with; there is no other type.
const SCBK_HEAD: [u8; 2] = [1, 16];

/// A secure channel base key on its way to the device it is for.
#[derive(Clone, Copy)]
pub struct KeySet<'a>(&'a [u8; 16]);

impl<'a> KeySet<'a> {
    /// A command that installs `key`.
    #[must_use]
    pub const fn new(key: &'a Scbk) -> Self {
        Self(key.expose())
    }

    /// The key to install.
    #[must_use]
    pub const fn key(&self) -> Scbk {
        Scbk::new(*self.0)
    }

    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let (head, key) = fixed::<18>(data)?.split_at(SCBK_HEAD.len());
        match head.iter().zip(SCBK_HEAD).position(|(given, right)| *given != right) {
            Some(at) => Err(PayloadError::Value { at, byte: head[at] }),
            None => fixed(key).map(Self),
        }
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&SCBK_HEAD)?;
        out.put(self.0)
    }
}

impl PartialEq for KeySet<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0).into()
    }
}

impl fmt::Debug for KeySet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySet(..)")
    }
}
