//! What stands behind a simulated PD.

use std::boxed::Box;
use std::collections::VecDeque;
use std::vec::Vec;

use super::site::N;
use crate::osdp::command::Command;
use crate::osdp::file::{FileFragment, FileProgress, FileStatus};
use crate::osdp::payload::Manufacturer;
use crate::osdp::pd::{Answered, Key, PdHandler, ReplyWriter};
use crate::osdp::reply::{self, Capability, DeviceId, Reply, function};
use crate::osdp::secure::Scbk;
use crate::testing::Dice;
use crate::time::Micros;

/// Receive buffer that the devices claim.
pub(super) const DEVICE_BUFFER: u16 = 1000;
/// It has the file and has used it.
pub(super) const PROCESSED: FileStatus =
    FileStatus { progress: FileProgress::Processed, ..FileStatus::PROCEED };
pub(super) const OUI: [u8; 3] = [0xAA, 0xBB, 0xCC];

/// What makes a simulated device.
pub(super) struct Gadget {
    pub serial: u32,
    pub key: Option<Scbk>,
    pub numbers: Dice,
    /// Numbers of the commands carried out.
    pub executed: Vec<u32>,
    /// Keypad digits still to be told.
    pub to_tell: VecDeque<u8>,
    /// The reply that tells them.
    pub news_code: u8,
    /// Times that it will say BUSY before it carries out the next command.
    pub busy: usize,
    /// Bytes that a reply to a command has.
    pub reply_len: usize,
    /// The file that it is getting, as far as it has come.
    pub file: Vec<u8>,
    /// What it answers to a fragment, given whether it has the whole file by then.
    pub file_answer: Box<dyn FnMut(bool) -> Reply<'static>>,
    /// Whether it knows no vendor command.
    pub plain: bool,
    /// Whether it was told to stop.
    pub aborted: bool,
    /// Whether it carries out commands in clear.
    pub in_clear: bool,
    /// What it answers to COMSET, if not what it was asked for.
    pub com_answer: Option<Reply<'static>>,
    capabilities: Vec<Capability>,
}

impl Gadget {
    pub(super) fn new(index: usize, key: Option<Scbk>) -> Self {
        Self {
            serial: 1000 + index as u32,
            key,
            numbers: Dice(index as u64),
            executed: Vec::new(),
            to_tell: VecDeque::new(),
            news_code: reply::code::KEYPAD,
            busy: 0,
            reply_len: 4,
            file: Vec::new(),
            file_answer: Box::new(|whole| {
                Reply::FileStatus(if whole { PROCESSED } else { FileStatus::PROCEED })
            }),
            plain: false,
            aborted: false,
            in_clear: false,
            com_answer: None,
            capabilities: std::vec![
                Capability::sized(function::RECEIVE_BUFFER, DEVICE_BUFFER),
                Capability { function: function::SECURITY, compliance: 1, count: 1 },
            ],
        }
    }
}

impl Gadget {
    /// Sets the receive buffer that it claims.
    pub(super) fn set_buffer(&mut self, len: u16) {
        self.capabilities[0] = Capability::sized(function::RECEIVE_BUFFER, len);
    }

    pub(super) fn add_capability(&mut self, capability: Capability) {
        self.capabilities.push(capability);
    }

    fn take<'b>(&mut self, fragment: &FileFragment<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        if fragment.offset == 0 && !fragment.data.is_empty() {
            self.file.clear();
        }
        assert_eq!(fragment.offset as usize, self.file.len(), "a part is missing or comes twice");
        self.file.extend_from_slice(fragment.data);
        assert!(self.file.len() <= fragment.total as usize);
        let whole = self.file.len() == fragment.total as usize;
        reply.send(&(self.file_answer)(whole))
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
        assert!(reply.is_sealed() || self.in_clear, "a command in clear was carried out");
        if self.busy > 0 {
            self.busy -= 1;
            return reply.busy();
        }
        let data = match command {
            Command::Manufacturer(_) if self.plain => return reply.nak(reply::NakReason::UnknownCommand),
            Command::Manufacturer(Manufacturer { data, .. }) => data,
            Command::FileTransfer(fragment) => return self.take(fragment, reply),
            Command::ComSet(settings) => {
                return reply.send(&self.com_answer.unwrap_or(Reply::Com(*settings)));
            }
            command => {
                self.aborted |= *command == Command::Abort;
                return reply.ack();
            }
        };
        let number = data[..4].try_into().unwrap();
        self.executed.push(u32::from_le_bytes(number));
        let mut answer = [0; N];
        answer[..4].copy_from_slice(&number);
        let len = self.reply_len.max(4).min(reply.room() - OUI.len());
        reply.send(&Reply::Manufacturer(Manufacturer { oui: OUI, data: &answer[..len] }))
    }

    fn poll<'b>(&mut self, _: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        match self.to_tell.front() {
            Some(digit) => reply.send(&Reply::Other { code: self.news_code, data: &[0, 1, *digit] }),
            None => reply.ack(),
        }
    }

    fn delivered(&mut self, _: Micros) {
        self.to_tell.pop_front();
    }
}
