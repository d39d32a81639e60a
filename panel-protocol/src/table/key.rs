//! A card's key on the wire: bit count, and the raw value, most significant byte first.

use crate::credential::Credential;

/// Most bytes that a card's key takes.
pub const MAX_KEY_LEN: usize = 1 + 8;

/// Writes a card's key (bit count, raw value) to the front of `to`; how many bytes, or `None` if they don't fit.
pub fn encode_credential(credential: Credential, to: &mut [u8]) -> Option<usize> {
    let len = credential.byte_len();
    let to = to.get_mut(..=len)?;
    to[0] = credential.bits();
    to[1..].copy_from_slice(&credential.raw().to_be_bytes()[8 - len..]);
    Some(1 + len)
}
