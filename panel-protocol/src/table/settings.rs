//! All settings of a controller, as it keeps them.

use heapless::Vec;

use super::setting::{Kind, Setting, SettingKey};
use crate::decide::DoorSettings;
use crate::limits::MAX_READERS;
use crate::schedule::{Calendar, ClockChanges, Hours, Numbered, Schedule};

/// At most `S` schedules and `S` calendars; clock changes; the settings of every reader's door.
#[derive(Clone, Debug, Default)]
pub struct Settings<const S: usize> {
    schedules: Vec<Numbered<Schedule>, S>,
    calendars: Vec<Numbered<Calendar>, S>,
    clock_changes: ClockChanges,
    doors: Vec<Numbered<DoorSettings>, MAX_READERS>,
}

/// There is no room for one more schedule or calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettingsFull;

impl<const S: usize> Settings<S> {
    /// None.
    pub const fn new() -> Self {
        Self { schedules: Vec::new(), calendars: Vec::new(), clock_changes: Vec::new(), doors: Vec::new() }
    }

    /// What profiles and doors go by.
    pub fn hours(&self) -> Hours<'_> {
        Hours { clock_changes: &self.clock_changes, schedules: &self.schedules, calendars: &self.calendars }
    }

    /// How the door of a reader decides.
    pub fn door(&self, reader: u8) -> &DoorSettings {
        Numbered::find(&self.doors, reader).unwrap_or(&DoorSettings::PLAIN)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.schedules.len()
            + self.calendars.len()
            + self.doors.len()
            + usize::from(!self.clock_changes.is_empty())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The setting with that key.
    pub fn get(&self, key: SettingKey) -> Option<Setting> {
        self.iter().find(|setting| setting.key() == Some(key))
    }

    /// All settings, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = Setting> {
        let schedules = self.schedules.iter().map(|item| Setting::Schedule(item.number, item.value.clone()));
        let calendars = self.calendars.iter().map(|item| Setting::Calendar(item.number, item.value.clone()));
        let changes =
            (!self.clock_changes.is_empty()).then(|| Setting::ClockChanges(self.clock_changes.clone()));
        let doors = self.doors.iter().map(|item| Setting::Door(item.number, item.value));
        schedules.chain(calendars).chain(changes).chain(doors)
    }

    /// Adds a setting, or puts it in the place of the one with its key.
    ///
    /// # Errors
    /// When there is no room, or its number is none; nothing has changed then.
    pub fn put(&mut self, setting: Setting) -> Result<(), SettingsFull> {
        if setting.key().is_none() {
            return Err(SettingsFull);
        }
        match setting {
            Setting::Schedule(number, value) => put(&mut self.schedules, number, value),
            Setting::Calendar(number, value) => put(&mut self.calendars, number, value),
            Setting::Door(reader, value) => put(&mut self.doors, reader, value),
            Setting::ClockChanges(changes) => {
                self.clock_changes = changes;
                Ok(())
            }
        }
    }

    /// Removes a setting; whether there was one.
    pub fn remove(&mut self, key: SettingKey) -> bool {
        match key.kind {
            Kind::Schedule => remove(&mut self.schedules, key.number),
            Kind::Calendar => remove(&mut self.calendars, key.number),
            Kind::ClockChanges => !core::mem::take(&mut self.clock_changes).is_empty(),
            Kind::Door => remove(&mut self.doors, key.number),
        }
    }
}

fn put<T, const N: usize>(list: &mut Vec<Numbered<T>, N>, number: u8, value: T) -> Result<(), SettingsFull> {
    match list.binary_search_by_key(&number, |item| item.number) {
        Ok(at) => {
            list[at].value = value;
            Ok(())
        }
        Err(at) => list.insert(at, Numbered { number, value }).map_err(|_| SettingsFull),
    }
}

fn remove<T, const N: usize>(list: &mut Vec<Numbered<T>, N>, number: u8) -> bool {
    let at = list.binary_search_by_key(&number, |item| item.number);
    at.map(|at| list.remove(at)).is_ok()
}
