//! One half-duplex pair of wires with byte timing, as a pure machine: bytes and time in, bytes out.
//!
//! Whoever talks occupies the wire for ten bits a byte. The gateway's bytes begin when they were written, or when its
//! transmitter is free; a station's reply begins its turn-around and two idle characters after the command's last
//! byte. Nobody listens before talking, so two can talk at once: where they overlap, nobody understands either.
//! Panels hear bytes after they have passed, never before, and with their own times; the gateway gets a reply in
//! slices, the last one exactly when the last byte has passed. Never reads a clock; never does I/O.

use std::time::Duration;

use panel_protocol::testing::{Faults, Injector, Way};

use super::burst::{Burst, Talker, slice_len, span};
use super::counters::Counters;
use super::passed::Traffic;
use crate::limits::{HEARING_SLICE, IDLE_CHARACTERS, TRANSMIT_BUFFER};

/// Who listens on a line beside the gateway.
pub(crate) trait Station {
    /// Hears `bytes`, the last of which has passed at `at`, and appends what it has to say to `reply`.
    fn hear(&mut self, at: Duration, bytes: &[u8], reply: &mut Vec<u8>);

    /// How long it thinks beyond the line's turn-around.
    fn thinks(&self) -> Duration {
        Duration::ZERO
    }
}

/// Bytes that have reached the gateway's end of the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) bytes: &'a [u8],
    /// When the last of them had passed.
    pub(crate) due: Duration,
    /// They end a reply.
    pub(crate) last: bool,
}

/// The wire and whoever is talking on it. All times are since the line was opened.
#[derive(Debug)]
pub(crate) struct Wire {
    baud: u32,
    turn_around: Duration,
    faults: Injector,
    bursts: Vec<Burst>,
    /// The latest time that a station was told: a delayed reply never takes its listeners back.
    told: Duration,
    busy: Duration,
    counters: Counters,
    traffic: Traffic,
}

impl Wire {
    pub(crate) fn new(baud: u32, turn_around: Duration, faults: Faults) -> Self {
        let faults = Injector::new(faults);
        Self {
            baud,
            turn_around,
            faults,
            bursts: Vec::new(),
            told: Duration::ZERO,
            busy: Duration::ZERO,
            counters: Counters::default(),
            traffic: Traffic::default(),
        }
    }

    pub(crate) fn counters(&self) -> Counters {
        let busy_us = u64::try_from(self.busy.as_micros()).unwrap_or(u64::MAX);
        Counters { busy_us, ..self.counters }
    }

    /// What has passed lately.
    pub(super) const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Bytes that found no room at the gateway.
    pub(crate) fn count_overruns(&mut self, bytes: u64) {
        self.counters.overruns += bytes;
    }

    pub(crate) fn baud(&self) -> u32 {
        self.baud
    }

    pub(crate) fn faults(&self) -> &Faults {
        self.faults.faults()
    }

    /// From now on other faults, their random streams at the beginning.
    pub(crate) fn set_faults(&mut self, faults: Faults) {
        self.faults = Injector::new(faults);
    }

    /// How many bytes the gateway's transmitter still takes.
    pub(crate) fn room(&self) -> usize {
        let waiting: usize =
            self.bursts.iter().filter(|burst| burst.is_gateway()).map(Burst::remaining).sum();
        TRANSMIT_BUFFER.saturating_sub(waiting)
    }

    /// The gateway has written `bytes` with its port set to `baud`.
    pub(crate) fn transmit(&mut self, now: Duration, baud: u32, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.counters.gateway_bytes += bytes.len() as u64;
        self.busy += span(baud, bytes.len());
        let now = now + self.faults.delay();
        let idle = span(self.baud, IDLE_CHARACTERS);
        let before = self.bursts.iter_mut().rfind(|burst| burst.is_gateway());
        let mut fate = None;
        if let Some(burst) = before {
            if now <= burst.end() && burst.baud == baud {
                burst.bytes.extend_from_slice(bytes);
                return self.note_collisions();
            }
            fate = (now < burst.end() + idle).then_some(burst.fate);
        }
        let start = self.last_end(Talker::Gateway).map_or(now, |end| end.max(now));
        let fate = fate.unwrap_or_else(|| {
            self.counters.gateway_frames += 1;
            self.faults.fate(Way::Down)
        });
        self.begin(Burst::new(Talker::Gateway, start, baud, bytes.to_vec(), Duration::ZERO, fate));
    }

