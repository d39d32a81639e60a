//! The CP and its client, joined: turns become operations, replies become answers. No port and no timer in here.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use panel_protocol::limits::{MAX_FRAME_LEN, MAX_PDS_PER_LINE};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::cp::{
    self, AddError, Cp, DeviceIdentity, Event, Input, LineConfig, LineCounters, Output, PdConfig, PdIndex,
    PdKey,
};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::secure::{Message, Scbk};
use panel_protocol::panel::{self, OUI};
use panel_protocol::time::Micros;

use super::keys::KnownKeys;
use super::limits::{IDLE_PAUSE, REFUSED_PAUSE};
use super::{PanelClient, PanelStatus, event};
use crate::domain::Became;
use crate::sync::Demand;

/// Silence that ends a partial frame. The standard's 20 ms are for a wire; USB adapters hold bytes back for up to
/// 16 ms, and a loaded system adds to that.
const CHARACTER_GAP: Duration = Duration::from_millis(40);

type LineCp = Cp<MAX_PDS_PER_LINE, MAX_FRAME_LEN, fn() -> [u8; 8]>;

/// One controller.
struct Panel {
    pd: PdIndex,
    controller: usize,
    /// The device that is remembered for it.
    identity: Option<DeviceIdentity>,
    /// Until when it is given no operation, because it refused one or there was none.
    spared_until: Micros,
    /// What has been told of its last answer, if that was none: told again only when it changes.
    refusal: Option<Became>,
}

/// What is to be done for the driver.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Next {
    /// Send [`Driver::frame`].
    Transmit,
    /// The new key of this controller has worked, or the change has ended without it.
    KeyChange { controller: usize, worked: bool },
    /// This device has the controller's key and is to be remembered for it.
    Identified { controller: usize, identity: DeviceIdentity },
    /// Nothing until then; `None`: no end.
    Wait(Option<Micros>),
}

/// Everything of a line but its port, its timer and its files.
pub(super) struct Driver {
    cp: Box<LineCp>,
    panels: Vec<Panel>,
    client: Arc<dyn PanelClient>,
    frame: Vec<u8>,
    /// Whether something has happened that the status should show at once.
    news: bool,
}

impl Driver {
    /// A line that is down, without controllers.
    pub(super) fn new(baud: u32, client: Arc<dyn PanelClient>) -> Self {
        let config = LineConfig { character_gap: CHARACTER_GAP, ..LineConfig::new(baud) };
        let mut cp = Box::new(Cp::new(config, random as fn() -> [u8; 8]));
        cp.handle(Micros(0), Input::LineDown);
        Self { cp, panels: Vec::new(), client, frame: Vec::with_capacity(MAX_FRAME_LEN), news: true }
    }

    /// Adds a controller with the keys that it may have, and the device that it should be.
    pub(super) fn add(
        &mut self,
        controller: usize,
        address: u8,
        keys: KnownKeys,
        identity: Option<DeviceIdentity>,
    ) -> Result<(), AddError> {
        let key = keys.installed.map_or(PdKey::Unset, PdKey::Scbk);
        let pd = self.cp.add_pd(PdConfig { address, key, check: None, expected: identity })?;
        if let Some(pending) = keys.pending {
            self.cp.resume_key_change(pd, pending);
        }
        self.cp.ask_before_key(pd, Manufacturer { oui: OUI, data: &panel::WHO_ARE_YOU });
        self.panels.push(Panel { pd, controller, identity, spared_until: Micros(0), refusal: None });
        Ok(())
    }

    /// Whether the line has this controller.
    pub(super) fn has(&self, controller: usize) -> bool {
        self.panels.iter().any(|panel| panel.controller == controller)
    }

    /// Lets a controller have `key` until then.
    pub(super) fn open_install_mode(&mut self, now: Micros, controller: usize, until: Micros, key: Scbk) {
        if let Some(panel) = self.panels.iter().find(|panel| panel.controller == controller) {
            self.cp.open_install_mode(now, panel.pd, until, key);
        }
    }

    /// Takes what happened at the port.
    pub(super) fn handle(&mut self, now: Micros, input: Input<'_>) {
        self.cp.handle(now, input);
    }

