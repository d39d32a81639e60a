//! All devices of a broker and their client, joined: demand becomes messages, messages become answers. No socket and no
//! timer in here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use panel_protocol::time::{Micros, UtcSeconds};

use super::dialect::{esp_rfid, esphome, native, tasmota};
use super::limits::{LOOK_INTERVAL, MAX_TENTHS};
use super::message::{Incoming, Outgoing};
use super::setup::{DeviceSetup, Dialect};
use super::talk::{Done, Input, Output, Talk, Wish};
use super::topic;
use crate::domain::DeviceCondition;
use crate::links::{ActuateError, Actuation, DeviceClient, DeviceStatus, LinkStatus, Switch};
use crate::sync::Demand;

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
    talk: Box<dyn Talk>,
    idle_until: Micros,
}

impl Driver {
    /// These devices, while the broker is away.
    pub(super) fn new(site: &str, devices: &[DeviceSetup], client: Arc<dyn DeviceClient>) -> Self {
        let device = |setup: &DeviceSetup| Device {
            device: setup.device,
            talk: talk(site, &setup.dialect),
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
            self.devices[at].talk.handle(now, input);
            self.drain(at);
        }
        self.news = true;
    }

    /// A message came. Those of nobody that is configured are counted and dropped.
    pub(super) fn take(&mut self, now: Micros, message: &Incoming) {
        let Incoming { topic, payload, retained } = message;
        let mut is_of_somebody = topic::said(&self.site, topic).is_some_and(|(who, _)| who == topic::GATEWAY);
        for at in 0..self.devices.len() {
            // Devices of some dialects share their topics.
            if self.devices[at].talk.hears(topic) {
                is_of_somebody = true;
                self.devices[at].talk.handle(now, Input::Said { topic, payload, retained: *retained });
                self.drain(at);
            }
        }
        self.strays += u64::from(!is_of_somebody);
    }

    /// Switches an output on, if that can be done before `until`, which is so long after `now` and `at`.
    pub(super) fn actuate(
        &mut self,
        now: Micros,
        at: Timestamp,
        actuation: Actuation,
        until: Micros,
        done: Done,
    ) {
        let Some(found) = self.devices.iter().position(|known| known.device == actuation.device) else {
            return drop(done.send(Err(ActuateError::Unknown)));
        };
        let talk = &mut self.devices[found].talk;
        if talk.standing().condition != DeviceCondition::Online {
            return drop(done.send(Err(ActuateError::NotOnline)));
        }
        if until <= now {
            return drop(done.send(Err(ActuateError::TooLate)));
        }
        let tenths = match actuation.switch {
            Switch::OnFor(span) => tenths(span),
            Switch::Off => 0,
        };
        let left = i64::try_from(until.since(now).as_secs()).unwrap_or(i64::MAX);
        let not_after = UtcSeconds(u32::try_from(at.as_second().saturating_add(left)).unwrap_or(0));
        talk.actuate(now, Wish { output: actuation.output, tenths, until, not_after }, done);
        self.drain(found);
    }

    /// Goes on until something is to be done.
    pub(super) fn next(&mut self, now: Micros) -> Next {
        for at in 0..self.devices.len() {
            if self.devices[at].talk.deadline().is_some_and(|due| due <= now) {
                self.devices[at].talk.handle(now, Input::Due);
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
            let spared = device.talk.spared_until().filter(|until| *until > now);
            let look = device.talk.is_free(now).then(|| now + LOOK_INTERVAL);
            [idle, spared, look, device.talk.deadline()].into_iter().flatten().min()
        };
        self.devices.iter().filter_map(of).min()
    }

    /// Lets a device have its next operation, if it can take one and there is one.
    fn offer(&mut self, now: Micros, at: usize) {
        let Device { device, talk, idle_until } = &mut self.devices[at];
        let (device, client) = (*device, &self.client);
        if now < *idle_until {
            return;
        }
        let demand = client.demand(device);
        if demand == Demand::Urgent && !talk.is_free(now) {
            talk.give_way(now);
            self.drain(at);
        }
        let Device { talk, idle_until, .. } = &mut self.devices[at];
        if demand == Demand::None || !talk.is_free(now) {
            return;
        }
        if !talk.offer(now, &mut |room| self.client.next(device, room)) {
            *idle_until = now + IDLE_PAUSE;
        }
        self.drain(at);
    }

    /// Hands on what a conversation has to say.
    fn drain(&mut self, at: usize) {
        let Device { device, talk, .. } = &mut self.devices[at];
        while let Some(output) = talk.poll_output() {
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
            let standing = device.talk.standing();
            DeviceStatus {
                device: device.device,
                condition: standing.condition,
                identity: standing.identity.map(ToOwned::to_owned),
                last_heard: standing.last_heard.and_then(|heard| at.checked_sub(now.since(heard)).ok()),
                faults: standing.faults,
                frames_sent: standing.sent,
                frames_received: standing.received,
            }
        };
        status.devices = self.devices.iter().map(of).collect();
    }
}

/// The machine for a device that speaks this.
fn talk(site: &str, dialect: &Dialect) -> Box<dyn Talk> {
    match dialect {
        Dialect::Native { topic } => Box::new(native::Conversation::new(site, topic, random)),
        Dialect::EspRfid(board) => Box::new(esp_rfid::Conversation::new(board.clone())),
        Dialect::Tasmota(board) => Box::new(tasmota::Conversation::new(board.clone())),
        Dialect::EspHome(node) => Box::new(esphome::Conversation::new(node.clone())),
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
