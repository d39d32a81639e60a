//! The secure channel (OSDP 2.2, Annex D): AES-128, one session per conversation.
//!
//! ```text
//!  CP: CHLNG (random A)  ─────────▶  PD: Handshake::new(key, A, B)
//!  CP: Handshake::new    ◀─────────  CCRYPT (random B, client_cryptogram)
//!  CP: check_client, SCRYPT ──────▶  PD: accept → Session
//!  CP: confirm → Session ◀─────────  RMAC_I
//! ```
//! Then both hold a [`Session`] and take turns: `seal` a command, `open` it, `seal` the reply, `open` it. Each MAC
//! continues the other side's last one, so a frame can be neither repeated, reordered nor made up.
//!
//! Keys are wiped where they lie when dropped, never printed, and compared in constant time; what the compiler copies
//! to move them is out of safe code's reach, so they are moved once. Nothing here makes random numbers.

mod cipher;
mod handshake;
mod key;
mod session;

pub use cipher::BLOCK;
pub use handshake::{Handshake, WrongKey};
pub use key::{KeyKind, SCBK_D, Scbk};
pub(crate) use session::Position;
pub use session::{Message, OpenError, SealError, Session, max_data};

#[cfg(test)]
mod tests;
