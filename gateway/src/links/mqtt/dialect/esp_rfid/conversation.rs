//! One board at the broker: asked whether it is there, told one command at a time, believed only when its list shows it.
//!
//! The board has no question that is answered and harmless, so it is asked to delete a card that no reader can read: the
//! acknowledgement says that it is there, and behind a list that the list has come to its end.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use panel_protocol::decide::Reason;
use panel_protocol::time::Micros;
use serde_json::{Map, Value};

use super::list::List;
use super::room::{Command, OneCommand};
use super::said::Said;
use super::{EspRfid, told};
use crate::domain::{Became, DeviceCondition, FaultCounts};
use crate::links::mqtt::limits::{
    ANSWER_TIMEOUT, HELLO_PAUSE, HELLO_TIMEOUT, HELLO_TRIES, NONSENSE_PAUSE, OPERATION_EXPIRY, QUIET_TIME,
};
use crate::links::mqtt::message::{Outgoing, Quality};
use crate::links::mqtt::talk::{Done, Input, Output, Standing, Talk, Wish};
use crate::links::{ActuateError, Decided, Heard};
use crate::sync::{Answer, Failure, Room};

/// A name that no card has.
const NO_CARD: &str = "none";

/// The machine.
#[derive(Debug)]
pub(in crate::links::mqtt) struct Conversation {
    board: EspRfid,
    stage: Stage,
    under_way: Option<UnderWay>,
    condition: DeviceCondition,
    hostname: Option<String>,
    /// It may have lost its power, or have been replaced, since it was last told of as online.
    is_anew: bool,
    last_heard: Option<Micros>,
    spared_until: Micros,
    told_nonsense: bool,
    /// What it last told of a card, in case the broker delivers it twice.
    last_access: Option<Said>,
    faults: FaultCounts,
    sent: u64,
    received: u64,
    outputs: VecDeque<Output>,
}

/// Whether it is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// The broker is away.
    Cut,
    /// It has been asked so many times, and is asked again then.
    Asking { tries: u32, until: Micros },
    /// It counts as offline, and is asked again then.
    Resting { until: Micros },
    /// It has answered.
    Present,
}

#[derive(Debug)]
enum UnderWay {
    Change { word: &'static str, until: Micros },
    List(List),
}

impl Conversation {
    /// With this board, while the broker is away.
    pub(in crate::links::mqtt) fn new(board: EspRfid) -> Self {
        Self {
            board,
            stage: Stage::Cut,
            under_way: None,
            condition: DeviceCondition::Starting,
            hostname: None,
            is_anew: true,
            last_heard: None,
            spared_until: Micros(0),
            told_nonsense: false,
            last_access: None,
            faults: FaultCounts::default(),
            sent: 0,
            received: 0,
            outputs: VecDeque::new(),
        }
    }

    fn ask(&mut self, now: Micros, tries: u32) {
        self.lose();
        self.stage = Stage::Asking { tries, until: now + HELLO_TIMEOUT };
        self.transmit(&Command::Delete(NO_CARD.to_owned()));
    }

    fn cut(&mut self) {
        self.lose();
        self.stage = Stage::Cut;
        self.is_anew = true;
        if self.condition == DeviceCondition::Online {
            self.become_so(DeviceCondition::Offline, told::cut_off());
        }
    }

    fn lose(&mut self) {
        if self.under_way.take().is_some() {
            self.outputs.push_back(Output::Failed(Failure::Lost));
        }
    }

    fn take_time(&mut self, now: Micros) {
        match self.stage {
            Stage::Asking { tries, until } if until <= now => {
                self.faults.timeouts += 1;
                if tries < HELLO_TRIES {
                    return self.ask(now, tries + 1);
                }
                self.lose();
                self.stage = Stage::Resting { until: now + HELLO_PAUSE };
                self.is_anew = true;
                let is_old = self.condition == DeviceCondition::Unsupported;
                if self.condition != DeviceCondition::Offline && !is_old {
                    self.become_so(DeviceCondition::Offline, told::silent());
                }
            }
            Stage::Resting { until } if until <= now => {
                self.stage = Stage::Resting { until: now + HELLO_PAUSE };
                self.transmit(&Command::Delete(NO_CARD.to_owned()));
            }
            Stage::Present => self.take_time_present(now),
            _ => {}
        }
    }

