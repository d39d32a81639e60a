//! A driver and a device, joined under a clock of their own: what takes minutes on a line takes none here.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use panel_protocol::osdp::command::{Command, OutputControl};
use panel_protocol::osdp::cp::Input;
use panel_protocol::osdp::pd::{self, Answered, Key, Pd, PdConfig, PdHandler, ReplyWriter};
use panel_protocol::osdp::reply::{Capability, DeviceId, NakReason};
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::panel::{Device, DeviceConfig, Hardware, Panel, PanelConfig};
use panel_protocol::table::SortedRows;
use panel_protocol::time::Micros;
use tokio::sync::oneshot;

use super::super::driver::{Driver, Next, Role};
use super::super::keys::KnownKeys;
use crate::domain::{Became, DeviceCondition, LinkCondition};
use crate::links::{ActuateError, Actuation, DeviceClient, Heard, Switch};
use crate::sync::{Answer, Demand, Failure, Operation, Room};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// A client that asks without end, if it wants anything at all, and remembers what it is told.
#[derive(Default)]
pub(super) struct Client {
    pub demand: Option<Demand>,
    pub became: Mutex<Vec<Became>>,
    pub failures: Mutex<Vec<Failure>>,
    pub answers: Mutex<usize>,
}

impl Client {
    /// Whether the device is so by what was told last of it.
    pub(super) fn is(&self, condition: DeviceCondition) -> bool {
        let told = self.became.lock().unwrap();
        let last = told.iter().rev().find_map(|became| match became {
            Became::Condition { is, .. } => Some(*is),
            _ => None,
        });
        last == Some(condition)
    }
}

impl DeviceClient for Client {
    fn demand(&self, _: usize) -> Demand {
        self.demand.unwrap_or(Demand::None)
    }

    fn next(&self, _: usize, room: &mut dyn Room) -> bool {
        self.demand.is_some() && room.operation(&Operation::Info)
    }

    fn answered(&self, _: usize, _: &Answer) {
        *self.answers.lock().unwrap() += 1;
    }

    fn failed(&self, _: usize, failure: Failure) {
        self.failures.lock().unwrap().push(failure);
    }

    fn heard(&self, _: usize, _: &Heard) {}

    fn became(&self, _: usize, became: &Became) {
        self.became.lock().unwrap().push(became.clone());
    }

    fn link(&self, _: &LinkCondition) {}
}

/// What the device has done with its outputs.
#[derive(Default)]
pub(super) struct Board(Vec<OutputControl>);

impl Hardware for Board {
    fn keep_key(&mut self, _: &Scbk) -> bool {
        false
    }

    fn random(&mut self) -> [u8; 8] {
        [0x5A; 8]
    }

    fn carry_out(&mut self, _: Micros, command: &Command<'_>) -> bool {
        if let Command::Output(outputs) = command {
            self.0.extend(outputs.iter());
        }
        true
    }
}

/// A panel, or what is in its place.
pub(super) struct Gadget {
    device: Device<Box<Panel<SortedRows<10>, 4, 16>>, Board>,
    /// It is an ordinary reader: it knows no vendor's commands.
    pub plain: bool,
}

impl PdHandler for Gadget {
    fn identity(&self) -> DeviceId {
        self.device.identity()
    }

    fn capabilities(&self) -> &[Capability] {
        self.device.capabilities()
    }

    fn key(&self) -> Key<'_> {
        self.device.key()
    }

    fn set_key(&mut self, key: &Scbk) -> bool {
        self.device.set_key(key)
    }

    fn random(&mut self) -> [u8; 8] {
        PdHandler::random(&mut self.device)
    }

    fn command<'b>(&mut self, now: Micros, command: &Command<'_>, reply: ReplyWriter<'b>) -> Answered<'b> {
        match command {
            Command::Manufacturer(_) if self.plain => reply.nak(NakReason::UnknownCommand),
            command => self.device.command(now, command, reply),
        }
    }

    fn poll<'b>(&mut self, now: Micros, reply: ReplyWriter<'b>) -> Answered<'b> {
        self.device.poll(now, reply)
    }

    fn delivered(&mut self, now: Micros) {
        self.device.delivered(now);
    }
}

/// The line between them.
pub(super) struct Bench {
    pub driver: Driver,
    pub client: Arc<Client>,
    pub gadget: Gadget,
    pub now: Micros,
    /// The device gets nothing.
    pub deaf: bool,
    /// What the device answers is lost.
    pub mute: bool,
    pd: Pd<256>,
}

impl Bench {
    /// A panel that is online.
    pub(super) fn new(client: Client) -> Self {
        let mut bench = Self::with(client, false);
        bench.run(SECOND);
        assert!(bench.client.is(DeviceCondition::Online));
        bench
    }

    /// A panel, or an ordinary reader with its key, that was not heard yet.
    pub(super) fn with(client: Client, plain: bool) -> Self {
        let (client, key) = (Arc::new(client), Scbk::new([7; 16]));
        let mut driver = Driver::new(115_200, Arc::clone(&client) as Arc<dyn DeviceClient>);
        let keys = KnownKeys { installed: Some(key.clone()), pending: None };
        driver.add(0, 1, Some(keys), None, Role { holds_table: true, feedback: Arc::default() }).unwrap();
        driver.handle(Micros(0), Input::LineUp);
        let id = DeviceId { vendor: [1, 2, 3], model: 1, version: 1, serial: 1, firmware: [1, 0, 0] };
        let about = DeviceConfig { id, receive_buffer: 256, extras: &[] };
        let panel = Box::new(Panel::new(PanelConfig { readers: 1 }, SortedRows::new()));
        let device = Device::new(about, panel, Some(key), Board::default());
        Self {
            driver,
            client,
            gadget: Gadget { device, plain },
            now: Micros(0),
            deaf: false,
            mute: false,
            pd: Pd::new(PdConfig { address: 1, require_secure: true }),
        }
    }

    /// Lets so much time pass.
    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            match self.driver.next(self.now) {
                Next::Transmit => self.carry(),
                Next::Wait(until) => {
                    self.now = until.unwrap_or(end).min(end).max(self.now + Duration::from_micros(1));
                }
                Next::KeyChange { .. } | Next::Identified { .. } | Next::Heard | Next::Speed(_) => {}
            }
        }
    }

    fn carry(&mut self) {
        if self.deaf {
            return;
        }
        let frame = self.driver.frame().to_vec();
        self.pd.handle(self.now, pd::Input::Received(&frame), &mut self.gadget);
        let mut replies = Vec::new();
        while let Some(output) = self.pd.poll_output() {
            if let pd::Output::Transmit(reply) = output {
                replies.push(reply.to_vec());
            }
        }
        self.now = self.now + Duration::from_millis(1);
        for reply in replies.iter().filter(|_| !self.mute) {
            self.driver.handle(self.now, Input::Received(reply));
        }
    }

    /// Has an output switched, if that can be sent in time.
    pub(super) fn actuate(&mut self, within: Duration) -> oneshot::Receiver<Result<(), ActuateError>> {
        let (done, answer) = oneshot::channel();
        let (switch, deadline) = (Switch::OnFor(Duration::from_secs(5)), Instant::now());
        let actuation = Actuation { device: 0, output: 3, switch, deadline };
        self.driver.actuate(actuation, self.now + within, done);
        answer
    }

    /// What the device's outputs were told.
    pub(super) fn switched(&self) -> &[OutputControl] {
        &self.gadget.device.hardware.0
    }
}
