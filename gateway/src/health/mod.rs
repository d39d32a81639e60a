//! How the site is: from the conditions of devices, links, sources and the box's own parts to alarms, sentences and
//! the verdict. Pure: time is an argument, and nothing is asked of anything.
//!
//! [`Health`] is told what things *become*. Each kind of thing has one file that is its part of the table: what a
//! condition opens, what it closes, how bad it is and the one sentence that says so. [`Health::verdict`] puts the
//! sentences in the order in which somebody should care.
//!
//! | file | conditions of |
//! | --- | --- |
//! | `device` | controllers and readers |
//! | `link` | lines and other links |
//! | `clock`, `part` | disk, directory's writer, event log, clock, certificate, sign-in accounts |
//! | `source`, `event_source` | those who say who may carry which card |
//! | `exposure` | revoked cards that a device has not proven dead |

mod alarms;
mod clock;
mod device;
mod event_source;
mod exposure;
mod link;
mod part;
mod source;
mod verdict;
mod words;

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

pub use alarms::Alarms;
pub use clock::ClockWatch;
pub use device::{DeviceKind, DeviceSetup, DeviceStanding};
pub use event_source::{EventSourceFacts, event_source_findings};

pub use link::LinkStanding;
pub use part::PartStanding;
pub use source::{Reach, SourceFacts, source_findings};
pub use verdict::Seen;

use crate::domain::{
    Alarm, AlarmDeed, AlarmDeedError, AlarmKind, AlarmNumber, AlarmRecord, Became, ControllerId, Level,
    LineId, LinkCondition, LocalClock, Notice, Part, PartCondition,
};

/// Every bound of this module.
pub mod limits {
    use std::time::Duration;

    use jiff::SignedDuration;

    /// Most notices that are kept; the oldest go first.
    pub const MAX_NOTICES: usize = 20;

    /// Most names that one sentence lists.
    pub const MAX_NAMED: usize = 3;

    /// A device that was not heard for so long since the start is offline, not starting.
    pub const STARTING: SignedDuration = SignedDuration::from_secs(15);

    /// From so much on, a clock that shows something else than it should has been set.
    pub const CLOCK_JUMP: Duration = Duration::from_secs(60);

    /// For so long it is told that the clock was set.
    pub const CLOCK_JUMP_TOLD: Duration = Duration::from_secs(24 * 3600);

    /// A clock that no time server sets is told of after this.
    pub const CLOCK_ALONE: Duration = Duration::from_secs(15 * 60);

    /// Most alarms that are kept though they are over; the oldest go first.
    pub const MAX_OVER: usize = 200;

    /// Most comments of one alarm.
    pub const MAX_COMMENTS: usize = 50;

    /// An alarm is muted for so many days at the most.
    pub const MAX_MUTE_DAYS: i64 = 30;

    /// From so long before its end on, a token or a certificate is spoken of.
    pub const EXPIRY_WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);
}

/// How everything is that can be other than well. Devices and links are named by their place in the lists that it was
/// made from.
#[derive(Debug)]
pub struct Health {
    started: Timestamp,
    links: Vec<LinkStanding>,
    devices: Vec<DeviceStanding>,
    parts: BTreeMap<Part, PartStanding>,
    alarms: Alarms,
    notices: VecDeque<Notice>,
}

impl Health {
    /// Nothing has been heard yet.
    pub fn new(started: Timestamp, links: Vec<LineId>, devices: Vec<DeviceSetup>) -> Self {
        Self {
            started,
            links: links.into_iter().map(LinkStanding::new).collect(),
            devices: devices.into_iter().map(DeviceStanding::new).collect(),
            parts: BTreeMap::new(),
            alarms: Alarms::default(),
            notices: VecDeque::new(),
        }
    }

    /// A link became so. Gives the alarms that this opens or closes.
    pub fn link_became(&mut self, link: usize, now: Timestamp, became: &LinkCondition) -> Vec<Alarm> {
        let Some(standing) = self.links.get_mut(link) else { return Vec::new() };
        let effect = standing.become_so(now, became);
        self.take(now, effect)
    }

    /// A device became so. Gives the alarms that this opens or closes.
    pub fn device_became(&mut self, device: usize, now: Timestamp, became: &Became) -> Vec<Alarm> {
        let Some(standing) = self.devices.get_mut(device) else { return Vec::new() };
        let effect = standing.become_so(now, became);
        self.take(now, effect)
    }

    /// A part of the box became so, at `clock`'s now. Gives the alarms that this opens or closes.
    pub fn part_became(&mut self, clock: &LocalClock, became: PartCondition) -> Vec<Alarm> {
        let part = became.part();
        let known = self.parts.get(&part).filter(|known| known.condition.is_like(&became));
        let since = known.map_or(clock.now(), |known| known.since);
        let standing = PartStanding { since, condition: became };
        let effect = standing.effect(clock);
        self.parts.insert(part, standing);
        self.take(clock.now(), effect)
    }

    /// A device may be given a new key until then.
    pub fn install_mode(&mut self, device: usize, until: Timestamp) {
        if let Some(standing) = self.devices.get_mut(device) {
            standing.install_until = Some(until);
        }
    }

    /// Something that somebody should know, and that no condition tells.
    pub fn notice(&mut self, at: Timestamp, level: Level, text: String) {
        if self.notices.iter().any(|notice| notice.level == level && notice.text == text) {
            return;
        }
        self.notices.push_front(Notice { at, level, text });
        self.notices.truncate(limits::MAX_NOTICES);
    }

