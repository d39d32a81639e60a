//! The secure channel as a PD holds it: none, asked for, or open.

use super::handler::{Answered, Key, PdHandler};
use crate::osdp::frame::{FrameMut, scs};
use crate::osdp::reply::{ClientCryptogram, NakReason, Reply};
use crate::osdp::secure::{Handshake, KeyKind, Message, OpenError, SCBK_D, SealError, Session};

#[derive(Debug)]
pub(super) enum Channel {
    Clear,
    Challenged(KeyKind, Handshake),
    Open(KeyKind, Session),
}

/// A step of the handshake to be sent.
pub(super) struct Step {
    pub(super) scs: u8,
    /// The security block's one byte of data.
    pub(super) status: u8,
    pub(super) reply: Reply<'static>,
}

impl Channel {
    /// The key of the open channel.
    pub(super) fn opened_with(&self) -> Option<KeyKind> {
        match self {
            Self::Open(key, _) => Some(*key),
            _ => None,
        }
    }

    /// Ends whatever there is; true when it was open.
    pub(super) fn close(&mut self) -> bool {
        let open = matches!(self, Self::Open(..));
        self.wipe();
        open
    }

    /// Drops the keys where they are: moving them out would leave a copy behind.
    fn wipe(&mut self) {
        *self = Self::Clear;
    }

    /// CHLNG: proves this device's key, if it is the one that the CP asks for.
    pub(super) fn challenge(
        &mut self,
        kind: KeyKind,
        rnd_a: &[u8; 8],
        handler: &mut impl PdHandler,
    ) -> Result<Step, NakReason> {
        let key = match (kind, handler.key()) {
            (KeyKind::Default, Key::Factory) => SCBK_D,
            (KeyKind::Installed, Key::Installed(key)) => key.clone(),
            _ => return Err(NakReason::Security),
        };
        let random = handler.random();
        let handshake = Handshake::new(&key, rnd_a, &random);
        let cryptogram = *handshake.client_cryptogram();
        let reply = ClientCryptogram { cuid: handler.identity().cuid(), random, cryptogram };
        *self = Self::Challenged(kind, handshake);
        Ok(Step { scs: scs::CLIENT_CRYPTOGRAM, status: kind.to_scb(), reply: Reply::ClientCryptogram(reply) })
    }

    /// SCRYPT: verifies the CP's key, and opens the channel. A wrong proof needs a new challenge.
    pub(super) fn verify(&mut self, kind: KeyKind, cryptogram: &[u8; 16]) -> Result<Step, NakReason> {
        let proven = match self {
            Self::Challenged(key, handshake) if *key == kind => handshake.accept(cryptogram).ok(),
            _ => None,
        };
        self.wipe();
        let (session, mac) = proven.ok_or(NakReason::Security)?;
        *self = Self::Open(kind, session);
        Ok(Step { scs: scs::INITIAL_MAC, status: scs::ACCEPTED, reply: Reply::InitialMac(mac) })
    }

    /// Opens a sealed command; `None` when there is no open channel.
    pub(super) fn open<'a>(&mut self, frame: FrameMut<'a>) -> Option<Result<Message<'a>, OpenError>> {
        match self {
            Self::Open(_, session) => Some(session.open(frame)),
            _ => None,
        }
    }

    /// Forgets that the last sealed command was opened: it will come again with the same MAC.
    pub(super) fn forget_last(&mut self) {
        if let Self::Open(_, session) = self {
            session.forget_last();
        }
    }

    /// Turns an answer into the frame that travels.
    pub(super) fn finish<'b>(&mut self, answered: Answered<'b>, sealed: bool) -> Result<&'b [u8], SealError> {
        match self {
            Self::Open(_, session) if sealed => session.seal_draft(answered.draft),
            _ if sealed => Err(SealError::Ended),
            _ => Ok(answered.draft.finish()),
        }
    }
}
