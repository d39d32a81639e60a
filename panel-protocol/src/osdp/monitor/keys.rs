//! The keys that a listener may try.

use heapless::Vec;

use crate::osdp::secure::Scbk;

/// At most `N` keys, each for one address or for all. The default key is always tried and takes no place.
#[derive(Debug)]
pub struct KeyRing<const N: usize> {
    keys: Vec<(Option<u8>, Scbk), N>,
    learns: bool,
}

/// Which key a session was opened with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyName {
    /// The one that everybody knows, [`SCBK_D`](crate::osdp::secure::SCBK_D).
    Default,
    /// One that was given.
    Given,
    /// One that a KEYSET carried, which the listener could read.
    Learned,
}

/// There is no room for another key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyRingFull;

impl<const N: usize> KeyRing<N> {
    /// No key but the default one. Keys that a KEYSET carries are not learned.
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: Vec::new(), learns: false }
    }

    /// Adds a key for an address, or for all.
    ///
    /// # Errors
    /// [`KeyRingFull`] when `N` are there already.
    pub fn add(&mut self, address: Option<u8>, key: Scbk) -> Result<(), KeyRingFull> {
        self.keys.push((address, key)).map_err(|_| KeyRingFull)
    }

    /// Keys that a KEYSET carries inside a session that can be read shall open the handshakes after it.
    #[must_use]
    pub fn learning(self) -> Self {
        Self { learns: true, ..self }
    }

    pub(super) const fn learns(&self) -> bool {
        self.learns
    }

    /// The keys that a device may have, those that are for it alone first.
    pub(super) fn of(&self, address: u8) -> impl Iterator<Item = &Scbk> {
        let own = self.keys.iter().filter(move |(of, _)| *of == Some(address));
        own.chain(self.keys.iter().filter(|(of, _)| of.is_none())).map(|(_, key)| key)
    }
}

impl<const N: usize> Default for KeyRing<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Display for KeyRingFull {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("there is no room for another key")
    }
}

impl core::error::Error for KeyRingFull {}
