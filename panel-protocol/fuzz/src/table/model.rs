//! A panel as PROTOCOL.md tells it: maps and lists, and every answer written byte by byte.

use std::collections::{BTreeMap, VecDeque};

use panel_protocol::credential::Credential;
use panel_protocol::decide::{
    CardState, DoorSettings, DoorState, Mode, Question, Reason, Tries, decide, stands_unlocked,
};
use panel_protocol::panel::{EventBody, Operation, PanelEvent, ProfileList};
use panel_protocol::schedule::{Calendar, ClockChange, Hours, Numbered, Schedule};
use panel_protocol::table::{
    BucketDigests, DigestKey, MAX_ROW_LEN, MAX_SETTING_LEN, Pin, PinGiven, Profile, Row, Setting, SettingKey,
    bucket_of,
};
use panel_protocol::time::{Micros, UtcSeconds};

use super::{EVENTS, PROFILES, READERS, ROWS, SCHEDULES};

const DONE: u8 = 0;
const UNKNOWN: u8 = 1;
const MALFORMED: u8 = 2;
const FULL: u8 = 3;
const MISMATCH: u8 = 4;
const STAGING: u8 = 5;
const LATE: u8 = 6;

const OF_VERSION_1: [u8; 11] = [0x01, 0x02, 0x03, 0x10, 0x11, 0x12, 0x13, 0x20, 0x21, 0x30, 0x31];
const OF_VERSION_2: [u8; 8] = [0x04, 0x14, 0x15, 0x16, 0x22, 0x32, 0x40, 0x41];

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
    /// The session's version, once it is known.
    pub(super) session: Option<u8>,
    pub(super) settings: BTreeMap<SettingKey, Setting>,
    pub(super) open_doors: u16,
    /// Doors to be unlocked for a moment, the last said last.
    pub(super) unlocks: Vec<u8>,
    modes: BTreeMap<u8, (Mode, Micros)>,
    cards: BTreeMap<Credential, CardState>,
    doors: BTreeMap<u8, DoorState>,
}

/// Settings by what they are, as decisions want them.
struct Known {
    changes: Vec<ClockChange>,
    schedules: Vec<Numbered<Schedule>>,
    calendars: Vec<Numbered<Calendar>>,
}

impl Known {
    fn hours(&self) -> Hours<'_> {
        Hours { clock_changes: &self.changes, schedules: &self.schedules, calendars: &self.calendars }
    }
}

impl Model {
    pub(super) fn reboot(&mut self) {
        self.boot = self.boot.wrapping_add(1);
        self.clock = None;
        self.staged.clear();
        self.session = None;
        self.modes.clear();
        self.unlocks.clear();
        self.doors.clear();
        self.open_doors = 0;
        self.cards.values_mut().for_each(|card| card.tries = Tries::default());
        self.announced = self.first_event();
    }

    pub(super) fn present(&mut self, now: Micros, reader: u8, credential: Credential) -> Reason {
        self.present_with_pin(now, reader, credential, None)
    }

