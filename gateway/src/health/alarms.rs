//! The alarms: each kind, with where it is, is one record at most, which opens, is over, and opens again.
//!
//! One that is over is kept while somebody should still see it, or while it is muted. Those of an earlier run go on where
//! they stopped: what they are about is told anew by whom it concerns, and closes them when it is over.

use jiff::{SignedDuration, Timestamp};

use super::limits::{MAX_COMMENTS, MAX_MUTE_DAYS, MAX_OVER};
use crate::domain::{
    Acknowledged, Alarm, AlarmComment, AlarmDeed, AlarmDeedError, AlarmKind, AlarmNumber, AlarmRecord, Muted,
};

/// All alarms, in the order of their numbers. What is open is bounded by the configuration.
#[derive(Clone, Debug, Default)]
pub struct Alarms {
    records: Vec<AlarmRecord>,
    last: AlarmNumber,
    /// Counts what is worth keeping.
    changes: u64,
}

impl Alarms {
    /// Those of an earlier run, whose last number was `last`. What nobody will tell the end of, by `goes_on`, is over now.
    pub fn resume(
        records: Vec<AlarmRecord>,
        last: AlarmNumber,
        now: Timestamp,
        goes_on: impl Fn(&AlarmKind) -> bool,
    ) -> Self {
        let last = records.iter().map(|record| record.number).chain([last]).max().unwrap_or_default();
        let mut alarms = Self { records, last, changes: 0 };
        for record in alarms.records.iter_mut().filter(|record| !goes_on(record.what())) {
            record.over.get_or_insert(now);
        }
        alarms.records.sort_by_key(|record| record.number);
        alarms.forget(now);
        alarms
    }

    /// The last number that was given.
    pub const fn last(&self) -> AlarmNumber {
        self.last
    }

    /// Another number whenever there is something to keep.
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// All that are kept, oldest first.
    pub fn records(&self) -> &[AlarmRecord] {
        &self.records
    }

    /// The open ones, in the order in which they opened.
    pub(super) fn open_ones(&self) -> impl DoubleEndedIterator<Item = &AlarmRecord> {
        let mut open: Vec<_> = self.records.iter().filter(|record| record.over.is_none()).collect();
        open.sort_by_key(|record| record.since);
        open.into_iter()
    }

    /// Opens an alarm and gives it. One that is open already takes the new words and is not told again.
    pub(super) fn open(&mut self, now: Timestamp, alarm: Alarm) -> Option<Alarm> {
        let known = self.records.iter_mut().find(|record| *record.what() == alarm.what);
        match known {
            Some(record) if record.over.is_none() => {
                record.alarm = alarm;
                return None;
            }
            Some(record) => {
                record.alarm = alarm.clone();
                (record.since, record.over, record.acknowledged) = (now, None, None);
                record.times = record.times.saturating_add(1);
            }
            None => {
                self.last.0 += 1;
                self.records.push(AlarmRecord::new(self.last, now, alarm.clone()));
            }
        }
        self.changes += 1;
        Some(alarm)
    }

    /// Closes an alarm and gives it, if it is open.
    pub(super) fn close(&mut self, now: Timestamp, what: &AlarmKind) -> Option<Alarm> {
        let is_it = |record: &&mut AlarmRecord| record.what() == what && record.over.is_none();
        let record = self.records.iter_mut().find(is_it)?;
        record.over = Some(now);
        let alarm = record.alarm.clone();
        self.changes += 1;
        self.forget(now);
        Some(Alarm { cleared: true, ..alarm })
    }

    /// Does what somebody wants, and gives the alarm as it is then.
    pub fn handle(
        &mut self,
        now: Timestamp,
        number: AlarmNumber,
        deed: &AlarmDeed,
        by: &str,
    ) -> Result<AlarmRecord, AlarmDeedError> {
        let record = self.records.iter_mut().find(|record| record.number == number);
        let record = record.ok_or(AlarmDeedError::Unknown(number))?;
        take(record, now, deed, by)?;
        let record = record.clone();
        self.changes += 1;
        self.forget(now);
        Ok(record)
    }

    /// When the next mute ends by itself.
    pub fn next_end_of_a_mute(&self, now: Timestamp) -> Option<Timestamp> {
        self.records.iter().filter_map(|record| Some(record.muted_at(now)?.until)).min()
    }

    /// Lets go of what nobody needs any more, the oldest of too many first.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.records.retain(|record| record.is_kept(now));
        let over = self.records.iter().filter(|record| record.over.is_some()).count();
        let mut surplus = over.saturating_sub(MAX_OVER);
        self.records.retain(|record| {
            let goes = surplus > 0 && record.over.is_some();
            surplus -= usize::from(goes);
            !goes
        });
    }
}

fn take(record: &mut AlarmRecord, now: Timestamp, deed: &AlarmDeed, by: &str) -> Result<(), AlarmDeedError> {
    let by = || by.to_owned();
    match deed {
        AlarmDeed::Acknowledge { comment } => {
            if let Some(text) = comment {
                add_comment(record, AlarmComment { at: now, by: by(), text: text.clone() })?;
            }
            record.acknowledged.get_or_insert_with(|| Acknowledged { at: now, by: by() });
        }
        AlarmDeed::Comment(text) => {
            add_comment(record, AlarmComment { at: now, by: by(), text: text.clone() })?;
        }
        AlarmDeed::Mute { reason, until } => {
            let longest = SignedDuration::from_hours(24 * MAX_MUTE_DAYS);
            if *until <= now || until.duration_since(now) > longest {
                return Err(AlarmDeedError::Until { until: *until, days: MAX_MUTE_DAYS });
            }
            record.muted = Some(Muted { at: now, by: by(), reason: reason.clone(), until: *until });
        }
        AlarmDeed::Unmute => {
            record.muted_at(now).ok_or(AlarmDeedError::NotMuted(record.number))?;
            record.muted = None;
        }
    }
    Ok(())
}

fn add_comment(record: &mut AlarmRecord, comment: AlarmComment) -> Result<(), AlarmDeedError> {
    if record.comments.len() >= MAX_COMMENTS {
        return Err(AlarmDeedError::TooManyComments { number: record.number, most: MAX_COMMENTS });
    }
    record.comments.push(comment);
    Ok(())
}
