//! Bytes to table commands: a small [`Panel`] answers whatever it is asked exactly as a plain model of it does.
//!
//! The input is a list of steps: raw operations, operations made so that they meet the same few cards and profiles
//! again and again, cards and PINs at the reader, sessions of either version, restarts. After each step the answer's every byte is as the model has it,
//! so what is malformed has changed nothing and the capacity was kept; and the digest is that of the rows, computed
//! from scratch. At the end the table and the events are read page by page, and nothing is missing.

mod made;
mod model;

use std::time::Duration;

use panel_protocol::panel::{Answer, Operation, Panel};
use panel_protocol::table::{CardTable, RowStore, Setting, SortedRows};
use panel_protocol::time::Micros;

use super::choices::Choices;
use model::Model;

/// Rows that the panel takes: few, so that it is often full.
const ROWS: usize = 12;
const PROFILES: usize = 3;
const EVENTS: usize = 4;
const READERS: u8 = 2;
const SCHEDULES: usize = 2;

/// Least bytes that an answer may have (PROTOCOL.md).
const LEAST_ROOM: usize = 64;

type SmallPanel = Panel<SortedRows<ROWS>, PROFILES, EVENTS, SCHEDULES>;

/// A panel and the model of it.
struct Pair {
    now: Micros,
    /// Bytes that an answer may have.
    room: usize,
    panel: SmallPanel,
    model: Model,
}

/// Panics unless the panel does with these bytes what PROTOCOL.md says.
pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let mut panel = SmallPanel::in_ram();
    panel.set_readers(READERS);
    let mut pair = Pair { now: Micros(0), room: LEAST_ROOM, panel, model: Model::default() };
    while !choices.is_over() {
        pair.step(&mut choices);
        pair.compare();
    }
    pair.start_anew();
    pair.room = LEAST_ROOM;
    pair.read_settings();
    pair.read_all();
}

