//! Why a session is over.

use crate::osdp::frame::FrameError;
use crate::osdp::reply::NakReason;

/// What ended a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LossCause {
    /// A reply's authentication code or encryption was wrong.
    BadMac,
    /// The PD answered in clear; with the reason it gave, if it was a NAK.
    ClearReply(Option<NakReason>),
    /// The PD's reply arrived undamaged and was none.
    Malformed(FrameError),
    /// The PD answered with sequence number 0: it asks to begin anew.
    Reset,
    /// No valid reply for as long as the line's configuration says.
    Silent,
    /// The caller said that the line is down.
    LineDown,
    /// A new key has been set; the next session will use it.
    KeyChange,
    /// It has been asked to change its address or speed, and has done so or may have.
    Moved,
    /// A read that it left without an answer made room for something urgent, to which a new session is the shortest way.
    Overtaken,
    /// The caller gave up a command that had been left without an answer.
    Withdrawn,
}
