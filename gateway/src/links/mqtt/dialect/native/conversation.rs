//! One controller at the broker: greeted, asked one operation at a time, believed while it answers.
//!
//! The driver knows it as a [`Talk`](crate::links::mqtt::talk::Talk). No clock and no I/O in here.

use std::collections::VecDeque;

use panel_protocol::time::{Micros, UtcSeconds};

use super::envelope::{From, Tag, To};
use super::told;
use super::wish::{self, Wishes};
use crate::domain::{Became, DeviceCondition, FaultCounts};
use crate::links::mqtt::limits::{
    ACTUATE_EXPIRY, ANSWER_TIMEOUT, HELLO_PAUSE, HELLO_TIMEOUT, HELLO_TRIES, NONSENSE_PAUSE,
    OPERATION_EXPIRY, QUIET_TIME, SENT_OPERATION_LEN,
};
use crate::links::mqtt::message::{Outgoing, Quality};
use crate::links::mqtt::talk::{Done, Output};
use crate::links::mqtt::topic;
use crate::links::{ActuateError, Heard, card_table};
use crate::sync::Failure;

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(super) enum Input<'a> {
    /// The broker takes and brings messages.
    BrokerUp,
    /// It does no longer.
    BrokerDown,
    /// The controller said this.
    Said {
        /// The topic's last level.
        what: &'a str,
        /// The payload.
        payload: &'a [u8],
        /// The broker had kept it from before we came.
        retained: bool,
    },
    /// A deadline has come.
    Due,
}

/// The machine.
#[derive(Debug)]
pub(in crate::links::mqtt) struct Conversation {
    site: String,
    controller: String,
    random: fn() -> [u8; 8],
    stage: Stage,
    /// The operation that is under way.
    under_way: Option<UnderWay>,
    wishes: Wishes,
    /// The last number that was given out; numbers rise over all sessions.
    number: u32,
    condition: DeviceCondition,
    identity: Option<String>,
    /// It may have lost its power since it was last told of as online.
    is_anew: bool,
    last_heard: Option<Micros>,
    spared_until: Micros,
    told_nonsense: bool,
    faults: FaultCounts,
    sent: u64,
    received: u64,
    outputs: VecDeque<Output>,
}

/// How far the two know each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// The broker is away.
    Cut,
    /// Hello has been said so many times, and is said again then.
    Greeting { nonce: [u8; 8], tries: u32, until: Micros },
    /// It counts as offline, and hello is said again then; it may still answer the last.
    Resting { nonce: [u8; 8], until: Micros },
    /// It has this session since then.
    Talking { session: u32, receive: usize, since: Micros },
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    tag: Tag,
    until: Micros,
}

