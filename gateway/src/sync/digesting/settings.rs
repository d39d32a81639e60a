//! A panel's settings: what it is told of schedules, holidays, clock changes and doors, and what it has shown of that.
//!
//! Schedules that nobody has any more go first, then what is named comes before what names it, and holidays go last: so
//! no door opens for a moment by a schedule without its holidays, and none is shut that should open.

use std::collections::BTreeMap;

use panel_protocol::schedule::{On, When};
use panel_protocol::table::{Profile, Row, Setting, SettingKey};

use super::limits::{MAX_CHANGES_AT_ONCE, MAX_SETTINGS};
use super::{
    Credential, DesiredTable, DigestingPanel, Held, InFlight, Item, Outcome, Phase, Room, Status, Timestamp,
};

impl DigestingPanel {
    /// The settings that it should have have changed, or what it can be told of them.
    pub(super) fn want_settings(&mut self) {
        self.desired.clear_settings();
        self.desired_settings = self.wanted.settings();
        self.desired_settings.values().for_each(|setting| self.desired.add_setting(setting));
        self.settings_full = false;
    }

    /// Whether a setting is to be put or deleted.
    pub(super) fn settings_due(&self) -> bool {
        let differ = self.held.settings().is_some_and(|held| *held != self.desired_settings);
        differ && (!self.settings_full || self.next_setting_to_delete(true).is_some())
    }

    /// The next change of settings.
    pub(super) fn change_settings(&self, room: &mut dyn Room) -> Option<InFlight> {
        let deleted = self.delete_settings(room, self.settings_full);
        deleted.or_else(|| self.put_settings(room)).or_else(|| self.delete_settings(room, true))
    }

    fn delete_settings(&self, room: &mut dyn Room, holidays_too: bool) -> Option<InFlight> {
        let gone = self.settings_to_delete(holidays_too);
        let keys: Vec<SettingKey> = gone.take_while(|key| room.delete_setting(*key)).collect();
        (!keys.is_empty()).then_some(InFlight::DeleteSettings(keys))
    }

    fn next_setting_to_delete(&self, holidays_too: bool) -> Option<SettingKey> {
        self.settings_to_delete(holidays_too).next()
    }

    fn settings_to_delete(&self, holidays_too: bool) -> impl Iterator<Item = SettingKey> {
        let held = self.held.settings().into_iter().flatten();
        let gone = held.filter(|(key, _)| !self.desired_settings.contains_key(key));
        gone.filter(move |(_, it)| holidays_too || matches!(it, Setting::Schedule(..))).map(|(key, _)| *key)
    }

    fn put_settings(&self, room: &mut dyn Room) -> Option<InFlight> {
        let mut due: Vec<&Setting> = self
            .desired_settings
            .iter()
            .filter(|(key, it)| self.held_setting(**key) != Some(*it))
            .map(|(_, it)| it)
            .collect();
        due.sort_by_key(|setting| match setting {
            Setting::ClockChanges(_) => 0,
            Setting::Calendar(..) => 1,
            Setting::Schedule(..) => 2,
            Setting::Door(..) => 3,
        });
        let put: Vec<Setting> = due.into_iter().take_while(|it| room.put_setting(it)).cloned().collect();
        (!put.is_empty()).then_some(InFlight::PutSettings(put))
    }

    fn held_setting(&self, key: SettingKey) -> Option<&Setting> {
        self.held.settings()?.get(&key)
    }

    /// Rows in the places of others that name nothing that is still to come: they go first, because they may take access
    /// away.
    pub(super) fn put_over(&mut self, table: DesiredTable<'_>, room: &mut dyn Room) -> Option<InFlight> {
        let over: Vec<(Credential, Row)> = self.held.puts_over_rows().take(MAX_CHANGES_AT_ONCE).collect();
        let mut items = Vec::new();
        for (credential, held) in over {
            let Some(row) = table.row(credential).filter(|row| self.is_named(row)) else { continue };
            if !room.put(&row) {
                break;
            }
            self.held.take(credential);
            items.push(Item { credential, before: Held::Row(Some(held)), after: Some(row) });
        }
        (!items.is_empty()).then_some(InFlight::Change(items))
    }

    /// Whether the panel has all that a row names, as it should be.
    fn is_named(&self, row: &Row) -> bool {
        let at = usize::from(row.profile);
        let profile = self.held.profiles.as_ref().and_then(|held| held.get(at));
        profile.is_some_and(|held| Some(held) == self.wanted_profiles().get(at) && self.has_schedules(held))
    }

