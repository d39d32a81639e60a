//! A panel as PROTOCOL.md tells it: maps and lists, and every answer written byte by byte.

use std::collections::{BTreeMap, VecDeque};

use panel_protocol::credential::Credential;
use panel_protocol::decide::{Question, Reason, decide};
use panel_protocol::panel::{EventBody, Operation, PanelEvent, ProfileList};
use panel_protocol::table::{BucketDigests, DigestKey, MAX_ROW_LEN, Profile, Row, bucket_of};
use panel_protocol::time::{Micros, UtcSeconds};

use super::{EVENTS, PROFILES, READERS, ROWS};

const DONE: u8 = 0;
const UNKNOWN: u8 = 1;
const MALFORMED: u8 = 2;
const FULL: u8 = 3;
const MISMATCH: u8 = 4;
const STAGING: u8 = 5;

#[derive(Default)]
pub(super) struct Model {
    pub(super) rows: BTreeMap<Credential, Row>,
    pub(super) profiles: Vec<Profile>,
    pub(super) events: VecDeque<PanelEvent>,
    staged: Vec<Profile>,
    key: DigestKey,
    epoch: u32,
    boot: u16,
    clock: Option<(UtcSeconds, Micros)>,
    next_event: u32,
    announced: u32,
}

impl Model {
    pub(super) fn reboot(&mut self) {
        self.boot = self.boot.wrapping_add(1);
        self.clock = None;
        self.staged.clear();
        self.announced = self.first_event();
    }

    pub(super) fn present(&mut self, now: Micros, reader: u8, credential: Credential) -> Reason {
        let row = self.rows.get(&credential);
        let profile = row.and_then(|row| self.profiles.get(usize::from(row.profile)));
        let reason = match reader {
            0..READERS => decide(&Question::plain(row, profile, reader, self.time(now))).reason,
            _ => Reason::UnknownReader,
        };
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        let body = EventBody::CardRead { reader, credential, reason };
        self.events.push_back(PanelEvent { sequence: self.next_event, at: self.time(now), body });
        self.next_event += 1;
        reason
    }

    /// The unasked message to a poll, empty when there is none.
    pub(super) fn waiting(&mut self) -> Vec<u8> {
        if self.events.is_empty() || self.announced == self.next_event {
            return Vec::new();
        }
        self.announced = self.next_event;
        [&[0x80, DONE][..], &self.first_event().to_le_bytes(), &self.next_event.to_le_bytes()].concat()
    }

    /// The buckets' digests, from scratch.
    pub(super) fn digests(&self) -> BucketDigests {
        let mut digests = BucketDigests::new(self.key.clone());
        self.rows.values().for_each(|row| digests.add(row));
        digests
    }

    /// What the digest would be with the staged profiles.
    pub(super) fn digest_with_staged(&self) -> u64 {
        self.digest_with(&self.staged)
    }

    /// What is answered to an operation, in `room` bytes.
    pub(super) fn answer(&mut self, now: Micros, asked: &[u8], room: usize) -> Vec<u8> {
        let code = asked.first().copied().unwrap_or(0);
        let operation = match Operation::decode(asked) {
            Ok(Some(operation)) => operation,
            Ok(None) => return vec![code, MALFORMED],
            Err(code) => return vec![code, UNKNOWN],
        };
        match operation {
            Operation::Info => self.info(now),
            Operation::Adopt { epoch, key } => {
                (self.epoch, self.key) = (epoch, key);
                self.change(code, DONE, 1)
            }
            Operation::SetClock(second) => {
                self.clock = Some((second, now));
                vec![code, DONE]
            }
            Operation::PutRows(rows) => self.put(code, rows.iter()),
            Operation::DeleteKeys(keys) => {
                let held = keys.iter().filter(|key| self.rows.remove(key).is_some()).count();
                self.change(code, DONE, held)
            }
            Operation::StageProfiles { first, profiles } => {
                let status = self.stage(usize::from(first), profiles);
                self.change(code, status, self.staged.len())
            }
            Operation::CommitProfiles { count, digest } => {
                let status = self.commit(usize::from(count), digest);
                self.change(code, status, self.profiles.len())
            }
            Operation::ReadBuckets { first, count } => {
                let digests = self.digests();
                let wanted = (first..=255).take(usize::from(count));
                let parts = wanted.map(|bucket| digests.bucket(bucket).to_le_bytes().to_vec());
                page(&[code, DONE, first], parts, room).0
            }
            Operation::ReadRows { bucket, after } => {
                let of_bucket = self.rows.values().filter(|row| bucket_of(row.credential) == bucket);
                let rows = of_bucket.filter(|row| after.is_none_or(|after| row.credential > after));
                let (mut answer, whole) = page(&[code, DONE, bucket, 0], rows.map(row_bytes), room);
                answer[3] = u8::from(!whole);
                answer
            }
            Operation::ReadEvents { from } => {
                let head = [&[code, DONE][..], &self.next_event.to_le_bytes()].concat();
                let events = self.events.iter().filter(|event| event.sequence >= from);
                page(&head, events.map(event_bytes), room).0
            }
            Operation::AckEvents { before } => {
                self.events.retain(|event| event.sequence >= before);
                vec![code, DONE]
            }
        }
    }

