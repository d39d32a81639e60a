//! What must hold for any command and any reply. A failure prints the case.

use panel_protocol::credential::Credential;
use panel_protocol::osdp::command::{
    Buzzer, Color, Command, KeySet, LedControl, OutputAction, OutputControl, Pattern, PermanentAction,
    TemporaryAction, Text, TextMode, Tone,
};
use panel_protocol::osdp::file::{FileFragment, FileProgress, FileStatus};
use panel_protocol::osdp::frame::{self, Frame, Header, Payload};
use panel_protocol::osdp::payload::{ComSettings, Manufacturer};
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::{
    Capability, ClientCryptogram, Contact, DeviceId, Keypad, LocalStatus, Nak, NakReason, Raw, ReaderState,
    Reply,
};
use panel_protocol::osdp::secure::Scbk;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Emits the payload in a frame of its own and hands code and data to `check`.
fn through_a_frame(payload: &impl Payload, header: Header, check: impl FnOnce(u8, &[u8])) {
    let mut buf = [0; 1441];
    let wire = frame::emit(&mut buf, header, None, payload).expect("room");
    let frame = Frame::parse(&wire[1..]).expect("a sound frame");
    assert_eq!((frame.header(), frame.code()), (header, payload.code()));
    check(frame.code(), frame.data());
}

fn command_comes_back(command: &Command<'_>) {
    through_a_frame(command, Header::command(1, 0), |code, data| {
        assert_eq!(Command::parse(code, data).as_ref(), Ok(command));
    });
}

