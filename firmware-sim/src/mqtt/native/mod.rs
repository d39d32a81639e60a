//! A native panel: the panel of `panel-protocol` behind the topics of `config/asyncapi.yaml`.
//!
//! Its table, clock, events and decision are `panel-protocol`'s, over a flash image that outlives a loss of power. This
//! file is the envelope alone: sessions and numbers, so that nothing old or doubled is ever done, and outputs that go off
//! by themselves. A door that its settings hold unlocked counts as an output that is on.

mod outputs;
mod session;
mod wish;

use std::collections::VecDeque;
use std::fmt;
use std::iter::successors;
use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::panel::Status;
use panel_protocol::table::Pin;

use super::firmware::{Decision, Firmware, Held, Input, Insides, Moment, Verdict};
use super::message::{Message, Quality, Terms};
use crate::clock::shifted;
use crate::config::NativeConfig;
use crate::limits::{MAX_OPERATION_LEN, MAX_OUTBOX};
use crate::panel::{Contact, FlashPanel, blank};
use outputs::Outputs;
use session::Session;
use wish::{Actuated, WISH_LEN, Wish};

/// What it says that it is.
const IDENTITY: &str = "Gatehouse firmware-sim";

/// Seconds between two signs of life.
const KEEP_ALIVE_S: u16 = 30;

/// How long a lock stays released after a card was granted.
const RELEASED: Duration = Duration::from_secs(5);

/// The flag of `from/itself` for a housing that is open or was moved.
const TAMPERED: u8 = 0x01;

/// A native panel.
pub(super) struct Native {
    config: NativeConfig,
    base: String,
    panel: Box<FlashPanel>,
    online: bool,
    session: Session,
    tampered: bool,
    contact: Contact,
    outputs: Outputs,
    says: VecDeque<Message>,
}

impl Native {
    /// A panel with nothing in its memory.
    pub(super) fn new(config: &NativeConfig) -> Self {
        Self {
            config: config.clone(),
            base: format!("gatehouse/v1/{}/{}", config.site, config.topic),
            panel: Box::new(blank(config.readers, config.capacity)),
            online: false,
            session: Session::default(),
            tampered: false,
            contact: Contact::Closed,
            outputs: Outputs::default(),
            says: VecDeque::new(),
        }
    }

    fn state(&self, state: &str) -> Message {
        Message::new(format!("{}/from/state", self.base), state).acknowledged().retained()
    }

    fn say(&mut self, topic: &str, payload: Vec<u8>) {
        if self.says.len() < MAX_OUTBOX {
            self.says.push_back(Message::new(format!("{}/from/{topic}", self.base), payload).acknowledged());
        }
    }

    /// There is no session before the first hello on a connection.
    fn forget(&mut self) {
        (self.online, self.session) = (false, Session::default());
        self.says.clear();
    }

    fn message(&mut self, at: Moment, message: &Message) {
        let topic = message.topic.strip_prefix(&self.base).and_then(|rest| rest.strip_prefix("/to/"));
        let (Some(topic), false) = (topic, message.retain) else { return };
        let payload = message.payload.as_slice();
        match topic {
            "hello" => self.hello(payload),
            "operation" => self.operation(at, payload),
            "actuate" => self.actuate(at, payload),
            _ => {}
        }
    }

    fn hello(&mut self, payload: &[u8]) {
        let Ok(nonce) = <[u8; 8]>::try_from(payload) else { return };
        let (id, new) = self.session.begin(nonce);
        if new {
            self.panel.begin_session();
        }
        let welcome = [&nonce[..], &id, &self.config.receive.to_le_bytes(), IDENTITY.as_bytes()];
        self.say("welcome", welcome.concat());
        self.itself();
    }

    fn itself(&mut self) {
        let flags = if self.tampered { TAMPERED } else { 0 };
        self.say("itself", vec![flags]);
    }

    fn operation(&mut self, at: Moment, payload: &[u8]) {
        let Some((head, operation)) = self.session.admit(payload) else { return };
        let mut answer = vec![0; MAX_OPERATION_LEN];
        let Some(code) = operation.first() else { return };
        let len = if operation.len() > usize::from(self.config.receive) {
            answer[..2].copy_from_slice(&[*code, Status::Malformed.code()]);
            2
        } else {
            self.panel.operate(at.micros(), operation, &mut answer)
        };
        answer.truncate(len);
        self.unlock(at);
        self.say("answer", [&head[..], &answer].concat());
    }

    fn actuate(&mut self, at: Moment, payload: &[u8]) {
        if payload.len() != 8 + WISH_LEN {
            return;
        }
        let Some((head, wish)) = self.session.admit(payload) else { return };
        let Some(wish) = wish.first_chunk().copied().map(Wish::read) else { return };
        let actuated = wish.judge(self.config.readers, self.panel.clock(at.micros()));
        if actuated == Actuated::Done {
            let time = Duration::from_millis(u64::from(wish.tenths) * 100);
            self.outputs.release(wish.output, at.since_start + time);
        }
        self.say("actuated", [&head[..], &[actuated as u8]].concat());
    }