    fn take_time_present(&mut self, now: Micros) {
        let is_quiet = self.quiet_at() <= now;
        match &mut self.under_way {
            Some(UnderWay::Change { until, .. }) if *until <= now => {
                self.faults.timeouts += 1;
                self.ask(now, 1);
            }
            Some(UnderWay::List(list)) if list.until() <= now => {
                self.faults.timeouts += 1;
                self.ask(now, 1);
            }
            Some(UnderWay::List(list)) if !list.is_closing && list.silent_at() <= now => {
                list.is_closing = true;
                self.transmit(&Command::Delete(NO_CARD.to_owned()));
            }
            None if is_quiet => self.ask(now, 1),
            _ => {}
        }
    }

    fn quiet_at(&self) -> Micros {
        self.last_heard.unwrap_or(Micros(0)) + QUIET_TIME
    }

    fn take(&mut self, now: Micros, topic: &str, payload: &[u8], retained: bool) {
        if self.stage == Stage::Cut {
            return;
        }
        // A board retains nothing that is listened to; whoever does means no good.
        if retained {
            return self.faults.foreign += 1;
        }
        let said = if topic.ends_with("/tag") { Said::read_tag(payload) } else { Said::read(payload) };
        match said {
            None => self.nonsense(now),
            Some(Said::Old { ip }) if ip == self.board.ip => self.take_old(now),
            Some(Said::Alive { ip, hostname, boot }) if ip == self.board.ip => {
                self.is_anew |= boot;
                self.take_sign(now, &hostname);
            }
            Some(Said::Acknowledged { ip, hostname, word }) if ip == self.board.ip => {
                self.take_sign(now, &hostname);
                self.take_acknowledgement(&word);
            }
            Some(Said::File { of, uid, file }) => self.take_line(now, of, &uid, &file),
            Some(Said::Dropped { hostname }) if self.hostname.as_ref() == Some(&hostname) => {
                self.faults.nak += 1;
                self.spared_until = now + NONSENSE_PAUSE;
                self.lose();
            }
            Some(said @ Said::Access { .. }) => self.take_access(now, said),
            Some(_) => {}
        }
    }

    /// It is there. A boot means that it may hold anything.
    fn take_sign(&mut self, now: Micros, hostname: &str) {
        self.last_heard = Some(now);
        self.received += 1;
        let is_other = self.hostname.as_deref() != Some(hostname);
        self.stage = Stage::Present;
        if self.is_anew || is_other || self.condition != DeviceCondition::Online {
            self.lose();
            (self.is_anew, self.told_nonsense) = (false, false);
            self.hostname = Some(hostname.to_owned());
            self.become_so(DeviceCondition::Online, told::online(hostname));
        }
    }

    fn take_old(&mut self, now: Micros) {
        self.lose();
        self.last_heard = Some(now);
        self.stage = Stage::Resting { until: now + HELLO_PAUSE };
        if self.condition != DeviceCondition::Unsupported {
            self.become_so(DeviceCondition::Unsupported, told::old());
        }
    }

    fn take_acknowledgement(&mut self, word: &str) {
        match self.under_way.take() {
            Some(UnderWay::Change { word: asked, .. }) if asked == word => {
                self.outputs.push_back(Output::Answered(Answer::Acknowledged));
            }
            Some(UnderWay::List(list)) if list.is_closing && word == "deletuid" => {
                self.outputs.push_back(Output::Answered(list.answer()));
            }
            other => self.under_way = other,
        }
    }

    fn take_line(&mut self, now: Micros, of: Option<Ipv4Addr>, uid: &str, file: &Map<String, Value>) {
        let Some(UnderWay::List(list)) = &mut self.under_way else { return };
        self.received += 1;
        if !list.line(now, &self.board, of, uid, file) {
            self.under_way = None;
            self.outputs.push_back(Output::Failed(Failure::Malformed));
            self.nonsense(now);
        }
    }

    /// It tells what it has decided. One that shares its topic and has not said its name yet can't be told apart.
    fn take_access(&mut self, now: Micros, said: Said) {
        let Said::Access { hostname, uid, word, time } = &said else { return };
        let is_its = match (hostname, &self.hostname) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => self.board.neighbours.is_empty(),
        };
        if !is_its || self.last_access.as_ref() == Some(&said) && time.is_some() {
            return;
        }
        self.last_heard = Some(now);
        self.received += 1;
        if let (Some(card), Some(reason)) = (self.board.presented(uid), reason(word)) {
            let decided = Decided { reader: 0, card, reason, at_s: *time };
            self.outputs.push_back(Output::Heard(Heard::Decided(decided)));
        }
        self.last_access = Some(said);
    }

