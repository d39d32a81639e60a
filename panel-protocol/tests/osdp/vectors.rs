//! Values that others computed: the standard's Annex E, and a recorded conversation of two libosdp devices.

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::deframe::{Deframed, Deframer};
use panel_protocol::osdp::frame::{self, Check, Frame, FrameMut, Header, Scb};
use panel_protocol::osdp::payload::ComSettings;
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::secure::{Handshake, Message, Scbk, Session};
use panel_protocol::time::Micros;
use serde_json::Value;

pub(crate) fn vectors() -> Value {
    serde_json::from_str(include_str!("../data/osdp-vectors.json")).expect("JSON")
}

pub(crate) fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().expect("a string").as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hex digit") as u8;
    text.as_chunks::<2>().0.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect()
}

pub(crate) fn array<const N: usize>(text: &Value) -> [u8; N] {
    unhex(text).try_into().expect("as many bytes as the value has")
}

/// A frame of a conversation, given its meaning.
enum Said<'a> {
    Command(Command<'a>),
    Reply(Reply<'a>),
}

impl<'a> Said<'a> {
    fn parse(header: Header, code: u8, data: &'a [u8]) -> Self {
        if header.reply {
            Self::Reply(Reply::parse(code, data).expect("a sound reply"))
        } else {
            Self::Command(Command::parse(code, data).expect("a sound command"))
        }
    }

    fn is_known(&self) -> bool {
        !matches!(self, Self::Command(Command::Other { .. }) | Self::Reply(Reply::Other { .. }))
    }

    fn emit(&self, header: Header, scb: Option<Scb<'_>>) -> Vec<u8> {
        let mut buf = [0; 512];
        match self {
            Self::Command(command) => frame::emit(&mut buf, header, scb, command),
            Self::Reply(reply) => frame::emit(&mut buf, header, scb, reply),
        }
        .expect("room")
        .to_vec()
    }

    fn seal(&self, session: &mut Session, header: Header) -> Vec<u8> {
        let mut buf = [0; 512];
        match self {
            Self::Command(command) => session.seal(&mut buf, header, command),
            Self::Reply(reply) => session.seal(&mut buf, header, reply),
        }
        .expect("room")
        .to_vec()
    }
}

#[test]
fn annex_e_frames_are_read_and_written_to_the_byte() {
    let com_set = Command::ComSet(ComSettings { address: 0, baud: 9600 });
    let expected = [
        (0x7F, Check::Crc, com_set),
        (0x00, Check::Crc, Command::Id),
        (0x7F, Check::Checksum, com_set),
        (0x00, Check::Checksum, Command::Id),
    ];
    let vectors = vectors();
    let examples = vectors["annex_e"].as_array().expect("a list");
    for (example, (address, check, command)) in examples.iter().zip(expected) {
        let bytes = unhex(&example["hex"]);
        let frame = Frame::parse(&bytes).expect("a sound frame");
        let header = Header { check, ..Header::command(address, 0) };
        assert_eq!(frame.header(), header, "{example}");
        assert_eq!(Command::parse(frame.code(), frame.data()), Ok(command), "{example}");
        assert_eq!(frame::emit(&mut [0; 64], header, None, &command).expect("room")[1..], bytes);
    }
}

#[test]
fn annex_e_keys_give_its_cryptograms() {
    let vectors = vectors();
    let (keys, expected) = (&vectors["annex_e"][4]["keys"], &vectors["annex_e"][4]["expected"]);
    let handshake =
        Handshake::new(&Scbk::new(array(&keys["scbk"])), &array(&keys["rnd_a"]), &array(&keys["rnd_b"]));
    let client = array(&expected["client_cryptogram"]);
    let server = array(&expected["server_cryptogram"]);
    assert_eq!(handshake.client_cryptogram(), &client);
    assert_eq!(handshake.check_client(&client), Ok(&server));
    let (session, initial_mac) = handshake.accept(&server).expect("the right key");
    assert!(session.is_alive());
    assert_eq!(initial_mac, array(&expected["rmac_i"]));
}

/// Knows the key and hears everything. Opens with a PD's session what was sealed, and seals it again with a CP's.
struct Eavesdropper {
    key: Scbk,
    rnd_a: [u8; 8],
    handshakes: Vec<Handshake>,
    sessions: Vec<Session>,
}

impl Eavesdropper {
    /// Takes one frame, SOM to check; gives it back as our own emitter writes it, and what it carried in plain.
    fn hear(&mut self, mut bytes: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
        let original = bytes.clone();
        let frame = Frame::parse(&original).expect("a sound frame");
        let header = frame.header();
        if frame.is_sealed() {
            let [opener, sealer] = self.sessions.as_mut_slice() else { panic!("no session yet") };
            let frame = FrameMut::parse(&mut bytes).expect("a sound frame");
            let Message { code, data } = opener.open(frame).expect("the right MAC");
            let said = Said::parse(header, code, data);
            assert!(said.is_known());
            (said.seal(sealer, header), data.to_vec())
        } else {
            let said = Said::parse(header, frame.code(), frame.data());
            assert!(said.is_known());
            self.follow(&said);
            (said.emit(header, frame.scb()), frame.data().to_vec())
        }
    }

    /// Follows the handshake to its two sessions.
    fn follow(&mut self, said: &Said<'_>) {
        match said {
            Said::Command(Command::Challenge(rnd_a)) => self.rnd_a = *rnd_a,
            Said::Reply(Reply::ClientCryptogram(client)) => {
                let handshake = || Handshake::new(&self.key, &self.rnd_a, &client.random);
                handshake().check_client(&client.cryptogram).expect("the PD has the key");
                self.handshakes = vec![handshake(), handshake()];
            }
            Said::Command(Command::ServerCryptogram(cryptogram)) => {
                let pd = self.handshakes.remove(0);
                self.sessions = vec![pd.accept(cryptogram).expect("the CP has the key").0];
            }
            Said::Reply(Reply::InitialMac(mac)) => {
                let cp = self.handshakes.remove(0);
                self.sessions.push(cp.confirm(mac).expect("the right MAC"));
            }
            _ => {}
        }
    }
}

#[test]
fn a_libosdp_conversation_is_opened_and_reproduced_to_the_byte() {
    let transcript = &vectors()["transcript"];
    let key = Scbk::new(array(&transcript["keys"]["scbk"]));
    let mut eavesdropper = Eavesdropper { key, rnd_a: [0; 8], handshakes: vec![], sessions: vec![] };
    let frames = transcript["all_frames_hex"].as_array().expect("a list");
    let rows = transcript["rows"].as_array().expect("a list");
    let plain = |index: usize| rows.iter().find(|row| row["i"] == index).map(|row| unhex(&row["plain"]));
    for (index, frame) in frames.iter().enumerate() {
        let wire = unhex(frame);
        let (ours, data) = eavesdropper.hear(wire[1..].to_vec());
        assert_eq!(ours, wire, "frame {index}");
        assert_eq!(plain(index).unwrap_or_else(|| data.clone()), data, "frame {index}");
    }
    assert_eq!(frames.len(), 156);
    assert_eq!(rows.len(), 17);
}

#[test]
fn the_conversation_comes_through_a_stream_in_pieces_of_any_size() {
    let transcript = &vectors()["transcript"];
    let frames: Vec<_> = transcript["all_frames_hex"].as_array().expect("a list").iter().map(unhex).collect();
    let stream = frames.concat();
    for piece in [1, 2, 3, 7, 64, 1000, stream.len()] {
        let mut deframer = Deframer::<256>::new();
        let mut found = Vec::new();
        for mut bytes in stream.chunks(piece) {
            while let Some(Deframed::Frame(frame)) = deframer.next(Micros(0), &mut bytes) {
                found.push(frame.view().bytes().to_vec());
            }
        }
        assert!(found.iter().zip(&frames).all(|(found, sent)| *found == sent[1..]));
        assert_eq!((found.len(), deframer.counters().noise_bytes), (frames.len(), 0));
    }
}
