//! What replies say.

use panel_protocol::osdp::biometrics::{BioMatchResult, BioReadResult};
use panel_protocol::osdp::file::{FileProgress, FileStatus};
use panel_protocol::osdp::reply::{
    Capability, ClientCryptogram, DeviceId, Formatted, Keypad, Nak, Raw, Reply, function,
};

use super::value::words;
use super::{Fields, card, com, extended, manufacturer, oui, panel, part_of_message};

pub(super) fn fields(reply: &Reply<'_>) -> Fields {
    let none = Fields::new;
    match reply {
        Reply::Ack | Reply::Busy => none(),
        Reply::Nak(nak) => refusal(nak),
        Reply::Id(id) => identity(id),
        Reply::Capabilities(records) => none().with_all("capability", records.iter().map(capability)),
        Reply::LocalStatus(status) => {
            none().with("tamper", status.tamper).with("power_failure", status.power_failure)
        }
        Reply::InputStatus(contacts) => none().with_all("inputs", contacts.iter().map(words)),
        Reply::OutputStatus(contacts) => none().with_all("outputs", contacts.iter().map(words)),
        Reply::ReaderStatus(readers) => none().with_all("readers", readers.iter().map(words)),
        Reply::Raw(raw) => bits(raw),
        Reply::Formatted(card) => characters(card),
        Reply::Keypad(keypad) => keys(keypad),
        Reply::Com(settings) => com(settings),
        Reply::BioRead(result) => scanned(result),
        Reply::BioMatch(result) => compared(result),
        Reply::ClientCryptogram(proof) => client(proof),
        Reply::InitialMac(mac) => none().with("mac", &mac[..]),
        Reply::FileStatus(status) => progress(status),
        Reply::PivData(part) | Reply::GenAuth(part) | Reply::CrAuth(part) => part_of_message(part),
        Reply::ExtendedRead(message) => extended(message),
        Reply::Manufacturer(message) => manufacturer(message, panel::answer),
        Reply::ManufacturerStatus(data) | Reply::ManufacturerError(data) => none().with("data", *data),
        Reply::Other { data, .. } => none().with("data", *data),
    }
}

fn refusal(nak: &Nak<'_>) -> Fields {
    let fields = Fields::new().with("reason", nak.reason.to_byte()).with("meaning", nak.reason.to_string());
    fields.with_some("detail", Some(nak.detail).filter(|detail| !detail.is_empty()))
}

fn identity(id: &DeviceId) -> Fields {
    let [major, minor, build] = id.firmware;
    Fields::new()
        .with("vendor", oui(id.vendor))
        .with("model", id.model)
        .with("version", id.version)
        .with("serial", id.serial)
        .with("firmware", format!("{major}.{minor}.{build}"))
}

fn capability(capability: Capability) -> Fields {
    let fields = Fields::new().with("function", capability.function);
    let fields = fields.with_some("name", function_name(capability.function));
    match capability.function {
        function::RECEIVE_BUFFER | function::MESSAGE_SIZE => fields.with("size", capability.size()),
        _ => fields.with("compliance", capability.compliance).with("count", capability.count),
    }
}

fn function_name(code: u8) -> Option<&'static str> {
    Some(match code {
        function::CONTACTS => "inputs",
        function::OUTPUTS => "outputs",
        function::CARD_FORMAT => "card data format",
        function::LED => "lights",
        function::AUDIBLE => "buzzers",
        function::TEXT => "displays",
        function::TIME => "time keeping",
        function::CHECK => "check characters",
        function::SECURITY => "secure channel",
        function::RECEIVE_BUFFER => "receive buffer",
        function::MESSAGE_SIZE => "largest message",
        function::SMART_CARD => "smart cards",
        function::READERS => "readers",
        function::BIOMETRICS => "biometry",
        function::SECURE_PIN => "secure PIN",
        function::OSDP_VERSION => "OSDP version",
        _ => return None,
    })
}

fn bits(raw: &Raw<'_>) -> Fields {
    let format = match raw.format() {
        0 => "raw".to_owned(),
        1 => "Wiegand, parity verified".to_owned(),
        2 => "UID".to_owned(),
        3 => "SID".to_owned(),
        other => format!("format {other}"),
    };
    let fields = Fields::new().with("reader", raw.reader()).with("format", format);
    let fields = fields.with("bits", raw.bits()).with("data", raw.data());
    match raw.credential() {
        Ok(credential) => fields.and(card(credential)),
        Err(_) => fields,
    }
}

fn characters(card: &Formatted<'_>) -> Fields {
    let fields = Fields::new().with("reader", card.reader).with("direction", card.direction);
    fields.with("characters", card.characters.escape_ascii().to_string())
}

fn scanned(result: &BioReadResult<'_>) -> Fields {
    Fields::new()
        .with("reader", result.reader)
        .with("status", words(result.status))
        .with("kind", words(result.kind))
        .with("quality", result.quality)
        .with("template", result.template)
}

fn compared(result: &BioMatchResult) -> Fields {
    let fields = Fields::new().with("reader", result.reader).with("status", words(result.status));
    fields.with("score", result.score)
}

fn keys(keypad: &Keypad<'_>) -> Fields {
    let pressed = keypad.keys.iter().map(|key| match key {
        0x0D => "#".to_owned(),
        0x7F => "*".to_owned(),
        other => other.escape_ascii().to_string(),
    });
    Fields::new().with("reader", keypad.reader).with("keys", pressed.collect::<String>())
}

fn client(proof: &ClientCryptogram) -> Fields {
    Fields::new()
        .with("cuid", &proof.cuid[..])
        .with("random", &proof.random[..])
        .with("cryptogram", &proof.cryptogram[..])
}

fn progress(status: &FileStatus) -> Fields {
    let meaning = match status.progress {
        FileProgress::Proceed => "go on".to_owned(),
        FileProgress::Processed => "processed".to_owned(),
        FileProgress::Rebooting => "processed, the device restarts".to_owned(),
        FileProgress::Finishing => "still being processed".to_owned(),
        FileProgress::Failed(error) => error.to_string(),
        FileProgress::Other(code) => format!("status {code}"),
    };
    Fields::new()
        .with("status", status.progress.code().to_string())
        .with("meaning", meaning)
        .with("may_interleave", status.may_interleave)
        .with("leave_secure", status.leave_secure)
        .with("has_news", status.has_news)
        .with("delay_ms", status.delay_ms)
        .with("max_fragment", status.max_fragment)
}
