//! Frames on their way under a virtual clock.

use std::vec::Vec;

use super::{Disorder, Faults, Injector, Way};
use crate::osdp::cp::line_time;
use crate::osdp::frame::CRC_BIT;
use crate::time::Micros;

/// Who has sent something: all others hear it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// The polling side.
    Cp,
    /// This PD.
    Pd(usize),
    /// Somebody who is none of them.
    Stranger,
}

/// Bytes that arrive at once.
#[derive(Clone, Debug)]
pub struct Flight {
    /// When the last of them has passed.
    pub at: Micros,
    /// Who sent them.
    pub from: Sender,
    /// Bits a second.
    pub baud: u32,
    /// Whether the frame that they are of ends with a CRC.
    pub crc: bool,
    /// They themselves.
    pub bytes: Vec<u8>,
}

/// One pair of wires.
#[derive(Debug)]
pub struct Line {
    injector: Injector,
    disorder: Disorder,
    /// Bytes that arrive at once, behind a frame's first.
    piece: usize,
    flights: Vec<Flight>,
    busy_until: Micros,
}

impl Line {
    /// A perfect line that hands over a frame's first byte, and then so many at once; `usize::MAX`: whole frames.
    pub fn new(piece: usize) -> Self {
        let injector = Injector::new(Faults::default());
        Self { injector, disorder: Disorder::default(), piece, flights: Vec::new(), busy_until: Micros(0) }
    }

    /// From now on these faults happen, their numbers at the beginning.
    pub fn set_faults(&mut self, faults: Faults, disorder: Disorder) {
        (self.injector, self.disorder) = (Injector::new(faults), disorder);
    }

    /// When the last frame of either side has left.
    pub fn busy_until(&self) -> Micros {
        self.busy_until
    }

    /// Puts a frame on the line at `start`, and lets happen to it what the faults want.
    pub fn send(&mut self, start: Micros, from: Sender, baud: u32, bytes: &[u8]) {
        let way = if from == Sender::Cp { Way::Down } else { Way::Up };
        let fate = self.injector.fate(way);
        let (late, again) = self.injector.disorder(way, self.disorder);
        self.busy_until = self.busy_until.max(start + line_time(bytes.len(), baud));
        let arrived: Vec<u8> = bytes
            .iter()
            .enumerate()
            .map(|(place, byte)| self.injector.carry(way, byte ^ fate.damage_at(place, bytes.len())).0)
            .collect();
        let start = start + self.injector.delay() + late;
        if let Some(again) = again {
            self.fly(start + again, from, baud, &arrived);
        }
        if !(fate.lost || self.injector.faults().cut) {
            self.fly(start, from, baud, &arrived);
        }
    }

    /// Lets bytes arrive as long after `start` as they take on the wire, whatever the faults are.
    pub fn fly(&mut self, start: Micros, from: Sender, baud: u32, bytes: &[u8]) {
        let crc = bytes.get(5).is_some_and(|control| control & CRC_BIT != 0);
        let (first, rest) =
            bytes.split_at(if self.piece == usize::MAX { bytes.len() } else { bytes.len().min(1) });
        let mut len = 0;
        for piece in core::iter::once(first).chain(rest.chunks(self.piece.max(1))) {
            len += piece.len();
            let at = start + line_time(len, baud);
            self.flights.push(Flight { at, from, baud, crc, bytes: piece.to_vec() });
        }
    }

    /// When something arrives next.
    pub fn next_arrival(&self) -> Option<Micros> {
        self.flights.iter().map(|flight| flight.at).min()
    }

    /// What has arrived by `now`, in order.
    pub fn land(&mut self, now: Micros) -> Vec<Flight> {
        let (mut landed, flying): (Vec<_>, Vec<_>) =
            self.flights.drain(..).partition(|flight| flight.at <= now);
        self.flights = flying;
        landed.sort_by_key(|flight| flight.at);
        landed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLL: [u8; 9] = [0xFF, 0x53, 0x00, 0x08, 0x00, 0x04, 0x60, 0xEB, 0xAA];

    #[test]
    fn bytes_take_their_time_and_come_in_order() {
        let mut line = Line::new(4);
        line.send(Micros(100), Sender::Cp, 9600, &POLL);
        assert_eq!(line.next_arrival(), Some(Micros(100) + line_time(1, 9600)));
        let landed = line.land(Micros(1_000_000));
        let times: Vec<Micros> = landed.iter().map(|flight| flight.at).collect();
        assert_eq!(times, [1, 5, 9].map(|len| Micros(100) + line_time(len, 9600)));
        let bytes: Vec<u8> = landed.into_iter().flat_map(|flight| flight.bytes).collect();
        assert_eq!(bytes, POLL);
        assert_eq!(line.busy_until(), Micros(100) + line_time(9, 9600));
    }

    #[test]
    fn each_fault_happens_as_often_as_it_is_wanted() {
        let arrived = |faults, disorder| {
            let mut line = Line::new(usize::MAX);
            line.set_faults(faults, disorder);
            (0..1000).for_each(|at| line.send(Micros(at * 1_000_000), Sender::Pd(0), 115_200, &POLL));
            line.land(Micros(u64::MAX))
        };
        let none = Disorder::default();
        let lost = 1000 - arrived(Faults { drop_rate: 0.1, ..Faults::default() }, none).len();
        assert!((70..130).contains(&lost), "{lost} lost");
        let damaged = arrived(Faults { damage_rate: 0.1, ..Faults::default() }, none);
        let damaged = damaged.iter().filter(|flight| flight.bytes != POLL).count();
        assert!((70..130).contains(&damaged), "{damaged} damaged");
        let again = arrived(Faults::default(), Disorder { double_rate: 0.1, ..none }).len() - 1000;
        assert!((70..130).contains(&again), "{again} doubled");
        let late = arrived(Faults::default(), Disorder { late_rate: 0.1, ..none });
        let late = late.iter().filter(|flight| flight.at.0 % 1_000_000 > 1_000).count();
        assert!((70..130).contains(&late), "{late} late");
        assert!(arrived(Faults { cut: true, ..Faults::default() }, none).is_empty());
    }
}
