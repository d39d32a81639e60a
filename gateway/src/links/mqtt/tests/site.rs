//! A driver, the fleet behind it, and controllers at a broker that delivers as badly as a seed tells it to, on a clock
//! that only the test moves.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::table::DigestKey;
use panel_protocol::testing::Dice;
use panel_protocol::time::Micros;
use panel_protocol::wiegand::H10301;
use uuid::Uuid;

use super::controller::Controller;
use crate::access::{CardAccess, DoorPlan};
use crate::domain::{Became, CardholderId, DeviceCondition, LinkCondition, Revision};
use crate::links::mqtt::driver::{Driver, Next};
use crate::links::mqtt::message::Incoming;
use crate::links::mqtt::setup::{DeviceSetup, Dialect};
use crate::links::mqtt::topic;
use crate::links::{DeviceClient, Heard};
use crate::sync::{
    Answer, CardChange, ControllerSpec, Demand, Failure, Fleet, Holds, Output, Room, SyncState,
};

const SITE: &str = "harbour";

/// A message on its way.
struct Travelling {
    at: Micros,
    topic: String,
    payload: Vec<u8>,
    retained: bool,
}

/// How badly the broker delivers, each in a thousand.
#[derive(Clone, Copy, Default)]
pub(super) struct Faults {
    pub(super) lost: u64,
    pub(super) twice: u64,
    /// Far too late: up to a minute.
    pub(super) late: u64,
    /// Kept, and delivered once more as such.
    pub(super) kept: u64,
}

pub(super) struct Site {
    pub(super) driver: Driver,
    pub(super) client: Arc<Client>,
    pub(super) controllers: Vec<Controller>,
    pub(super) now: Micros,
    pub(super) faults: Faults,
    pub(super) operations: usize,
    travelling: Vec<Travelling>,
    dice: Dice,
    active: BTreeSet<u64>,
    revision: Revision,
    /// How often each controller had been online when it was wiped, which nobody can know before it comes online again.
    wiped_at: Vec<usize>,
}

/// The fleet as a link's client, and what the link told it.
pub(super) struct Client {
    fleet: Mutex<Fleet>,
    now: Mutex<Timestamp>,
    became: Mutex<Vec<(usize, Became)>>,
    events: Mutex<Vec<u32>>,
}

impl Site {
    pub(super) fn new(controllers: usize, seed: u64) -> Self {
        let setups = (0..controllers).map(|device| DeviceSetup {
            device,
            user: name(device),
            dialect: Dialect::Native { topic: name(device) },
        });
        let spec = |at: usize| ControllerSpec {
            id: name(at).parse().unwrap(),
            plan: DoorPlan::new([0]),
            holds: Holds::Digested(DigestKey::new([u8::try_from(at).unwrap() + 1; 16])),
        };
        let fleet = Fleet::new((0..controllers).map(spec).collect(), Revision(0), []);
        let client = Arc::new(Client {
            fleet: Mutex::new(fleet),
            now: Mutex::new("2026-11-30T00:00:00Z".parse().unwrap()),
            became: Mutex::default(),
            events: Mutex::default(),
        });
        let driver =
            Driver::new(SITE, &setups.collect::<Vec<_>>(), Arc::clone(&client) as Arc<dyn DeviceClient>);
        Self {
            driver,
            client,
            controllers: (0..controllers).map(|_| Controller::new()).collect(),
            now: Micros(1),
            faults: Faults::default(),
            operations: 0,
            travelling: Vec::new(),
            dice: Dice(seed),
            active: BTreeSet::new(),
            revision: Revision(0),
            wiped_at: vec![0; controllers],
        }
    }

    /// A controller is put back to what it was at the factory.
    pub(super) fn wipe(&mut self, controller: usize) {
        self.controllers[controller].wipe();
        self.wiped_at[controller] = self.client.onlines(controller);
    }

    /// One whose controllers have been greeted and proven.
    pub(super) fn proven(controllers: usize, seed: u64) -> Self {
        let mut site = Self::new(controllers, seed);
        site.driver.up(site.now);
        site.settle();
        site
    }

