//! How lines and controllers are, what is wrong with them, and what somebody should know. Time is an argument.

use std::collections::VecDeque;

use jiff::Timestamp;
use panel_protocol::osdp::cp::{Event, KeyFault, LossCause};
use panel_protocol::osdp::reply::NakReason;

use crate::domain::{Alarm, AlarmKind, ControllerId, Level, LineId, Notice};
use crate::links::osdp::{LineEvent, LinkEvent};
use crate::views::{ControllerState, LineState};

/// Most notices that are kept; the oldest go first.
const MAX_NOTICES: usize = 20;

/// One line as its task tells it.
#[derive(Clone, Debug)]
pub(super) struct LineBoard {
    pub(super) id: LineId,
    pub(super) state: LineState,
    pub(super) since: Option<Timestamp>,
}

/// One controller as its line's task tells it.
#[derive(Clone, Debug)]
pub(super) struct ControllerBoard {
    pub(super) id: ControllerId,
    pub(super) state: ControllerState,
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
        let not_open = || LineState::Down { why: "not opened yet".to_owned() };
        Self {
            lines: lines.into_iter().map(|id| LineBoard { id, state: not_open(), since: None }).collect(),
            controllers: controllers
                .into_iter()
                .map(|id| ControllerBoard {
                    id,
                    state: ControllerState::Starting,
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

    /// A line's port opened, or is gone. Gives the alarms that this raises or clears.
    pub fn line(&mut self, line: usize, now: Timestamp, event: &LineEvent) -> Vec<Alarm> {
        let Some(board) = self.lines.get_mut(line) else { return Vec::new() };
        let what = AlarmKind::LineDown { line: board.id.clone() };
        board.since = Some(now);
        match event {
            LineEvent::Up => {
                board.state = LineState::Up;
                self.clear(&what)
            }
            LineEvent::Down(why) => {
                board.state = LineState::Down { why: why.clone() };
                let text = format!("Line {} is down: {why}", board.id);
                self.raise(now, what, text)
            }
        }
    }

    /// Something happened to a controller. Gives the alarms that this raises or clears.
    pub fn controller(&mut self, controller: usize, now: Timestamp, event: &LinkEvent) -> Vec<Alarm> {
        let Some(board) = self.controllers.get_mut(controller) else { return Vec::new() };
        let text = format!("{} {event}", board.id);
        let enrolling = board.install_until.is_some_and(|until| now < until);
        if let LinkEvent::Wire(Event::KeyInstalled | Event::KeyKept | Event::KeyRefused { .. }) = event {
            board.install_until = None;
        }
        if let Some(state) = state_after(event, enrolling) {
            board.become_state(now, state);
        }
        let id = board.id.clone();
        match event {
            LinkEvent::Wire(Event::SecureUp) => self.all_well(&id),
            LinkEvent::Wire(Event::Online { .. }) => {
                self.clear(&AlarmKind::ControllerOffline { controller: id })
            }
            _ => match alarm_of(event, id) {
                Some(what) => self.raise(now, what, text),
                None => {
                    if let Some(level) = notice_level(event) {
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
    fn become_state(&mut self, now: Timestamp, state: ControllerState) {
        if self.state != state || self.since.is_none() {
            self.state = state;
            self.since = Some(now);
        }
    }
}

/// Whether a session that was refused for this reason only needs to be tried again: the device may have missed a frame.
const fn is_passing(fault: KeyFault) -> bool {
    matches!(fault, KeyFault::Malformed | KeyFault::Refused(NakReason::Check | NakReason::Sequence))
}

/// How a controller is after an event, if that changes it.
const fn state_after(event: &LinkEvent, enrolling: bool) -> Option<ControllerState> {
    Some(match event {
        LinkEvent::Wire(Event::Online { .. }) if enrolling => ControllerState::Enrolling,
        LinkEvent::Wire(Event::Online { .. } | Event::SecureLost { .. }) => ControllerState::Starting,
        LinkEvent::Wire(Event::SecureUp) => ControllerState::Online,
        LinkEvent::Wire(Event::Offline { .. }) => ControllerState::Offline,
        LinkEvent::Wire(Event::NoSession { fault: KeyFault::NoKey }) => ControllerState::NotEnrolled,
        LinkEvent::Wire(Event::NoSession { fault: KeyFault::NoSecureChannel }) => {
            ControllerState::Unsupported
        }
        LinkEvent::Wire(Event::NoSession { fault }) if is_passing(*fault) => ControllerState::Starting,
        LinkEvent::Wire(Event::NoSession { .. }) | LinkEvent::KeyUnusable(_) => ControllerState::WrongKey,
        LinkEvent::Wire(Event::Swapped { .. }) => ControllerState::Swapped,
        LinkEvent::Nonsense | LinkEvent::Wire(Event::NoIdentity { .. }) => ControllerState::Unsupported,
        LinkEvent::Wire(
            Event::KeyInstalled
            | Event::KeyKept
            | Event::KeyRefused { .. }
            | Event::Moved { .. }
            | Event::NotMoved { .. }
            | Event::FileSent { .. }
            | Event::FileFailed { .. }
            | Event::Deviates { .. },
        )
        | LinkEvent::Refused(_)
        | LinkEvent::KeySaved
        | LinkEvent::KeyNotSaved(_) => return None,
    })
}

/// The alarm that an event raises.
fn alarm_of(event: &LinkEvent, controller: ControllerId) -> Option<AlarmKind> {
    Some(match event {
        LinkEvent::Wire(Event::Offline { .. }) => AlarmKind::ControllerOffline { controller },
        LinkEvent::Wire(Event::SecureLost { cause: LossCause::BadMac }) => AlarmKind::BadMac { controller },
        LinkEvent::Wire(Event::NoSession { fault: KeyFault::NoKey | KeyFault::NoSecureChannel }) => {
            return None;
        }
        LinkEvent::Wire(Event::NoSession { fault }) if is_passing(*fault) => return None,
        LinkEvent::Wire(Event::NoSession { .. }) | LinkEvent::KeyUnusable(_) => {
            AlarmKind::WrongKey { controller }
        }
        LinkEvent::Wire(Event::Swapped { .. }) => AlarmKind::Swapped { controller },
        _ => return None,
    })
}

/// How loudly an event that is no alarm is told.
const fn notice_level(event: &LinkEvent) -> Option<Level> {
    match event {
        LinkEvent::KeySaved => Some(Level::Well),
        LinkEvent::Wire(
            Event::KeyKept
            | Event::KeyRefused { .. }
            | Event::FileFailed { .. }
            | Event::Moved { .. }
            | Event::NotMoved { .. },
        )
        | LinkEvent::Nonsense => Some(Level::Attention),
        LinkEvent::KeyNotSaved(_)
        | LinkEvent::Wire(Event::NoIdentity { .. } | Event::NoSession { fault: KeyFault::NoSecureChannel }) => {
            Some(Level::Problem)
        }
        _ => None,
    }
}
