//! One polled device: a firmware that remembers what it was made to do, behind the simulated device of all tests.

use std::time::Duration;

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::file::{FileError, FileFragment, FileProgress, FileStatus};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::pd::{
    Answered, EventQueue, FileReceiver, FileSink, Finish, Key, PdHandler, ReplyWriter,
};
use panel_protocol::osdp::reply::{Capability, DeviceId, Reply, function};
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::testing;
use panel_protocol::time::Micros;

use super::N;

pub(super) const OUI: [u8; 3] = [0xAA, 0xBB, 0xCC];

/// Bytes of a command's number, with which its vendor data and those of its answer begin.
pub(super) const NUMBER_LEN: usize = 4;

/// Most bytes of a file in one fragment.
const LONGEST_FRAGMENT: u16 = N as u16;

/// News that a device keeps; more would push out the oldest.
const MAX_NEWS: usize = 16;

const CAPABILITIES: [Capability; 3] = [
    Capability { function: function::CHECK, compliance: 1, count: 0 },
    Capability::sized(function::RECEIVE_BUFFER, (N - 1) as u16),
    Capability { function: function::SECURITY, compliance: 1, count: 1 },
];

pub(super) type Device = testing::Device<Firmware, N>;

/// What makes the device itself.
pub(super) struct Firmware {
    pub(super) identity: DeviceId,
    /// `None`: as it leaves the factory.
    pub(super) key: Option<Scbk>,
    /// A key that nobody knows, in the other's place.
    foreign: Option<Scbk>,
    /// Whether it can keep a new key.
    pub(super) keeps_keys: bool,
    /// Times that it will still say BUSY.
    pub(super) busy: u8,
    /// How it answers fragments when not plainly: flags, milliseconds a write takes, progress, longest fragment.
    pub(super) file_manner: Option<[u8; 4]>,
    /// The commands carried out, each with the handshake whose session it came in.
    pub(super) executed: Vec<(u32, u32)>,
    /// News not yet told for good, and how many there have ever been.
    pub(super) to_tell: EventQueue<MAX_NEWS>,
    pub(super) news: u16,
    receiver: FileReceiver,
    pub(super) flash: Flash,
    handshakes: u32,
    index: usize,
}

/// Where its file is.
#[derive(Default)]
pub(super) struct Flash {
    pub(super) bytes: Vec<u8>,
    total: u32,
    write_time: Duration,
    busy_until: Micros,
}

/// A device with this key, that listens at this speed.
pub(super) fn device(index: usize, baud: u32, key: Scbk) -> Device {
    let serial = 1000 + index as u32;
    let firmware = Firmware {
        identity: DeviceId { vendor: OUI, model: 1, version: 1, serial, firmware: [1, 0, 0] },
        key: Some(key),
        foreign: None,
        keeps_keys: true,
        busy: 0,
        file_manner: None,
        executed: Vec::new(),
        to_tell: EventQueue::new(),
        news: 0,
        receiver: FileReceiver::new(LONGEST_FRAGMENT),
        flash: Flash::default(),
        handshakes: 0,
        index,
    };
    Device::new(index as u8, baud, firmware)
}

/// The device loses what it held in memory.
pub(super) fn restart(device: &mut Device) {
    device.restart();
    device.handler.receiver = FileReceiver::new(LONGEST_FRAGMENT);
}

/// Ends everything that makes it a bad device.
pub(super) fn heal(device: &mut Device, identity: DeviceId) {
    if !device.powered {
        restart(device);
    }
    (device.powered, device.reply_time) = (true, Duration::from_millis(1));
    let firmware = &mut device.handler;
    (firmware.identity, firmware.foreign, firmware.keeps_keys) = (identity, None, true);
    (firmware.busy, firmware.file_manner) = (0, None);
}

impl Firmware {
    pub(super) fn learn_news(&mut self, now: Micros) {
        if self.to_tell.len() < MAX_NEWS {
            let data = &self.news.to_le_bytes();
            let event = Reply::Manufacturer(Manufacturer { oui: OUI, data });
            self.to_tell.push(now, &event).expect("is short");
            self.news += 1;
        }
    }

    pub(super) fn toggle_foreign_key(&mut self) {
        self.foreign = if self.foreign.is_some() { None } else { Some(Scbk::new([0xEE; 16])) };
    }