    /// The frame to send.
    pub(super) fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// Goes on until something is to be done.
    pub(super) fn next(&mut self, now: Micros) -> Next {
        loop {
            if self.cp.is_free() {
                self.state_demand(now);
            }
            match self.cp.poll_output(now) {
                Output::Transmit(bytes) => {
                    self.frame.clear();
                    self.frame.extend_from_slice(bytes);
                    return Next::Transmit;
                }
                Output::Wait(until) => return Next::Wait(until),
                Output::Turn { pd, max_data, .. } => self.take_turn(now, pd, max_data),
                Output::Reply { pd, message } => {
                    let panel = &mut self.panels[pd.get()];
                    let became = take_reply(self.client.as_ref(), panel.controller, message);
                    if let Some(became) = &became {
                        panel.spared_until = now + REFUSED_PAUSE;
                        if panel.refusal.as_ref() != Some(became) {
                            self.client.became(panel.controller, became);
                        }
                    }
                    panel.refusal = became;
                }
                Output::Unsolicited { pd, message, .. } => {
                    if let Ok(reply) = Reply::parse(message.code, message.data) {
                        self.client.told(self.panels[pd.get()].controller, &reply);
                    }
                }
                // Files are the installer's tools', not the gateway's: it begins none.
                Output::Fragment { pd, .. } => self.cp.abort_file(pd),
                Output::Failed { pd } => self.client.failed(self.panels[pd.get()].controller),
                Output::Event { pd, event } => {
                    let controller = self.panels[pd.get()].controller;
                    self.news = true;
                    self.panels[pd.get()].refusal = None;
                    self.client.became(controller, &event::became(&event));
                    if let Event::KeyInstalled | Event::KeyKept = event {
                        return Next::KeyChange { controller, worked: event == Event::KeyInstalled };
                    }
                    if event == Event::SecureUp
                        && let Some(identity) = self.newly_identified(pd)
                    {
                        return Next::Identified { controller, identity };
                    }
                }
            }
        }
    }

    /// The device that a controller turns out to be, unless it is the one that is remembered.
    fn newly_identified(&mut self, pd: PdIndex) -> Option<DeviceIdentity> {
        let (pdid, _) = self.cp.status(pd)?.about?;
        let identity = Some(DeviceIdentity::from(&pdid));
        let panel = &mut self.panels[pd.get()];
        (std::mem::replace(&mut panel.identity, identity) != identity).then_some(identity?)
    }

    /// Whether something has happened since this was last asked.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// How the controllers are.
    pub(super) fn panels(&self, now: Micros) -> Vec<PanelStatus> {
        let at = Timestamp::now();
        let status = |panel: &Panel| Some((panel.controller, self.cp.status(panel.pd)?));
        let panels = self.panels.iter().filter_map(status);
        panels.map(|(controller, status)| PanelStatus::new(controller, &status, now, at)).collect()
    }

    /// What has been counted on the line.
    pub(super) fn counters(&self) -> LineCounters {
        self.cp.counters()
    }

    fn state_demand(&mut self, now: Micros) {
        for panel in &self.panels {
            let demand = match self.client.demand(panel.controller) {
                _ if now < panel.spared_until => cp::Demand::None,
                Demand::None => cp::Demand::None,
                Demand::Bulk => cp::Demand::Bulk,
                Demand::Urgent => cp::Demand::Urgent,
            };
            self.cp.set_demand(panel.pd, demand);
        }
    }

    /// A controller's turn: its next operation, if there is one.
    fn take_turn(&mut self, now: Micros, pd: PdIndex, max_data: usize) {
        let controller = self.panels[pd.get()].controller;
        let mut room = [0; MAX_FRAME_LEN];
        let room = &mut room[..max_data.min(MAX_FRAME_LEN)];
        if let Some(len) = self.client.next_operation(controller, room) {
            let data = &room[..len.min(room.len())];
            let command = Command::Manufacturer(Manufacturer { oui: OUI, data });
            let is_read = data.first().is_some_and(|code| panel::is_read(*code));
            let sent = match is_read {
                true => self.cp.send_read(now, pd, &command),
                false => self.cp.send(now, pd, &command),
            };
            match sent {
                Ok(()) => return,
                Err(_) => self.client.failed(controller),
            }
        }
        self.panels[pd.get()].spared_until = now + IDLE_PAUSE;
        self.cp.decline(now, pd);
    }
}

/// Hands the answer to an operation to the client. One that is no answer is a failure, and what is to be told of it.
fn take_reply(client: &dyn PanelClient, controller: usize, message: Message<'_>) -> Option<Became> {
    let became = match Reply::parse(message.code, message.data) {
        Ok(Reply::Manufacturer(Manufacturer { oui: OUI, data })) => {
            client.answer(controller, data);
            return None;
        }
        Ok(Reply::Nak(nak)) => event::refused(nak.reason),
        _ => event::nonsense(),
    };
    client.failed(controller);
    Some(became)
}

/// A handshake's random number. Without one there is no secure channel, and so no door to serve.
fn random() -> [u8; 8] {
    let mut number = [0; 8];
    getrandom::fill(&mut number).expect("Linux gives random numbers once it has booted");
    number
}
