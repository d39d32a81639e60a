//! What the directory has of access, read at once.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::{
    AccessLevel, AccessLevelId, AccessMode, HolidayCalendar, Revision, Rule, Schedule, When,
};
use crate::store::{StoreError, View};

/// Mode, holiday calendars, schedules, access levels and rules at one revision; each kind in the order of identifiers.
#[derive(Clone, PartialEq, Debug)]
pub struct AccessRecords {
    /// What decides at the doors.
    pub mode: AccessMode,
    /// The revision that changed it last; `None`: it is as it was from the beginning.
    pub mode_revision: Option<Revision>,
    /// Holiday calendars.
    pub calendars: Vec<HolidayCalendar>,
    /// Schedules.
    pub schedules: Vec<Schedule>,
    /// Access levels.
    pub levels: Vec<AccessLevel>,
    /// Rules.
    pub rules: Vec<Rule>,
}

impl AccessRecords {
    /// What the directory has.
    ///
    /// # Errors
    /// When the directory can't be read.
    pub fn read(view: &View<'_>) -> Result<Self, StoreError> {
        let settings = view.access_settings()?;
        Ok(Self {
            mode: settings.as_ref().map(|settings| settings.mode).unwrap_or_default(),
            mode_revision: settings.map(|settings| settings.revision),
            calendars: view.all(None).collect::<Result<_, _>>()?,
            schedules: view.all(None).collect::<Result<_, _>>()?,
            levels: view.access_levels().collect::<Result<_, _>>()?,
            rules: view.rules().collect::<Result<_, _>>()?,
        })
    }

    /// An access level.
    pub fn level(&self, id: AccessLevelId) -> Option<&AccessLevel> {
        self.levels.iter().find(|level| level.id == id)
    }

    /// What people call a schedule.
    pub fn when(&self, when: When) -> String {
        when.words(|id| {
            self.schedules.iter().find(|schedule| schedule.id == id).map(|schedule| &schedule.name)
        })
    }

    /// The entity tag of all of it: another whenever anything in it is another.
    pub fn tag(&self) -> String {
        let mut hash = Sha256::new();
        let levels = self.levels.iter().map(|level| (level.id.0, level.revision));
        let rules = self.rules.iter().map(|rule| (rule.id.0, rule.revision));
        let schedules = self.schedules.iter().map(|schedule| (schedule.id.0, schedule.revision));
        let calendars = self.calendars.iter().map(|calendar| (calendar.id.0, calendar.revision));
        let mode = self.mode_revision.map(|revision| (Uuid::nil(), revision));
        for (id, revision) in levels.chain(rules).chain(schedules).chain(calendars).chain(mode) {
            hash.update(id.as_bytes());
            hash.update(revision.0.to_le_bytes());
        }
        hash.finalize().iter().take(8).fold(String::new(), |mut tag, byte| {
            // Writing to a string can't fail.
            let _ = write!(tag, "{byte:02x}");
            tag
        })
    }
}
