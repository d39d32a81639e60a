//! What a panel remembers until the gateway has it.
//!
//! ```text
//! sequence u32, at u32, kind u8, body
//! kind 1, card read: reader u8, reason u8, credential (bits u8, raw MSB first)
//! ```

use crate::bytes::{Reader, Writer};
use crate::credential::Credential;
use crate::decide::Reason;
use crate::table::{decode_credential, encode_credential};
use crate::time::UtcSeconds;

/// Most bytes that an event takes on the wire.
pub const EVENT_MAX_LEN: usize = 4 + 4 + 1 + 1 + 1 + 9;

const KIND_CARD_READ: u8 = 1;

/// Something that happened at a panel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PanelEvent {
    /// Its number: one more than the event before it, for as long as the panel keeps its epoch.
    pub sequence: u32,
    /// When, by the panel's clock; `None` if that was not set.
    pub at: Option<UtcSeconds>,
    /// What.
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventBody {
    /// A card was presented, and the panel decided.
    CardRead {
        /// The reader, from 0.
        reader: u8,
        /// The card.
        credential: Credential,
        /// The decision.
        reason: Reason,
    },
}

impl EventBody {
    /// The version of the command set that first has it.
    pub const fn version(&self) -> u8 {
        match self {
            Self::CardRead { reason, .. } if reason.is_of_version_1() => 1,
            Self::CardRead { .. } => 2,
        }
    }
}

impl PanelEvent {
    pub(super) fn encode(&self, to: &mut Writer<'_>) -> Option<()> {
        let mut bytes = [0; EVENT_MAX_LEN];
        let mut event = Writer::new(&mut bytes);
        event.put(&self.sequence.to_le_bytes())?;
        event.put(&self.at.map_or(0, |at| at.0).to_le_bytes())?;
        match self.body {
            EventBody::CardRead { reader, credential, reason } => {
                event.put(&[KIND_CARD_READ, reader, reason.code()])?;
                event.put_with(|to| encode_credential(credential, to))?;
            }
        }
        let len = event.len();
        to.put(&bytes[..len])
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Option<Self> {
        let sequence = from.u32()?;
        let at = from.u32()?;
        let body = match from.u8()? {
            KIND_CARD_READ => {
                let [reader, reason] = from.take()?;
                let reason = Reason::from_code(reason)?;
                let (credential, len) = decode_credential(from.rest()).ok()?;
                *from = Reader(&from.rest()[len..]);
                EventBody::CardRead { reader, credential, reason }
            }
            _ => return None,
        };
        Some(Self { sequence, at: (at != 0).then_some(UtcSeconds(at)), body })
    }
}
