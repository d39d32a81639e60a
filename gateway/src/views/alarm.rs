//! Alarms, with what people did about them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{Acknowledged, AlarmComment, AlarmKind, AlarmNumber, AlarmRecord, Level, Muted};

/// An alarm that is open, that somebody should still see though it is over, or that is muted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct AlarmView {
    /// Its number, by which it is acknowledged, commented and muted.
    pub number: AlarmNumber,
    /// When it opened, the last time that it did, by the gateway's clock.
    pub since: Timestamp,
    /// How often it has opened.
    pub times: u32,
    /// When it was over; absent while it lasts.
    pub over: Option<Timestamp>,
    /// What kind, with where.
    #[serde(flatten)]
    pub what: AlarmKind,
    /// What people call the door that it is about; absent where it is about none.
    pub door_name: Option<String>,
    /// Who was let in or out last, where that may tell how it came about.
    pub person: Option<String>,
    /// Why they were, where somebody ordered it and said so.
    pub reason: Option<String>,
    /// How bad it is.
    pub level: Level,
    /// In words, with the remedy.
    pub text: String,
    /// Who has seen it since it opened; absent while nobody has.
    pub acknowledged: Option<Acknowledged>,
    /// Oldest first.
    pub comments: Vec<AlarmComment>,
    /// Who looks after it; absent while it is not muted.
    pub muted: Option<Muted>,
}

impl AlarmView {
    /// An alarm as it is at `now`; `door_name` is what people call the door that it is about.
    pub fn of(record: &AlarmRecord, door_name: Option<&str>, now: Timestamp) -> Self {
        let AlarmRecord { number, alarm, since, times, over, acknowledged, comments, .. } = record.clone();
        Self {
            number,
            since,
            times,
            over,
            door_name: door_name.map(str::to_owned),
            person: alarm.person,
            reason: alarm.reason,
            level: alarm.what.level(),
            text: alarm.text,
            what: alarm.what,
            acknowledged,
            comments,
            muted: record.muted_at(now).cloned(),
        }
    }
}