    /// A device's card table has no room for what it should hold.
    pub fn table_full(&mut self, now: Timestamp, controller: ControllerId, capacity: u32) -> Vec<Alarm> {
        let sentence = device::table_full(&controller, capacity);
        self.raise(now, AlarmKind::TableFull { controller }, sentence)
    }

    /// A device's card table holds what it should.
    pub fn table_fits(&mut self, now: Timestamp, controller: &ControllerId) -> Vec<Alarm> {
        self.clear(now, &AlarmKind::TableFull { controller: controller.clone() })
    }

    /// A device has overwritten so many more events before they could be fetched. One notice tells of all since the start.
    pub fn events_lost(&mut self, device: usize, now: Timestamp, count: u64) {
        let Some(standing) = self.devices.get_mut(device) else { return };
        let told = standing.lost_sentence();
        standing.events_lost += count;
        let sentence = standing.lost_sentence();
        self.notices.retain(|notice| notice.text != told);
        self.notice(now, Level::Attention, sentence);
    }

    /// Opens an alarm that is about no condition, such as that on mass revocation.
    pub fn raise(&mut self, now: Timestamp, what: AlarmKind, text: String) -> Vec<Alarm> {
        self.raise_whole(now, Alarm::new(what, text))
    }

    /// The same with all that is known of it.
    pub fn raise_whole(&mut self, now: Timestamp, alarm: Alarm) -> Vec<Alarm> {
        self.alarms.open(now, alarm).into_iter().collect()
    }

    /// Closes an alarm, if it is open.
    pub fn clear(&mut self, now: Timestamp, what: &AlarmKind) -> Vec<Alarm> {
        self.alarms.close(now, what).into_iter().collect()
    }

    /// Goes on with the alarms of an earlier run.
    pub fn resume_alarms(&mut self, alarms: Alarms) {
        self.alarms = alarms;
    }

    /// Does what somebody wants about an alarm.
    ///
    /// # Errors
    /// When that makes no sense; nothing has changed then.
    pub fn handle_alarm(
        &mut self,
        now: Timestamp,
        number: AlarmNumber,
        deed: &AlarmDeed,
        by: &str,
    ) -> Result<AlarmRecord, AlarmDeedError> {
        self.alarms.handle(now, number, deed, by)
    }

    /// Lets go of alarms that nobody needs any more, now that time has passed.
    pub fn forget_alarms(&mut self, now: Timestamp) {
        self.alarms.forget(now);
    }

    /// The alarms, with what is to be kept of them.
    pub const fn alarm_log(&self) -> &Alarms {
        &self.alarms
    }

    /// Every alarm that is open, that somebody should still see, or that is muted; oldest first.
    pub fn alarm_records(&self) -> &[AlarmRecord] {
        self.alarms.records()
    }

    /// The links, in their order.
    pub fn links(&self) -> &[LinkStanding] {
        &self.links
    }

    /// A device, as it stands at `now`; `heard` is when it last said anything.
    pub fn device(&self, device: usize, now: Timestamp, heard: Option<Timestamp>) -> Option<DeviceStanding> {
        Some(self.devices.get(device)?.at(now, self.started, heard))
    }

    /// How a part of the box is; `None` before anything was told of it.
    pub fn part(&self, part: Part) -> Option<&PartStanding> {
        self.parts.get(&part)
    }

    /// The parts of the box of which something was told.
    pub fn parts(&self) -> impl Iterator<Item = &PartStanding> {
        self.parts.values()
    }

    /// The open alarms with when each was opened, oldest first.
    pub fn alarms(&self) -> impl DoubleEndedIterator<Item = (Timestamp, &Alarm)> {
        self.open_alarms().map(|record| (record.since, &record.alarm))
    }

    /// The same with what people did about them.
    pub fn open_alarms(&self) -> impl DoubleEndedIterator<Item = &AlarmRecord> {
        self.alarms.open_ones()
    }

    /// What somebody should know, newest first.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.notices.iter()
    }

    fn take(&mut self, now: Timestamp, effect: Effect) -> Vec<Alarm> {
        let mut changes: Vec<Alarm> =
            effect.closes.iter().filter_map(|what| self.alarms.close(now, what)).collect();
        if let Some(what) = effect.opens {
            changes.extend(self.alarms.open(now, Alarm::new(what, effect.sentence)));
        } else if let Some(level) = effect.notice {
            self.notice(now, level, effect.sentence);
        }
        changes
    }
}

/// What follows when something becomes so: a row of the table.
#[derive(Clone, PartialEq, Debug)]
struct Effect {
    /// The alarm that it opens, with the sentence as its text.
    opens: Option<AlarmKind>,
    /// The alarms that it closes.
    closes: Vec<AlarmKind>,
    /// How loudly it is told where it opens no alarm; `None`: its condition tells it, or nothing needs to.
    notice: Option<Level>,
    /// The one sentence.
    sentence: String,
}

impl Effect {
    /// A sentence of which nothing follows.
    fn none(sentence: String) -> Self {
        Self { opens: None, closes: Vec::new(), notice: None, sentence }
    }

    fn opening(self, what: AlarmKind) -> Self {
        Self { opens: Some(what), ..self }
    }

    fn closing(self, closes: Vec<AlarmKind>) -> Self {
        Self { closes, ..self }
    }

    fn noticed(self, level: Option<Level>) -> Self {
        Self { notice: level, ..self }
    }
}

#[cfg(test)]
mod tests;
