//! All devices of a broker and their client, joined: demand becomes messages, messages become answers. No socket and no
//! timer in here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use panel_protocol::time::{Micros, UtcSeconds};

use super::dialect::native::{Conversation, Done, Input, Output};
use super::limits::{LOOK_INTERVAL, MAX_TENTHS, SENT_OPERATION_LEN};
use super::message::{Incoming, Outgoing};
use super::setup::DeviceSetup;
use super::topic;
use crate::domain::DeviceCondition;
use crate::links::card_table::Frame;
use crate::links::{ActuateError, Actuation, DeviceClient, DeviceStatus, LinkStatus, Switch};
use crate::sync::{Demand, Failure};

/// A device for which there was demand and then no operation is not asked about for this long.
const IDLE_PAUSE: Duration = Duration::from_millis(10);

/// What is to be done for the driver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// Publish this.
    Transmit(Outgoing),
    /// Nothing until then; `None`: no end.
    Wait(Option<Micros>),
}

/// Everything of a broker's link but its connection and its timer.
pub(super) struct Driver {
    site: String,
    client: Arc<dyn DeviceClient>,
    devices: Vec<Device>,
    outbox: VecDeque<Outgoing>,
    /// Messages of nobody that is configured.
    strays: u64,
    /// Whether something has happened that the status should show at once.
    news: bool,
}

struct Device {
    /// What the client calls it.
    device: usize,
    topic: String,
    conversation: Conversation,
    idle_until: Micros,
}

impl Driver {
    /// These devices, while the broker is away.
    pub(super) fn new(site: &str, devices: &[DeviceSetup], client: Arc<dyn DeviceClient>) -> Self {
        let device = |setup: &DeviceSetup| Device {
            device: setup.device,
            topic: setup.topic.clone(),
            conversation: Conversation::new(site, &setup.topic, random),
            idle_until: Micros(0),
        };
        Self {
            site: site.to_owned(),
            client,
            devices: devices.iter().map(device).collect(),
            outbox: VecDeque::new(),
            strays: 0,
            news: true,
        }
    }

    /// The broker takes and brings messages.
    pub(super) fn up(&mut self, now: Micros) {
        self.each(now, Input::BrokerUp);
    }

    /// It does no longer; what was to be published is lost.
    pub(super) fn down(&mut self, now: Micros) {
        self.each(now, Input::BrokerDown);
        self.outbox.clear();
    }

    fn each(&mut self, now: Micros, input: Input<'_>) {
        for at in 0..self.devices.len() {
            self.devices[at].conversation.handle(now, input);
            self.drain(at);
        }
        self.news = true;
    }

    /// A message came. Those of nobody that is configured are counted and dropped.
    pub(super) fn take(&mut self, now: Micros, message: &Incoming) {
        let said = topic::said(&self.site, &message.topic);
        let found = said.and_then(|(who, what)| {
            Some((self.devices.iter().position(|device| device.topic == who)?, what))
        });
        let Some((at, what)) = found else {
            let is_own = said.is_some_and(|(who, _)| who == topic::GATEWAY);
            self.strays += u64::from(!is_own);
            return;
        };
        let Incoming { payload, retained, .. } = message;
        self.devices[at].conversation.handle(now, Input::Said { what, payload, retained: *retained });
        self.drain(at);
    }

    /// Switches an output on, if that can be done before `until`.
    pub(super) fn actuate(&mut self, at: Timestamp, actuation: Actuation, until: Micros, done: Done) {
        let Some(device) = self.devices.iter_mut().find(|known| known.device == actuation.device) else {
            return drop(done.send(Err(ActuateError::Unknown)));
        };
        if device.conversation.condition() != DeviceCondition::Online {
            return drop(done.send(Err(ActuateError::NotOnline)));
        }
        let tenths = match actuation.switch {
            Switch::OnFor(span) => tenths(span),
            Switch::Off => 0,
        };
        let left = actuation.deadline.saturating_duration_since(std::time::Instant::now());
        let not_after = at.as_second().saturating_add(i64::try_from(left.as_secs()).unwrap_or(i64::MAX));
        let not_after = UtcSeconds(u32::try_from(not_after).unwrap_or(0));
        device.conversation.actuate(actuation.output, tenths, not_after, until, done);
        let at = self.devices.iter().position(|known| known.device == actuation.device);
        at.into_iter().for_each(|at| self.drain(at));
    }