    pub(super) fn set(&mut self, number: u64, active: bool) {
        self.revision = self.revision.next();
        let holder = CardholderId(Uuid::nil());
        let change = CardChange {
            revision: self.revision,
            committed: Timestamp::UNIX_EPOCH,
            credential: card(number),
            access: active.then(|| CardAccess::everywhere(holder)),
            holder,
            holder_name: "Ada".to_owned(),
        };
        if active {
            self.active.insert(number)
        } else {
            self.active.remove(&number)
        };
        let at = *self.client.now.lock().unwrap();
        self.client.fleet().apply(self.revision, vec![change], at);
    }

    /// A controller says something without being asked.
    pub(super) fn say(&mut self, controller: usize, what: &str, payload: &[u8], retained: bool) {
        let topic = topic::from(SITE, &name(controller), what);
        self.travelling.push(Travelling { at: self.now, topic, payload: payload.to_vec(), retained });
    }

    /// Something reaches a controller from elsewhere than the driver.
    pub(super) fn inject(&mut self, controller: usize, what: &str, payload: &[u8]) {
        let topic = topic::to(SITE, &name(controller), what);
        self.travelling.push(Travelling { at: self.now, topic, payload: payload.to_vec(), retained: false });
    }

    /// Goes on until nothing is on its way and nothing is wanted, within a bound.
    pub(super) fn settle(&mut self) {
        for _ in 0..50_000 {
            if !self.step() && self.is_proven() {
                return;
            }
        }
        panic!("no end: {:?}", self.client.fleet().status(0));
    }

    /// So many steps, whatever comes of them.
    pub(super) fn steps(&mut self, count: usize) {
        for _ in 0..count {
            self.step();
        }
    }

    pub(super) fn is_proven(&self) -> bool {
        let fleet = self.client.fleet();
        (0..self.controllers.len()).all(|at| fleet.status(at).unwrap().state == SyncState::Proven)
    }

    /// What a fleet calls proven is so.
    pub(super) fn assert_proven_is_true(&self) {
        let fleet = self.client.fleet();
        for (at, controller) in self.controllers.iter().enumerate() {
            let is_known = self.client.onlines(at) > self.wiped_at[at];
            if !is_known || fleet.status(at).unwrap().state != SyncState::Proven {
                continue;
            }
            for number in 0..200 {
                let (holds, should) = (controller.holds(card(number)), self.active.contains(&number));
                assert_eq!(holds, should, "card {number} of controller {at}, at {:?}", self.now);
            }
        }
    }

    pub(super) fn condition(&self, controller: usize) -> DeviceCondition {
        let became = self.client.became.lock().unwrap();
        let conditions = became.iter().rev().filter(|(device, _)| *device == controller);
        conditions
            .filter_map(|(_, became)| match became {
                Became::Condition { is, .. } => Some(*is),
                _ => None,
            })
            .next()
            .unwrap_or(DeviceCondition::Starting)
    }

    /// The broker goes, and all that it had.
    pub(super) fn broker_dies(&mut self) {
        self.travelling.clear();
        self.driver.down(self.now);
    }

    /// One thing happens. False: nothing but time is left, and it has been moved to the next deadline.
    pub(super) fn step(&mut self) -> bool {
        let until = match self.driver.next(self.now) {
            Next::Transmit(message) => {
                self.operations += usize::from(message.topic.ends_with("/operation"));
                self.travel(&message.topic, &message.payload);
                return true;
            }
            Next::Wait(until) => until,
        };
        let due = self.travelling.iter().map(|message| message.at).min();
        let Some(due) = due.filter(|due| until.is_none_or(|until| *due <= until)) else {
            if let Some(until) = until {
                self.move_to(until);
            }
            return false;
        };
        self.move_to(due);
        let at = self.travelling.iter().position(|message| message.at == due).unwrap();
        let message = self.travelling.remove(at);
        self.deliver(message);
        true
    }