    fn nonsense(&mut self, now: Micros) {
        self.faults.bad_check += 1;
        self.spared_until = now + NONSENSE_PAUSE;
        if self.condition == DeviceCondition::Online && !std::mem::replace(&mut self.told_nonsense, true) {
            self.outputs.push_back(Output::Became(told::nonsense()));
        }
    }

    fn become_so(&mut self, is: DeviceCondition, became: Became) {
        self.condition = is;
        self.outputs.push_back(Output::Became(became));
    }

    fn transmit(&mut self, command: &Command) {
        self.sent += 1;
        self.outputs.push_back(Output::Transmit(Outgoing {
            topic: format!("{}/cmd", self.board.topic),
            payload: command.message(&self.board),
            expiry: OPERATION_EXPIRY,
            // A card's file that came again after its deletion would open the door.
            quality: Quality::ExactlyOnce,
            answer: None,
        }));
    }
}

/// What a board's word means; it has the same word for a card whose time has not come.
fn reason(word: &str) -> Option<Reason> {
    Some(match word {
        "Always" | "Admin" => Reason::Granted,
        "Disabled" => Reason::NoAccess,
        "Expired" => Reason::Expired,
        "Wrong pin code" => Reason::WrongPin,
        "Denied" => Reason::UnknownCard,
        _ => return None,
    })
}

impl Talk for Conversation {
    fn hears(&self, topic: &str) -> bool {
        topic.strip_prefix(self.board.topic.as_str()).is_some_and(|rest| matches!(rest, "/send" | "/tag"))
    }

    fn handle(&mut self, now: Micros, input: Input<'_>) {
        match input {
            Input::BrokerUp => self.ask(now, 1),
            Input::BrokerDown => self.cut(),
            Input::Said { topic, payload, retained } => self.take(now, topic, payload, retained),
            Input::Due => self.take_time(now),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Micros> {
        match (self.stage, &self.under_way) {
            (Stage::Cut, _) => None,
            (Stage::Asking { until, .. } | Stage::Resting { until }, _) => Some(until),
            (Stage::Present, Some(UnderWay::Change { until, .. })) => Some(*until),
            (Stage::Present, Some(UnderWay::List(list))) if list.is_closing => Some(list.until()),
            (Stage::Present, Some(UnderWay::List(list))) => Some(list.until().min(list.silent_at())),
            (Stage::Present, None) => Some(self.quiet_at()),
        }
    }

    fn is_free(&self, now: Micros) -> bool {
        self.stage == Stage::Present && self.under_way.is_none() && now >= self.spared_until
    }

    fn spared_until(&self) -> Option<Micros> {
        (self.stage == Stage::Present && self.under_way.is_none()).then_some(self.spared_until)
    }

    fn offer(&mut self, now: Micros, fill: &mut dyn FnMut(&mut dyn Room) -> bool) -> bool {
        let mut room = OneCommand::of(&self.board);
        if !fill(&mut room) {
            return false;
        }
        let Some(command) = room.command else {
            self.outputs.push_back(Output::Failed(Failure::Lost));
            return true;
        };
        self.under_way = Some(match command {
            Command::List => UnderWay::List(List::new(now)),
            Command::Add(_) | Command::Delete(_) => {
                UnderWay::Change { word: command.word(), until: now + ANSWER_TIMEOUT }
            }
        });
        self.transmit(&command);
        true
    }

    fn give_way(&mut self, _: Micros) {
        if matches!(self.under_way, Some(UnderWay::List(_))) {
            self.lose();
        }
    }

    fn actuate(&mut self, _: Micros, _: Wish, done: Done) {
        drop(done.send(Err(ActuateError::Refused("it switches its relays by itself".to_owned()))));
    }

    fn standing(&self) -> Standing<'_> {
        Standing {
            condition: self.condition,
            identity: self.hostname.as_deref(),
            last_heard: self.last_heard,
            faults: self.faults,
            sent: self.sent,
            received: self.received,
        }
    }
}
