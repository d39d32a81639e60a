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
    /// Takes a hello and gives the session, and whether it is new: it is unless this hello began the present one.
    pub(super) fn begin(&mut self, nonce: [u8; 8]) -> ([u8; 4], bool) {
        match &self.0 {
            Some(begun) if begun.nonce == nonce => (begun.id, false),
            _ => {
                let id = u32::from_le_bytes(entropy::bytes()).max(1).to_le_bytes();
                self.0 = Some(Begun { nonce, id, highest: None });
                (id, true)
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
