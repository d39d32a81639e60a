//! The secret that a CP and one PD share.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secure channel base key. Wiped when dropped; equality takes the same time whatever the bytes.
#[derive(Clone)]
pub struct Scbk([u8; 16]);

/// The key every new device knows, and so no secret at all. Only for installing a real one.
pub const SCBK_D: Scbk = Scbk(*b"0123456789:;<=>?");

/// Which key a handshake is about, as the security block's data byte says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyKind {
    /// [`SCBK_D`].
    Default = 0,
    /// The device's own key.
    Installed = 1,
}

impl Scbk {
    /// Takes the key's bytes. The caller wipes its own copy.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, to store them or send them in a KEYSET.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl KeyKind {
    /// What the security block's data says, `None` when it says neither.
    #[must_use]
    pub const fn from_scb(data: &[u8]) -> Option<Self> {
        match data {
            [0] => Some(Self::Default),
            [1] => Some(Self::Installed),
            _ => None,
        }
    }

    /// The byte that the security block carries.
    #[must_use]
    pub const fn to_scb(self) -> u8 {
        self as u8
    }
}

impl Drop for Scbk {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Scbk {}

impl PartialEq for Scbk {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Scbk {}

impl fmt::Debug for Scbk {
    /// Says that there is a key, not which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scbk(..)")
    }
}