    fn move_to(&mut self, at: Micros) {
        let span = at.since(self.now);
        self.now = self.now.max(at);
        let mut clock = self.client.now.lock().unwrap();
        *clock = clock.saturating_add(span).unwrap();
    }

    fn travel(&mut self, topic: &str, payload: &[u8]) {
        let faults = self.faults;
        let dice = &mut self.dice;
        let mut send = |late: bool, retained: bool, dice: &mut Dice| {
            let millis = if late { 1 + dice.below(60_000) } else { 1 };
            let at = self.now + Duration::from_millis(millis);
            self.travelling.push(Travelling {
                at,
                topic: topic.to_owned(),
                payload: payload.to_vec(),
                retained,
            });
        };
        if dice.chance(faults.twice) {
            let late = dice.chance(500);
            send(late, false, dice);
        }
        if dice.chance(faults.kept) {
            send(true, true, dice);
        }
        if !dice.chance(faults.lost) {
            let late = dice.chance(faults.late);
            send(late, false, dice);
        }
    }

    fn deliver(&mut self, message: Travelling) {
        let Travelling { topic, payload, retained, .. } = message;
        if let Some((who, what)) = topic::told(SITE, &topic) {
            let at: usize = who.strip_prefix("panel-").unwrap().parse().unwrap();
            if let Some((said, payload)) = self.controllers[at].take(self.now, what, &payload, retained) {
                self.travel(&topic::from(SITE, who, said), &payload);
            }
        } else {
            self.driver.take(self.now, &Incoming { topic, payload, retained });
        }
        self.client.settle_events();
        self.assert_proven_is_true();
    }

    pub(super) fn events(&self) -> Vec<u32> {
        self.client.events.lock().unwrap().clone()
    }
}

impl Client {
    pub(super) fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.fleet.lock().unwrap()
    }

    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    /// How often a device came online.
    fn onlines(&self, device: usize) -> usize {
        let became = self.became.lock().unwrap();
        let online =
            |became: &Became| matches!(became, Became::Condition { is: DeviceCondition::Online, .. });
        became.iter().filter(|(of, became)| *of == device && online(became)).count()
    }

    /// The world's clock.
    pub(super) fn clock(&self) -> Timestamp {
        self.now()
    }

    pub(super) fn told(&self) -> Vec<String> {
        self.became.lock().unwrap().iter().map(|(_, became)| became.why().to_owned()).collect()
    }

    fn settle_events(&self) {
        let (now, mut fleet) = (self.now(), self.fleet());
        while fleet.prove_more(now) {}
        while let Some(output) = fleet.poll_output() {
            if let Output::Events { controller, epoch, before, events } = output {
                fleet.events_stored(controller, epoch, before);
                self.events.lock().unwrap().extend(events.iter().map(|event| event.sequence));
            }
        }
    }
}

impl DeviceClient for Client {
    fn demand(&self, device: usize) -> Demand {
        self.fleet().demand(device, self.now())
    }

    fn next(&self, device: usize, room: &mut dyn Room) -> bool {
        self.fleet().next(device, self.now(), room)
    }

    fn answered(&self, device: usize, answer: &Answer) {
        self.fleet().answered(device, self.now(), answer);
    }

    fn failed(&self, device: usize, failure: Failure) {
        self.fleet().failed(device, self.now(), failure);
    }

    fn heard(&self, device: usize, heard: &Heard) {
        if let Heard::EventsWaiting(waiting) = heard {
            self.fleet().events_waiting(device, *waiting);
        }
    }

    fn became(&self, device: usize, became: &Became) {
        if matches!(became, Became::Condition { is: DeviceCondition::Online, .. }) {
            self.fleet().failed(device, self.now(), Failure::Lost);
        }
        self.became.lock().unwrap().push((device, became.clone()));
    }

    fn link(&self, _: &LinkCondition) {}
}

pub(super) fn card(number: u64) -> Credential {
    H10301.encode(100, number).unwrap()
}

fn name(controller: usize) -> String {
    format!("panel-{controller}")
}
