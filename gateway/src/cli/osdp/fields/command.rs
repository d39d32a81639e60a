//! What commands say.

use panel_protocol::osdp::biometrics::{BioMatch, BioRead};
use panel_protocol::osdp::command::{Buzzer, Command, LedControl, OutputControl, Pattern, Text, code};
use panel_protocol::osdp::file::FileFragment;
use panel_protocol::osdp::smart_card::{AuthFragment, ElementOffset, PivData};
use panel_protocol::panel::OUI;

use super::value::{tenths, words};
use super::{Fields, HIDDEN, Secrets, com, extended, manufacturer, panel, part_of_message};

/// Whether a command carries a key.
pub(super) fn has_key(code: u8, data: &[u8]) -> bool {
    match code {
        code::KEYSET => true,
        code::MFG => data.strip_prefix(&OUI).is_some_and(panel::has_key),
        _ => false,
    }
}

pub(super) fn fields(command: &Command<'_>, secrets: Secrets) -> Fields {
    let none = Fields::new;
    match command {
        Command::Poll
        | Command::Id
        | Command::Capabilities
        | Command::LocalStatus
        | Command::InputStatus
        | Command::OutputStatus
        | Command::ReaderStatus
        | Command::Abort => none(),
        Command::Output(records) => none().with_all("output", records.iter().map(output)),
        Command::Led(records) => none().with_all("light", records.iter().map(light)),
        Command::Buzzer(buzzer) => sound(buzzer),
        Command::Text(shown) => text(shown),
        Command::ComSet(settings) => com(settings),
        Command::BioRead(request) => scan(request),
        Command::BioMatch(request) => comparison(request),
        Command::KeySet(_) if secrets == Secrets::Hidden => none().with("key", HIDDEN),
        Command::KeySet(set) => none().with("key", &set.key().expose()[..]),
        Command::Challenge(random) => none().with("random", &random[..]),
        Command::ServerCryptogram(cryptogram) => none().with("cryptogram", &cryptogram[..]),
        Command::ReceiveSize(size) => none().with("size", *size),
        Command::FileTransfer(part) => fragment(part),
        Command::Manufacturer(message) => manufacturer(message, |data| panel::operation(data, secrets)),
        Command::ExtendedWrite(message) => extended(message),
        Command::PivData(request) => piv(request),
        Command::GenAuth(part) | Command::CrAuth(part) => challenge(part),
        Command::KeepActive(ms) => none().with("time_ms", *ms),
        Command::Other { data, .. } => none().with("data", *data),
    }
}

fn output(control: OutputControl) -> Fields {
    let fields = Fields::new().with("number", control.output).with("action", words(control.action));
    fields.with("timer_ms", tenths(control.timer_100ms))
}

fn light(control: LedControl) -> Fields {
    Fields::new()
        .with("reader", control.reader)
        .with("led", control.led)
        .with("temporary", words(control.temporary))
        .with("temporary_pattern", pattern(control.temporary_pattern))
        .with("timer_ms", tenths(control.timer_100ms))
        .with("permanent", words(control.permanent))
        .with("permanent_pattern", pattern(control.permanent_pattern))
}

fn pattern(pattern: Pattern) -> Fields {
    Fields::new()
        .with("on_color", words(pattern.on_color))
        .with("on_ms", tenths(pattern.on_100ms))
        .with("off_color", words(pattern.off_color))
        .with("off_ms", tenths(pattern.off_100ms))
}

fn sound(buzzer: &Buzzer) -> Fields {
    Fields::new()
        .with("reader", buzzer.reader)
        .with("tone", words(buzzer.tone))
        .with("on_ms", tenths(buzzer.on_100ms))
        .with("off_ms", tenths(buzzer.off_100ms))
        .with("count", buzzer.count)
}

fn text(text: &Text<'_>) -> Fields {
    Fields::new()
        .with("reader", text.reader)
        .with("mode", words(text.mode))
        .with("seconds", text.seconds)
        .with("row", text.row)
        .with("column", text.column)
        .with("text", text.text.escape_ascii().to_string())
}

fn fragment(part: &FileFragment<'_>) -> Fields {
    Fields::new()
        .with("kind", part.kind)
        .with("total", part.total)
        .with("offset", part.offset)
        .with("length", part.data.len() as u64)
        .with("data", part.data)
}

fn scan(request: &BioRead) -> Fields {
    Fields::new()
        .with("reader", request.reader)
        .with("kind", words(request.kind))
        .with("format", words(request.format))
        .with("quality", request.quality)
}

fn comparison(request: &BioMatch<'_>) -> Fields {
    let BioMatch { reader, kind, format, quality, template } = *request;
    scan(&BioRead { reader, kind, format, quality }).with("template", template)
}

fn piv(request: &PivData) -> Fields {
    let offset = match request.offset {
        ElementOffset::Short(offset) => u16::from(offset),
        ElementOffset::Long(offset) => offset,
    };
    let fields = Fields::new().with("object", &request.object[..]);
    fields.with("element", request.element).with("offset", offset)
}

fn challenge(part: &AuthFragment<'_>) -> Fields {
    let algorithm = part.uncounted.map(|key| key.algorithm);
    let key = part.uncounted.map(|key| key.key);
    let fields = Fields::new().with_some("algorithm", algorithm).with_some("key_reference", key);
    fields.and(part_of_message(&part.fragment))
}
