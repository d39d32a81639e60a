//! The way between a device and its broker: what is lost, late or doubled on it, decided by a seed.
//!
//! Each device has a way of its own, seeded by the broker's faults and the device's number, so that what one device says
//! doesn't shift the faults of another. Never reads a clock.

use std::time::Duration;

use panel_protocol::testing::{Disorder, Injector, Way as Direction};
use serde::Serialize;

use super::message::Message;
use crate::limits::MAX_ON_THE_WAY;
use crate::line::Faults;

/// What goes wrong between a broker and its devices. The default is a perfect network.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct MqttFaults {
    /// Chance that a message vanishes, 0 to 1.
    pub drop_rate: f64,
    /// Chance that a message comes twice, the second time up to 300 ms later, 0 to 1.
    pub double_rate: f64,
    /// Chance that a message is up to 400 ms late, and so out of its order, 0 to 1.
    pub late_rate: f64,
    /// Added to the way of every message in each direction, in milliseconds.
    pub delay_ms: u64,
    /// The cable is cut: devices lose the broker and can't come back.
    pub cut: bool,
    /// Where the random numbers begin.
    pub seed: u64,
}

/// What travelled between a broker and its devices since the site was started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct MqttCounters {
    /// Messages that devices sent.
    pub sent: u64,
    /// Messages that came for devices.
    pub received: u64,
    /// Messages that a fault swallowed, or that found no room.
    pub lost: u64,
    /// Messages that a fault doubled.
    pub doubled: u64,
    /// Times that a device was accepted by the broker.
    pub connections: u64,
}

/// One device's way, with what is on it.
#[derive(Debug)]
pub(super) struct Way {
    faults: MqttFaults,
    injector: Injector,
    under_way: Vec<UnderWay>,
    entered: u64,
    pub(super) counters: MqttCounters,
}

#[derive(Debug)]
struct UnderWay {
    due: Duration,
    order: u64,
    direction: Direction,
    message: Message,
}

impl Way {
    /// A way whose faults begin anew, for the device of that number.
    pub(super) fn new(faults: MqttFaults, device: usize) -> Self {
        let mut way = Self {
            faults,
            injector: Injector::new(Faults::default()),
            under_way: Vec::new(),
            entered: 0,
            counters: MqttCounters::default(),
        };
        way.set(faults, device);
        way
    }

    /// From now on other faults, from the beginning of their numbers. What is under way stays so.
    pub(super) fn set(&mut self, faults: MqttFaults, device: usize) {
        self.faults = faults;
        let MqttFaults { drop_rate, delay_ms, seed, .. } = faults;
        let seed = seed ^ (device as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        self.injector = Injector::new(Faults { drop_rate, delay_ms, seed, ..Faults::default() });
    }

    pub(super) fn faults(&self) -> MqttFaults {
        self.faults
    }

    /// A device sends a message.
    pub(super) fn send(&mut self, now: Duration, message: Message) {
        self.counters.sent += 1;
        self.enter(now, Direction::Up, message);
    }

    /// The broker has delivered a message.
    pub(super) fn receive(&mut self, now: Duration, message: Message) {
        self.counters.received += 1;
        self.enter(now, Direction::Down, message);
    }

    /// The next message that has arrived at the broker's end.
    pub(super) fn sent(&mut self, now: Duration) -> Option<Message> {
        self.arrived(now, Direction::Up)
    }

    /// The next message that has arrived at the device.
    pub(super) fn received(&mut self, now: Duration) -> Option<Message> {
        self.arrived(now, Direction::Down)
    }

    /// When the next message arrives.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.under_way.iter().map(|item| item.due).min()
    }

    /// The device lost its power or its connection: nothing is under way any more.
    pub(super) fn clear(&mut self) {
        self.under_way.clear();
    }

    fn enter(&mut self, now: Duration, direction: Direction, message: Message) {
        let MqttFaults { double_rate, late_rate, .. } = self.faults;
        let fate = self.injector.fate(direction);
        let (late, again) = self.injector.disorder(direction, Disorder { double_rate, late_rate });
        if fate.lost || self.under_way.len() >= MAX_ON_THE_WAY {
            self.counters.lost += 1;
            return;
        }
        let due = now + self.injector.delay() + late;
        if let Some(again) = again {
            self.counters.doubled += 1;
            self.put(due + again, direction, message.clone());
        }
        self.put(due, direction, message);
    }

    fn put(&mut self, due: Duration, direction: Direction, message: Message) {
        self.entered += 1;
        self.under_way.push(UnderWay { due, order: self.entered, direction, message });
    }

    /// The earliest that is due; those of one instant in the order in which they came.
    fn arrived(&mut self, now: Duration, direction: Direction) -> Option<Message> {
        let due = self.under_way.iter().enumerate();
        let due = due.filter(|(_, item)| item.direction == direction && item.due <= now);
        let (place, _) = due.min_by_key(|(_, item)| (item.due, item.order))?;
        Some(self.under_way.swap_remove(place).message)
    }
}

impl MqttCounters {
    /// These and those.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            received: self.received + other.received,
            lost: self.lost + other.lost,
            doubled: self.doubled + other.doubled,
            connections: self.connections + other.connections,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn numbers(way: &mut Way) -> Vec<u8> {
        (0..200u8)
            .for_each(|number| way.send(Duration::from_millis(number.into()), Message::new("t", [number])));
        std::iter::from_fn(|| way.sent(DAY)).map(|message| message.payload[0]).collect()
    }

    #[test]
    fn a_perfect_network_keeps_all_and_their_order() {
        let mut way = Way::new(MqttFaults::default(), 3);
        assert_eq!(numbers(&mut way), (0..200).collect::<Vec<_>>());
        assert_eq!((way.counters.sent, way.counters.lost), (200, 0));
    }

    #[test]
    fn a_delay_keeps_order_and_holds_back_until_its_time() {
        let mut way = Way::new(MqttFaults { delay_ms: 50, ..MqttFaults::default() }, 0);
        way.receive(Duration::ZERO, Message::new("t", [1]));
        way.receive(Duration::ZERO, Message::new("t", [2]));
        assert_eq!(way.received(Duration::from_millis(49)), None);
        assert_eq!(way.deadline(), Some(Duration::from_millis(50)));
        assert_eq!(way.received(Duration::from_millis(50)).unwrap().payload, [1]);
        assert_eq!(way.received(Duration::from_millis(50)).unwrap().payload, [2]);
    }

    #[test]
    fn a_seed_repeats_what_is_lost_doubled_and_late_and_devices_differ() {
        let faults =
            MqttFaults { drop_rate: 0.2, double_rate: 0.2, late_rate: 0.2, seed: 7, ..MqttFaults::default() };
        let arrived = |device| numbers(&mut Way::new(faults, device));
        let first = arrived(1);
        assert_eq!(first, arrived(1));
        assert_ne!(first, arrived(2));
        assert!(!first.is_sorted(), "some overtook others");
        let mut way = Way::new(faults, 1);
        numbers(&mut way);
        assert!((20..60).contains(&way.counters.lost) && (20..60).contains(&way.counters.doubled));
    }
}
