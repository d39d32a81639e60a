//! What a reader is to the line: its identity, what it can do, and what commands do to it.

use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::command::{Command, OutputAction, OutputControl};
use panel_protocol::osdp::pd::{Answered, EventQueue, Key, PdHandler, ReplyWriter};
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::{
    Capability, Contact, DeviceId, Keypad, LocalStatus, NakReason, Raw, ReaderState, Reply, function,
};
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::time::Micros;

use super::annunciator::Annunciator;
use super::{Surroundings, micros};
use crate::config::{PanelKey, ReaderConfig};
use crate::entropy;
use crate::output::Output;
use crate::passing::Passing;

/// Vendor of simulated readers: locally administered, and nobody's.
const VENDOR: [u8; 3] = [0x02, 0x52, 0x44];

/// Events that it keeps, each as long as a report on 16 inputs.
type Events = EventQueue<16, 24>;

/// The reader behind its PD.
pub(super) struct Device {
    id: DeviceId,
    capabilities: [Capability; 9],
    key: Option<Scbk>,
    pub(super) inputs: Vec<bool>,
    pub(super) outputs: Vec<Output>,
    pub(super) tampered: bool,
    pub(super) annunciator: Annunciator,
    events: Events,
    verdict: Option<bool>,
    /// Events that the gateway has not yet taken, up to the card presented last: what it says before is about an earlier one.
    ahead: usize,
    /// Its output was switched on; the green light that follows says nothing new.
    green_due: bool,
    passing: Option<Passing>,
}

impl Device {
    pub(super) fn new(config: &ReaderConfig) -> Self {
        let can = |function, compliance, count| Capability { function, compliance, count };
        let capabilities = [
            can(function::CONTACTS, 1, config.inputs),
            // On, off, and either by a timer.
            can(function::OUTPUTS, 4, config.outputs),
            can(function::CARD_FORMAT, 1, 0),
            can(function::LED, 1, 1),
            can(function::AUDIBLE, 1, 1),
            can(function::CHECK, 1, 0),
            can(function::SECURITY, u8::from(!config.in_clear), 1),
            Capability::sized(function::RECEIVE_BUFFER, MAX_FRAME_LEN as u16),
            can(function::READERS, 0, 1),
        ];
        Self {
            id: DeviceId { vendor: VENDOR, model: 1, version: 1, serial: config.serial, firmware: [1, 0, 0] },
            capabilities,
            key: match config.key {
                PanelKey::Factory => None,
                PanelKey::Scbk(bytes) => Some(Scbk::new(bytes)),
            },
            inputs: vec![false; config.inputs.into()],
            outputs: (0..config.outputs).map(|_| Output::default()).collect(),
            tampered: false,
            annunciator: Annunciator::default(),
            events: Events::new(),
            verdict: None,
            ahead: 0,
            green_due: false,
            passing: config.contact_follows_lock.then(Passing::default),
        }
    }

    pub(super) fn take_key(&mut self) -> Option<Scbk> {
        self.key.take()
    }

    pub(super) fn present(&mut self, now: Duration, card: Option<Credential>, keys: &[u8]) {
        self.verdict = None;
        if let Some(card) = card {
            self.tell(now, &Reply::Raw(Raw::of(0, card, &mut [0; 8])));
        }
        if !keys.is_empty() {
            self.tell(now, &Reply::Keypad(Keypad { reader: 0, keys }));
        }
        self.ahead = self.events.len();
    }

    fn judge(&mut self, granted: bool) {
        if self.ahead == 0 {
            self.verdict = Some(granted);
        }
    }

    /// So many events waited before; some of them may be gone.
    fn fewer_than(&mut self, before: usize) {
        self.ahead = self.ahead.saturating_sub(before.saturating_sub(self.events.len()));
    }

    /// What came back since a card was presented.
    pub(super) fn take_verdict(&mut self) -> Option<bool> {
        self.verdict.take()
    }

    pub(super) fn set(&mut self, now: Duration, around: &Surroundings) {
        let before = self.inputs.clone();
        for (number, active) in &around.inputs {
            if let Some(input) = self.inputs.get_mut(usize::from(*number)) {
                *input = *active;
            }
        }
        if self.inputs != before {
            let inputs = contacts(self.inputs.iter().copied());
            self.tell(now, &Reply::InputStatus(Records::of(&inputs)));
        }
        if let Some(tampered) = around.tampered.filter(|tampered| *tampered != self.tampered) {
            self.tampered = tampered;
            self.tell(now, &Reply::LocalStatus(self.local_status()));
        }
    }

