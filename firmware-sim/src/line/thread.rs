//! The thread that joins a line's wire to its port and to the clock.
//!
//! It sleeps in `ppoll` until a byte, a request or a deadline comes, with a timer slack of 1 ns, and spins through the
//! last microseconds before a reply's last byte: that moment is what a gateway measures. It has no rules of its own.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;

use super::counters::Stopwatch;
use super::port::Port;
use super::pty::Read;
use super::wire::{Station, Wire};
use super::{Counters, Faults, Lateness, Passed, Request};
use crate::limits::{TRANSMIT_BUFFER, UNPLUGGED_POLL};

/// How long before an exact moment the thread wakes up to spin: what a timer is usually late by.
const SPIN: Duration = Duration::from_micros(80);

/// The nice value that the thread asks for.
const PRECEDENCE: i32 = -15;

/// A wire and the stations on it.
#[derive(Debug)]
pub(crate) struct Bus<S> {
    pub(crate) stations: Vec<S>,
    wire: Wire,
    stopwatch: Stopwatch,
    plugged: bool,
    opened: Instant,
}

/// The thread's own things.
pub(super) struct Shell<S> {
    port: Port,
    connected: bool,
    bus: Bus<S>,
    inbox: Receiver<Request<S>>,
    wake: Arc<OwnedFd>,
    began: Instant,
}

/// Asks for exact timers, and for precedence where the user may have it: it is this thread's only work to be on time.
fn sharpen() {
    if let Err(error) = rustix::thread::set_current_timer_slack(NonZeroU64::new(1)) {
        tracing::warn!(%error, "timer slack stays as it is: bytes may be some 50 us late");
    }
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), PRECEDENCE) {
        tracing::debug!(%error, "no precedence: on a busy machine bytes may be some milliseconds late");
    }
}

impl<S: Station> Bus<S> {
    pub(super) fn new(wire: Wire, stations: Vec<S>) -> Self {
        Self { stations, wire, stopwatch: Stopwatch::default(), plugged: true, opened: Instant::now() }
    }

    /// Whether somebody has the port open, or nobody ever had.
    #[cfg(test)]
    pub(crate) fn is_plugged(&self) -> bool {
        self.plugged
    }

    pub(crate) fn counters(&self) -> Counters {
        self.wire.counters()
    }

    pub(crate) fn lateness(&self) -> Lateness {
        self.stopwatch.lateness()
    }

    /// What has passed on the line lately.
    pub(crate) fn traffic(&self) -> Vec<Passed> {
        self.wire.traffic().since(self.opened)
    }

    pub(crate) fn faults(&self) -> Faults {
        *self.wire.faults()
    }

    pub(crate) fn set_faults(&mut self, faults: Faults) {
        self.wire.set_faults(faults);
    }

    /// A station lost its power: what it was saying ends here.
    pub(crate) fn hush(&mut self, station: usize) {
        self.wire.hush(station);
    }

    /// A station says something unasked, at `at` or once it has said what it was saying.
    pub(crate) fn say(&mut self, at: Duration, station: usize, bytes: Vec<u8>) {
        self.wire.say(at, station, bytes);
    }

    /// Whoever all this was for has gone.
    fn hush_all(&mut self) {
        for station in 0..self.stations.len() {
            self.wire.hush(station);
        }
    }
}

impl<S: Station> Shell<S> {
    pub(super) fn new(
        port: Port,
        connected: bool,
        bus: Bus<S>,
        inbox: Receiver<Request<S>>,
        wake: Arc<OwnedFd>,
    ) -> Self {
        let began = bus.opened;
        Self { port, connected, bus, inbox, wake, began }
    }

    /// Serves the line until nobody can send requests any more.
    pub(super) fn run(mut self) {
        sharpen();
        while self.serve() {
            self.listen();
            self.wait();
            self.carry();
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Does what others ask; false when the line is to stop.
    fn serve(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(request) => {
                    let now = self.now();
                    request(&mut self.bus, now);
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Puts on the wire what the gateway has written.
    fn listen(&mut self) {
        let mut buffer = [0; TRANSMIT_BUFFER];
        let room = self.bus.wire.room();
        if room == 0 {
            return;
        }
        let read = self.port.read(&mut buffer[..room]);
        if self.port.has_changed() && self.connected {
            self.bus.hush_all();
        }
        if read == Read::Unplugged && self.bus.plugged {
            self.port.discard();
        }
        self.bus.plugged = read != Read::Unplugged;
        if let Read::Bytes(count) = read {
            let now = self.now();
            let baud = self.port.gateway_baud().unwrap_or(self.bus.wire.baud());
            self.bus.wire.transmit(now, baud, &buffer[..count]);
        }
    }

    fn carry(&mut self) {
        let (now, began) = (self.now(), self.began);
        let Self { port, bus: Bus { stations, wire, stopwatch, plugged, .. }, .. } = self;
        let mut overruns = 0;
        wire.advance(now, stations, |arrival| {
            let written = if *plugged { port.write(arrival.bytes) } else { 0 };
            overruns += (arrival.bytes.len() - written) as u64;
            if arrival.last {
                stopwatch.record(began.elapsed().saturating_sub(arrival.due));
            }
        });
        wire.count_overruns(overruns);
    }

    /// Sleeps until something happens or is due.
    fn wait(&self) {
        let deadline = self.bus.wire.deadline();
        let exact = deadline.and_then(|(due, exact)| exact.then_some(due));
        let until = deadline.map(|(due, exact)| if exact { due.saturating_sub(SPIN) } else { due });
        let patience = until.map(|until| until.saturating_sub(self.now()));
        let patience = if self.bus.plugged {
            patience
        } else {
            Some(patience.map_or(UNPLUGGED_POLL, |time| time.min(UNPLUGGED_POLL)))
        };
        self.sleep(patience);
        if let Some(due) = exact.filter(|due| *due <= self.now() + SPIN) {
            while self.now() < due {
                std::hint::spin_loop();
            }
        }
    }

    fn sleep(&self, patience: Option<Duration>) {
        let timeout = patience.and_then(|time| Timespec::try_from(time).ok());
        let watched = if self.bus.wire.room() > 0 { self.port.watched(self.bus.plugged) } else { Vec::new() };
        let mut all = vec![PollFd::new(&*self.wake, PollFlags::IN)];
        all.extend(watched.iter().map(|port| PollFd::new(port, PollFlags::IN)));
        if let Err(error) = poll(&mut all, timeout.as_ref()) {
            tracing::debug!(%error, "woken early");
        }
        if !all[0].revents().is_empty() {
            // Reading resets the count; that it was reset already is as good.
            let _ = rustix::io::read(&*self.wake, &mut [0; 8]);
        }
    }
}
