//! Outputs: switched by the device's own timer, before their deadline or not at all, and never from memory.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use panel_protocol::osdp::command::{Command, OutputAction, OutputControl};
use panel_protocol::osdp::cp::Input;
use panel_protocol::osdp::pd::{self, Pd, PdConfig};
use panel_protocol::osdp::reply::DeviceId;
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::panel::{Device, DeviceConfig, Hardware, Panel, PanelConfig};
use panel_protocol::table::SortedRows;
use panel_protocol::time::Micros;
use tokio::sync::oneshot;

use super::super::driver::{Driver, Next};
use super::super::keys::KnownKeys;
use crate::domain::{Became, DeviceCondition, LinkCondition};
use crate::links::{ActuateError, Actuation, DeviceClient, Heard};
use crate::sync::{Answer, Demand, Failure, Operation, Room};

const SECOND: Duration = Duration::from_secs(1);

/// A client with deactivations without end, or with nothing at all.
#[derive(Default)]
struct Client {
    deactivates: bool,
    online: Mutex<bool>,
    failures: Mutex<Vec<Failure>>,
}

impl DeviceClient for Client {
    fn demand(&self, _: usize) -> Demand {
        if self.deactivates { Demand::Urgent } else { Demand::None }
    }

    fn next(&self, _: usize, room: &mut dyn Room) -> bool {
        self.deactivates && room.operation(&Operation::Info)
    }

    fn answered(&self, _: usize, _: &Answer) {}

    fn failed(&self, _: usize, failure: Failure) {
        self.failures.lock().unwrap().push(failure);
    }

    fn heard(&self, _: usize, _: &Heard) {}

    fn became(&self, _: usize, became: &Became) {
        if let Became::Condition { is, .. } = became {
            *self.online.lock().unwrap() = *is == DeviceCondition::Online;
        }
    }

    fn link(&self, _: &LinkCondition) {}
}

/// What the device has done with its outputs.
#[derive(Default)]
struct Board(Vec<OutputControl>);

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

/// A driver and a device under a clock of their own.
struct Bench {
    driver: Driver,
    client: Arc<Client>,
    pd: Pd<256>,
    device: Device<Box<Panel<SortedRows<10>, 4, 16>>, Board>,
    now: Micros,
    /// The device gets nothing.
    deaf: bool,
    /// What the device answers is lost.
    mute: bool,
}

impl Bench {
    fn new(client: Client) -> Self {
        let (client, key) = (Arc::new(client), Scbk::new([7; 16]));
        let mut driver = Driver::new(115_200, Arc::clone(&client) as Arc<dyn DeviceClient>);
        let keys = KnownKeys { installed: Some(key.clone()), pending: None };
        driver.add(0, 1, keys, None).unwrap();
        driver.handle(Micros(0), Input::LineUp);
        let id = DeviceId { vendor: [1, 2, 3], model: 1, version: 1, serial: 1, firmware: [1, 0, 0] };
        let about = DeviceConfig { id, receive_buffer: 256, extras: &[] };
        let panel = Box::new(Panel::new(PanelConfig { readers: 1 }, SortedRows::new()));
        let mut bench = Self {
            driver,
            client,
            pd: Pd::new(PdConfig { address: 1, require_secure: true }),
            device: Device::new(about, panel, Some(key), Board::default()),
            now: Micros(0),
            deaf: false,
            mute: false,
        };
        bench.run(SECOND);
        assert!(*bench.client.online.lock().unwrap());
        bench
    }

    /// Lets so much time pass.
    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            match self.driver.next(self.now) {
                Next::Transmit => self.carry(),
                Next::Wait(until) => {
                    self.now = until.unwrap_or(end).min(end).max(self.now + Duration::from_micros(1));
                }
                Next::KeyChange { .. } | Next::Identified { .. } => {}
            }
        }
    }

    fn carry(&mut self) {
        if self.deaf {
            return;
        }
        let frame = self.driver.frame().to_vec();
        self.pd.handle(self.now, pd::Input::Received(&frame), &mut self.device);
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

    fn actuate(&mut self, within: Duration) -> oneshot::Receiver<Result<(), ActuateError>> {
        let (done, answer) = oneshot::channel();
        let (span, deadline) = (Duration::from_secs(5), Instant::now());
        let actuation = Actuation { device: 0, output: 3, span, deadline };
        self.driver.actuate(actuation, self.now + within, done);
        answer
    }

    fn switched(&self) -> &[OutputControl] {
        &self.device.hardware.0
    }
}

#[test]
fn an_output_is_switched_once_by_the_devices_own_timer_and_confirmed() {
    let mut bench = Bench::new(Client::default());
    let mut answer = bench.actuate(SECOND);
    bench.run(SECOND);
    assert_eq!(answer.try_recv(), Ok(Ok(())));
    let expected = OutputControl { output: 3, action: OutputAction::OnFor, timer_100ms: 50 };
    assert_eq!(bench.switched(), [expected]);
}

#[test]
fn an_answer_that_is_lost_on_the_way_is_fetched_by_asking_again_and_switches_nothing_twice() {
    let mut bench = Bench::new(Client::default());
    let mut answer = bench.actuate(SECOND);
    bench.mute = true;
    bench.run(Duration::from_millis(250));
    assert_eq!(bench.switched().len(), 1);
    bench.mute = false;
    bench.run(SECOND);
    assert_eq!((answer.try_recv(), bench.switched().len()), (Ok(Ok(())), 1));
}

#[test]
fn what_was_not_confirmed_before_its_deadline_is_not_repeated_after_it() {
    let mut bench = Bench::new(Client::default());
    bench.run(Duration::from_millis(3)); // the line is free
    let mut answer = bench.actuate(Duration::from_millis(300));
    bench.deaf = true;
    bench.run(SECOND);
    assert_eq!(answer.try_recv(), Ok(Err(ActuateError::Unconfirmed)));
    bench.deaf = false;
    bench.run(SECOND * 10);
    assert!(*bench.client.online.lock().unwrap(), "it is there again");
    assert!(bench.switched().is_empty(), "a door that nobody expects to open any more");
}

#[test]
fn deactivations_go_first_and_what_they_hold_up_beyond_its_deadline_is_not_sent_any_more() {
    let mut bench = Bench::new(Client { deactivates: true, ..Client::default() });
    let mut answer = bench.actuate(SECOND);
    bench.run(SECOND * 2);
    assert_eq!(answer.try_recv(), Ok(Err(ActuateError::TooLate)));
    assert!(bench.switched().is_empty());
}

#[test]
fn a_device_that_is_away_is_not_kept_an_output_for() {
    let mut bench = Bench::new(Client::default());
    bench.deaf = true;
    bench.run(SECOND * 20);
    assert!(!*bench.client.online.lock().unwrap());
    let mut answer = bench.actuate(SECOND * 60);
    assert_eq!(answer.try_recv(), Ok(Err(ActuateError::NotOnline)));
    bench.deaf = false;
    bench.run(SECOND * 60);
    assert!(*bench.client.online.lock().unwrap() && bench.switched().is_empty());
}

#[test]
fn a_device_that_the_line_does_not_have_is_told_of() {
    let mut bench = Bench::new(Client::default());
    let (done, mut answer) = oneshot::channel();
    let (span, deadline) = (SECOND, Instant::now());
    bench.driver.actuate(Actuation { device: 9, output: 0, span, deadline }, bench.now + SECOND, done);
    assert_eq!(answer.try_recv(), Ok(Err(ActuateError::Unknown)));
}