impl Pair {
    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.byte() {
            0 => drop(self.ask(choices.list())),
            1 => drop(self.ask(&made::put_rows(choices))),
            2 => drop(self.ask(&made::delete_keys(choices))),
            3 => drop(self.ask(&made::stage(choices))),
            4 => {
                let right = self.model.digest_with_staged();
                self.ask(&made::commit(choices, right));
            }
            5 => drop(self.ask(&made::read_rows(choices))),
            6 => drop(self.ask(&made::numbered(choices))),
            7 => {
                let (reader, card) = (choices.byte() % 4, made::card(choices));
                let reason = self.panel.present(self.now, reader, card);
                assert_eq!(reason, self.model.present(self.now, reader, card));
            }
            8 => {
                self.panel.reboot();
                self.model.reboot();
            }
            9 => self.now = self.now + Duration::from_millis(u64::from(choices.u16())),
            10 => self.room = LEAST_ROOM + usize::from(choices.byte()),
            11 => {
                let mut answer = [0; LEAST_ROOM];
                let len = self.panel.waiting(&mut answer).unwrap_or(0);
                assert_eq!(&answer[..len], self.model.waiting());
            }
            12 => any_answer(choices.list()),
            13 => {
                self.panel.begin_session();
                self.model.session = None;
            }
            14 => drop(self.ask(&[4, 2])),
            15 => drop(self.ask(&made::put_settings(choices))),
            16 => drop(self.ask(&made::delete_settings(choices))),
            17 => drop(self.ask(&made::put_runs(choices))),
            18 => drop(self.ask(&made::read_settings(choices))),
            19 => drop(self.ask(&made::at_a_door(choices))),
            20 => {
                let (reader, card, pin) = (choices.byte() % 3, made::card(choices), made::pin(choices));
                let reason = self.panel.present_with_pin(self.now, reader, card, Some(&pin));
                assert_eq!(reason, self.model.present_with_pin(self.now, reader, card, Some(&pin)));
            }
            21 => assert_eq!(self.panel.take_unlock().is_some(), self.model.unlocks.pop().is_some()),
            22 => {
                let reader = choices.byte() % 3;
                let unlocked = self.panel.is_unlocked(self.now, reader);
                assert_eq!(unlocked, self.model.is_unlocked(self.now, reader));
            }
            23 => {
                let open = choices.byte() & 3;
                self.panel.set_open_doors(open.into());
                self.model.open_doors = open.into();
            }
            24 => {
                let asked = [&[0x32][..], &u32::from(choices.byte()).to_le_bytes()].concat();
                self.ask(&asked);
            }
            25 => self.provision(choices),
            _ => {}
        }
    }

    /// A session of version 2 at a panel that has what decisions need: clock, profiles, settings, cards.
    fn provision(&mut self, choices: &mut Choices<'_>) {
        self.panel.begin_session();
        self.model.session = None;
        self.ask(&[4, 2]);
        self.ask(&made::clock(choices));
        self.ask(&made::stage_all(choices));
        let right = self.model.digest_with_staged();
        self.ask(&[&[0x13, 3, 0][..], &right.to_le_bytes()].concat());
        for _ in 0..3 {
            self.ask(&made::put_settings(choices));
        }
        self.ask(&made::put_rows(choices));
    }

    /// Asks both, and gives the answer they agree on.
    fn ask(&mut self, operation: &[u8]) -> Vec<u8> {
        if let Ok(Some(read)) = Operation::decode(operation) {
            let mut again = vec![0; operation.len()];
            assert_eq!(read.encode(&mut again), Some(operation.len()), "{read:?}");
            assert_eq!(again, operation, "an operation has one encoding");
        }
        let mut answer = vec![0; self.room];
        let len = self.panel.operate(self.now, operation, &mut answer);
        answer.truncate(len);
        let expected = self.model.answer(self.now, operation, self.room);
        assert_eq!(answer, expected, "answer to {operation:02X?}");
        assert!(Answer::decode(&answer).is_some(), "{answer:02X?}");
        answer
    }

    /// Every step: the buckets' digests are those of the rows, from scratch.
    fn compare(&self) {
        let table = self.panel.table();
        assert_eq!(*table.digests(), self.model.digests());
        assert_eq!(table.profiles(), self.model.profiles);
        assert!(table.settings().iter().eq(self.model.settings.values().cloned()));
        assert_eq!(table.len() as usize, self.model.rows.len());
        assert!(self.model.rows.len() <= ROWS && table.profiles().len() <= PROFILES);
        assert_eq!(self.panel.pending_events(), self.model.events.len());
    }

    /// The end: a panel that starts with these rows in its store has the same digest.
    fn start_anew(&self) {
        let table = self.panel.table();
        let mut rows = SortedRows::<ROWS>::new();
        for row in self.model.rows.values() {
            assert_eq!(table.get(row.credential), Some(*row));
            rows.put(*row).expect("no more rows than the panel has");
        }
        let mut anew = CardTable::<_, PROFILES>::new(rows, table.digests().key().clone());
        let settings: Vec<_> = table.settings().iter().collect();
        settings.iter().for_each(|setting| anew.put_setting(setting).expect("no more than the panel has"));
        assert_eq!(anew.digest_with(table.profiles()), table.digest());
    }

    /// Reads everything as a gateway does: digests, the rows of buckets that have one, events.
    fn read_all(&mut self) {
        let mut rows = Vec::new();
        for bucket in self.buckets() {
            let mut after = None;
            loop {
                let mut request = [0; LEAST_ROOM];
                let len = Operation::ReadRows { bucket, after }.encode(&mut request).expect("is short");
                let answer = self.ask(&request[..len]);
                let Some(Answer::Rows { more, rows: page, .. }) = Answer::decode(&answer) else {
                    panic!("{answer:02X?}");
                };
                rows.extend(page.iter());
                assert!(rows.len() <= ROWS, "pages without end");
                after = rows.last().map(|row| row.credential);
                if !more {
                    break;
                }
            }
        }
        rows.sort_by_key(|row| row.credential);
        assert!(rows.iter().eq(self.model.rows.values()), "read: {rows:?}");
        self.read_events();
    }

    /// Reads the settings, if the session is one that has them.
    fn read_settings(&mut self) {
        if self.model.session != Some(2) {
            return;
        }
        // The longest setting needs more than the least answer has.
        self.room = 2 * LEAST_ROOM;
        let mut read = Vec::new();
        loop {
            let mut request = [0; 4];
            let after = read.last().and_then(Setting::key);
            let len = Operation::ReadSettings { after }.encode(&mut request).expect("is short");
            let answer = self.ask(&request[..len]);
            let Some(Answer::Settings { more, settings }) = Answer::decode(&answer) else {
                panic!("{answer:02X?}");
            };
            read.extend(settings.iter());
            if !more {
                break;
            }
        }
        assert!(read.iter().eq(self.model.settings.values()), "read: {read:?}");
        self.room = LEAST_ROOM;
    }

    /// The buckets whose digest is not 0.
    fn buckets(&mut self) -> Vec<u8> {
        let mut digests = Vec::new();
        while digests.len() < 256 {
            let first = u8::try_from(digests.len()).expect("256 at most");
            let mut request = [0; 4];
            Operation::ReadBuckets { first, count: 256 - u16::from(first) }
                .encode(&mut request)
                .expect("fits");
            let answer = self.ask(&request);
            let Some(Answer::Buckets { digests: page, .. }) = Answer::decode(&answer) else {
                panic!("{answer:02X?}");
            };
            digests.extend(page.iter());
        }
        (0..=255).zip(digests).filter(|(_, digest)| *digest != 0).map(|(bucket, _)| bucket).collect()
    }

    fn read_events(&mut self) {
        let mut read = Vec::new();
        let mut from = 0;
        loop {
            let mut request = [0; 5];
            Operation::ReadEvents { from }.encode(&mut request).expect("fits");
            let answer = self.ask(&request);
            let Some(Answer::Events { events, .. }) = Answer::decode(&answer) else {
                panic!("{answer:02X?}");
            };
            let Some(last) = events.iter().last() else { break };
            read.extend(events.iter());
            from = last.sequence + 1;
        }
        let of_version_1 = self.model.events.iter().filter(|event| event.body.version() == 1);
        assert!(read.iter().eq(of_version_1), "read: {read:?}");
    }
}

/// Any bytes are an answer or none, and the lists of one that is can be gone through.
fn any_answer(bytes: &[u8]) {
    match Answer::decode(bytes) {
        Some(Answer::Rows { rows, .. }) => {
            let len: usize = rows.iter().map(|row| row.encoded_len()).sum();
            assert_eq!(len + 4, bytes.len());
        }
        Some(Answer::Buckets { first, digests }) => {
            assert!(usize::from(first) + digests.iter().count() <= 256);
        }
        Some(Answer::Settings { settings, .. }) => assert!(settings.iter().count() * 7 < bytes.len()),
        Some(Answer::Events { events, .. }) => assert!(events.iter().count() * 12 <= bytes.len()),
        _ => {}
    }
}
