//! The CP and its client, joined: turns become operations, replies become answers. No port and no timer in here.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use panel_protocol::limits::{MAX_FRAME_LEN, MAX_PDS_PER_LINE};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::cp::{
    self, AddError, Capabilities, Cp, DeviceIdentity, Event, Input, LineConfig, Output, PdConfig, PdIndex,
    PdKey,
};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::panel::{self, OUI};
use panel_protocol::time::Micros;

use super::device::{Asked, Device};
use super::disturbance::Disturbance;
use super::feedback::Signals;
use super::heard::heard;
use super::keys::KnownKeys;
use super::limits::IDLE_PAUSE;
use super::outputs::{self, Outputs};
use super::works::{Follows, Works};
use super::{event, status};
use crate::domain::{DeviceCondition, Feedback, LinkCondition};
use crate::links::card_table::Frame;
use crate::links::{ActuateError, Actuation, DeviceClient, DeviceStatus, LinkStatus, Showing};
use crate::sync::{Demand, Failure};

/// Silence that ends a partial frame. The standard's 20 ms are for a wire; USB adapters hold bytes back for up to
/// 16 ms, and a loaded system adds to that.
const CHARACTER_GAP: Duration = Duration::from_millis(40);

type LineCp = Cp<MAX_PDS_PER_LINE, MAX_FRAME_LEN, fn() -> [u8; 8]>;

/// What is to be done for the driver.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Next {
    /// Send [`Driver::frame`].
    Transmit,
    /// The new key of this device has worked, or the change has ended without it.
    KeyChange { device: usize, worked: bool },
    /// This is the device that has the key, and it is to be remembered.
    Identified { device: usize, identity: DeviceIdentity },
    /// A device has told something, and what follows from it may be wanted at once.
    Heard,
    /// The port has that speed from now on.
    Speed(u32),
    /// Nothing until then; `None`: no end.
    Wait(Option<Micros>),
}

/// What a device is for, and what it shows people.
pub(super) struct Role {
    pub(super) holds_table: bool,
    pub(super) feedback: Arc<Feedback>,
}

/// Everything of a line but its port, its timer and its files.
pub(super) struct Driver {
    pub(super) cp: Box<LineCp>,
    pub(super) devices: Vec<Device>,
    outputs: Outputs,
    pub(super) signals: Signals,
    pub(super) works: Works,
    pub(super) baud: u32,
    disturbance: Disturbance,
    client: Arc<dyn DeviceClient>,
    frame: Vec<u8>,
    /// Whether something has happened that the status should show at once.
    news: bool,
}

impl Driver {
    /// A line that is down, without devices.
    pub(super) fn new(baud: u32, client: Arc<dyn DeviceClient>) -> Self {
        let config = LineConfig { character_gap: CHARACTER_GAP, ..LineConfig::new(baud) };
        let mut cp = Box::new(Cp::new(config, random as fn() -> [u8; 8]));
        cp.handle(Micros(0), Input::LineDown);
        Self {
            cp,
            devices: Vec::new(),
            outputs: Outputs::default(),
            signals: Signals::default(),
            works: Works::default(),
            baud,
            disturbance: Disturbance::new(baud),
            client,
            frame: Vec::with_capacity(MAX_FRAME_LEN),
            news: true,
        }
    }

    /// Adds a device with the keys that it may have, or `None` where it is used in clear, and who it should be. One that
    /// should hold a card table is given a key only if it knows what a card table is.
    pub(super) fn add(
        &mut self,
        device: usize,
        address: u8,
        keys: Option<KnownKeys>,
        identity: Option<DeviceIdentity>,
        role: Role,
    ) -> Result<(), AddError> {
        let Role { holds_table, feedback } = role;
        let in_clear = keys.is_none();
        let keys = keys.unwrap_or_default();
        let key = match in_clear {
            true => PdKey::Clear,
            false => keys.installed.map_or(PdKey::Unset, PdKey::Scbk),
        };
        let pd = self.cp.add_pd(PdConfig { address, key, check: None, expected: identity })?;
        if let Some(pending) = keys.pending {
            self.cp.resume_key_change(pd, pending);
        }
        if holds_table {
            self.cp.ask_before_key(pd, Manufacturer { oui: OUI, data: &panel::WHO_ARE_YOU });
        }
        self.devices.push(Device::new(pd, device, identity, holds_table, feedback));
        Ok(())
    }

    /// Whether the line has this device.
    pub(super) fn has(&self, device: usize) -> bool {
        self.find(device).is_some()
    }

    /// Lets a device have `key` until then.
    pub(super) fn open_install_mode(&mut self, now: Micros, device: usize, until: Micros, key: Scbk) {
        if let Some(pd) = self.find(device).map(|device| device.pd) {
            self.cp.open_install_mode(now, pd, until, key);
        }
    }

