//! What must hold for any command and any reply. A failure prints the case.

use panel_protocol::credential::Credential;
use panel_protocol::osdp::biometrics::{
    BioMatch, BioMatchResult, BioRead, BioReadResult, BiometricFormat, BiometricStatus, BiometricType,
};
use panel_protocol::osdp::command::{
    self, Buzzer, Color, Command, KeySet, LedControl, OutputAction, OutputControl, Pattern, PermanentAction,
    TemporaryAction, Text, TextMode, Tone,
};
use panel_protocol::osdp::file::{FileFragment, FileProgress, FileStatus};
use panel_protocol::osdp::frame::{self, Check, Frame, FrameMut, Header, Payload};
use panel_protocol::osdp::multipart::Fragment;
use panel_protocol::osdp::payload::{ComSettings, Manufacturer, PayloadError};
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::{
    self, Capability, ClientCryptogram, Contact, DeviceId, Formatted, Keypad, LocalStatus, Nak, NakReason,
    Raw, ReaderState, Reply,
};
use panel_protocol::osdp::secure::{Handshake, SCBK_D, Scbk, Session};
use panel_protocol::osdp::smart_card::{AuthFragment, AuthKey, ElementOffset, Extended, PivData};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Emits the payload in frames of its own, clear and sealed, with either check, and hands code and data to `check`.
fn through_frames(payload: &impl Payload, header: Header, check: impl Fn(u8, &[u8])) {
    for kind in [Check::Checksum, Check::Crc] {
        let header = Header { check: kind, ..header };
        let mut buf = [0; 1441];
        let wire = frame::emit(&mut buf, header, None, payload).expect("room");
        let frame = Frame::parse(&wire[1..]).expect("a sound frame");
        assert_eq!((frame.header(), frame.code()), (header, payload.code()));
        check(frame.code(), frame.data());

        let (mut sender, mut receiver) = sessions();
        let len = sender.seal(&mut buf, header, payload).expect("room").len();
        let frame = FrameMut::parse(&mut buf[1..len]).expect("a sound frame");
        assert_eq!((frame.view().header(), frame.view().is_sealed()), (header, true));
        let message = receiver.open(frame).expect("the right MAC");
        check(message.code, message.data);
    }
}

/// Both ends of a secure channel.
fn sessions() -> (Session, Session) {
    let [cp, pd] = [(); 2].map(|()| Handshake::new(&SCBK_D, &[1; 8], &[2; 8]));
    let proof = *cp.check_client(pd.client_cryptogram()).expect("the same key");
    let (pd, initial_mac) = pd.accept(&proof).expect("the same key");
    (cp.confirm(&initial_mac).expect("the same key"), pd)
}

fn command_comes_back(command: &Command<'_>) {
    through_frames(command, Header::command(1, 0), |code, data| {
        assert_eq!(Command::parse(code, data).as_ref(), Ok(command));
    });
}

fn reply_comes_back(reply: &Reply<'_>) {
    through_frames(reply, Header::command(1, 0).answer(), |code, data| {
        assert_eq!(Reply::parse(code, data).as_ref(), Ok(reply));
    });
}

/// A value of a closed enum.
fn one_of<T: Copy + std::fmt::Debug + 'static>(from_byte: fn(u8) -> Option<T>) -> impl Strategy<Value = T> {
    select((0..=255).filter_map(from_byte).collect::<Vec<_>>())
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let colors = || any::<u8>().prop_map(Color::from_byte);
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

/// A fragment that ends inside its message.
fn fragment(offset: u16, data: &[u8]) -> Fragment<'_> {
    let offset = offset / 2;
    Fragment { total: u16::MAX / 2 + offset, offset, data }
}