    fn put(&mut self, code: u8, rows: impl Iterator<Item = Row>) -> Vec<u8> {
        let (mut applied, mut status) = (0, DONE);
        for row in rows {
            if self.rows.len() == ROWS && !self.rows.contains_key(&row.credential) {
                status = FULL;
                break;
            }
            self.rows.insert(row.credential, row);
            applied += 1;
        }
        self.change(code, status, applied)
    }

    fn stage(&mut self, first: usize, profiles: ProfileList<'_>) -> u8 {
        let kept = if first == 0 { &[] } else { self.staged.as_slice() };
        let after: Vec<Profile> = kept.iter().copied().chain(profiles.iter()).collect();
        if first != kept.len() || after.len() > PROFILES {
            if first == 0 {
                self.staged.clear();
            }
            return STAGING;
        }
        self.staged = after;
        DONE
    }

    fn commit(&mut self, count: usize, digest: u64) -> u8 {
        if count != self.staged.len() {
            return STAGING;
        }
        if self.digest_with(&self.staged) != digest {
            return MISMATCH;
        }
        self.profiles = std::mem::take(&mut self.staged);
        DONE
    }

    fn info(&self, now: Micros) -> Vec<u8> {
        let clock = self.time(now).map_or(0, |second| second.0);
        let mut answer = vec![0x01, DONE, 1, READERS];
        answer.extend(self.boot.to_le_bytes());
        answer.extend([ROWS as u32, self.rows.len() as u32].map(u32::to_le_bytes).concat());
        answer.extend([PROFILES as u16, self.profiles.len() as u16].map(u16::to_le_bytes).concat());
        answer.extend([self.digest(), self.key.check()].map(u64::to_le_bytes).concat());
        answer
            .extend([self.epoch, clock, self.first_event(), self.next_event].map(u32::to_le_bytes).concat());
        answer
    }

    fn change(&self, code: u8, status: u8, applied: usize) -> Vec<u8> {
        let applied = u16::try_from(applied).expect("operations are short");
        [&[code, status][..], &self.digest().to_le_bytes(), &applied.to_le_bytes()].concat()
    }

    fn digest(&self) -> u64 {
        self.digest_with(&self.profiles)
    }

    fn digest_with(&self, profiles: &[Profile]) -> u64 {
        self.digests().table(profiles)
    }

    fn first_event(&self) -> u32 {
        self.events.front().map_or(self.next_event, |event| event.sequence)
    }

    fn time(&self, now: Micros) -> Option<UtcSeconds> {
        let (then, set_at) = self.clock?;
        let elapsed = u32::try_from((now.0 - set_at.0) / 1_000_000).unwrap_or(u32::MAX);
        Some(UtcSeconds(then.0.saturating_add(elapsed)))
    }
}

/// The head and as many of the parts as fit behind it; whether those are all.
fn page(head: &[u8], parts: impl Iterator<Item = Vec<u8>>, room: usize) -> (Vec<u8>, bool) {
    let mut page = head.to_vec();
    for part in parts {
        if page.len() + part.len() > room {
            return (page, false);
        }
        page.extend(part);
    }
    (page, true)
}

fn row_bytes(row: &Row) -> Vec<u8> {
    let mut bytes = [0; MAX_ROW_LEN];
    let len = row.encode(&mut bytes).expect("holds any row");
    bytes[..len].to_vec()
}

fn event_bytes(event: &PanelEvent) -> Vec<u8> {
    let EventBody::CardRead { reader, credential, reason } = event.body;
    let mut bytes = event.sequence.to_le_bytes().to_vec();
    bytes.extend(event.at.map_or(0, |second| second.0).to_le_bytes());
    bytes.extend([1, reader, reason.code(), credential.bits()]);
    bytes.extend(&credential.raw().to_be_bytes()[8 - credential.byte_len()..]);
    bytes
}
