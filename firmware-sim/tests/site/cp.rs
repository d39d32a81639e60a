//! The smallest CP that can talk to one panel: command, wait, reply. It is built from the crate's frames and session,
//! and from nothing of the simulator.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use firmware_sim::Site;
use panel_protocol::credential::Credential;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::deframe::{Deframed, Deframer};
use panel_protocol::osdp::frame::{Header, Scb, emit, scs};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::secure::{Handshake, KeyKind, SCBK_D, Scbk, Session};
use panel_protocol::panel::{Answer, ChangeBuilder, OUI, Operation, ProfileList};
use panel_protocol::table::{BucketDigests, DigestKey, Profile, Row};
use panel_protocol::time::Micros;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Longer than any panel takes to begin its reply, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Cp {
    port: File,
    address: u8,
    sequence: u8,
    session: Option<Session>,
    patience: Duration,
}

/// Code and data of a reply, opened if it was sealed.
pub(crate) type Heard = Option<(u8, Vec<u8>)>;

impl Cp {
    pub(crate) fn open(site: &Site, line: &str, address: u8) -> Self {
        let path = site.port(line).expect("the line is there");
        let port = OpenOptions::new().read(true).write(true).open(path).expect("the port opens");
        Self { port, address, sequence: 0, session: None, patience: PATIENCE }
    }

    /// Waits no longer than this for a reply to begin.
    pub(crate) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends a command, sealed if there is a session, and waits for its reply; `None` is silence.
    pub(crate) fn ask(&mut self, command: &Command<'_>) -> Heard {
        let header = self.next_header();
        let mut buffer = [0; 1500];
        let frame = match &mut self.session {
            Some(session) => session.seal(&mut buffer, header, command).expect("it fits"),
            None => emit(&mut buffer, header, None, command).expect("it fits"),
        };
        let frame = frame.to_vec();
        self.exchange(&frame)
    }

    /// Begins a secure channel; whether the panel knows this key.
    pub(crate) fn secure(&mut self, key: &Scbk, kind: KeyKind) -> bool {
        (self.session, self.sequence) = (None, 0);
        let (random, mark) = (*b"CP-RANDM", [kind.to_scb()]);
        let challenge = self.clear(&Command::Challenge(random), scs::CHALLENGE, &mark);
        let Some((code, data)) = challenge else { return false };
        let Ok(Reply::ClientCryptogram(client)) = Reply::parse(code, &data) else { return false };
        let handshake = Handshake::new(key, &random, &client.random);
        let Ok(server) = handshake.check_client(&client.cryptogram).copied() else { return false };
        let confirmed = self.clear(&Command::ServerCryptogram(server), scs::SERVER_CRYPTOGRAM, &mark);
        let Some((code, data)) = confirmed else { return false };
        let Ok(Reply::InitialMac(mac)) = Reply::parse(code, &data) else { return false };
        self.session = handshake.confirm(&mac).ok();
        self.session.is_some()
    }

    pub(crate) fn secure_with(&mut self, key: [u8; 16]) -> bool {
        self.secure(&Scbk::new(key), KeyKind::Installed)
    }

    pub(crate) fn secure_with_default_key(&mut self) -> bool {
        self.secure(&SCBK_D, KeyKind::Default)
    }

    /// Has the panel execute an operation, and gives its answer to `look`.
    pub(crate) fn operate<R>(&mut self, operation: &[u8], look: impl FnOnce(Answer<'_>) -> R) -> R {
        let (code, data) =
            self.ask(&Command::Manufacturer(Manufacturer { oui: OUI, data: operation })).expect("an answer");
        let Ok(Reply::Manufacturer(reply)) = Reply::parse(code, &data) else { panic!("reply {code:#04x}") };
        assert_eq!(reply.oui, OUI);
        look(Answer::decode(reply.data).expect("a well-formed answer"))
    }

    /// Has the panel open all its readers for these cards, and nothing for others.
    pub(crate) fn load(&mut self, cards: &[Credential]) {
        let rows: Vec<_> = cards.iter().map(|card| Row::new(*card, 0)).collect();
        let mut buffer = [0; 1024];
        let mut change = ChangeBuilder::put_rows(&mut buffer).expect("room");
        assert!(rows.iter().all(|row| change.row(row)), "they fit one frame");
        let len = change.len();
        self.operate(&buffer[..len], |_| ());
        let profile = Profile::always([0, 1]);
        let mut digests = BucketDigests::new(DigestKey::default());
        rows.iter().for_each(|row| digests.add(row));
        let profiles = ProfileList::checked(profile.as_bytes()).expect("one profile");
        self.operate_one(&Operation::StageProfiles { first: 0, profiles });
        let digest = digests.table(&[profile]);
        self.operate_one(&Operation::CommitProfiles { count: 1, digest });
    }

    pub(crate) fn operate_one(&mut self, operation: &Operation<'_>) {
        let mut buffer = [0; 1024];
        let len = operation.encode(&mut buffer).expect("it fits");
        self.operate(&buffer[..len], |answer| {
            assert!(!matches!(answer, Answer::Refused { .. }), "{answer:?}");
        });
    }

    /// Sends bytes as they are and waits for the next whole reply of any panel.
    pub(crate) fn exchange(&mut self, bytes: &[u8]) -> Heard {
        self.port.write_all(bytes).expect("the port takes bytes");
        let mut deframer = Deframer::<1440>::new();
        let began = Instant::now();
        let patience = self.patience + Duration::from_micros(bytes.len() as u64 * 1_100);
        loop {
            let mut buffer = [0; 256];
            let count = self.read(&mut buffer, patience.checked_sub(began.elapsed())?)?;
            let mut input = &buffer[..count];
            let now = Micros(u64::try_from(began.elapsed().as_micros()).unwrap());
            while let Some(found) = deframer.next(now, &mut input) {
                let Deframed::Frame(frame) = found else { continue };
                let sealed = frame.view().is_sealed();
                return match &mut self.session {
                    Some(session) if sealed => {
                        let message = session.open(frame).expect("the right MAC");
                        Some((message.code, message.data.to_vec()))
                    }
                    _ => Some((frame.view().code(), frame.view().data().to_vec())),
                };
            }
        }
    }

    fn clear(&mut self, command: &Command<'_>, kind: u8, mark: &[u8]) -> Heard {
        let header = self.next_header();
        let mut buffer = [0; 128];
        let frame =
            emit(&mut buffer, header, Some(Scb { kind, data: mark }), command).expect("it fits").to_vec();
        self.exchange(&frame)
    }

    fn next_header(&mut self) -> Header {
        let header = Header::command(self.address, self.sequence);
        self.sequence = self.sequence % 3 + 1;
        header
    }

    fn read(&mut self, buffer: &mut [u8], patience: Duration) -> Option<usize> {
        let timeout = Timespec::try_from(patience).expect("short");
        let mut port = [PollFd::new(&self.port, PollFlags::IN)];
        (poll(&mut port, Some(&timeout)).expect("poll") > 0).then(|| self.port.read(buffer).expect("bytes"))
    }
}