proptest! {
    #[test]
    fn commands_come_back_as_they_were(
        outputs in vec(any_output(), 0..8),
        leds in vec(any_led(), 0..8),
        [a, b, c, d] in any::<[u8; 4]>(),
        mode in one_of(TextMode::from_byte),
        text in vec(any::<u8>(), 0..=255),
        key: [u8; 16],
        random: [u8; 8],
        number: u16,
        baud: u32,
        address in 0..0x7Fu8,
    ) {
        let key = Scbk::new(key);
        let (kind, format) = (BiometricType::from_byte(c), BiometricFormat::from_byte(d));
        let part = fragment(number, &text);
        let first = Fragment { offset: 0, ..part };
        let uncounted = Some(AuthKey { algorithm: a, key: b });
        for command in [
            Command::Poll, Command::Id, Command::Capabilities, Command::LocalStatus, Command::InputStatus,
            Command::OutputStatus, Command::ReaderStatus, Command::Abort,
            Command::Output(Records::of(&outputs)),
            Command::Led(Records::of(&leds)),
            Command::Buzzer(Buzzer { reader: a, tone: Tone::from_byte(d), on_100ms: b, off_100ms: c, count: d }),
            Command::Text(Text { reader: a, mode, seconds: b, row: c, column: d, text: &text }),
            Command::ComSet(ComSettings { address, baud }),
            Command::KeySet(KeySet::new(&key)),
            Command::Challenge(random),
            Command::ServerCryptogram(*key.expose()),
            Command::ReceiveSize(number),
            Command::KeepActive(number),
            Command::FileTransfer(FileFragment { kind: a, total: baud, offset: !baud, data: &text }),
            Command::BioRead(BioRead { reader: a, kind, format, quality: b }),
            Command::BioMatch(BioMatch { reader: a, kind, format, quality: b, template: &text }),
            Command::ExtendedWrite(Extended { mode: a, code: b, data: &text }),
            Command::PivData(PivData { object: [a, b, c], element: d, offset: ElementOffset::Short(d) }),
            Command::PivData(PivData { object: [a, b, c], element: d, offset: ElementOffset::Long(number) }),
            Command::GenAuth(AuthFragment { uncounted: None, fragment: part }),
            Command::CrAuth(AuthFragment { uncounted: None, fragment: part }),
            Command::GenAuth(AuthFragment { uncounted, fragment: first }),
            Command::CrAuth(AuthFragment { uncounted, fragment: first }),
            Command::Manufacturer(Manufacturer { oui: [a, b, c], data: &text }),
            Command::Other { code: 0xE0 | d, data: &text },
        ] {
            command_comes_back(&command);
        }
    }

    #[test]
    fn replies_come_back_as_they_were(
        capabilities in vec(any::<[u8; 3]>(), 0..40),
        contacts in vec(any::<u8>().prop_map(Contact::from_byte), 0..64),
        readers in vec(any::<u8>().prop_map(ReaderState::from_byte), 0..16),
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
        let (kind, status) = (BiometricType::from_byte(b), BiometricStatus::from_byte(c));
        let part = fragment(u16::from_le_bytes([c, d]), &bytes);
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
            Reply::Formatted(Formatted { reader: a, direction: b, characters: &bytes }),
            Reply::BioRead(BioReadResult { reader: a, status, kind, quality: d, template: &bytes }),
            Reply::BioMatch(BioMatchResult { reader: a, status, score: d }),
            Reply::PivData(part),
            Reply::GenAuth(part),
            Reply::CrAuth(part),
            Reply::ExtendedRead(Extended { mode: a, code: b, data: &bytes }),
            Reply::Manufacturer(Manufacturer { oui: [a, b, c], data: &bytes }),
            Reply::ManufacturerStatus(&bytes),
            Reply::ManufacturerError(&bytes),
            Reply::Other { code: 0xE0 | d, data: &bytes },
        ] {
            reply_comes_back(&reply);
        }
    }

    #[test]
    fn what_any_bytes_are_read_as_is_what_is_written_back(
        code in any_code(),
        data in prop_oneof![vec(any::<u8>(), 0..64), vec(0..4u8, 0..24)],
    ) {
        if let Ok(command) = Command::parse(code, &data) {
            command_comes_back(&command);
        }
        if let Ok(reply) = Reply::parse(code, &data) {
            reply_comes_back(&reply);
        }
    }

    #[test]
    fn a_payload_error_speaks_of_what_is_there(code in any_code(), data in vec(any::<u8>(), 0..24)) {
        let errors = [Command::parse(code, &data).err(), Reply::parse(code, &data).err()];
        for error in errors.into_iter().flatten() {
            match error {
                PayloadError::TooShort { len, min } => prop_assert!(len == data.len() && len < min),
                PayloadError::TooLong { len, max } => prop_assert!(len == data.len() && len > max),
                PayloadError::Ragged { len, record } => prop_assert!(len == data.len() && len % record > 0),
                PayloadError::Count { at, says, follow } => {
                    prop_assert!(at + follow < data.len() && says != follow);
                }
                PayloadError::Beyond { at, end, total } => prop_assert!(at < data.len() && end > total),
                PayloadError::Value { at, byte } => prop_assert_eq!(data.get(at), Some(&byte)),
            }
        }
    }
}

/// Any code, and those that mean something more often than by chance.
fn any_code() -> impl Strategy<Value = u8> {
    let known = (0..=255).filter(|code| command::name(*code).or(reply::name(*code)).is_some());
    prop_oneof![3 => select(known.collect::<Vec<_>>()), 1 => any::<u8>()]
}

/// Every code with a name has a type: none falls through to `Other`.
#[test]
fn every_code_with_a_name_has_a_type() {
    let data = [1; 64];
    for code in 0..=255 {
        let read = (0..=data.len()).find_map(|len| Command::parse(code, &data[..len]).ok());
        let typed = !matches!(read, Some(Command::Other { .. }));
        assert_eq!(typed, command::name(code).is_some(), "command 0x{code:02X}");
        let read = (0..=data.len()).find_map(|len| Reply::parse(code, &data[..len]).ok());
        let typed = !matches!(read, Some(Reply::Other { .. }));
        assert_eq!(typed, reply::name(code).is_some(), "reply 0x{code:02X}");
    }
}