    /// Shows something at a device's reader, if that can be sent before `until`.
    pub(super) fn show(&mut self, showing: &Showing, until: Micros) {
        let device = self.find(showing.device).filter(|it| it.condition == DeviceCondition::Online);
        let Some((pd, feedback)) = device.map(|device| (device.pd, Arc::clone(&device.feedback))) else {
            return;
        };
        if let Some((_, capabilities)) = self.cp.status(pd).and_then(|status| status.about) {
            self.signals.add(showing, until, &feedback, &capabilities);
        }
    }

    /// Switches an output, if that can be sent before `until`.
    pub(super) fn actuate(&mut self, actuation: Actuation, until: Micros, done: outputs::Done) {
        match self.find(actuation.device).map(|device| device.condition) {
            None => outputs::answer(done, Err(ActuateError::Unknown)),
            Some(DeviceCondition::Online) => self.outputs.add(actuation, until, done),
            Some(_) => outputs::answer(done, Err(ActuateError::NotOnline)),
        }
    }

    /// Takes what happened at the port.
    pub(super) fn handle(&mut self, now: Micros, input: Input<'_>) {
        if let Input::LineUp = input {
            self.disturbance.forget(now, &self.cp.counters());
        }
        self.cp.handle(now, input);
    }

    /// Whether nothing is on its way.
    pub(super) fn is_free(&self) -> bool {
        self.cp.is_free()
    }

    /// How the open line is, if that has changed.
    pub(super) fn look(&mut self, now: Micros) -> Option<LinkCondition> {
        let devices = self.devices.iter().map(|device| device.condition);
        self.disturbance.look(now, &self.cp.counters(), devices)
    }

    /// The frame to send.
    pub(super) fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// Goes on until something is to be done.
    pub(super) fn next(&mut self, now: Micros) -> Next {
        let output_due = self.outputs.expire(now);
        let (work_due, follows) = self.works.expire(now);
        if let Follows::Speed(baud) = follows {
            return Next::Speed(baud);
        }
        let due = output_due.into_iter().chain(work_due).min();
        loop {
            if self.cp.is_free() {
                self.withdraw_late(now);
                self.state_demand(now);
            }
            match self.cp.poll_output(now) {
                Output::Transmit(bytes) => {
                    self.frame.clear();
                    self.frame.extend_from_slice(bytes);
                    return Next::Transmit;
                }
                Output::Wait(until) => return Next::Wait(until.into_iter().chain(due).min()),
                Output::Turn { pd, max_data, .. } => self.take_turn(now, pd, max_data),
                Output::Reply { pd, message } => {
                    self.devices[pd.get()].take_reply(now, self.client.as_ref(), message);
                }
                Output::Unsolicited { pd, message, max_age } => {
                    if let Some(heard) = heard(message, max_age) {
                        self.client.heard(self.devices[pd.get()].device, &heard);
                        return Next::Heard;
                    }
                }
                Output::Fragment { pd, offset, max_len } => self.send_part(now, pd, offset, max_len),
                Output::Failed { pd } => self.devices[pd.get()].lose_command(self.client.as_ref()),
                Output::Event { pd, event } => {
                    if let Some(next) = self.take_event(pd, event) {
                        return next;
                    }
                }
            }
        }
    }

    /// Whether something has happened since this was last asked.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// Puts into `status` what is known of the line and its devices.
    pub(super) fn report(&self, now: Micros, status: &mut LinkStatus) {
        let (at, counted) = (Timestamp::now(), self.cp.counters());
        status.noise_bytes = counted.noise_bytes.into();
        status.stray_frames = u64::from(counted.bad_length) + u64::from(counted.unexpected_frames);
        let of = |device: &Device| -> Option<DeviceStatus> {
            let pd = self.cp.status(device.pd)?;
            Some(status::device(device.device, device.condition, &pd, now, at))
        };
        status.devices = self.devices.iter().filter_map(of).collect();
    }

    pub(super) fn find(&self, device: usize) -> Option<&Device> {
        self.devices.iter().find(|known| known.device == device)
    }

    fn state_demand(&mut self, now: Micros) {
        for device in &self.devices {
            let demand = match self.client.demand(device.device) {
                _ if self.outputs.wait_for(device.device) => cp::Demand::Urgent,
                Demand::None if self.has_extras(device) => cp::Demand::Bulk,
                _ if now < device.spared_until => cp::Demand::None,
                Demand::None => cp::Demand::None,
                Demand::Bulk => cp::Demand::Bulk,
                Demand::Urgent => cp::Demand::Urgent,
            };
            self.cp.set_demand(device.pd, demand);
        }
    }

    /// Whether there is something for a device that its client need not be asked for.
    fn has_extras(&self, device: &Device) -> bool {
        self.signals.wait_for(device.device) || device.questions.any()
    }

