//! The alarms that are open. Each kind, with where it is, is open once.

use jiff::Timestamp;

use crate::domain::{Alarm, AlarmKind};

/// Open alarms, oldest first. There is one at most for each kind and place, so the configuration bounds them.
#[derive(Debug, Default)]
pub(super) struct Alarms(Vec<(Timestamp, Alarm)>);

impl Alarms {
    /// Opens an alarm and gives it. One that is open already takes the new words and is not told again.
    pub(super) fn open(&mut self, now: Timestamp, what: AlarmKind, text: String) -> Option<Alarm> {
        let alarm = Alarm { what, text, cleared: false };
        if let Some((_, up)) = self.0.iter_mut().find(|(_, up)| up.what == alarm.what) {
            *up = alarm;
            return None;
        }
        self.0.push((now, alarm.clone()));
        Some(alarm)
    }

    /// Closes an alarm and gives it, if it is open.
    pub(super) fn close(&mut self, what: &AlarmKind) -> Option<Alarm> {
        let at = self.0.iter().position(|(_, up)| up.what == *what)?;
        let (_, alarm) = self.0.remove(at);
        Some(Alarm { cleared: true, ..alarm })
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Timestamp, &Alarm)> {
        self.0.iter().map(|(since, alarm)| (*since, alarm))
    }
}
