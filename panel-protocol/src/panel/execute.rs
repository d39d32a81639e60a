//! What a panel does with an operation, and what it answers.

use super::code::{HELLO, READ_BUCKETS, READ_ROWS, READ_SETTINGS};
use super::info::Info;
use super::items::ProfileList;
use super::operation::Operation;
use super::panel::Panel;
use super::status::Status;
use crate::bytes::Writer;
use crate::credential::Credential;
use crate::table::{DigestKey, Row, RowStore, SettingKey};
use crate::time::{Micros, UtcSeconds};

impl<R: RowStore, const P: usize, const E: usize, const S: usize, const K: usize> Panel<R, P, E, S, K> {
    pub(super) fn execute(
        &mut self,
        now: Micros,
        operation: &Operation<'_>,
        to: &mut Writer<'_>,
    ) -> Option<()> {
        let code = operation.code();
        match operation {
            Operation::Info => self.info(now).encode(to),
            Operation::Adopt { epoch, key } => {
                self.adopt(*epoch, key.clone());
                self.changed(code, Status::Done, 1, to)
            }
            Operation::SetClock(second) => {
                self.clock = Some((*second, now));
                to.put(&[code, Status::Done.code()])
            }
            Operation::PutRows(rows) => self.put_rows(code, rows.iter(), to),
            Operation::DeleteKeys(keys) => {
                let applied = keys.iter().filter(|key| self.table.remove(*key)).count();
                self.changed(code, Status::Done, applied, to)
            }
            Operation::StageProfiles { first, profiles } => {
                let status = self.stage(*first, *profiles);
                self.changed(code, status, self.staged.len(), to)
            }
            Operation::CommitProfiles { count, digest } => {
                let status = self.commit(*count, *digest);
                self.changed(code, status, self.table.profiles().len(), to)
            }
            Operation::ReadBuckets { first, count } => self.read_buckets(*first, *count, to),
            Operation::ReadRows { bucket, after } => self.read_rows(*bucket, *after, to),
            Operation::ReadEvents { from } => self.read_events(code, *from, 1, to),
            Operation::AckEvents { before } => {
                while self.events.front().is_some_and(|event| event.sequence < *before) {
                    self.events.pop_front();
                }
                to.put(&[code, Status::Done.code()])
            }
            // A panel without room for schedules has none of version 2's code.
            _ if S == 0 => to.put(&[code, Status::UnknownOperation.code()]),
            _ => self.execute_2(now, operation, to),
        }
    }

    /// The operations that came with version 2.
    fn execute_2(&mut self, now: Micros, operation: &Operation<'_>, to: &mut Writer<'_>) -> Option<()> {
        let code = operation.code();
        match operation {
            Operation::ReadAllEvents { from } => self.read_events(code, *from, 2, to),
            Operation::Hello { version } => self.hello(*version, to),
            Operation::PutRuns(runs) => self.put_rows(code, runs.iter(), to),
            Operation::PutSettings(settings) => {
                let mut all = settings.iter();
                let applied =
                    all.by_ref().take_while(|setting| self.table.put_setting(setting).is_ok()).count();
                let status =
                    if applied == settings.iter().count() { Status::Done } else { Status::TableFull };
                self.changed(code, status, applied, to)
            }
            Operation::DeleteSettings(keys) => {
                let applied = keys.iter().filter(|key| self.table.remove_setting(*key)).count();
                self.changed(code, Status::Done, applied, to)
            }
            Operation::ReadSettings { after } => self.read_settings(*after, to),
            Operation::SetMode { reader, not_after, mode } => {
                let status = self.may_act(now, *reader, *not_after);
                if status == Status::Done {
                    self.doors.set_mode(now, *reader, *mode);
                }
                to.put(&[code, status.code()])
            }
            Operation::Unlock { reader, not_after, tenths } => {
                let status = self.may_act(now, *reader, *not_after);
                if status == Status::Done {
                    self.doors.unlock(*reader, *tenths);
                }
                to.put(&[code, status.code()])
            }
            _ => to.put(&[code, Status::UnknownOperation.code()]),
        }
    }

    fn put_rows(
        &mut self,
        code: u8,
        rows: impl Iterator<Item = Row> + Clone,
        to: &mut Writer<'_>,
    ) -> Option<()> {
        let total = rows.clone().count();
        let applied = rows.take_while(|row| self.table.put(*row).is_ok()).count();
        let status = if applied == total { Status::Done } else { Status::TableFull };
        self.changed(code, status, applied, to)
    }

