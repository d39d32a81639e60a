//! What the wire shows, as what a device became, in words that tell what to do.

use std::fmt;

use panel_protocol::osdp::cp::{DeviceIdentity, Event, FileOutcome, KeyFault, LossCause, OfflineCause};
use panel_protocol::osdp::payload::ComSettings;
use panel_protocol::osdp::reply::{DeviceId, NakReason};

use crate::domain::{Became, DeviceCondition, Level};

/// What a device became by what the CP tells of it.
pub(super) fn became(event: &Event) -> Became {
    match event {
        Event::Online { pdid, .. } => {
            Became::Identified { why: format!("answers: {}", Device(&pdid.into())) }
        }
        Event::Offline { cause } => condition(DeviceCondition::Offline, offline(*cause)),
        Event::SecureUp => condition(DeviceCondition::Online, "secure session up"),
        Event::SecureLost { cause } => session_lost(*cause),
        Event::NoSession { fault } => condition(without_session(*fault), fault_words(*fault)),
        Event::NoIdentity { fault } => condition(
            DeviceCondition::Unsupported,
            format!("something answers at its address, with {fault}; look at what is connected there"),
        ),
        Event::Deviates { what } => remark(None, what.to_string()),
        Event::Swapped { expected, found } => condition(DeviceCondition::Swapped, swapped(expected, found)),
        Event::KeyInstalled => install_mode_over(true, "the new key works"),
        Event::KeyKept => install_mode_over(false, "install mode is over, and no new key was set"),
        Event::KeyWithheld { reason } => remark(Some(Level::Problem), key_withheld(*reason)),
        Event::KeyRefused { reason } => install_mode_over(false, format!("refused its new key: {reason}")),
        Event::FileSent { outcome: FileOutcome::Processed } => remark(None, "has taken the file"),
        Event::FileSent { outcome: FileOutcome::Rebooting } => {
            remark(None, "has taken the file and starts anew")
        }
        Event::FileFailed { fault } => {
            remark(Some(Level::Attention), format!("has not taken the file: {fault}"))
        }
        Event::Moved { settings } => remark(Some(Level::Attention), moved(settings)),
        Event::NotMoved { reason } => remark(Some(Level::Attention), not_moved(*reason)),
    }
}

/// It refused an operation. A device that doesn't know the command is another than the configuration says.
pub(super) fn refused(reason: NakReason) -> Became {
    match reason {
        NakReason::UnknownCommand => condition(
            DeviceCondition::Unsupported,
            "doesn't know what a Gatehouse panel is asked: it is an ordinary reader, or another maker's device",
        ),
        reason => remark(None, format!("refused an operation: {reason}")),
    }
}

/// It answered an operation with something that only another kind of device would say.
pub(super) fn nonsense() -> Became {
    let why = "answered an operation with something else; is it a Gatehouse panel?";
    condition(DeviceCondition::Unsupported, why)
}

/// It did not know the operations of its kind, and does now.
pub(super) fn understands() -> Became {
    condition(DeviceCondition::Online, "answers as a Gatehouse panel does")
}

/// Its new key is in its key file.
pub(super) fn key_saved() -> Became {
    remark(Some(Level::Well), "has its own key, and its key file is written")
}

/// Its new key is in use, and could not be put into its key file. It stays pending beside it.
pub(super) fn key_not_saved(why: &impl fmt::Display) -> Became {
    remark(Some(Level::Problem), format!("has a new key, and its key file can't be written: {why}"))
}

/// A key file of it can't be used; the reason and the remedy.
pub(super) fn key_unusable(why: &impl fmt::Display) -> Became {
    condition(DeviceCondition::WrongKey, format!("can't be reached in secret: {why}"))
}

fn condition(is: DeviceCondition, why: impl Into<String>) -> Became {
    Became::Condition { is, why: why.into() }
}

fn key_withheld(reason: Option<NakReason>) -> String {
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!(
        "was given no key: it doesn't answer as a Gatehouse panel does{reason}; an ordinary reader keeps the key that \
         its own system gave it"
    )
}

fn install_mode_over(new_key: bool, why: impl Into<String>) -> Became {
    Became::InstallModeOver { new_key, why: why.into() }
}

fn remark(level: Option<Level>, text: impl Into<String>) -> Became {
    Became::Remark { level, text: text.into() }
}

const fn offline(cause: OfflineCause) -> &'static str {
    match cause {
        OfflineCause::Silent => {
            "doesn't answer; check its power, its wiring, its address and the line's baud rate"
        }
        OfflineCause::LineDown => "can't be reached: its line is down",
    }
}

