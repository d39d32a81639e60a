//! A PD between a proper CP and somebody who records, replays, changes and makes up frames: what the CP says is carried
//! out once, what the other says never. A failure prints the case.

use std::time::Duration;

use crate::bench::{ADDRESS, Bench, Device, OUI, is_sealed, repair_check};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::{self, Frame, Header, Scb, scs};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::secure::{KeyKind, SCBK_D, Scbk};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const KEY: Scbk = Scbk::new(*b"sixteen byte key");
/// Longer than any gap inside a frame, so that each frame stands alone.
const PAUSE: Duration = Duration::from_millis(21);

#[derive(Clone, Debug)]
enum Doing {
    /// The CP opens a channel.
    Handshake,
    /// The CP's next command, repeated by it this often, put off by the device this often.
    Genuine {
        retries: u8,
        busy: u8,
    },
    /// The CP's next command, changed on its way in one byte and with its check made right.
    Changed(Index, u8),
    /// Something that was on the line before.
    Replayed(Index),
    /// A vendor's command in clear, or under a security block without a right MAC.
    MadeUp {
        sequence: u8,
        scb: Option<u8>,
    },
    /// A handshake with the key that everybody knows.
    DefaultKey,
    Wait(Duration),
}

fn any_doing() -> impl Strategy<Value = Doing> {
    let scb = select(vec![scs::COMMAND_MAC, scs::COMMAND_ENCRYPTED, scs::CHALLENGE, scs::REPLY_MAC]);
    prop_oneof![
        3 => Just(Doing::Handshake),
        6 => (0..3u8, 0..3u8).prop_map(|(retries, busy)| Doing::Genuine { retries, busy }),
        2 => (any::<Index>(), 1..=u8::MAX).prop_map(|(at, mask)| Doing::Changed(at, mask)),
        2 => any::<Index>().prop_map(Doing::Replayed),
        2 => (0..4u8, proptest::option::of(scb)).prop_map(|(sequence, scb)| Doing::MadeUp { sequence, scb }),
        1 => Just(Doing::DefaultKey),
        1 => (0..10_000u64).prop_map(|ms| Doing::Wait(Duration::from_millis(ms))),
    ]
}

/// The line, and what the device may have carried out.
struct Scene {
    bench: Bench,
    /// What the CP said and the PD must have carried out.
    due: Vec<Vec<u8>>,
    /// Whether CP and PD share a channel, at the same frame of it.
    shared: bool,
    number: u32,
}

impl Scene {
    /// A message like no other.
    fn message(&mut self) -> Vec<u8> {
        self.number += 1;
        self.number.to_le_bytes().to_vec()
    }

    /// Whether the PD shares a channel with a CP that has this key.
    fn open_channel(&mut self, kind: KeyKind, key: &Scbk) -> bool {
        self.number += 1;
        self.bench.rnd_a = u64::from(self.number).to_le_bytes();
        self.bench.sequence = 0;
        self.bench.open_channel(kind, key).is_ok()
    }

    fn next_genuine(&mut self) -> (Vec<u8>, Vec<u8>) {
        let message = self.message();
        let frame = self.bench.frame(&Command::Manufacturer(Manufacturer { oui: OUI, data: &message }));
        (message, frame)
    }

    fn wait(&mut self, span: Duration) {
        self.bench.wait(span);
        self.shared &= self.bench.pd.secured_by().is_some();
    }

    /// What the PD says to bytes that no CP has sent like this.
    fn attack(&mut self, bytes: &[u8]) -> Result<(), TestCaseError> {
        let reply = self.bench.wire(bytes);
        if Frame::parse(&bytes[1..])
            .is_ok_and(|frame| !frame.header().reply && frame.header().address == ADDRESS)
        {
            prop_assert!(reply.is_some(), "a sound frame to the device is always answered");
        }
        self.shared &= self.bench.pd.secured_by().is_some();
        Ok(())
    }

    fn genuine(&mut self, retries: u8, busy: u8) -> Result<(), TestCaseError> {
        let (message, frame) = self.next_genuine();
        if self.shared {
            self.bench.device.busy = busy.into();
            for _ in 0..busy {
                let reply = self.bench.wire(&frame).expect("a reply");
                let heard = self.bench.listen(&reply);
                prop_assert_eq!(heard.reply(), Reply::Busy);
            }
        }
        let reply = self.bench.wire(&frame).expect("a reply");
        for _ in 0..retries {
            prop_assert_eq!(&self.bench.wire(&frame).expect("a reply"), &reply);
        }
        if self.shared {
            prop_assert!(matches!(self.bench.listen(&reply).reply(), Reply::Manufacturer(_)));
            self.due.push(message);
        }
        prop_assert!(self.shared || !is_sealed(&reply));
        Ok(())
    }

    fn happen(&mut self, doing: &Doing) -> Result<(), TestCaseError> {
        match doing {
            Doing::Handshake => {
                self.shared = self.open_channel(KeyKind::Installed, &KEY);
                prop_assert!(self.shared);
            }
            Doing::Genuine { retries, busy } => self.genuine(*retries, *busy)?,
            Doing::Changed(at, mask) => {
                let (_, mut frame) = self.next_genuine();
                let at = 1 + at.index(frame.len() - 3);
                frame[at] ^= *mask;
                repair_check(&mut frame);
                self.shared = false; // the CP's chain of MACs has gone on without the PD
                self.attack(&frame)?;
            }
            Doing::Replayed(_) if self.bench.sent.is_empty() => {}
            Doing::Replayed(which) => {
                let frame = which.get(&self.bench.sent).clone();
                self.attack(&frame)?;
            }
            Doing::MadeUp { sequence, scb } => {
                let (message, header) = (self.message(), Header::command(ADDRESS, *sequence));
                let scb = scb.map(|kind| Scb { kind, data: &[] });
                let command = Command::Manufacturer(Manufacturer { oui: OUI, data: &message });
                let frame = frame::emit(&mut [0; 64], header, scb, &command).expect("room").to_vec();
                self.attack(&frame)?;
            }
            Doing::DefaultKey => {
                prop_assert!(!self.open_channel(KeyKind::Default, &SCBK_D));
                self.shared = false;
            }
            Doing::Wait(span) => self.wait(*span),
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn only_what_the_cp_says_is_carried_out_and_only_once(doings in vec(any_doing(), 0..40)) {
        let bench = Bench::new(Device::with_key(&KEY));
        let mut scene = Scene { bench, due: Vec::new(), shared: false, number: 0 };
        for doing in doings {
            scene.wait(PAUSE);
            scene.happen(&doing)?;
            prop_assert_eq!(&scene.bench.device.messages, &scene.due);
        }
        prop_assert_eq!(&scene.bench.device.key, &Some(KEY));
    }
}