    /// Goes on until something is to be done.
    pub(super) fn next(&mut self, now: Micros) -> Next {
        for at in 0..self.devices.len() {
            if self.devices[at].conversation.deadline().is_some_and(|due| due <= now) {
                self.devices[at].conversation.handle(now, Input::Due);
                self.drain(at);
            }
            self.offer(now, at);
        }
        match self.outbox.pop_front() {
            Some(message) => Next::Transmit(message),
            None => Next::Wait(self.due(now)),
        }
    }

    fn due(&self, now: Micros) -> Option<Micros> {
        let of = |device: &Device| {
            let idle = Some(device.idle_until).filter(|until| *until > now);
            let spared = device.conversation.spared_until().filter(|until| *until > now);
            let look = device.conversation.room(now).map(|_| now + LOOK_INTERVAL);
            [idle, spared, look, device.conversation.deadline()].into_iter().flatten().min()
        };
        self.devices.iter().filter_map(of).min()
    }

    /// Lets a device have its next operation, if it can take one and there is one.
    fn offer(&mut self, now: Micros, at: usize) {
        let device = &mut self.devices[at];
        let Some(room) = device.conversation.room(now) else { return };
        if now < device.idle_until || self.client.demand(device.device) == Demand::None {
            return;
        }
        let mut bytes = [0; SENT_OPERATION_LEN];
        let mut frame = Frame::new(&mut bytes[..room]);
        if !self.client.next(device.device, &mut frame) {
            device.idle_until = now + IDLE_PAUSE;
            return;
        }
        match frame.filled() {
            Some(len) => device.conversation.send(now, &bytes[..len]),
            None => self.client.failed(device.device, Failure::Lost),
        }
        self.drain(at);
    }

    /// Hands on what a conversation has to say.
    fn drain(&mut self, at: usize) {
        let Device { device, conversation, .. } = &mut self.devices[at];
        while let Some(output) = conversation.poll_output() {
            match output {
                Output::Transmit(message) => self.outbox.push_back(message),
                Output::Became(became) => {
                    self.news = true;
                    self.client.became(*device, &became);
                }
                Output::Answered(answer) => self.client.answered(*device, &answer),
                Output::Failed(failure) => self.client.failed(*device, failure),
                Output::Heard(heard) => self.client.heard(*device, &heard),
            }
        }
    }

    /// Whether something has happened since this was last asked.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// Puts into `status` what is known of the devices at `now` of the link's clock, which is `at` of the world's.
    pub(super) fn report(&self, now: Micros, at: Timestamp, status: &mut LinkStatus) {
        status.stray_frames = self.strays;
        let of = |device: &Device| {
            let (faults, frames_sent, frames_received) = device.conversation.counted();
            let heard = device.conversation.last_heard();
            DeviceStatus {
                device: device.device,
                condition: device.conversation.condition(),
                identity: device.conversation.identity().map(ToOwned::to_owned),
                last_heard: heard.and_then(|heard| at.checked_sub(now.since(heard)).ok()),
                faults,
                frames_sent,
                frames_received,
            }
        };
        status.devices = self.devices.iter().map(of).collect();
    }
}

/// At least one: none at all would switch it off.
fn tenths(span: Duration) -> u16 {
    u16::try_from(span.as_millis() / 100).unwrap_or(u16::MAX).clamp(1, MAX_TENTHS)
}

/// A hello's random number. Without one no session can be begun, and so no door be served.
fn random() -> [u8; 8] {
    let mut number = [0; 8];
    getrandom::fill(&mut number).expect("Linux gives random numbers once it has booted");
    number
}
