//! How devices are: what each of their conditions opens and closes, and what a device that was never heard counts as.

use jiff::Timestamp;

use super::Effect;
use super::limits::STARTING;
use super::words::counted;
use crate::domain::{AlarmKind, Became, ControllerId, DeviceCondition};

/// A device, as the configuration has it.
#[derive(Clone, Debug)]
pub struct DeviceSetup {
    /// Its name.
    pub id: ControllerId,
    /// The link that it hangs on, by its place among the links.
    pub link: usize,
    /// What it is.
    pub kind: DeviceKind,
    /// Whether it is talked to without secure channel, by the installer's word.
    pub in_clear: bool,
}

/// What a device is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeviceKind {
    /// It holds a card table and decides by itself.
    Panel,
    /// It reads cards, and the gateway decides.
    Reader,
    /// It has outputs and inputs alone.
    Board,
}

/// How a device is.
#[derive(Clone, Debug)]
pub struct DeviceStanding {
    /// Which.
    pub setup: DeviceSetup,
    /// How it is.
    pub condition: DeviceCondition,
    /// Since when; `None` before anything was told of it.
    pub since: Option<Timestamp>,
    /// Why it is so, as its link tells it.
    pub why: String,
    /// Until when it may be given a new key.
    pub install_until: Option<Timestamp>,
    /// Events that it has overwritten before they could be fetched, since the service started.
    pub(super) events_lost: u64,
}

impl DeviceStanding {
    pub(super) fn new(setup: DeviceSetup) -> Self {
        let condition = DeviceCondition::Starting;
        Self { setup, condition, since: None, why: String::new(), install_until: None, events_lost: 0 }
    }

    pub(super) fn become_so(&mut self, now: Timestamp, became: &Became) -> Effect {
        let is_news = self.change(now, became);
        effect(&self.setup.id, became, is_news)
    }

    /// Whether it is otherwise now than it was.
    fn change(&mut self, now: Timestamp, became: &Became) -> bool {
        let enrolling = self.install_until.is_some_and(|until| now < until);
        let condition = match became {
            Became::Condition { is, .. } => *is,
            Became::Identified { .. } if enrolling => DeviceCondition::Enrolling,
            Became::Identified { .. } | Became::SecurityIncident { .. } => DeviceCondition::Starting,
            Became::InstallModeOver { .. } => {
                self.install_until = None;
                return true;
            }
            Became::Remark { .. } => return true,
        };
        became.why().clone_into(&mut self.why);
        let is_news = self.condition != condition || self.since.is_none();
        if is_news {
            self.condition = condition;
            self.since = Some(now);
        }
        is_news
    }

    /// That events are gone.
    pub(super) fn lost_sentence(&self) -> String {
        let events = counted(self.events_lost, "event", "events");
        format!(
            "{events} of {} can't be told: it kept more than it has room for while nobody fetched them, and overwrote the \
             oldest.",
            self.setup.id
        )
    }

    /// As it stands at `now`: a device that nobody has heard since the start is not starting for ever.
    pub(super) fn at(&self, now: Timestamp, started: Timestamp, heard: Option<Timestamp>) -> Self {
        let mut standing = self.clone();
        standing.install_until = self.install_until.filter(|until| now < *until);
        let never_heard = self.condition == DeviceCondition::Starting && heard.is_none();
        if never_heard && now.duration_since(started) > STARTING {
            standing.condition = DeviceCondition::Offline;
            standing.since = Some(started);
        }
        standing
    }
}

/// The rows of the table. A session that is up closes whatever stood in its way; a device that answers is not offline.
fn effect(id: &ControllerId, became: &Became, is_news: bool) -> Effect {
    use DeviceCondition as Is;
    let controller = || id.clone();
    let row = Effect::none(format!("{id} {}", became.why()));
    match became {
        Became::Condition { is: Is::Online | Is::Unsupervised, .. } => row.closing(vec![
            AlarmKind::ControllerOffline { controller: controller() },
            AlarmKind::WrongKey { controller: controller() },
            AlarmKind::BadMac { controller: controller() },
            AlarmKind::Swapped { controller: controller() },
        ]),
        Became::Condition { is: Is::Offline, .. } => {
            row.opening(AlarmKind::ControllerOffline { controller: controller() })
        }
        Became::Condition { is: Is::WrongKey, .. } => {
            row.opening(AlarmKind::WrongKey { controller: controller() })
        }
        Became::Condition { is: Is::Swapped, .. } => {
            row.opening(AlarmKind::Swapped { controller: controller() })
        }
        Became::SecurityIncident { .. } => row.opening(AlarmKind::BadMac { controller: controller() }),
        Became::Identified { .. } => {
            row.closing(vec![AlarmKind::ControllerOffline { controller: controller() }])
        }
        // The verdict says it for as long as it is so; the words beside it say why, once.
        Became::Condition { is: is @ (Is::Unsupported | Is::NoSecureChannel), .. } => {
            row.noticed(is_news.then_some(is.level()))
        }
        Became::Condition { is: Is::Starting | Is::Enrolling | Is::NotEnrolled, .. } => row,
        Became::InstallModeOver { new_key: true, .. } => row,
        Became::InstallModeOver { new_key: false, .. } => row.noticed(Some(crate::domain::Level::Attention)),
        Became::Remark { level, .. } => row.noticed(*level),
    }
}

/// That a card table is full.
pub(super) fn table_full(id: &ControllerId, capacity: u32) -> String {
    format!(
        "The card table of {id} is full at {capacity} rows: newer cards don't open its doors. Deactivate cards that are no \
         longer needed, or install a larger controller."
    )
}
