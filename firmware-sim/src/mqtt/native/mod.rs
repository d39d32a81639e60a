//! A native panel: the panel of `panel-protocol` behind the topics of `config/asyncapi.yaml`.
//!
//! Its table, clock, events and decision are `panel-protocol`'s, over a flash image that outlives a loss of power. This
//! file is the envelope alone: sessions and numbers, so that nothing old or doubled is ever done, and outputs that go off
//! by themselves.

mod session;

use std::collections::VecDeque;
use std::fmt;
use std::iter::successors;
use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::limits::MAX_READERS;
use panel_protocol::panel::Status;
use panel_protocol::time::UtcSeconds;

use super::firmware::{Decision, Firmware, Held, Input, Insides, Moment, Verdict, shifted};
use super::message::{Message, Quality, Terms};
use crate::config::NativeConfig;
use crate::limits::{MAX_OPERATION_LEN, MAX_OUTBOX};
use crate::panel::{FlashPanel, blank};
use session::Session;

/// What it says that it is.
const IDENTITY: &str = "Gatehouse firmware-sim";

/// Seconds between two signs of life.
const KEEP_ALIVE_S: u16 = 30;

/// How long a lock stays released after a card was granted.
const RELEASED: Duration = Duration::from_secs(5);

/// The longest time for which an output may be switched on, in tenths of a second.
const MAX_TENTHS: u16 = 36_000;

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
    outputs: [Output; MAX_READERS],
    says: VecDeque<Message>,
}

#[derive(Clone, Copy, Default)]
struct Output {
    until: Option<Duration>,
    released: u64,
}

/// What came of a wish to switch an output on.
#[derive(Clone, Copy)]
enum Actuated {
    Done = 0,
    NoSuchOutput = 1,
    Refused = 2,
    TooLate = 3,
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
            outputs: [Output::default(); MAX_READERS],
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
        if !self.session.is_of(nonce) {
            self.panel.begin_session();
        }
        let id = self.session.begin(nonce);
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
        self.say("answer", [&head[..], &answer].concat());
    }

    fn actuate(&mut self, at: Moment, payload: &[u8]) {
        if payload.len() != 15 {
            return;
        }
        let Some((head, wish)) = self.session.admit(payload) else { return };
        let [a, b, c, d, output, low, high] = *wish else { return };
        let not_after = UtcSeconds(u32::from_le_bytes([a, b, c, d]));
        let tenths = u16::from_le_bytes([low, high]);
        let status = self.switch(at, not_after, output, tenths);
        self.say("actuated", [&head[..], &[status as u8]].concat());
    }

    fn switch(&mut self, at: Moment, not_after: UtcSeconds, output: u8, tenths: u16) -> Actuated {
        let in_time = self.panel.clock(at.micros()).is_some_and(|clock| clock <= not_after);
        if output >= self.config.readers {
            return Actuated::NoSuchOutput;
        }
        if tenths > MAX_TENTHS {
            return Actuated::Refused;
        }
        if !in_time {
            return Actuated::TooLate;
        }
        let output = &mut self.outputs[usize::from(output)];
        output.until = Some(at.since_start + Duration::from_millis(u64::from(tenths) * 100));
        output.released += 1;
        Actuated::Done
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

    fn expire(&mut self, now: Duration) {
        for output in &mut self.outputs {
            output.until = output.until.filter(|until| *until > now);
        }
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
        self.expire(at.since_start);
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
                self.outputs.iter_mut().for_each(|output| output.until = None);
            }
            Input::Wiped => {
                self.forget();
                *self.panel = blank(self.config.readers, self.config.capacity);
                self.outputs.iter_mut().for_each(|output| output.until = None);
            }
            Input::Tamper(tampered) => self.set_tampered(tampered),
            Input::ClockOff(offset_s) => self.shift_clock(at, offset_s),
            Input::Time | Input::Contact(_) | Input::RequestToExit(_) => {}
        }
    }

    fn poll_output(&mut self) -> Option<Message> {
        self.says.pop_front()
    }

    fn deadline(&self) -> Option<Duration> {
        self.outputs.iter().filter_map(|output| output.until).min()
    }

    fn readers(&self) -> u8 {
        self.config.readers
    }

    fn present(&mut self, at: Moment, reader: u8, card: Credential) -> Decision {
        let reason = self.panel.present(at.micros(), reader, card);
        if reason.granted() {
            self.outputs[usize::from(reader)].until = Some(at.since_start + RELEASED);
        }
        self.announce();
        Decision::Own(Verdict::Reason(reason))
    }

    fn released(&self, reader: u8) -> u64 {
        self.outputs.get(usize::from(reader)).map_or(0, |output| output.released)
    }

    fn insides(&self, at: Moment) -> Insides {
        let table = self.panel.table();
        let on = |output: &Output| output.until.is_some_and(|until| until > at.since_start);
        Insides {
            digest: Some(table.digest()),
            cards: table.len() as usize,
            capacity: table.capacity() as usize,
            profiles: table.profiles().len(),
            events: self.panel.pending_events(),
            clock: self.panel.clock(at.micros()),
            outputs: self.outputs[..usize::from(self.config.readers)].iter().map(on).collect(),
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