impl Conversation {
    /// With the controller of that name, while the broker is away.
    pub(in crate::links::mqtt) fn new(site: &str, controller: &str, random: fn() -> [u8; 8]) -> Self {
        Self {
            site: site.to_owned(),
            controller: controller.to_owned(),
            random,
            stage: Stage::Cut,
            under_way: None,
            wishes: Wishes::default(),
            number: 0,
            condition: DeviceCondition::Starting,
            identity: None,
            is_anew: true,
            last_heard: None,
            spared_until: Micros(0),
            told_nonsense: false,
            faults: FaultCounts::default(),
            sent: 0,
            received: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Takes what happened.
    pub(super) fn take_input(&mut self, now: Micros, input: Input<'_>) {
        match input {
            Input::BrokerUp => self.greet(now, 1),
            Input::BrokerDown => self.cut(),
            Input::Said { what, payload, retained } => self.take(now, what, payload, retained),
            Input::Due => self.take_time(now),
        }
    }

    /// What is to be done or told next.
    pub(super) fn output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Due`] is to be handed in.
    pub(super) fn due(&self) -> Option<Micros> {
        let stage = match self.stage {
            Stage::Cut => None,
            Stage::Greeting { until, .. } | Stage::Resting { until, .. } => Some(until),
            Stage::Talking { since, .. } => match self.under_way {
                Some(under_way) => Some(under_way.until),
                None if self.wishes.is_empty() => Some(self.quiet_at(since)),
                None => None,
            },
        };
        stage.into_iter().chain(self.wishes.deadline()).min()
    }

    /// How long an operation may be that is sent now; `None`: none can be.
    pub(super) fn room(&self, now: Micros) -> Option<usize> {
        match self.stage {
            Stage::Talking { receive, .. } if self.under_way.is_none() && now >= self.spared_until => {
                Some(receive.min(SENT_OPERATION_LEN))
            }
            _ => None,
        }
    }

    /// When there may be room though there is none now, and nothing else happens.
    pub(super) fn spared(&self) -> Option<Micros> {
        (matches!(self.stage, Stage::Talking { .. }) && self.under_way.is_none()).then_some(self.spared_until)
    }

    /// Sends an operation. There must be room for it.
    pub(super) fn send(&mut self, now: Micros, operation: &[u8]) {
        let Some(tag) = self.tag() else {
            self.outputs.push_back(Output::Failed(Failure::Lost));
            return self.greet(now, 1);
        };
        self.under_way = Some(UnderWay { tag, until: now + ANSWER_TIMEOUT });
        self.transmit(&To::Operation { tag, operation });
    }

    /// Switches an output on for a while, if its deadline `until`, which is `not_after` by the calendar, is kept.
    pub(super) fn switch(
        &mut self,
        output: u8,
        tenths: u16,
        not_after: UtcSeconds,
        until: Micros,
        done: Done,
    ) {
        if self.wishes.is_full() {
            return wish::answer(done, Err(ActuateError::Busy));
        }
        let Some(tag) = self.tag() else { return wish::answer(done, Err(ActuateError::NotOnline)) };
        self.wishes.add(tag, until, done);
        self.transmit(&To::Actuate { tag, not_after, output, tenths });
    }

    /// How it is.
    pub(super) const fn condition(&self) -> DeviceCondition {
        self.condition
    }

    /// What it says that it is.
    pub(super) fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// When it last said something.
    pub(super) const fn last_heard(&self) -> Option<Micros> {
        self.last_heard
    }

    /// What went wrong, and how many messages went each way.
    pub(super) const fn counted(&self) -> (FaultCounts, u64, u64) {
        (self.faults, self.sent, self.received)
    }

    /// Which of its messages has this topic; `None`: none.
    pub(super) fn said<'t>(&self, topic: &'t str) -> Option<&'t str> {
        let (who, what) = topic::said(&self.site, topic)?;
        (who == self.controller).then_some(what)
    }

    /// An operation could not be sent.
    pub(super) fn lost(&mut self, failure: Failure) {
        self.outputs.push_back(Output::Failed(failure));
    }

    /// A tag that was never used, while there is a session.
    fn tag(&mut self) -> Option<Tag> {
        let Stage::Talking { session, .. } = self.stage else { return None };
        self.number = self.number.checked_add(1)?;
        Some(Tag { session, number: self.number })
    }

    fn greet(&mut self, now: Micros, tries: u32) {
        self.lose();
        // Numbers that have run out begin anew in a session that has none yet.
        self.number = if self.number > u32::MAX / 2 { 0 } else { self.number };
        let nonce = (self.random)();
        self.stage = Stage::Greeting { nonce, tries, until: now + HELLO_TIMEOUT };
        self.transmit(&To::Hello { nonce });
    }

    fn cut(&mut self) {
        self.lose();
        self.stage = Stage::Cut;
        self.is_anew = true;
        if self.condition == DeviceCondition::Online {
            self.become_so(DeviceCondition::Offline, told::cut_off());
        }
    }

    /// Nothing that is under way will be answered.
    fn lose(&mut self) {
        if self.under_way.take().is_some() {
            self.outputs.push_back(Output::Failed(Failure::Lost));
        }
        self.wishes.lose();
    }

    fn take_time(&mut self, now: Micros) {
        self.wishes.expire(now);
        match self.stage {
            Stage::Greeting { until, tries, .. } if until <= now => {
                self.faults.timeouts += 1;
                if tries < HELLO_TRIES {
                    self.greet(now, tries + 1);
                } else {
                    self.give_up(now, told::silent());
                }
            }
            Stage::Resting { until, .. } if until <= now => self.greet_resting(now),
            Stage::Talking { since, .. } => match self.under_way {
                Some(under_way) if under_way.until <= now => {
                    self.faults.timeouts += 1;
                    self.greet(now, 1);
                }
                None if self.wishes.is_empty() && self.quiet_at(since) <= now => self.greet(now, 1),
                _ => {}
            },
            _ => {}
        }
    }

    fn quiet_at(&self, since: Micros) -> Micros {
        self.last_heard.map_or(since, |heard| heard.max(since)) + QUIET_TIME
    }

    fn give_up(&mut self, now: Micros, why: Became) {
        self.lose();
        let nonce = match self.stage {
            Stage::Greeting { nonce, .. } | Stage::Resting { nonce, .. } => nonce,
            Stage::Cut | Stage::Talking { .. } => (self.random)(),
        };
        self.stage = Stage::Resting { nonce, until: now + HELLO_PAUSE };
        self.is_anew = true;
        if self.condition != DeviceCondition::Offline {
            self.become_so(DeviceCondition::Offline, why);
        }
    }

    fn greet_resting(&mut self, now: Micros) {
        let nonce = (self.random)();
        self.stage = Stage::Resting { nonce, until: now + HELLO_PAUSE };
        self.transmit(&To::Hello { nonce });
    }

    fn take(&mut self, now: Micros, what: &str, payload: &[u8], retained: bool) {
        if self.stage == Stage::Cut {
            return;
        }
        let Some(said) = From::read(what, payload) else { return self.nonsense(now) };
        match said {
            From::State { online } => return self.take_state(now, online, retained),
            // Only the state is ever kept by a broker; whoever retains anything else means no good.
            _ if retained => return self.faults.foreign += 1,
            From::Welcome { nonce, session, receive, identity } => {
                self.take_welcome(now, nonce, session, receive, &identity);
            }
            From::Answer { tag, answer } => self.take_answer(now, tag, answer),
            From::Actuated { tag, status } => {
                let asked = self.wishes.answered(tag, status);
                self.faults.foreign += u64::from(!asked);
            }
            From::Waiting(bytes) => match card_table::waiting(bytes) {
                Some(waiting) if self.condition == DeviceCondition::Online => {
                    self.outputs.push_back(Output::Heard(Heard::EventsWaiting(waiting)));
                }
                Some(_) => {}
                None => return self.nonsense(now),
            },
            From::Itself { tampered, power_failed } => {
                self.outputs.push_back(Output::Heard(Heard::Itself { tampered, power_failed }));
            }
        }
        self.last_heard = Some(now);
        self.received += 1;
    }

    /// What the broker kept tells whom to greet, and nothing else.
    fn take_state(&mut self, now: Micros, online: bool, retained: bool) {
        match (online, self.stage) {
            (true, Stage::Greeting { .. } | Stage::Talking { .. }) if retained => {}
            (true, _) => {
                self.is_anew = true;
                self.greet(now, 1);
            }
            // One that has answered since is not gone because the broker once kept that it was.
            (false, _) if retained && self.condition == DeviceCondition::Online => {}
            (false, _) => self.give_up(now, told::left()),
        }
    }

    fn take_welcome(&mut self, now: Micros, to: [u8; 8], session: u32, receive: usize, identity: &str) {
        match self.stage {
            Stage::Greeting { nonce, .. } | Stage::Resting { nonce, .. } if nonce == to => {}
            // An old hello reached it late, and it has a session that we don't know.
            Stage::Talking { since, .. } if since + HELLO_TIMEOUT <= now => {
                self.faults.foreign += 1;
                return self.greet(now, 1);
            }
            _ => return self.faults.foreign += 1,
        }
        self.stage = Stage::Talking { session, receive, since: now };
        let is_other = self.identity.as_deref() != Some(identity);
        if self.is_anew || is_other || self.condition != DeviceCondition::Online {
            self.is_anew = false;
            self.told_nonsense = false;
            self.identity = Some(identity.to_owned());
            self.outputs.push_back(Output::Became(told::identified(identity)));
            self.become_so(DeviceCondition::Online, told::online(identity));
        }
    }

    fn take_answer(&mut self, now: Micros, tag: Tag, answer: &[u8]) {
        if self.under_way.is_none_or(|under_way| under_way.tag != tag) {
            return self.faults.foreign += 1;
        }
        self.under_way = None;
        match card_table::answer(answer) {
            Some(answer) => self.outputs.push_back(Output::Answered(answer)),
            None => {
                self.outputs.push_back(Output::Failed(Failure::Malformed));
                self.nonsense(now);
            }
        }
    }

    fn nonsense(&mut self, now: Micros) {
        self.faults.bad_check += 1;
        self.spared_until = now + NONSENSE_PAUSE;
        if !std::mem::replace(&mut self.told_nonsense, true) {
            self.outputs.push_back(Output::Became(told::nonsense()));
        }
    }

    fn become_so(&mut self, is: DeviceCondition, became: Became) {
        self.condition = is;
        self.outputs.push_back(Output::Became(became));
    }

    fn transmit(&mut self, to: &To<'_>) {
        let (answer, correlation, expiry) = match to {
            To::Hello { nonce } => ("welcome", *nonce, OPERATION_EXPIRY),
            To::Operation { tag, .. } => ("answer", tag.to_bytes(), OPERATION_EXPIRY),
            To::Actuate { tag, .. } => ("actuated", tag.to_bytes(), ACTUATE_EXPIRY),
        };
        self.sent += 1;
        self.outputs.push_back(Output::Transmit(Outgoing {
            topic: topic::to(&self.site, &self.controller, to.what()),
            payload: to.encode(),
            expiry,
            quality: Quality::AtLeastOnce,
            answer: Some((topic::from(&self.site, &self.controller, answer), correlation)),
        }));
    }
}
