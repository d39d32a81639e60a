//! A native panel's session: what the latest hello began, and which numbers came in it.
//!
//! A broker may deliver a message twice, late, or from a time before the panel's last restart. Only what is of the present
//! session and has a higher number than all before it is let in.

use crate::entropy;

/// The present session, if a hello has begun one since the panel connected.
#[derive(Default)]
pub(super) struct Session(Option<Begun>);

struct Begun {
    nonce: [u8; 8],
    id: [u8; 4],
    /// The highest number that came in it.
    highest: Option<u32>,
}

impl Session {
    /// Whether a hello is the one that began the present session.
    pub(super) fn is_of(&self, nonce: [u8; 8]) -> bool {
        self.0.as_ref().is_some_and(|begun| begun.nonce == nonce)
    }

    /// Takes a hello and gives the session: a new one, unless the hello is the one that began the present session.
    pub(super) fn begin(&mut self, nonce: [u8; 8]) -> [u8; 4] {
        match &self.0 {
            Some(begun) if begun.nonce == nonce => begun.id,
            _ => {
                let id = u32::from_le_bytes(entropy::bytes()).max(1).to_le_bytes();
                self.0 = Some(Begun { nonce, id, highest: None });
                id
            }
        }
    }

    /// Session and number of an operation or wish that is let in, and what it wants.
    pub(super) fn admit<'a>(&mut self, payload: &'a [u8]) -> Option<([u8; 8], &'a [u8])> {
        let (head, wish) = payload.split_first_chunk::<8>().filter(|(_, wish)| !wish.is_empty())?;
        let begun = self.0.as_mut().filter(|begun| begun.id == head[..4])?;
        let number = u32::from_le_bytes(*head.last_chunk()?);
        if begun.highest.is_some_and(|highest| number <= highest) {
            return None;
        }
        begun.highest = Some(number);
        Some((*head, wish))
    }
}