    pub(super) fn toggle_swapped(&mut self) {
        self.identity.serial ^= 0x8000_0000;
    }

    fn take_part<'b>(
        &mut self,
        now: Micros,
        part: &FileFragment<'_>,
        reply: ReplyWriter<'b>,
    ) -> Answered<'b> {
        let write_ms = self.file_manner.map_or(0, |[_, write_ms, ..]| write_ms);
        self.flash.write_time = Duration::from_millis(u64::from(write_ms));
        let Some(status) = self.receiver.receive(now, part, &mut self.flash) else { return reply.busy() };
        reply.send(&Reply::FileStatus(self.file_manner.map_or(status, |manner| distorted(status, manner))))
    }
}

/// What a device answers that has its own idea of FTSTAT.
fn distorted(status: FileStatus, [flags, _, progress, longest]: [u8; 4]) -> FileStatus {
    FileStatus {
        may_interleave: flags & 1 == 0,
        leave_secure: flags & 0x82 == 0x82,
        has_news: flags & 4 != 0,
        progress: match progress {
            0..128 => status.progress,
            code => FileProgress::from_code(i16::from(code as i8 >> 4)),
        },
        max_fragment: u16::from(longest),
        ..status
    }
}

impl FileSink for Flash {
    fn begin(&mut self, _: Micros, _: u8, total: u32) -> Result<(), FileError> {
        (self.total, self.bytes) = (total, Vec::new());
        Ok(())
    }

    fn write(&mut self, now: Micros, offset: u32, bytes: &[u8]) -> Result<(), FileError> {
        assert!(now >= self.busy_until, "before it was ready");
        assert_eq!(offset as usize, self.bytes.len(), "a part is missing or comes twice");
        self.bytes.extend_from_slice(bytes);
        assert!(
            !bytes.is_empty() && self.bytes.len() <= self.total as usize,
            "nothing, or more than there is"
        );
        self.busy_until = now + self.write_time;
        Ok(())
    }

    fn finish(&mut self, _: Micros) -> Result<Finish, FileError> {
        assert_eq!(self.bytes.len(), self.total as usize, "finished before its end");
        Ok(Finish::Processed)
    }

    fn delay(&self, now: Micros) -> Duration {
        self.busy_until.since(now)
    }
}

impl PdHandler for Firmware {
    fn identity(&self) -> DeviceId {
        self.identity
    }

    fn capabilities(&self) -> &[Capability] {
        &CAPABILITIES
    }

    fn key(&self) -> Key<'_> {
        self.foreign.as_ref().or(self.key.as_ref()).map_or(Key::Factory, Key::Installed)
    }

    fn set_key(&mut self, key: &Scbk) -> bool {
        if self.keeps_keys {
            self.key = Some(key.clone());
        }
        self.keeps_keys
    }

    fn random(&mut self) -> [u8; 8] {
        self.handshakes += 1;
        let number = u64::from(self.handshakes) << 8 | self.index as u64;
        number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes()
    }

    fn command<'b>(&mut self, now: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        if !reply.is_sealed() {
            assert!(matches!(self.key(), Key::Factory), "a command in clear was carried out");
            return reply.ack();
        }
        if self.busy > 0 {
            self.busy -= 1;
            return reply.busy();
        }
        let data = match command {
            Command::Manufacturer(Manufacturer { oui: OUI, data }) => data,
            Command::FileTransfer(part) => return self.take_part(now, part, reply),
            Command::ComSet(settings) => return reply.send(&Reply::Com(*settings)),
            Command::Abort => return reply.ack(),
            other => panic!("the CP was not asked to send {other:?}"),
        };
        let number = data.first_chunk().expect("a number");
        self.executed.push((u32::from_le_bytes(*number), self.handshakes));
        let answer = &data[..data.len().min(reply.room() - OUI.len())];
        reply.send(&Reply::Manufacturer(Manufacturer { oui: OUI, data: answer }))
    }

    fn poll<'b>(&mut self, now: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        self.to_tell.tell(now, reply).unwrap_or_else(ReplyWriter::ack)
    }

    fn delivered(&mut self, _: Micros) {
        self.to_tell.delivered();
    }
}