    /// Somebody may walk through, and the contact shows it.
    pub(super) fn pass_time(&mut self, now: Duration) {
        if let Some(mut passing) = self.passing
            && passing.moved(now)
        {
            let inputs = vec![(0, passing.is_open(now))];
            self.passing = Some(passing);
            self.set(now, &Surroundings { inputs, tampered: None });
        }
    }

    const fn local_status(&self) -> LocalStatus {
        LocalStatus { tamper: self.tampered, power_failure: false }
    }

    fn tell(&mut self, now: Duration, event: &Reply<'_>) {
        if let Err(error) = self.events.push(micros(now), event) {
            tracing::warn!(?error, "a reader's event is not told");
        }
    }

    /// False: there is no such output.
    fn switch(&mut self, now: Duration, control: &OutputControl) -> bool {
        let Some(output) = self.outputs.get_mut(usize::from(control.output)) else { return false };
        let span = Duration::from_millis(100) * u32::from(control.timer_100ms);
        match control.action {
            OutputAction::Keep => {}
            OutputAction::Off => output.set(false),
            OutputAction::On => output.set(true),
            OutputAction::OffAfterTimer => output.set_afterwards(false),
            OutputAction::OnAfterTimer => output.set_afterwards(true),
            OutputAction::OnFor => output.set_for(now, true, span),
            OutputAction::OffFor => output.set_for(now, false, span),
        }
        if matches!(control.action, OutputAction::On | OutputAction::OnFor) {
            self.judge(true);
            self.green_due = true;
            if let Some(passing) = self.passing.as_mut().filter(|_| control.output == 0) {
                passing.begin(now);
            }
        }
        true
    }
}

impl PdHandler for Device {
    fn identity(&self) -> DeviceId {
        self.id
    }

    fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    fn key(&self) -> Key<'_> {
        self.key.as_ref().map_or(Key::Factory, Key::Installed)
    }

    fn set_key(&mut self, key: &Scbk) -> bool {
        self.key = Some(key.clone());
        true
    }

    fn random(&mut self) -> [u8; 8] {
        entropy::bytes()
    }

    fn command<'b>(&mut self, now: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        let at = Duration::from_micros(now.0);
        match command {
            Command::Output(controls) => {
                // All of them: one that isn't there keeps no other from being switched.
                let unknown = controls.iter().filter(|control| !self.switch(at, control)).count();
                if unknown == 0 { reply.ack() } else { reply.nak(NakReason::Record) }
            }
            Command::Led(controls) => {
                for control in controls.iter() {
                    match self.annunciator.light(at, &control) {
                        Some(true) if self.green_due => self.green_due = false,
                        Some(granted) => self.judge(granted),
                        None => {}
                    }
                }
                reply.ack()
            }
            Command::Buzzer(buzzer) => {
                self.annunciator.sound(buzzer);
                reply.ack()
            }
            Command::Abort => reply.ack(),
            Command::LocalStatus => reply.send(&Reply::LocalStatus(self.local_status())),
            Command::InputStatus => {
                let inputs = contacts(self.inputs.iter().copied());
                reply.send(&Reply::InputStatus(Records::of(&inputs)))
            }
            Command::OutputStatus => {
                let outputs = contacts(self.outputs.iter().map(|output| output.is_on(at)));
                reply.send(&Reply::OutputStatus(Records::of(&outputs)))
            }
            Command::ReaderStatus => reply.send(&Reply::ReaderStatus(Records::of(&[ReaderState::Normal]))),
            _ => reply.nak(NakReason::UnknownCommand),
        }
    }

    fn poll<'b>(&mut self, now: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        let before = self.events.len();
        let answered = self.events.tell(now, reply).unwrap_or_else(ReplyWriter::ack);
        self.fewer_than(before);
        answered
    }

    fn delivered(&mut self, _: Micros) {
        let before = self.events.len();
        self.events.delivered();
        self.fewer_than(before);
    }
}

fn contacts(states: impl Iterator<Item = bool>) -> Vec<Contact> {
    states.map(|active| if active { Contact::Active } else { Contact::Inactive }).collect()
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("id", &self.id).finish_non_exhaustive()
    }
}