    fn has_schedules(&self, profile: &Profile) -> bool {
        let has = |key: Option<SettingKey>| {
            key.is_some_and(|key| self.held_setting(key) == self.desired_settings.get(&key))
        };
        profile.as_bytes().iter().all(|code| match When::from_code(*code) {
            When::Never | When::Always => true,
            When::Schedule(number) => {
                let key = SettingKey::schedule(number);
                let setting = key.and_then(|key| self.desired_settings.get(&key));
                let holidays = match setting {
                    Some(Setting::Schedule(_, schedule)) => {
                        schedule.intervals().all(|interval| match interval.on() {
                            On::Holidays(calendar) => has(SettingKey::calendar(calendar)),
                            On::Weekdays(_) => true,
                        })
                    }
                    _ => true,
                };
                has(key) && holidays && has(Some(SettingKey::CLOCK_CHANGES))
            }
        })
    }

    /// Settings have been read.
    pub(super) fn read_settings(&mut self, now: Timestamp, more: bool, settings: &[Setting]) -> Outcome {
        if !matches!(self.phase, Phase::ReadingSettings) {
            return Outcome::Quiet;
        }
        for setting in settings {
            let last = self.settings_page.last_key_value().map(|(key, _)| *key);
            let key = setting.key().filter(|key| last.is_none_or(|last| last < *key));
            let Some(key) = key.filter(|_| self.settings_page.len() < MAX_SETTINGS) else {
                return Outcome::Violation("the settings it lists are out of order or too many");
            };
            self.settings_page.insert(key, setting.clone());
        }
        if more {
            let promise = Outcome::Violation("it lists no settings and promises more");
            return if settings.is_empty() { promise } else { Outcome::Quiet };
        }
        let settings = std::mem::take(&mut self.settings_page);
        self.held.set_settings(settings);
        self.compared(now)
    }

    pub(super) fn settings_put(
        &mut self,
        now: Timestamp,
        put: Vec<Setting>,
        status: Status,
        digest: u64,
        applied: usize,
    ) -> Outcome {
        let done = match status {
            Status::Done => put.len(),
            Status::TableFull if applied < put.len() => applied,
            _ => {
                self.lose(InFlight::PutSettings(put));
                return Outcome::Violation("it could not carry out a change of settings");
            }
        };
        self.settings_full = status == Status::TableFull;
        for setting in put.into_iter().take(done) {
            if let Some(key) = setting.key() {
                self.held.applied_setting(key, Some(setting));
            }
        }
        self.settings_changed(now, digest)
    }

    pub(super) fn settings_deleted(&mut self, now: Timestamp, keys: &[SettingKey], digest: u64) -> Outcome {
        keys.iter().for_each(|key| self.held.applied_setting(*key, None));
        self.settings_full = false;
        self.settings_changed(now, digest)
    }

    /// A change of settings proves what a change of rows does.
    fn settings_changed(&mut self, now: Timestamp, digest: u64) -> Outcome {
        self.reported = digest;
        match self.held.digest() {
            Some(believed) if self.held.is_known() && believed == digest => self.verified(now),
            Some(_) if self.held.is_known() => {
                self.resyncs += 1;
                self.phase = Phase::Asking { resume: false };
                Outcome::Quiet
            }
            _ => Outcome::Quiet,
        }
    }

    /// Whether settings that were under way fit the reported digest, carried out or not. With rows under way, too, that is
    /// not to be told apart.
    pub(super) fn settle_settings(&mut self) -> bool {
        let under_way = std::mem::take(&mut self.uncertain_settings);
        if under_way.is_empty() || self.held.digest() == Some(self.reported) {
            return true;
        }
        if !self.uncertain.is_empty() {
            return false;
        }
        for (key, after) in under_way {
            self.held.applied_setting(key, after);
        }
        self.held.digest() == Some(self.reported)
    }

    /// All bucket digests are there: what settings there are is read, unless the digest tells.
    pub(super) fn buckets_compared(&mut self, now: Timestamp) -> Outcome {
        let candidates = if self.wanted.is_plain() {
            vec![BTreeMap::new()]
        } else {
            vec![BTreeMap::new(), self.desired_settings.clone()]
        };
        for settings in candidates {
            self.held.set_settings(settings);
            if self.wanted.is_plain() || self.find_profiles().is_some() {
                return self.compared(now);
            }
        }
        self.held.forget_settings();
        self.settings_page.clear();
        self.phase = Phase::ReadingSettings;
        Outcome::Quiet
    }
}
