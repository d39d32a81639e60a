//! What a line has to say of itself and of its controllers, in words that tell what to do.

use std::fmt;

use panel_protocol::osdp::cp::{DeviceIdentity, Event, FileOutcome, KeyFault, LossCause, OfflineCause};
use panel_protocol::osdp::payload::ComSettings;
use panel_protocol::osdp::reply::NakReason;

/// Something about a controller.
#[derive(Clone, PartialEq, Debug)]
pub enum LinkEvent {
    /// What the wire shows.
    Wire(Event),
    /// It refused an operation.
    Refused(NakReason),
    /// It answered an operation with something else.
    Nonsense,
    /// Its new key is in its key file.
    KeySaved,
    /// Its new key is in use, and could not be put into its key file; the reason. It stays pending beside it.
    KeyNotSaved(String),
    /// A key file of it can't be used; the reason and the remedy.
    KeyUnusable(String),
}

/// Something about a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineEvent {
    /// Its port is open.
    Up,
    /// Its port can't be opened, or has gone; the reason and the remedy. Told again only when the reason changes.
    Down(String),
}

impl From<Event> for LinkEvent {
    fn from(event: Event) -> Self {
        Self::Wire(event)
    }
}

impl fmt::Display for LinkEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(event) => wire(event, f),
            Self::Refused(reason) => write!(f, "refused an operation: {reason}"),
            Self::Nonsense => {
                f.write_str("answered an operation with something else; is it a Gatehouse panel?")
            }
            Self::KeySaved => f.write_str("has its own key, and its key file is written"),
            Self::KeyNotSaved(why) => write!(f, "has a new key, and its key file can't be written: {why}"),
            Self::KeyUnusable(why) => write!(f, "can't be reached in secret: {why}"),
        }
    }
}

fn wire(event: &Event, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match event {
        Event::Online { pdid, .. } => write!(f, "answers: {}", Device(&pdid.into())),
        Event::Offline { cause: OfflineCause::Silent } => {
            f.write_str("doesn't answer; check its power, its wiring, its address and the line's baud rate")
        }
        Event::Offline { cause: OfflineCause::LineDown } => f.write_str("can't be reached: its line is down"),
        Event::SecureUp => f.write_str("secure session up"),
        Event::SecureLost { cause } => write!(f, "secure session lost: {}", loss(*cause)),
        Event::NoSession { fault } => fault_words(*fault, f),
        Event::NoIdentity { fault } => write!(f, "something answers at its address, with {fault}"),
        Event::Deviates { what } => what.fmt(f),
        Event::Swapped { expected, found } => {
            let (expected, found) = (Device(expected), DeviceIdentity::from(found));
            write!(
                f,
                "was {expected}, and now {} answers in its place; if you have replaced it, ",
                Device(&found)
            )?;
            f.write_str("enrol the new one with `gateway enrol`")
        }
        Event::KeyInstalled => f.write_str("the new key works"),
        Event::KeyKept => f.write_str("install mode is over, and no new key was set"),
        Event::FileSent { outcome: FileOutcome::Processed } => f.write_str("has taken the file"),
        Event::FileSent { outcome: FileOutcome::Rebooting } => {
            f.write_str("has taken the file and starts anew")
        }
        Event::FileFailed { fault } => write!(f, "has not taken the file: {fault}"),
        Event::Moved { settings: ComSettings { address, baud } } => {
            write!(
                f,
                "listens at address {address} and {baud} baud from now on; put that into the configuration"
            )
        }
        Event::NotMoved { reason: Some(reason) } => {
            write!(f, "keeps its address and speed: it refused to change them: {reason}")
        }
        Event::NotMoved { reason: None } => f.write_str("keeps its address and speed"),
        Event::KeyRefused { reason } => write!(f, "refused its new key: {reason}"),
    }
}

fn loss(cause: LossCause) -> String {
    match cause {
        LossCause::BadMac => "a reply was forged or came from another session".into(),
        LossCause::ClearReply(Some(reason)) => format!("it says: {reason}"),
        LossCause::ClearReply(None) => "it answered in clear".into(),
        LossCause::Malformed(error) => format!("its answer is malformed: {error}"),
        LossCause::Reset => "it has started anew".into(),
        LossCause::Silent => "it doesn't answer".into(),
        LossCause::LineDown => "the line is down".into(),
        LossCause::Moved => "its address or speed is being changed".into(),
        LossCause::Overtaken => "a command without an answer made room for an urgent one".into(),
        LossCause::KeyChange => "its key is being changed".into(),
    }
}

fn fault_words(fault: KeyFault, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match fault {
        KeyFault::NoKey => f.write_str("has no key yet; give it one with `gateway enrol`"),
        KeyFault::Cryptogram | KeyFault::Rejected | KeyFault::KeyFlag => {
            f.write_str(
                "has another key than its key file; reset it to the delivered key and run `gateway enrol`, ",
            )?;
            f.write_str("or restore the key file")
        }
        KeyFault::NoSecureChannel => {
            f.write_str(
                "has no secure channel; this version can't use it: whoever can touch the line could ",
            )?;
            f.write_str("read and forge all that is said")
        }
        KeyFault::Refused(reason) => {
            write!(
                f,
                "refuses a secure session: {reason}; if it still has the delivered key, run `gateway enrol`"
            )
        }
        KeyFault::Malformed => f.write_str("answers the secure handshake with something else"),
    }
}

/// A device as a person would name it.
struct Device<'a>(&'a DeviceIdentity);

impl fmt::Display for Device<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DeviceIdentity { vendor: [a, b, c], model, serial } = self.0;
        write!(f, "vendor {a:02X}-{b:02X}-{c:02X}, model {model}, serial number {serial}")
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::osdp::reply::DeviceId;

    use super::*;

    #[test]
    fn what_wants_attention_says_what_to_do() {
        let found =
            DeviceId { vendor: [0x0A, 0x47, 0x48], model: 1, version: 1, serial: 4711, firmware: [1, 0, 0] };
        let expected = DeviceIdentity { serial: 7, ..DeviceIdentity::from(&found) };
        for event in [
            Event::NoSession { fault: KeyFault::NoKey },
            Event::NoSession { fault: KeyFault::Cryptogram },
            Event::NoSession { fault: KeyFault::Refused(NakReason::Security) },
            Event::Swapped { expected, found },
        ] {
            let words = LinkEvent::from(event).to_string();
            assert!(words.contains("`gateway enrol`"), "{words}");
        }
        let swapped = LinkEvent::from(Event::Swapped { expected, found }).to_string();
        assert!(swapped.contains("serial number 7") && swapped.contains("serial number 4711"), "{swapped}");
    }
}