fn reply_comes_back(reply: &Reply<'_>) {
    through_a_frame(reply, Header::command(1, 0).answer(), |code, data| {
        assert_eq!(Reply::parse(code, data).as_ref(), Ok(reply));
    });
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(from_byte: fn(u8) -> Option<T>) -> impl Strategy<Value = T> {
    select((0..=255).filter_map(from_byte).collect::<Vec<_>>())
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let colors = || one_of(Color::from_byte);
    (any::<[u8; 2]>(), colors(), colors()).prop_map(|([on_100ms, off_100ms], on_color, off_color)| Pattern {
        on_100ms,
        off_100ms,
        on_color,
        off_color,
    })
}

fn any_led() -> impl Strategy<Value = LedControl> {
    let actions = (one_of(TemporaryAction::from_byte), one_of(PermanentAction::from_byte));
    (any::<[u8; 2]>(), actions, any_pattern(), any::<u16>(), any_pattern()).prop_map(
        |([reader, led], (temporary, permanent), temporary_pattern, timer_100ms, permanent_pattern)| {
            LedControl {
                reader,
                led,
                temporary,
                temporary_pattern,
                timer_100ms,
                permanent,
                permanent_pattern,
            }
        },
    )
}

fn any_output() -> impl Strategy<Value = OutputControl> {
    (any::<u8>(), one_of(OutputAction::from_byte), any::<u16>())
        .prop_map(|(output, action, timer_100ms)| OutputControl { output, action, timer_100ms })
}

proptest! {
    #[test]
    fn commands_come_back_as_they_were(
        outputs in vec(any_output(), 0..8),
        leds in vec(any_led(), 0..8),
        [a, b, c, d] in any::<[u8; 4]>(),
        tone in one_of(Tone::from_byte),
        mode in one_of(TextMode::from_byte),
        text in vec(any::<u8>(), 0..=255),
        key: [u8; 16],
        random: [u8; 8],
        number: u16,
        baud: u32,
        address in 0..0x7Fu8,
    ) {
        let key = Scbk::new(key);
        for command in [
            Command::Poll, Command::Id, Command::Capabilities, Command::LocalStatus, Command::InputStatus,
            Command::OutputStatus, Command::ReaderStatus, Command::Abort,
            Command::Output(Records::of(&outputs)),
            Command::Led(Records::of(&leds)),
            Command::Buzzer(Buzzer { reader: a, tone, on_100ms: b, off_100ms: c, count: d }),
            Command::Text(Text { reader: a, mode, seconds: b, row: c, column: d, text: &text }),
            Command::ComSet(ComSettings { address, baud }),
            Command::KeySet(KeySet::new(&key)),
            Command::Challenge(random),
            Command::ServerCryptogram(*key.expose()),
            Command::ReceiveSize(number),
            Command::KeepActive(number),
            Command::FileTransfer(FileFragment { kind: a, total: baud, offset: !baud, data: &text }),
            Command::Manufacturer(Manufacturer { oui: [a, b, c], data: &text }),
            Command::Other { code: 0xE0 | d, data: &text },
        ] {
            command_comes_back(&command);
        }
    }

    #[test]
    fn replies_come_back_as_they_were(
        capabilities in vec(any::<[u8; 3]>(), 0..40),
        contacts in vec(any::<bool>(), 0..64),
        readers in vec(one_of(ReaderState::from_byte), 0..16),
        [a, b, c, d] in any::<[u8; 4]>(),
        bytes in vec(any::<u8>(), 0..=255),
        (bits, raw) in (1..=64u8, any::<u64>()),
        block: [u8; 16],
        random: [u8; 8],
        baud: u32,
        [tamper, power_failure] in any::<[bool; 2]>(),
        address in 0..0x7Fu8,
    ) {
        let capabilities: Vec<_> = capabilities
            .into_iter()
            .map(|[function, compliance, count]| Capability { function, compliance, count })
            .collect();
        let contacts: Vec<_> =
            contacts.into_iter().map(|on| if on { Contact::Active } else { Contact::Inactive }).collect();
        let card = Credential::new(bits, raw >> (64 - u32::from(bits))).unwrap();
        let mut room = [0; 8];
        let presented = Raw::of(a, card, &mut room);
        prop_assert_eq!(presented.credential(), Ok(card));
        for reply in [
            Reply::Ack, Reply::Busy,
            Reply::Nak(Nak { reason: NakReason::from_byte(a), detail: &bytes }),
            Reply::Id(DeviceId { vendor: [a, b, c], model: d, version: a, serial: baud, firmware: [b, c, d] }),
            Reply::Capabilities(Records::of(&capabilities)),
            Reply::LocalStatus(LocalStatus { tamper, power_failure }),
            Reply::InputStatus(Records::of(&contacts)),
            Reply::OutputStatus(Records::of(&contacts)),
            Reply::ReaderStatus(Records::of(&readers)),
            Reply::Raw(presented),
            Reply::Keypad(Keypad { reader: a, keys: &bytes }),
            Reply::Com(ComSettings { address, baud }),
            Reply::ClientCryptogram(ClientCryptogram { cuid: random, random, cryptogram: block }),
            Reply::InitialMac(block),
            Reply::FileStatus(FileStatus {
                may_interleave: tamper,
                leave_secure: power_failure,
                has_news: tamper ^ power_failure,
                delay_ms: u16::from_le_bytes([a, b]),
                progress: FileProgress::from_code(i16::from_le_bytes([c, d])),
                max_fragment: u16::from_le_bytes([b, c]),
            }),
            Reply::Manufacturer(Manufacturer { oui: [a, b, c], data: &bytes }),
            Reply::ManufacturerStatus(&bytes),
            Reply::ManufacturerError(&bytes),
            Reply::Other { code: 0xE0 | d, data: &bytes },
        ] {
            reply_comes_back(&reply);
        }
    }

    #[test]
    fn what_any_bytes_are_read_as_is_what_is_written_back(code: u8, data in vec(any::<u8>(), 0..64)) {
        if let Ok(command) = Command::parse(code, &data) {
            command_comes_back(&command);
        }
        if let Ok(reply) = Reply::parse(code, &data) {
            reply_comes_back(&reply);
        }
    }
}