fn session_lost(cause: LossCause) -> Became {
    let why = format!("secure session lost: {}", loss(cause));
    match cause {
        LossCause::BadMac => Became::SecurityIncident { why },
        _ => condition(DeviceCondition::Starting, why),
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
        LossCause::Withdrawn => "an output that it did not confirm in time is not sent again".into(),
        LossCause::Overtaken => "a read without an answer made room for something urgent".into(),
        LossCause::KeyChange => "its key is being changed".into(),
    }
}

/// How a device is with which no session can be had. Some reasons only need another try: it may have missed a frame.
const fn without_session(fault: KeyFault) -> DeviceCondition {
    match fault {
        KeyFault::NoKey => DeviceCondition::NotEnrolled,
        KeyFault::NoSecureChannel => DeviceCondition::NoSecureChannel,
        KeyFault::Malformed | KeyFault::Unanswered => DeviceCondition::Unsupported,
        KeyFault::Refused(NakReason::Check | NakReason::Sequence) => DeviceCondition::Starting,
        KeyFault::Cryptogram | KeyFault::KeyFlag | KeyFault::Rejected | KeyFault::Refused(_) => {
            DeviceCondition::WrongKey
        }
    }
}

fn fault_words(fault: KeyFault) -> String {
    match fault {
        KeyFault::NoKey => "has no key yet; give it one with `gateway enrol`".into(),
        KeyFault::Cryptogram | KeyFault::Rejected | KeyFault::KeyFlag => {
            "has another key than its key file; reset it to the delivered key and run `gateway enrol`, or restore the \
             key file"
                .into()
        }
        KeyFault::NoSecureChannel => {
            "has no secure channel; this version can't use it, since whoever can touch the line could read and forge \
             all that it says"
                .into()
        }
        KeyFault::Refused(reason) => format!(
            "refuses a secure session: {reason}; if it still has the delivered key, run `gateway enrol`"
        ),
        KeyFault::Unanswered => {
            "answers, but not the secure handshake; look whether its secure channel is turned on".into()
        }
        KeyFault::Malformed => "answers the secure handshake with something else".into(),
    }
}

fn swapped(expected: &DeviceIdentity, found: &DeviceId) -> String {
    format!(
        "was {}, and now {} answers in its place; if you have replaced it, enrol the new one with `gateway enrol`",
        Device(expected),
        Device(&found.into())
    )
}

fn moved(ComSettings { address, baud }: &ComSettings) -> String {
    format!("listens at address {address} and {baud} baud from now on; put that into the configuration")
}

fn not_moved(reason: Option<NakReason>) -> String {
    match reason {
        Some(reason) => format!("keeps its address and speed: it refused to change them: {reason}"),
        None => "keeps its address and speed".into(),
    }
}

struct Device<'a>(&'a DeviceIdentity);

impl fmt::Display for Device<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DeviceIdentity { vendor: [a, b, c], model, serial } = self.0;
        write!(f, "vendor {a:02X}-{b:02X}-{c:02X}, model {model}, serial number {serial}")
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::osdp::cp::{Deviation, IdFault};

    use super::*;

    fn is(became: &Became) -> Option<DeviceCondition> {
        if let Became::Condition { is, .. } = became { Some(*is) } else { None }
    }

    #[test]
    fn an_ordinary_reader_is_no_panel_and_is_not_said_to_be_well() {
        let reader = refused(NakReason::UnknownCommand);
        assert_eq!(is(&reader), Some(DeviceCondition::Unsupported));
        assert!(reader.why().contains("ordinary reader"), "{}", reader.why());
        assert_eq!(is(&refused(NakReason::Record)), None, "a panel may refuse one operation");
        let withheld = became(&Event::KeyWithheld { reason: Some(NakReason::UnknownCommand) });
        assert!(withheld.why().contains("was given no key"), "{}", withheld.why());
    }

    #[test]
    fn a_device_without_a_secure_channel_has_no_wrong_key() {
        let none = became(&Event::NoSession { fault: KeyFault::NoSecureChannel });
        assert_eq!(is(&none), Some(DeviceCondition::NoSecureChannel));
        assert!(!none.why().contains("key") && none.why().contains("no secure channel"), "{}", none.why());
    }

    #[test]
    fn what_answers_without_an_identity_is_told_with_what_it_said() {
        let malformed = became(&Event::NoIdentity { fault: IdFault::Length(13) });
        assert_eq!(is(&malformed), Some(DeviceCondition::Unsupported));
        let expected =
            "something answers at its address, with a malformed identity (13 bytes, where there are 12)";
        assert!(malformed.why().starts_with(expected), "{}", malformed.why());
        assert!(is(&became(&Event::Deviates { what: Deviation::EmptyEncrypted })).is_none());
    }

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
            let words = became(&event).why().to_owned();
            assert!(words.contains("`gateway enrol`"), "{words}");
        }
        let swapped = became(&Event::Swapped { expected, found }).why().to_owned();
        assert!(swapped.contains("serial number 7") && swapped.contains("serial number 4711"), "{swapped}");
    }
}
