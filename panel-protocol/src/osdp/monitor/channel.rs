//! The secure channel as a listener follows it: one session, through which the frames of both sides pass in turn.

use super::keys::KeyName;
use super::{Blind, Seal};
use crate::osdp::frame::{self, Frame, FrameMut};
use crate::osdp::secure::{Handshake, Message, OpenError, Position, SCBK_D, Scbk, Session};

/// How far the channel is.
#[expect(clippy::large_enum_variant, reason = "without a heap a session lies where it is kept")]
pub(super) enum Channel {
    /// There is none, or its beginning was not heard.
    Unheard,
    /// The CP has sent its random number.
    Challenged([u8; 8]),
    /// The PD has proven a key that is not known here.
    Keyless,
    /// The PD has proven a key that is known here. Whatever else is said about it can be verified.
    Known(Followed),
}

/// A session from the PD's proof on.
pub(super) struct Followed {
    session: Session,
    key: KeyName,
    /// The proof that the CP will give.
    server: [u8; 16],
    /// The MAC that the PD will begin with.
    initial: [u8; 16],
    /// Why the next frame may not fit, if something has happened since the last one that did.
    doubt: Option<Blind>,
}

/// A frame that was put through the channel.
pub(super) struct Opened<'a> {
    pub(super) seal: Seal,
    /// `None`: it can't be read.
    pub(super) message: Option<Message<'a>>,
}

impl Channel {
    /// The PD's number and proof, and the keys that may have made it.
    pub(super) fn prove<'k>(
        &mut self,
        rnd_b: &[u8; 8],
        proof: &[u8; 16],
        mut candidates: impl Iterator<Item = (KeyName, &'k Scbk)>,
    ) -> Seal {
        let Self::Challenged(rnd_a) = *self else {
            *self = Self::Unheard;
            return Seal::Unknown(Blind::NoHandshake);
        };
        let follow = |key, scbk: &Scbk| {
            let handshake = Handshake::new(scbk, &rnd_a, rnd_b);
            let server = *handshake.check_client(proof).ok()?;
            let (session, initial) = handshake.accept(&server).ok()?;
            Some(Followed { session, key, server, initial, doubt: None })
        };
        let found = candidates.find_map(|(key, scbk)| follow(key, scbk));
        match found.or_else(|| follow(KeyName::Default, &SCBK_D)) {
            Some(followed) => {
                *self = Self::Known(followed);
                Seal::Right
            }
            None => {
                *self = Self::Keyless;
                Seal::Unknown(Blind::NoKey)
            }
        }
    }

    /// The CP's proof. One that is wrong ends the handshake.
    pub(super) fn confirm(&mut self, proof: &[u8]) -> Seal {
        self.compare(proof, |followed| &followed.server)
    }

    /// The PD's initial MAC. One that is wrong ends the handshake.
    pub(super) fn begin(&mut self, mac: &[u8]) -> Seal {
        self.compare(mac, |followed| &followed.initial)
    }

    fn compare(&mut self, given: &[u8], expected: impl FnOnce(&Followed) -> &[u8; 16]) -> Seal {
        match self {
            Self::Known(followed) if expected(followed) == given => Seal::Right,
            Self::Known(_) => {
                *self = Self::Unheard;
                Seal::Wrong
            }
            Self::Keyless => Seal::Unknown(Blind::NoKey),
            Self::Unheard | Self::Challenged(_) => Seal::Unknown(Blind::NoHandshake),
        }
    }

    /// Puts a sealed frame through, if it is the next one. The channel outlives one that is not: it may have been
    /// somebody else's.
    pub(super) fn open<'a>(&mut self, frame: FrameMut<'a>) -> Opened<'a> {
        let seal = self.verify(&frame.view());
        let (Self::Known(followed), Seal::Right) = (self, seal) else {
            return Opened { seal, message: readable(frame) };
        };
        followed.doubt = None;
        Opened { seal, message: followed.session.open(frame).ok() }
    }

    /// What the frame's MAC is worth.
    fn verify(&mut self, frame: &Frame<'_>) -> Seal {
        let followed = match self {
            Self::Known(followed) => followed,
            Self::Keyless => return Seal::Unknown(Blind::NoKey),
            Self::Unheard | Self::Challenged(_) => return Seal::Unknown(Blind::NoHandshake),
        };
        match followed.session.check(frame) {
            Ok(()) => Seal::Right,
            Err(OpenError::Ended) => Seal::Unknown(Blind::NoHandshake),
            Err(_) => match followed.doubt {
                Some(doubt) => Seal::Unknown(doubt),
                None => {
                    followed.doubt = Some(Blind::Adrift);
                    Seal::Wrong
                }
            },
        }
    }

    /// A frame was missed.
    pub(super) fn missed(&mut self) {
        self.doubt(Blind::Adrift);
    }

    /// Something was said in clear, which ends a session unless it was about a frame that arrived damaged.
    pub(super) fn heard_clear(&mut self) {
        match self {
            Self::Known(_) => self.doubt(Blind::NoHandshake),
            _ => *self = Self::Unheard,
        }
    }

    fn doubt(&mut self, why: Blind) {
        if let Self::Known(followed) = self {
            followed.doubt = Some(why);
        }
    }

    /// Where the session's chain stands, if there is one.
    pub(super) fn position(&self) -> Option<Position> {
        match self {
            Self::Known(followed) => Some(followed.session.position()),
            _ => None,
        }
    }

    /// Puts the session's chain back to where it stood before a frame that is heard again.
    pub(super) fn go_back(&mut self, to: Option<Position>) {
        if let (Self::Known(followed), Some(to)) = (self, to) {
            followed.session.go_back(to);
        }
    }

    /// The key of the session.
    pub(super) fn key(&self) -> Option<KeyName> {
        match self {
            Self::Known(followed) => Some(followed.key),
            _ => None,
        }
    }
}

/// Whether the frame's data is encrypted.
pub(super) fn is_encrypted(frame: &Frame<'_>) -> bool {
    frame.seal() == Some(frame::Seal::Encrypted)
}

/// What a frame shows without a key.
fn readable(frame: FrameMut<'_>) -> Option<Message<'_>> {
    let encrypted = is_encrypted(&frame.view());
    let (code, data) = frame.into_payload();
    (!encrypted).then_some(Message { code, data })
}

impl core::fmt::Debug for Channel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Unheard => "Unheard",
            Self::Challenged(_) => "Challenged",
            Self::Keyless => "Keyless",
            Self::Known(_) => "Known",
        })
    }
}