    /// A device's turn: deactivations first, then an output that is to be switched, then any other operation, then what people
    /// are to see, and last how it stands.
    fn take_turn(&mut self, now: Micros, pd: PdIndex, max_data: usize) {
        let device = &self.devices[pd.get()];
        let spared = now < device.spared_until;
        let deactivates = !spared && self.client.demand(device.device) == Demand::Urgent;
        let sent = (!deactivates && self.switch_output(now, pd))
            || (!spared && self.send_operation(now, pd, max_data))
            || self.switch_output(now, pd)
            || self.show_signal(now, pd)
            || self.ask_status(now, pd);
        if !sent {
            self.devices[pd.get()].spared_until = now + IDLE_PAUSE;
            self.cp.decline(now, pd);
        }
    }

    /// Sends the oldest output that waits for the device.
    fn switch_output(&mut self, now: Micros, pd: PdIndex) -> bool {
        let device = &mut self.devices[pd.get()];
        let Some(waiting) = self.outputs.take(device.device) else { return false };
        let command = Command::Output(Records::of(std::slice::from_ref(&waiting.control)));
        if self.cp.send(now, pd, &command).is_err() {
            outputs::answer(waiting.done, Err(ActuateError::NotOnline));
            return false;
        }
        device.asked = Asked::Output { until: waiting.until, done: waiting.done };
        true
    }

    /// Sends the oldest signal that waits for the device.
    fn show_signal(&mut self, now: Micros, pd: PdIndex) -> bool {
        let device = &mut self.devices[pd.get()];
        let Some(shown) = self.signals.take(now, device.device) else { return false };
        let sent = self.cp.send(now, pd, &shown.command()).is_ok();
        if sent {
            device.asked = Asked::Shown;
        }
        sent
    }

    /// Asks the device how it stands, if that is still to be asked.
    fn ask_status(&mut self, now: Micros, pd: PdIndex) -> bool {
        let device = &mut self.devices[pd.get()];
        let Some(question) = device.questions.take() else { return false };
        let sent = self.cp.send_read(now, pd, &question).is_ok();
        if sent {
            device.asked = Asked::Status;
        }
        sent
    }

    /// Sends the client's next operation, if it has one.
    fn send_operation(&mut self, now: Micros, pd: PdIndex, max_data: usize) -> bool {
        let device = self.devices[pd.get()].device;
        let mut room = [0; MAX_FRAME_LEN];
        let len = {
            let mut frame = Frame::new(&mut room[..max_data.min(MAX_FRAME_LEN)]);
            if !self.client.next(device, &mut frame) {
                return false;
            }
            frame.filled()
        };
        let sent = len.is_some_and(|len| {
            let command = Command::Manufacturer(Manufacturer { oui: OUI, data: &room[..len] });
            let sent = match panel::is_read(room[0]) {
                true => self.cp.send_read(now, pd, &command),
                false => self.cp.send(now, pd, &command),
            };
            sent.is_ok()
        });
        if !sent {
            self.client.failed(device, Failure::Lost);
        }
        sent
    }

    /// An output that was sent and not confirmed is not sent again after its deadline.
    fn withdraw_late(&mut self, now: Micros) {
        for device in &self.devices {
            if matches!(device.asked, Asked::Output { until, .. } if until <= now) {
                self.cp.withdraw(now, device.pd);
            }
        }
    }

    /// Tells what a device became; what it means for its key and its identity is for others to do.
    fn take_event(&mut self, pd: PdIndex, event: Event) -> Option<Next> {
        self.news = true;
        let device = &mut self.devices[pd.get()];
        device.became(self.client.as_ref(), &event::became(&event));
        if device.condition != DeviceCondition::Online {
            self.outputs.lose(device.device);
            self.signals.lose(device.device);
            device.questions.begin(&Capabilities::default());
        } else if let (Event::SecureUp, Some(status)) = (&event, self.cp.status(pd)) {
            device.questions.begin(&status.about.map(|(_, can)| can).unwrap_or_default());
        }
        let device = device.device;
        if let Follows::Speed(baud) = self.works.take(device, &event) {
            return Some(Next::Speed(baud));
        }
        match event {
            Event::KeyInstalled => Some(Next::KeyChange { device, worked: true }),
            Event::KeyKept => Some(Next::KeyChange { device, worked: false }),
            Event::SecureUp => {
                self.newly_identified(pd).map(|identity| Next::Identified { device, identity })
            }
            _ => None,
        }
    }

    /// The device that it turns out to be, unless it is the one that is remembered.
    fn newly_identified(&mut self, pd: PdIndex) -> Option<DeviceIdentity> {
        let (pdid, _) = self.cp.status(pd)?.about?;
        let identity = Some(DeviceIdentity::from(&pdid));
        let device = &mut self.devices[pd.get()];
        (std::mem::replace(&mut device.identity, identity) != identity).then_some(identity?)
    }
}

/// A handshake's random number. Without one there is no secure channel, and so no door to serve.
fn random() -> [u8; 8] {
    let mut number = [0; 8];
    getrandom::fill(&mut number).expect("Linux gives random numbers once it has booted");
    number
}
