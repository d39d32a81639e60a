//! A line: one pair of wires, as a port that a gateway opens or connects to, and a thread that keeps the time.
//!
//! [`wire`] is the physics of [`burst`]s, [`port`] where a gateway finds it (a [`pty`], or [`tcp`]), [`counters`] what has
//! travelled; what goes wrong is `panel-protocol`'s fault injector, as in every test. A [`Line`] owns its devices on its own
//! thread; others send it a piece of work and wait for the answer. Nothing else touches a device, so there is no lock.

mod burst;
mod counters;
mod passed;
mod port;
mod pty;
mod tcp;
mod thread;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;

use crate::limits::PENDING_REQUESTS;
pub(crate) use burst::span;
pub use counters::{Counters, Lateness};
pub use panel_protocol::testing::Faults;
pub use passed::Passed;
use port::Port;
pub use port::Reach;
pub(crate) use thread::Bus;
use thread::Shell;
pub(crate) use wire::Station;
use wire::Wire;

/// A piece of work for a line's thread.
type Request<S> = Box<dyn FnOnce(&mut Bus<S>, Duration) + Send>;

/// What a line is to be.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LineSetup {
    pub(crate) id: String,
    pub(crate) baud: u32,
    pub(crate) turn_around: Duration,
    pub(crate) symlink: Option<PathBuf>,
    /// The address that it is reached at, instead of a port.
    pub(crate) listen: Option<SocketAddr>,
    /// What is said to one gateway is never heard by the next: each has a connection of its own.
    pub(crate) connected: bool,
}

/// A running line with stations of type `S`; it stops when dropped.
#[derive(Debug)]
pub(crate) struct Line<S> {
    reach: Reach,
    requests: Option<SyncSender<Request<S>>>,
    wake: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl<S: Station + Send + 'static> Line<S> {
    /// Opens a port and starts the line's thread.
    pub(crate) fn start(setup: &LineSetup, stations: Vec<S>) -> io::Result<Self> {
        let port = Port::open(setup)?;
        let reach = port.reach()?;
        let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let (requests, inbox) = sync_channel(PENDING_REQUESTS);
        let bus = Bus::new(Wire::new(setup.baud, setup.turn_around, Faults::default()), stations);
        let shell = Shell::new(port, setup.connected, bus, inbox, Arc::clone(&wake));
        let name = format!("line {}", setup.id.chars().take(10).collect::<String>());
        let thread = std::thread::Builder::new().name(name).spawn(move || shell.run())?;
        Ok(Self { reach, requests: Some(requests), wake, thread: Some(thread) })
    }

    /// Where a gateway finds it.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Runs `work` on the line's thread and waits for its answer; `None` if the thread has died.
    pub(crate) fn ask<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Bus<S>, Duration) -> R + Send + 'static,
    ) -> Option<R> {
        let (answer, answered) = sync_channel(1);
        let request: Request<S> = Box::new(move |bus, now| drop(answer.send(work(bus, now))));
        self.requests.as_ref()?.send(request).ok()?;
        self.ring();
        answered.recv().ok()
    }
}

impl<S> Line<S> {
    fn ring(&self) {
        if let Err(error) = rustix::io::write(&*self.wake, &1u64.to_ne_bytes()) {
            tracing::debug!(%error, "the line's thread is awake already");
        }
    }
}

impl<S> Drop for Line<S> {
    /// Stops the thread, which closes the port and removes its link.
    fn drop(&mut self) {
        self.requests = None;
        self.ring();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(reach = ?self.reach, "the line's thread had panicked");
        }
    }
}

#[cfg(test)]
mod tests;
