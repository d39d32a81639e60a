//! What a panel can be told in the version of the command set that it speaks, of what it should know.
//!
//! A session begins with HELLO, before anything else: whoever begins with an operation of version 1 has a panel forget what
//! that can't say. In version 1 a reader that opens by a schedule doesn't open, and there are no settings.

use std::collections::{BTreeMap, BTreeSet};

use panel_protocol::panel::VERSION;
use panel_protocol::schedule::{On, When};
use panel_protocol::table::{Profile, Setting, SettingKey};

use super::{DigestingPanel, Outcome, Phase};

/// The newest version that is spoken.
pub(super) const NEWEST: u8 = VERSION;

/// Profiles and settings that the panel should have.
#[derive(Debug)]
pub(super) struct Wanted {
    /// `None` until it was asked.
    version: Option<u8>,
    /// Most schedules that it takes, and as many calendars.
    room: usize,
    profiles: Vec<Profile>,
    /// The same as version 1 says them.
    plain: Vec<Profile>,
    settings: Vec<Setting>,
}

impl Wanted {
    pub(super) fn new(profiles: &[Profile]) -> Self {
        let mut wanted =
            Self { version: None, room: 0, profiles: Vec::new(), plain: Vec::new(), settings: Vec::new() };
        wanted.set_profiles(profiles);
        wanted
    }

    pub(super) fn set_profiles(&mut self, profiles: &[Profile]) {
        self.profiles = profiles.to_vec();
        self.plain = profiles.iter().map(plain).collect();
    }

    pub(super) fn set_settings(&mut self, settings: Vec<Setting>) {
        self.settings = settings;
    }

    pub(super) const fn version(&self) -> Option<u8> {
        self.version
    }

    /// Whether the panel knows no settings.
    pub(super) fn is_plain(&self) -> bool {
        self.version == Some(1)
    }

    pub(super) fn profiles(&self) -> &[Profile] {
        if self.is_plain() { &self.plain } else { &self.profiles }
    }

    /// What the panel may have in a profile's place that opens less by its number, and nothing else: what version 1 left
    /// of it.
    pub(super) fn is_less(&self, at: usize, held: &Profile) -> bool {
        let (Some(full), Some(plain)) = (self.profiles.get(at), self.plain.get(at)) else { return false };
        full != plain && (held == plain || *held == Profile::NEVER)
    }

    /// The profiles as a panel may have them that has just gone over to version 1 or away from it.
    pub(super) fn variants(&self) -> [Vec<Profile>; 3] {
        let forgotten = self.profiles.iter().zip(&self.plain);
        let forgotten = forgotten.map(|(full, plain)| if full == plain { *full } else { Profile::NEVER });
        [self.profiles.clone(), self.plain.clone(), forgotten.collect()]
    }

    /// The settings, as far as the panel has room for them. A schedule goes with its holidays or not at all.
    pub(super) fn settings(&self) -> BTreeMap<SettingKey, Setting> {
        if self.is_plain() {
            return BTreeMap::new();
        }
        let mut calendars = BTreeSet::new();
        let mut schedules = BTreeSet::new();
        for setting in &self.settings {
            let Setting::Schedule(number, schedule) = setting else { continue };
            let needed: BTreeSet<u8> = schedule.intervals().filter_map(|it| calendar(it.on())).collect();
            let all: BTreeSet<u8> = calendars.union(&needed).copied().collect();
            if schedules.len() < self.room && all.len() <= self.room {
                schedules.insert(*number);
                calendars = all;
            }
        }
        let fits = |setting: &&Setting| match setting {
            Setting::Schedule(number, _) => schedules.contains(number),
            Setting::Calendar(number, _) => calendars.contains(number),
            Setting::ClockChanges(_) | Setting::Door(..) => true,
        };
        self.settings.iter().filter(fits).filter_map(|it| Some((it.key()?, it.clone()))).collect()
    }

    /// How many schedules it has no room for.
    pub(super) fn left_out(&self) -> usize {
        let count = |it: &mut dyn Iterator<Item = &Setting>| {
            it.filter(|setting| matches!(setting, Setting::Schedule(..))).count()
        };
        match self.version {
            None | Some(1) => 0,
            Some(_) => count(&mut self.settings.iter()) - count(&mut self.settings().values()),
        }
    }
}

impl DigestingPanel {
    /// The session is of this version, with room for so many schedules.
    pub(super) fn agreed(&mut self, version: u8, schedules: u8) -> Outcome {
        let room = usize::from(schedules);
        self.greeted = true;
        if self.wanted.version != Some(version) || self.wanted.room != room {
            (self.wanted.version, self.wanted.room) = (Some(version), room);
            self.phase = Phase::Asking { resume: false };
            self.want_settings();
        }
        Outcome::Quiet
    }
}

fn plain(profile: &Profile) -> Profile {
    let of_version_1 = |when| if let When::Schedule(_) = when { When::Never } else { when };
    Profile::new(profile.as_bytes().iter().map(|code| of_version_1(When::from_code(*code))))
}

const fn calendar(on: On) -> Option<u8> {
    match on {
        On::Holidays(calendar) => Some(calendar),
        On::Weekdays(_) => None,
    }
}
