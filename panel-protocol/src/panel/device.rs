//! A panel as an OSDP device: what a PD machine asks for, answered by a panel and the hardware around it.
//!
//! Firmware and simulator serve their lines through this same code; they differ in their [`Hardware`] alone. The
//! card-table commands are carried out inside the secure channel only, and nothing else that comes over the line
//! opens a door, unless the hardware says so.

use core::fmt;
use core::ops::DerefMut;

use heapless::Vec;

use super::{OUI, Panel};
use crate::limits::MAX_READERS;
use crate::osdp::command::Command;
use crate::osdp::payload::Manufacturer;
use crate::osdp::pd::{Answered, Key, PdHandler, ReplyWriter};
use crate::osdp::records::Records;
use crate::osdp::reply::{
    Capability, Contact, DeviceId, LocalStatus, NakReason, ReaderState, Reply, function,
};
use crate::osdp::secure::Scbk;
use crate::table::RowStore;
use crate::time::Micros;

/// Most inputs, and most outputs, that a panel shows to its line.
pub const MAX_CONTACTS: usize = 16;

/// Most capabilities that a device can have beside those of every panel.
pub const MAX_EXTRAS: usize = 8;

/// What a panel always has to say of itself: contacts, card format, check, security, receive buffer, readers, version.
const CAPABILITIES: usize = 7;

/// Bytes of the longest notice that events wait.
const NOTICE_LEN: usize = 16;

/// What is around a panel. Whatever a device doesn't have stays as it is here.
pub trait Hardware {
    /// Keeps a secure-channel key beyond a loss of power, in the place of the one before; false when it could not, and
    /// then the one before must still be there.
    fn keep_key(&mut self, key: &Scbk) -> bool;

    /// Eight bytes that nobody can guess, different each time.
    fn random(&mut self) -> [u8; 8];

    /// Tamper and power.
    fn local_status(&self) -> LocalStatus {
        LocalStatus::default()
    }

    /// An input by number, from 0; `None` past the last.
    fn input(&self, _number: usize) -> Option<Contact> {
        None
    }

    /// An output by number, from 0; `None` past the last.
    fn output(&self, _number: usize) -> Option<Contact> {
        None
    }

    /// Carries out OUT, LED, BUZ, TEXT or ABORT; false when the device does no such thing.
    fn carry_out(&mut self, _now: Micros, _command: &Command<'_>) -> bool {
        false
    }
}

/// What a device says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceConfig<'a> {
    /// Who it is.
    pub id: DeviceId,
    /// Longest frame that it takes, in bytes: its PD machine's `N`.
    pub receive_buffer: u16,
    /// What it can do beside what every panel can: lights, outputs that take commands. At most [`MAX_EXTRAS`].
    pub extras: &'a [Capability],
}

/// The device behind a PD machine. `B` is where its panel lives: a `Box`, or a `&'static mut`.
pub struct Device<B, H> {
    /// Table, clock and events; cards are presented to it.
    pub panel: B,
    /// What is around it.
    pub hardware: H,
    id: DeviceId,
    capabilities: Vec<Capability, { CAPABILITIES + MAX_EXTRAS }>,
    key: Option<Scbk>,
}

impl<B, H, R, const P: usize, const E: usize, const S: usize, const K: usize> Device<B, H>
where
    B: DerefMut<Target = Panel<R, P, E, S, K>>,
    R: RowStore,
    H: Hardware,
{
    /// A device with this key; without one it waits for its first, and accepts the published default key.
    pub fn new(config: DeviceConfig<'_>, panel: B, key: Option<Scbk>, hardware: H) -> Self {
        let inputs = contacts(|number| hardware.input(number)).len();
        let can = |function, compliance, count| Capability { function, compliance, count };
        let always: [Capability; CAPABILITIES] = [
            can(function::CONTACTS, 1, u8::try_from(inputs).unwrap_or(u8::MAX)),
            can(function::CARD_FORMAT, 1, 0),
            can(function::CHECK, 1, 0),
            can(function::SECURITY, 1, 1),
            Capability::sized(function::RECEIVE_BUFFER, config.receive_buffer),
            can(function::READERS, 0, panel.readers()),
            can(function::OSDP_VERSION, 2, 0),
        ];
        let capabilities = always.iter().chain(config.extras.iter().take(MAX_EXTRAS)).copied().collect();
        Self { panel, hardware, id: config.id, capabilities, key }
    }

    /// The card-table command set.
    fn operate<'b>(
        &mut self,
        now: Micros,
        message: &Manufacturer<'_>,
        reply: ReplyWriter<'b>,
    ) -> Answered<'b> {
        if message.oui != OUI {
            return reply.nak(NakReason::UnknownCommand);
        }
        if !reply.is_sealed() {
            return reply.nak(NakReason::Security);
        }
        reply.manufacturer(OUI, |room| self.panel.operate(now, message.data, room))
    }
}

impl<B, H, R, const P: usize, const E: usize, const S: usize, const K: usize> PdHandler for Device<B, H>
where
    B: DerefMut<Target = Panel<R, P, E, S, K>>,
    R: RowStore,
    H: Hardware,
{
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
        let kept = self.hardware.keep_key(key);
        if kept {
            self.key = Some(key.clone());
        }
        kept
    }

    fn random(&mut self) -> [u8; 8] {
        self.hardware.random()
    }

    fn session_began(&mut self) {
        self.panel.begin_session();
    }

    fn command<'b>(&mut self, now: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        match command {
            Command::Manufacturer(message) => self.operate(now, message, reply),
            Command::LocalStatus => reply.send(&Reply::LocalStatus(self.hardware.local_status())),
            Command::InputStatus => {
                let inputs = contacts(|number| self.hardware.input(number));
                reply.send(&Reply::InputStatus(Records::of(&inputs)))
            }
            Command::OutputStatus => {
                let outputs = contacts(|number| self.hardware.output(number));
                reply.send(&Reply::OutputStatus(Records::of(&outputs)))
            }
            Command::ReaderStatus => {
                let readers = usize::from(self.panel.readers()).min(MAX_READERS);
                let states = [ReaderState::Normal; MAX_READERS];
                reply.send(&Reply::ReaderStatus(Records::of(&states[..readers])))
            }
            Command::Output(_) | Command::Led(_) | Command::Buzzer(_) | Command::Text(_) | Command::Abort
                if self.hardware.carry_out(now, command) =>
            {
                reply.ack()
            }
            _ => reply.nak(NakReason::UnknownCommand),
        }
    }

    /// Tells that events wait, inside the secure channel only.
    fn poll<'b>(&mut self, _: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        let mut notice = [0; NOTICE_LEN];
        let waiting = if reply.is_sealed() { self.panel.waiting(&mut notice) } else { None };
        match waiting {
            Some(len) => reply.send(&Reply::Manufacturer(Manufacturer { oui: OUI, data: &notice[..len] })),
            None => reply.ack(),
        }
    }

    /// Nothing to forget: events stay until the gateway acknowledges them by number.
    fn delivered(&mut self, _: Micros) {}
}

/// All contacts up to the first that isn't there.
fn contacts(contact: impl FnMut(usize) -> Option<Contact>) -> Vec<Contact, MAX_CONTACTS> {
    (0..MAX_CONTACTS).map_while(contact).collect()
}

impl<B, H> fmt::Debug for Device<B, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("id", &self.id).field("key", &self.key).finish_non_exhaustive()
    }
}