    fn announce(&mut self) {
        let mut notice = [0; 16];
        if !self.online {
            return;
        }
        if let Some(len) = self.panel.waiting(&mut notice) {
            self.say("waiting", notice[..len].to_vec());
        }
    }

    /// Does what an operation said to do with the locks.
    fn unlock(&mut self, at: Moment) {
        while let Some((reader, time)) = self.panel.take_unlock() {
            self.outputs.release(reader, at.since_start + time);
        }
    }

    /// An interlock goes by the doors that stand open; this panel has one contact, at its first reader.
    fn set_contact(&mut self, contact: Contact) {
        self.contact = contact;
        self.panel.set_open_doors(u16::from(contact == Contact::Open));
    }

    fn set_tampered(&mut self, tampered: bool) {
        let changed = self.tampered != tampered;
        self.tampered = tampered;
        if changed && self.online {
            self.itself();
        }
    }

    fn shift_clock(&mut self, at: Moment, offset_s: i64) {
        if let Some(clock) = self.panel.clock(at.micros()) {
            let set = panel_protocol::panel::Operation::SetClock(shifted(clock, offset_s));
            let (mut request, mut answer) = ([0; 16], [0; 64]);
            if let Some(len) = set.encode(&mut request) {
                self.panel.operate(at.micros(), &request[..len], &mut answer);
            }
        }
    }
}

impl Firmware for Native {
    fn terms(&self) -> Terms {
        Terms {
            will: Some(self.state("offline")),
            filters: vec![(format!("{}/to/+", self.base), Quality::Acknowledged)],
            keep_alive_s: KEEP_ALIVE_S,
        }
    }

    fn handle(&mut self, at: Moment, input: Input<'_>) {
        self.outputs.expire(at.since_start);
        match input {
            Input::Connected | Input::Lost => self.forget(),
            Input::Subscribed => {
                self.online = true;
                self.says.push_back(self.state("online"));
            }
            Input::Message(message) => self.message(at, message),
            Input::Booted => {
                self.forget();
                self.panel.reboot();
                self.outputs.fall();
            }
            Input::Wiped => {
                self.forget();
                *self.panel = blank(self.config.readers, self.config.capacity);
                self.set_contact(self.contact);
                self.outputs.fall();
            }
            Input::Tamper(tampered) => self.set_tampered(tampered),
            Input::ClockOff(offset_s) => self.shift_clock(at, offset_s),
            Input::Contact(contact) => self.set_contact(contact),
            Input::Time | Input::RequestToExit(_) => {}
        }
    }

    fn poll_output(&mut self) -> Option<Message> {
        self.says.pop_front()
    }

    fn deadline(&self) -> Option<Duration> {
        self.outputs.deadline()
    }

    fn readers(&self) -> u8 {
        self.config.readers
    }

    fn present(&mut self, at: Moment, reader: u8, card: Credential, pin: Option<&Pin>) -> Decision {
        let reason = self.panel.present_with_pin(at.micros(), reader, card, pin);
        if reason.granted() {
            self.outputs.open(reader, at.since_start + RELEASED);
        }
        self.announce();
        Decision::Own(Verdict::Reason(reason))
    }

    fn released(&self, reader: u8) -> u64 {
        self.outputs.released(reader)
    }

    fn insides(&self, at: Moment) -> Insides {
        let table = self.panel.table();
        let on = |reader| {
            self.outputs.is_on(reader, at.since_start) || self.panel.is_unlocked(at.micros(), reader)
        };
        Insides {
            digest: Some(table.digest()),
            cards: table.len() as usize,
            capacity: table.capacity() as usize,
            profiles: table.profiles().len(),
            events: self.panel.pending_events(),
            clock: self.panel.clock(at.micros()),
            outputs: (0..self.config.readers).map(on).collect(),
        }
    }

    fn held(&self) -> Vec<Held> {
        let table = self.panel.table();
        let rows = |bucket| {
            successors(table.next_in_bucket(bucket, None), move |row| {
                table.next_in_bucket(bucket, Some(row.credential))
            })
        };
        (0..=u8::MAX).flat_map(rows).map(Held::Row).collect()
    }

    fn operate(&mut self, at: Moment, request: &[u8]) -> Option<Vec<u8>> {
        let mut answer = vec![0; MAX_OPERATION_LEN];
        let len = self.panel.operate(at.micros(), request, &mut answer);
        answer.truncate(len);
        Some(answer)
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Native").field("base", &self.base).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
