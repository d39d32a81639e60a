//! How lines and controllers are, what is wrong with them, and what somebody should know. Time is an argument.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::domain::{
    Alarm, AlarmKind, Became, ControllerId, DeviceCondition, Level, LineId, LinkCondition, Notice,
};

/// Most notices that are kept; the oldest go first.
const MAX_NOTICES: usize = 20;

/// One line as its task tells it.
#[derive(Clone, Debug)]
pub(super) struct LineBoard {
    pub(super) id: LineId,
    pub(super) state: LinkCondition,
    pub(super) since: Option<Timestamp>,
}

/// One controller as its line's task tells it.
#[derive(Clone, Debug)]
pub(super) struct ControllerBoard {
    pub(super) id: ControllerId,
    pub(super) state: DeviceCondition,
    pub(super) since: Option<Timestamp>,
    pub(super) install_until: Option<Timestamp>,
}

/// The whole.
#[derive(Debug)]
pub struct Board {
    pub(super) lines: Vec<LineBoard>,
    pub(super) controllers: Vec<ControllerBoard>,
    pub(super) alarms: Vec<(Timestamp, Alarm)>,
    pub(super) notices: VecDeque<Notice>,
}

impl Board {
    /// Nothing has been heard yet.
    pub fn new(lines: Vec<LineId>, controllers: Vec<ControllerId>) -> Self {
        let not_open = || LinkCondition::Down { why: "not opened yet".to_owned() };
        Self {
            lines: lines.into_iter().map(|id| LineBoard { id, state: not_open(), since: None }).collect(),
            controllers: controllers
                .into_iter()
                .map(|id| ControllerBoard {
                    id,
                    state: DeviceCondition::Starting,
                    since: None,
                    install_until: None,
                })
                .collect(),
            alarms: Vec::new(),
            notices: VecDeque::new(),
        }
    }

    /// Something that somebody should know.
    pub fn notice(&mut self, at: Timestamp, level: Level, text: String) {
        self.notices.push_front(Notice { at, level, text });
        self.notices.truncate(MAX_NOTICES);
    }

    /// How a line is from now on. Gives the alarms that this raises or clears.
    pub fn line(&mut self, line: usize, now: Timestamp, condition: &LinkCondition) -> Vec<Alarm> {
        let Some(board) = self.lines.get_mut(line) else { return Vec::new() };
        let what = AlarmKind::LineDown { line: board.id.clone() };
        board.since = Some(now);
        board.state = condition.clone();
        match condition.why() {
            None => self.clear(&what),
            Some(why) => {
                let text = format!("Line {} {}: {why}", board.id, condition.words());
                self.raise(now, what, text)
            }
        }
    }

    /// What a controller became. Gives the alarms that this raises or clears.
    pub fn controller(&mut self, controller: usize, now: Timestamp, became: &Became) -> Vec<Alarm> {
        let Some(board) = self.controllers.get_mut(controller) else { return Vec::new() };
        let text = format!("{} {}", board.id, became.why());
        let enrolling = board.install_until.is_some_and(|until| now < until);
        if let Became::InstallModeOver { .. } = became {
            board.install_until = None;
        }
        if let Some(state) = state_after(became, enrolling) {
            board.become_state(now, state);
        }
        let id = board.id.clone();
        match became {
            Became::Condition { is: DeviceCondition::Online, .. } => self.all_well(&id),
            Became::Identified { .. } => self.clear(&AlarmKind::ControllerOffline { controller: id }),
            _ => match alarm_of(became, id) {
                Some(what) => self.raise(now, what, text),
                None => {
                    if let Some(level) = notice_level(became) {
                        self.notice(now, level, text);
                    }
                    Vec::new()
                }
            },
        }
    }

    /// A session is up, so whatever stood in its way is over.
    fn all_well(&mut self, id: &ControllerId) -> Vec<Alarm> {
        let controller = || id.clone();
        [
            AlarmKind::ControllerOffline { controller: controller() },
            AlarmKind::WrongKey { controller: controller() },
            AlarmKind::BadMac { controller: controller() },
            AlarmKind::Swapped { controller: controller() },
        ]
        .iter()
        .flat_map(|what| self.clear(what))
        .collect()
    }

    /// A controller may be given a new key until then.
    pub fn install_mode(&mut self, controller: usize, until: Timestamp) {
        if let Some(board) = self.controllers.get_mut(controller) {
            board.install_until = Some(until);
        }
    }

    /// Raises an alarm, unless it is up already with the same words.
    pub fn raise(&mut self, now: Timestamp, what: AlarmKind, text: String) -> Vec<Alarm> {
        let alarm = Alarm { what, text, cleared: false };
        match self.alarms.iter_mut().find(|(_, up)| up.what == alarm.what) {
            Some((_, up)) if *up == alarm => Vec::new(),
            Some((_, up)) => {
                *up = alarm;
                Vec::new()
            }
            None => {
                self.alarms.push((now, alarm.clone()));
                vec![alarm]
            }
        }
    }

    /// Clears an alarm, if it is up.
    pub fn clear(&mut self, what: &AlarmKind) -> Vec<Alarm> {
        let Some(at) = self.alarms.iter().position(|(_, up)| up.what == *what) else { return Vec::new() };
        let (_, alarm) = self.alarms.remove(at);
        vec![Alarm { cleared: true, ..alarm }]
    }
}

impl ControllerBoard {
    fn become_state(&mut self, now: Timestamp, state: DeviceCondition) {
        if self.state != state || self.since.is_none() {
            self.state = state;
            self.since = Some(now);
        }
    }
}

/// How a controller is after that, if it changes how it is.
const fn state_after(became: &Became, enrolling: bool) -> Option<DeviceCondition> {
    Some(match became {
        Became::Condition { is, .. } => *is,
        Became::Identified { .. } if enrolling => DeviceCondition::Enrolling,
        Became::Identified { .. } | Became::SecurityIncident { .. } => DeviceCondition::Starting,
        Became::InstallModeOver { .. } | Became::Remark { .. } => return None,
    })
}

/// The alarm that it raises.
fn alarm_of(became: &Became, controller: ControllerId) -> Option<AlarmKind> {
    Some(match became {
        Became::Condition { is: DeviceCondition::Offline, .. } => AlarmKind::ControllerOffline { controller },
        Became::Condition { is: DeviceCondition::WrongKey, .. } => AlarmKind::WrongKey { controller },
        Became::Condition { is: DeviceCondition::Swapped, .. } => AlarmKind::Swapped { controller },
        Became::SecurityIncident { .. } => AlarmKind::BadMac { controller },
        _ => return None,
    })
}

/// How loudly something that is no alarm is told.
const fn notice_level(became: &Became) -> Option<Level> {
    match became {
        Became::Condition { is: DeviceCondition::Unsupported | DeviceCondition::NoSecureChannel, .. }
        | Became::InstallModeOver { new_key: false, .. } => Some(Level::Attention),
        Became::Remark { level, .. } => *level,
        _ => None,
    }
}
