//! The secret under which a controller's digests are made.

use core::fmt;
use core::hash::Hasher;

use siphasher::sip::SipHasher24;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of a [`DigestKey`].
pub const DIGEST_KEY_LEN: usize = 16;

/// The secret under which one controller's digests are made. All zero in a controller that was never adopted.
#[derive(Clone, PartialEq, Eq, Default, Zeroize, ZeroizeOnDrop)]
pub struct DigestKey([u8; DIGEST_KEY_LEN]);

impl DigestKey {
    /// The key with those bytes.
    pub const fn new(bytes: [u8; DIGEST_KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for whoever has to send or keep it.
    pub const fn as_bytes(&self) -> &[u8; DIGEST_KEY_LEN] {
        &self.0
    }

    /// A value that tells keys apart without telling a key: the hash of nothing.
    pub fn check(&self) -> u64 {
        finish(self.hasher())
    }

    #[inline(never)]
    pub(super) fn hasher(&self) -> SipHasher24 {
        SipHasher24::new_with_key(&self.0)
    }
}

/// One place for the last rounds, which would otherwise stand wherever something is hashed.
#[inline(never)]
pub(super) fn finish(hasher: SipHasher24) -> u64 {
    hasher.finish()
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey(…)")
    }
}