    pub(super) fn present_with_pin(
        &mut self,
        now: Micros,
        reader: u8,
        credential: Credential,
        pin: Option<&Pin>,
    ) -> Reason {
        let reason = match reader {
            0..READERS => self.judge(now, reader, credential, pin),
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

    fn judge(&mut self, now: Micros, reader: u8, credential: Credential, pin: Option<&Pin>) -> Reason {
        let (known, door) = (self.known(), self.door(reader));
        let row = self.rows.get(&credential);
        let pin = pin.map_or(PinGiven::None, |pin| {
            let kept = row.and_then(|row| row.pin);
            kept.map_or(PinGiven::Wrong, |kept| kept.check(&self.key, credential, pin))
        });
        let decision = decide(&Question {
            row,
            profile: row.and_then(|row| self.profiles.get(usize::from(row.profile))),
            reader,
            door: &door,
            mode: self.mode(now, reader),
            hours: known.hours(),
            pin,
            at: self.time(now),
            now,
            open_doors: self.open_doors,
            card_state: self.cards.get(&credential).copied().unwrap_or_default(),
            door_state: self.doors.get(&reader).copied().unwrap_or_default(),
        });
        self.cards.insert(credential, decision.card);
        self.doors.insert(reader, decision.door);
        decision.reason
    }

    pub(super) fn is_unlocked(&self, now: Micros, reader: u8) -> bool {
        let state = self.doors.get(&reader).copied().unwrap_or_default();
        let mode = self.mode(now, reader);
        reader < READERS && stands_unlocked(mode, &self.known().hours(), self.time(now), &state)
    }

    fn door(&self, reader: u8) -> DoorSettings {
        match SettingKey::door(reader).and_then(|key| self.settings.get(&key)) {
            Some(Setting::Door(_, door)) => *door,
            _ => DoorSettings::PLAIN,
        }
    }

    fn mode(&self, now: Micros, reader: u8) -> Mode {
        let said = self.modes.get(&reader).filter(|(_, until)| now < *until);
        said.map_or_else(|| self.door(reader).mode, |(mode, _)| *mode)
    }

    fn known(&self) -> Known {
        let mut known = Known { changes: Vec::new(), schedules: Vec::new(), calendars: Vec::new() };
        for setting in self.settings.values().cloned() {
            match setting {
                Setting::Schedule(number, value) => known.schedules.push(Numbered { number, value }),
                Setting::Calendar(number, value) => known.calendars.push(Numbered { number, value }),
                Setting::ClockChanges(changes) => known.changes.extend(changes),
                Setting::Door(..) => {}
            }
        }
        known
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
        self.settings.values().for_each(|setting| digests.add_setting(setting));
        digests
    }

    /// What the digest would be with the staged profiles.
    pub(super) fn digest_with_staged(&self) -> u64 {
        self.digest_with(&self.staged)
    }

    /// What is answered to an operation, in `room` bytes.
    pub(super) fn answer(&mut self, now: Micros, asked: &[u8], room: usize) -> Vec<u8> {
        let code = asked.first().copied().unwrap_or(0);
        let version = self.version_in(code);
        if version == 1 && !OF_VERSION_1.contains(&code) && OF_VERSION_2.contains(&code) {
            return vec![code, UNKNOWN];
        }
        let operation = match Operation::decode(asked) {
            Ok(Some(operation)) if version > 1 || operation.is_of_version_1() => operation,
            Ok(_) => return vec![code, MALFORMED],
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
                let events = events.filter(|event| event.body.version() == 1);
                page(&head, events.map(event_bytes), room).0
            }
            Operation::AckEvents { before } => {
                self.events.retain(|event| event.sequence >= before);
                vec![code, DONE]
            }
            Operation::Hello { version } => vec![code, DONE, version.min(2), SCHEDULES as u8, 64, 0],
            Operation::PutSettings(settings) => self.put_settings(code, settings.iter()),
            Operation::DeleteSettings(keys) => {
                let held = keys.iter().filter(|key| self.settings.remove(key).is_some()).count();
                self.change(code, DONE, held)
            }
            Operation::PutRuns(runs) => self.put(code, runs.iter()),
            Operation::ReadSettings { after } => {
                let settings =
                    self.settings.iter().filter(|(key, _)| after.is_none_or(|after| **key > after));
                let (mut answer, whole) =
                    page(&[code, DONE, 0], settings.map(|(_, setting)| setting_bytes(setting)), room);
                answer[2] = u8::from(!whole);
                answer
            }
            Operation::ReadAllEvents { from } => {
                let head = [&[code, DONE][..], &self.next_event.to_le_bytes()].concat();
                let events = self.events.iter().filter(|event| event.sequence >= from);
                page(&head, events.map(event_bytes), room).0
            }
            Operation::SetMode { reader, not_after, mode } => {
                let status = self.may_act(now, reader, not_after);
                if status == DONE {
                    self.modes.remove(&reader);
                    self.modes.extend(mode.map(|(mode, seconds)| {
                        (reader, (mode, Micros(now.0 + u64::from(seconds) * 1_000_000)))
                    }));
                }
                vec![code, status]
            }
            Operation::Unlock { reader, not_after, .. } => {
                let status = self.may_act(now, reader, not_after);
                if status == DONE {
                    self.unlocks.retain(|said| *said != reader);
                    self.unlocks.push(reader);
                }
                vec![code, status]
            }
        }
    }

    /// The session's version; one of version 1 keeps only what that can say.
    fn version_in(&mut self, code: u8) -> u8 {
        if self.session.is_none() && OF_VERSION_1.contains(&code) {
            self.session = Some(1);
            self.settings.clear();
            self.rows.retain(|_, row| row.is_of_version_1());
            for profile in self.profiles.iter_mut().filter(|profile| profile.of_version_1().is_err()) {
                *profile = Profile::NEVER;
            }
            self.modes.clear();
            self.unlocks.clear();
            self.cards.clear();
            self.doors.clear();
        }
        if self.session.is_none() && OF_VERSION_2.contains(&code) {
            self.session = Some(2);
        }
        self.session.unwrap_or(1)
    }

    fn may_act(&self, now: Micros, reader: u8, not_after: Option<UtcSeconds>) -> u8 {
        let late = not_after.is_some_and(|last| self.time(now).is_none_or(|second| second > last));
        match (reader < READERS, late) {
            (false, _) => MALFORMED,
            (_, true) => LATE,
            _ => DONE,
        }
    }

    fn put_settings(&mut self, code: u8, settings: impl Iterator<Item = Setting>) -> Vec<u8> {
        let (mut applied, mut status) = (0, DONE);
        for setting in settings {
            let key = setting.key().expect("it was read");
            let [kind, _] = key.to_bytes();
            let alike = self.settings.keys().filter(|held| held.to_bytes()[0] == kind).count();
            if !self.settings.contains_key(&key) && kind < 3 && alike == SCHEDULES {
                status = FULL;
                break;
            }
            self.settings.insert(key, setting);
            applied += 1;
        }
        self.change(code, status, applied)
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
        let mut answer = vec![0x01, DONE, 2, READERS];
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

fn setting_bytes(setting: &Setting) -> Vec<u8> {
    let mut bytes = [0; MAX_SETTING_LEN];
    let len = setting.encode(&mut bytes).expect("holds any setting");
    bytes[..len].to_vec()
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
