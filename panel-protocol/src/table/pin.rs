//! PINs, and what is kept of them.
//!
//! A verifier is the low half of SipHash-2-4, under the controller's digest key, of 0xFF, the card's key and the digits
//! in ASCII. The key is what protects it: a PIN has too few digits for any hash to do that. The PIN with its last digit
//! one higher (0 after 9) says that its holder is forced.

use core::fmt;
use core::hash::Hasher;

use heapless::Vec;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::digest_key::{DigestKey, finish};
use super::key::{MAX_KEY_LEN, encode_credential};
use crate::credential::Credential;
use crate::limits::{MAX_PIN_LEN, MIN_PIN_LEN};

/// Stands before what is hashed, where rows have a bit count.
const TAG: u8 = 0xFF;

/// Digits that somebody has entered.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Vec<u8, MAX_PIN_LEN>);

/// What is kept of a card's PIN.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PinVerifier(pub u32);

/// What was entered with a card.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PinGiven {
    /// Nothing.
    #[default]
    None,
    /// The card's PIN.
    Right,
    /// The PIN that says that somebody is forced.
    Duress,
    /// Something else.
    Wrong,
}

impl Pin {
    /// The PIN of these ASCII digits; `None` if there are other characters, or not [`MIN_PIN_LEN`] to [`MAX_PIN_LEN`].
    pub fn new(digits: &[u8]) -> Option<Self> {
        let sound = digits.len() >= MIN_PIN_LEN && digits.iter().all(u8::is_ascii_digit);
        sound.then(|| Vec::from_slice(digits).ok().map(Self)).flatten()
    }

    /// The PIN that its holder enters when forced.
    #[must_use]
    pub fn under_duress(&self) -> Self {
        self.with_last_digit(1)
    }

    fn with_last_digit(&self, more: u8) -> Self {
        let mut pin = self.clone();
        if let Some(last) = pin.0.last_mut() {
            *last = b'0' + (*last - b'0' + more) % 10;
        }
        pin
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

impl PinVerifier {
    /// What a controller with this digest key keeps of a card's PIN.
    pub fn new(key: &DigestKey, credential: Credential, pin: &Pin) -> Self {
        let mut card = [0; MAX_KEY_LEN];
        let len = encode_credential(credential, &mut card).expect("MAX_KEY_LEN holds any card");
        let mut hasher = key.hasher();
        hasher.write(&[TAG]);
        hasher.write(&card[..len]);
        hasher.write(&pin.0);
        let [a, b, c, d, ..] = finish(hasher).to_le_bytes();
        Self(u32::from_le_bytes([a, b, c, d]))
    }

    /// What a PIN that was entered with this card is. Takes as long whatever it is.
    pub fn check(self, key: &DigestKey, credential: Credential, pin: &Pin) -> PinGiven {
        let is = |pin: &Pin| Self::new(key, credential, pin).0.ct_eq(&self.0);
        // The holder adds one, so one is taken off.
        let (right, duress) = (is(pin), is(&pin.with_last_digit(9)));
        match (bool::from(right), bool::from(duress)) {
            (true, _) => PinGiven::Right,
            (_, true) => PinGiven::Duress,
            _ => PinGiven::Wrong,
        }
    }
}

impl fmt::Debug for PinVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinVerifier(…)")
    }
}