    /// Carries everything that is due at `now`: commands to the stations, slices of replies to `gateway`.
    pub(crate) fn advance<S: Station>(
        &mut self,
        now: Duration,
        stations: &mut [S],
        mut gateway: impl FnMut(Arrival<'_>),
    ) {
        while let Some(index) = self.next_burst().filter(|index| self.bursts[*index].due() <= now) {
            match self.bursts[index].talker {
                Talker::Gateway => self.carry_down(index, stations),
                Talker::Station(number) => self.carry_up(index, number, stations, &mut gateway),
            }
            if self.bursts[index].remaining() == 0 {
                self.traffic.add(&self.bursts[index]);
            }
        }
        self.forget(now);
    }

    /// When [`Wire::advance`] next has something to do, and whether that moment must be met exactly.
    pub(crate) fn deadline(&self) -> Option<(Duration, bool)> {
        let burst = &self.bursts[self.next_burst()?];
        let due = burst.due();
        Some((due, !burst.is_gateway() && due == burst.end() + burst.delay))
    }

    /// A station falls silent in the middle of whatever it was saying.
    pub(crate) fn hush(&mut self, station: usize) {
        for burst in self.bursts.iter_mut().filter(|burst| burst.talker == Talker::Station(station)) {
            burst.bytes.truncate(burst.carried);
        }
    }

    /// A station says something unasked, at `at` or once it has said what it was saying.
    pub(crate) fn say(&mut self, at: Duration, station: usize, bytes: Vec<u8>) {
        let talker = Talker::Station(station);
        let start = self.last_end(talker).map_or(at, |end| end.max(at));
        let (fate, delay) = (self.faults.fate(Way::Up), self.faults.delay());
        self.begin(Burst::new(talker, start, self.baud, bytes, delay, fate));
    }

    fn next_burst(&self) -> Option<usize> {
        let pending = self.bursts.iter().enumerate().filter(|(_, burst)| burst.remaining() > 0);
        pending.min_by_key(|(_, burst)| burst.due()).map(|(index, _)| index)
    }

    fn last_end(&self, talker: Talker) -> Option<Duration> {
        self.bursts.iter().filter(|burst| burst.talker == talker).map(Burst::end).max()
    }

    fn begin(&mut self, burst: Burst) {
        if burst.fate.lost {
            self.counters.frames_lost += 1;
        }
        self.bursts.push(burst);
        self.note_collisions();
    }

    fn note_collisions(&mut self) {
        let Some(last) = self.bursts.len().checked_sub(1) else { return };
        for newer in 0..=last {
            for older in 0..newer {
                let (left, right) = self.bursts.split_at_mut(newer);
                let (one, other) = (&mut left[older], &mut right[0]);
                if one.talker != other.talker
                    && one.overlaps(other.start, other.end())
                    && !(one.collided && other.collided)
                {
                    (one.collided, other.collided) = (true, true);
                    self.counters.collisions += 1;
                }
            }
        }
    }

    /// Lets all stations hear what of the gateway's burst is due, slice by slice, each with its own time.
    fn carry_down<S: Station>(&mut self, index: usize, stations: &mut [S]) {
        let slice = slice_len(self.bursts[index].baud, HEARING_SLICE);
        let target = self.bursts[index].next_stop();
        while self.bursts[index].carried < target {
            let most = slice.min(target - self.bursts[index].carried);
            let heard = self.carry(index, most, Way::Down);
            if heard.silent {
                continue;
            }
            for (number, station) in stations.iter_mut().enumerate() {
                self.tell(number, station, heard.until, &heard.bytes);
            }
        }
    }

    /// Hands the gateway the next slice of a station's reply; when it is whole, the other stations have heard it too.
    fn carry_up<S: Station>(
        &mut self,
        index: usize,
        talker: usize,
        stations: &mut [S],
        gateway: &mut impl FnMut(Arrival<'_>),
    ) {
        let slice = self.bursts[index].next_stop() - self.bursts[index].carried;
        self.counters.panel_frames += u64::from(self.bursts[index].carried == 0);
        self.counters.panel_bytes += slice as u64;
        self.busy += span(self.baud, slice);
        let heard = self.carry(index, slice, Way::Up);
        let last = self.bursts[index].remaining() == 0;
        if !heard.silent {
            let due = heard.until + self.bursts[index].delay;
            gateway(Arrival { bytes: &heard.bytes, due, last });
        }
        if last && !self.bursts[index].fate.lost {
            self.overhear(index, talker, stations);
        }
    }

    fn overhear<S: Station>(&mut self, index: usize, talker: usize, stations: &mut [S]) {
        let burst = &self.bursts[index];
        let (bytes, start, baud) = (burst.bytes.clone(), burst.start, burst.baud);
        let mut passed = 0;
        for piece in bytes.chunks(slice_len(baud, HEARING_SLICE)) {
            passed += piece.len();
            let until = start + span(baud, passed);
            for (number, station) in stations.iter_mut().enumerate().filter(|(number, _)| *number != talker) {
                self.tell(number, station, until, piece);
            }
        }
    }

    /// Lets a station hear bytes, unless it is talking itself. A new reply takes the place of one not yet begun.
    fn tell<S: Station>(&mut self, number: usize, station: &mut S, at: Duration, bytes: &[u8]) {
        let at = at.max(self.told);
        self.told = at;
        let talker = Talker::Station(number);
        let is_own = |burst: &Burst| burst.talker == talker && burst.remaining() > 0;
        if self.bursts.iter().any(|burst| is_own(burst) && burst.start < at) {
            return;
        }
        let mut reply = Vec::new();
        station.hear(at, bytes, &mut reply);
        if reply.is_empty() {
            return;
        }
        self.hush(number);
        let start = at + self.turn_around + station.thinks() + span(self.baud, IDLE_CHARACTERS);
        let (fate, delay) = (self.faults.fate(Way::Up), self.faults.delay());
        self.begin(Burst::new(talker, start, self.baud, reply, delay, fate));
    }

    /// Carries up to `most` bytes of a burst, with the damage that befalls them on the way.
    fn carry(&mut self, index: usize, most: usize, way: Way) -> Heard {
        let from = self.bursts[index].carried;
        let to = self.bursts[index].bytes.len().min(from + most);
        let wrong_baud = self.bursts[index].baud != self.baud;
        for place in from..to {
            let garbled = wrong_baud || self.is_disturbed(index, place);
            let burst = &mut self.bursts[index];
            let byte = burst.bytes[place] ^ burst.damage_at(place);
            let (mut byte, wrong) = self.faults.carry(way, byte);
            if garbled {
                byte = self.faults.garble(way, byte);
            }
            self.counters.bits_inverted += u64::from(wrong + burst.damage_at(place).count_ones());
            self.counters.bytes_at_wrong_baud += u64::from(wrong_baud);
            burst.bytes[place] = byte;
        }
        let burst = &mut self.bursts[index];
        burst.carried = to;
        let silent = burst.fate.lost || self.faults.faults().cut;
        Heard { bytes: burst.bytes[from..to].to_vec(), until: burst.end_of(to), silent }
    }

    /// Whether somebody else talks during one byte of a burst.
    fn is_disturbed(&self, index: usize, place: usize) -> bool {
        let burst = &self.bursts[index];
        let (start, end) = (burst.end_of(place), burst.end_of(place + 1));
        burst.collided
            && self.bursts.iter().any(|other| other.talker != burst.talker && other.overlaps(start, end))
    }

    /// Drops bursts that nothing still pending can overlap or follow.
    fn forget(&mut self, now: Duration) {
        let horizon = self.bursts.iter().filter(|burst| burst.remaining() > 0).map(|burst| burst.start).min();
        let idle = span(self.baud, IDLE_CHARACTERS);
        let before = horizon.unwrap_or(now).min(now);
        self.bursts.retain(|burst| burst.remaining() > 0 || burst.end() + idle >= before);
    }
}

/// A piece of a burst as its listeners hear it.
struct Heard {
    bytes: Vec<u8>,
    until: Duration,
    silent: bool,
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
