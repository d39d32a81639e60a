//! What stands behind a simulated PD, and reproducible dice.

use std::collections::VecDeque;
use std::vec::Vec;

use super::site::N;
use crate::osdp::command::Command;
use crate::osdp::payload::Manufacturer;
use crate::osdp::pd::{Answered, Key, PdHandler, ReplyWriter};
use crate::osdp::reply::{self, Capability, DeviceId, Reply, function};
use crate::osdp::secure::Scbk;
use crate::time::Micros;

/// Receive buffer that the devices claim.
pub(super) const DEVICE_BUFFER: u16 = 1000;
pub(super) const OUI: [u8; 3] = [0xAA, 0xBB, 0xCC];

/// A small generator of reproducible numbers (SplitMix64).
#[derive(Clone)]
pub(super) struct Dice(pub u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    /// True in `per_mille` of a thousand cases.
    pub(super) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }
}

/// What makes a simulated device.
pub(super) struct Gadget {
    pub serial: u32,
    pub key: Option<Scbk>,
    pub numbers: Dice,
    /// Numbers of the commands carried out.
    pub executed: Vec<u32>,
    /// Keypad digits still to be told.
    pub to_tell: VecDeque<u8>,
    /// Times that it will say BUSY before it carries out the next command.
    pub busy: usize,
    /// Bytes that a reply to a command has.
    pub reply_len: usize,
    capabilities: [Capability; 2],
}

impl Gadget {
    pub(super) fn new(index: usize, key: Option<Scbk>) -> Self {
        Self {
            serial: 1000 + index as u32,
            key,
            numbers: Dice(index as u64),
            executed: Vec::new(),
            to_tell: VecDeque::new(),
            busy: 0,
            reply_len: 4,
            capabilities: [
                Capability::sized(function::RECEIVE_BUFFER, DEVICE_BUFFER),
                Capability { function: function::SECURITY, compliance: 1, count: 1 },
            ],
        }
    }
}

impl PdHandler for Gadget {
    fn identity(&self) -> DeviceId {
        DeviceId { vendor: OUI, model: 1, version: 1, serial: self.serial, firmware: [1, 0, 0] }
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
        self.numbers.roll().to_le_bytes()
    }

    fn command<'b>(&mut self, _: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        assert!(reply.is_sealed(), "a command in clear was carried out");
        let Command::Manufacturer(Manufacturer { data, .. }) = command else { return reply.ack() };
        if self.busy > 0 {
            self.busy -= 1;
            return reply.busy();
        }
        let number = data[..4].try_into().unwrap();
        self.executed.push(u32::from_le_bytes(number));
        let mut answer = [0; N];
        answer[..4].copy_from_slice(&number);
        let len = self.reply_len.max(4).min(reply.room() - OUI.len());
        reply.send(&Reply::Manufacturer(Manufacturer { oui: OUI, data: &answer[..len] }))
    }

    fn poll<'b>(&mut self, _: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        match self.to_tell.front() {
            Some(digit) => reply.send(&Reply::Other { code: reply::code::KEYPAD, data: &[0, 1, *digit] }),
            None => reply.ack(),
        }
    }

    fn delivered(&mut self, _: Micros) {
        self.to_tell.pop_front();
    }
}