    fn hello(&self, version: u8, to: &mut Writer<'_>) -> Option<()> {
        let room = [u8::try_from(S).unwrap_or(u8::MAX)];
        let memory = u16::try_from(K).unwrap_or(u16::MAX);
        to.put(&[HELLO, Status::Done.code(), version.min(Self::VERSION)])?;
        to.put(&room)?;
        to.put(&memory.to_le_bytes())
    }

    /// Whether something may be done at a door that has a deadline.
    fn may_act(&self, now: Micros, reader: u8, not_after: Option<UtcSeconds>) -> Status {
        match (not_after, self.clock(now)) {
            _ if reader >= self.config.readers => Status::Malformed,
            (Some(last), Some(second)) if second > last => Status::TooLate,
            (Some(_), None) => Status::TooLate,
            _ => Status::Done,
        }
    }

    fn info(&self, now: Micros) -> Info {
        Info {
            version: Self::VERSION,
            readers: self.config.readers,
            boot: self.boot,
            row_capacity: self.table.capacity(),
            rows: self.table.len(),
            profile_capacity: u16::try_from(P).unwrap_or(u16::MAX),
            profiles: u16::try_from(self.table.profiles().len()).unwrap_or(u16::MAX),
            digest: self.table.digest(),
            key_check: self.table.digests().key().check(),
            epoch: self.epoch,
            clock: self.clock(now),
            first_event: self.events.front().map_or(self.next_event, |event| event.sequence),
            next_event: self.next_event,
        }
    }

    fn adopt(&mut self, epoch: u32, key: DigestKey) {
        if *self.table.digests().key() != key {
            self.table.rekey(key);
        }
        self.epoch = epoch;
    }

    fn stage(&mut self, first: u16, profiles: ProfileList<'_>) -> Status {
        if first == 0 {
            self.staged.clear();
        }
        let fits = self.staged.len() + profiles.iter().count() <= P;
        if usize::from(first) != self.staged.len() || !fits {
            return Status::Staging;
        }
        self.staged.extend(profiles.iter());
        Status::Done
    }

    fn commit(&mut self, count: u16, digest: u64) -> Status {
        if usize::from(count) != self.staged.len() {
            return Status::Staging;
        }
        if self.table.digest_with(&self.staged) != digest {
            return Status::DigestMismatch;
        }
        self.table.set_profiles(core::mem::take(&mut self.staged));
        Status::Done
    }

    fn changed(&self, code: u8, status: Status, applied: usize, to: &mut Writer<'_>) -> Option<()> {
        to.put(&[code, status.code()])?;
        to.put(&self.table.digest().to_le_bytes())?;
        to.put(&u16::try_from(applied).unwrap_or(u16::MAX).to_le_bytes())
    }

    fn read_buckets(&self, first: u8, count: u16, to: &mut Writer<'_>) -> Option<()> {
        to.put(&[READ_BUCKETS, Status::Done.code(), first])?;
        for bucket in (first..=u8::MAX).take(usize::from(count)) {
            if to.put(&self.table.digests().bucket(bucket).to_le_bytes()).is_none() {
                break;
            }
        }
        Some(())
    }

    fn read_rows(&self, bucket: u8, after: Option<Credential>, to: &mut Writer<'_>) -> Option<()> {
        let start = to.len();
        to.put(&[READ_ROWS, Status::Done.code(), bucket, 0])?;
        let mut next = self.table.next_in_bucket(bucket, after);
        while let Some(row) = next {
            if to.put_with(|to| row.encode(to)).is_none() {
                to.patch(start + 3, 1);
                break;
            }
            next = self.table.next_in_bucket(bucket, Some(row.credential));
        }
        Some(())
    }

    fn read_settings(&self, after: Option<SettingKey>, to: &mut Writer<'_>) -> Option<()> {
        let start = to.len();
        to.put(&[READ_SETTINGS, Status::Done.code(), 0])?;
        let settings = self
            .table
            .settings()
            .iter()
            .filter(|setting| after.is_none_or(|after| setting.key() > Some(after)));
        for setting in settings {
            if to.put_with(|to| setting.encode(to)).is_none() {
                to.patch(start + 2, 1);
                break;
            }
        }
        Some(())
    }

    fn read_events(&self, code: u8, from: u32, version: u8, to: &mut Writer<'_>) -> Option<()> {
        to.put(&[code, Status::Done.code()])?;
        to.put(&self.next_event.to_le_bytes())?;
        let events = self.events.iter().filter(|event| event.sequence >= from);
        for event in events.filter(|event| event.body.version() <= version) {
            if event.encode(to).is_none() {
                break;
            }
        }
        Some(())
    }
}
