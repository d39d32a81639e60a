//! A cut RS-485 pair with somebody in the middle, who can read, change, hold back and add.
//!
//! The gateway opens [`Splice::port`] in place of the simulator's. What it sends goes on unchanged; what panels say
//! goes through a function, frame by frame, which may change or swallow it.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Start of every OSDP frame.
const SOM: u8 = 0x53;

/// Shortest and longest frame (OSDP 2.2, 5.9 and 5.6).
const FRAME_LEN: std::ops::RangeInclusive<usize> = 7..=1440;

/// A frame whose rest doesn't come within this time goes on as it is.
const FRAME_GAP: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// What becomes of a panel's reply on its way.
type Change = Box<dyn FnMut(Vec<u8>) -> Vec<u8> + Send>;

/// A spliced line. It ends when this is dropped.
pub struct Splice {
    port: PathBuf,
    gateway: Arc<OwnedFd>,
    panels: Arc<File>,
    change: Arc<Mutex<Change>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    /// Keeps the port alive while the gateway has it closed.
    _port: File,
}

impl Splice {
    /// Between the simulator's port and one that the gateway shall open.
    ///
    /// # Panics
    /// When the system has no pseudo-terminal left, or the simulator doesn't run.
    pub fn onto(simulated: &Path) -> Self {
        let gateway = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&gateway).unwrap();
        unlockpt(&gateway).unwrap();
        let port = PathBuf::from(ptsname(&gateway, Vec::new()).unwrap().into_string().unwrap());
        make_raw(&gateway);
        let open = |path: &Path| OpenOptions::new().read(true).write(true).open(path).unwrap();
        let kept = open(&port);
        let (gateway, panels) = (Arc::new(gateway), Arc::new(open(simulated)));
        let change: Arc<Mutex<Change>> = Arc::new(Mutex::new(Box::new(|frame| frame)));
        let stop = Arc::new(AtomicBool::new(false));
        let down = {
            let (gateway, panels, stop) = (Arc::clone(&gateway), Arc::clone(&panels), Arc::clone(&stop));
            thread::spawn(move || while_it_lasts(&stop, &gateway, |bytes| send(&panels, bytes)))
        };
        let up = {
            let (gateway, panels, stop) = (Arc::clone(&gateway), Arc::clone(&panels), Arc::clone(&stop));
            let change = Arc::clone(&change);
            let mut frames = Frames::default();
            let carry = move |bytes: &[u8]| {
                for frame in frames.after(bytes) {
                    send(&gateway, &(change.lock().unwrap())(frame));
                }
            };
            thread::spawn(move || while_it_lasts(&stop, &panels, carry))
        };
        Self { port, gateway, panels, change, stop, threads: vec![down, up], _port: kept }
    }

    /// What the gateway opens.
    pub fn port(&self) -> &Path {
        &self.port
    }

    /// From now on every reply of a panel goes through `change`, whole; what it gives is what the gateway hears.
    ///
    /// # Panics
    /// When an earlier change has panicked.
    pub fn change_replies(&self, change: impl FnMut(Vec<u8>) -> Vec<u8> + Send + 'static) {
        *self.change.lock().unwrap() = Box::new(change);
    }

    /// Says something to the gateway that no panel has said.
    pub fn say_to_gateway(&self, bytes: &[u8]) {
        send(&self.gateway, bytes);
    }

    /// Says something to the panels that the gateway has not said.
    pub fn say_to_panels(&self, bytes: &[u8]) {
        send(&self.panels, bytes);
    }
}

impl Drop for Splice {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // Whoever drops this is failing already if a thread has panicked.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Splice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Splice").field("port", &self.port).finish_non_exhaustive()
    }
}

/// Hands on what can be read, and nothing at every pause, until the other end is gone.
fn while_it_lasts(stop: &AtomicBool, from: &impl AsFd, mut carry: impl FnMut(&[u8])) {
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::Relaxed) {
        let mut waiting = [PollFd::new(from, PollFlags::IN)];
        match poll(&mut waiting, Some(&FRAME_GAP)) {
            Ok(0) => carry(&[]),
            Ok(_) => match rustix::io::read(from, &mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(len) => carry(&buffer[..len]),
            },
            Err(_) => return,
        }
    }
}

fn send(to: &impl AsFd, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        // An end that is gone hears nothing, as on a real line.
        match rustix::io::write(to, rest) {
            Ok(sent) => rest = &rest[sent..],
            Err(_) => return,
        }
    }
}

fn make_raw(pty: &OwnedFd) {
    let mut termios = tcgetattr(pty).unwrap();
    termios.make_raw();
    tcsetattr(pty, OptionalActions::Now, &termios).unwrap();
}

/// Parts a stream into frames; what belongs to none goes on by itself.
#[derive(Default)]
struct Frames(Vec<u8>);

impl Frames {
    /// What is whole after these bytes. No bytes mean a pause: then everything is.
    fn after(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.0.extend_from_slice(bytes);
        let mut whole = Vec::new();
        while let Some(len) = self.next_len() {
            whole.push(self.0.drain(..len).collect());
        }
        if bytes.is_empty() && !self.0.is_empty() {
            whole.push(std::mem::take(&mut self.0));
        }
        whole
    }

    fn next_len(&self) -> Option<usize> {
        let start = self.0.iter().position(|byte| *byte == SOM).unwrap_or(self.0.len());
        if start > 0 {
            return Some(start);
        }
        let len = usize::from(u16::from_le_bytes([*self.0.get(2)?, *self.0.get(3)?]));
        if !FRAME_LEN.contains(&len) {
            return Some(1);
        }
        (self.0.len() >= len).then_some(len)
    }
}
