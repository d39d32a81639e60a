//! What devices tell without being asked.

use std::fmt;
use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use zeroize::Zeroizing;

use crate::domain::InputState;
use crate::sync::EventsWaiting;

/// What a device told.
#[derive(Clone, PartialEq, Debug)]
pub enum Heard {
    /// A card was presented to one of its readers. How old that is counts: a card that somebody gave up on minutes ago
    /// must not open the door now.
    Card {
        /// Which reader, from 0.
        reader: u8,
        /// The card's bits.
        card: Credential,
        /// It was presented no longer ago than this.
        max_age: Duration,
    },
    /// Keys were pressed.
    Keys {
        /// At which reader, from 0.
        reader: u8,
        /// Which.
        keys: PressedKeys,
        /// They were pressed no longer ago than this.
        max_age: Duration,
    },
    /// All its inputs, from number 0.
    Inputs(Vec<InputState>),
    /// Which of its outputs are switched on, from number 0.
    Outputs(Vec<bool>),
    /// Itself: whether somebody opened or moved it, and whether its power has failed.
    Itself {
        /// Somebody opened or moved it.
        tampered: bool,
        /// Its power has failed.
        power_failed: bool,
    },
    /// It keeps events that nobody has fetched.
    EventsWaiting(EventsWaiting),
    /// A panel that keeps no events has decided on a card.
    Decided(Decided),
}

/// What a panel decided on a card, told once and never again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decided {
    /// At which reader, from 0.
    pub reader: u8,
    /// The card's bits, as far as the panel tells them.
    pub card: Credential,
    /// What it decided.
    pub reason: Reason,
    /// When, in seconds of 1970 by its own clock; `None` if it didn't say.
    pub at_s: Option<i64>,
}

/// Keys as they were pressed: digits, `*` and `#`. They may be a PIN, so they are never shown and don't outlive their use.
#[derive(Clone, PartialEq, Eq)]
pub struct PressedKeys(Zeroizing<String>);

impl PressedKeys {
    /// These keys; whatever is no digit, `*` or `#` is left out.
    pub fn new(keys: impl Iterator<Item = char>) -> Self {
        Self(Zeroizing::new(keys.filter(|key| key.is_ascii_digit() || matches!(key, '*' | '#')).collect()))
    }

    /// The keys, for whoever checks them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PressedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PressedKeys({} keys)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_and_never_shown() {
        let keys = PressedKeys::new("12\u{7f}3x#*".chars());
        assert_eq!(keys.expose(), "123#*");
        assert_eq!(format!("{keys:?}"), "PressedKeys(5 keys)");
    }
}
