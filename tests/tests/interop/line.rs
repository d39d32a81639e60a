//! The line between two machines: a pair of queues in memory, or the two ends of a pseudo-terminal. It can be cut.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libosdp::{Channel, ChannelError};
use panel_protocol::time::Micros;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// How long the machines may leave a silent line alone: much less than any of their timers.
const REST: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000 };

/// What a line is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wire {
    Memory,
    Pty,
}

/// Both ends, for whoever lets the machines take turns.
pub(crate) struct Line {
    ends: Vec<End>,
    traffic: Arc<Traffic>,
    /// What had been carried at the last rest.
    seen: usize,
}

/// One machine's end.
#[derive(Clone)]
pub(crate) struct End {
    port: Port,
    traffic: Arc<Traffic>,
}

type Queue = Arc<Mutex<VecDeque<u8>>>;

#[derive(Clone)]
enum Port {
    Memory { incoming: Queue, outgoing: Queue },
    Terminal(Arc<OwnedFd>),
}

#[derive(Default)]
struct Traffic {
    cut: AtomicBool,
    carried: AtomicUsize,
}

impl Line {
    /// A new line and its two ends.
    pub(crate) fn new(wire: Wire) -> (Self, End, End) {
        let (one, other) = match wire {
            Wire::Memory => {
                let (down, up) = (Queue::default(), Queue::default());
                let one = Port::Memory { incoming: Arc::clone(&up), outgoing: Arc::clone(&down) };
                (one, Port::Memory { incoming: down, outgoing: up })
            }
            Wire::Pty => {
                let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
                let master = openpt(flags).unwrap();
                grantpt(&master).unwrap();
                unlockpt(&master).unwrap();
                let peer = ioctl_tiocgptpeer(&master, flags).unwrap();
                (Port::terminal(master), Port::terminal(peer))
            }
        };
        let traffic = Arc::<Traffic>::default();
        let end = |port| End { port, traffic: Arc::clone(&traffic) };
        let (one, other) = (end(one), end(other));
        let line = Self { ends: vec![one.clone(), other.clone()], traffic, seen: 0 };
        (line, one, other)
    }

    /// The line behind a terminal at whose other end another process is.
    pub(crate) fn open(terminal: &Path) -> (Self, End) {
        let file = OpenOptions::new().read(true).write(true).open(terminal).unwrap();
        let traffic = Arc::<Traffic>::default();
        let end = End { port: Port::terminal(file.into()), traffic: Arc::clone(&traffic) };
        (Self { ends: vec![end.clone()], traffic, seen: 0 }, end)
    }

    /// Whatever is sent from now on, either way, never arrives.
    pub(crate) fn cut(&self) {
        self.traffic.cut.store(true, Ordering::Relaxed);
    }

    /// Joins it again.
    pub(crate) fn mend(&self) {
        self.traffic.cut.store(false, Ordering::Relaxed);
    }

    /// Waits a moment, or until there is something to read, unless something has moved since the last rest.
    pub(crate) fn rest(&mut self) {
        let carried = self.traffic.carried.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.seen, carried) == carried {
            let ports = self.ends.iter().filter_map(|end| match &end.port {
                Port::Memory { .. } => None,
                Port::Terminal(port) => Some(PollFd::new(port, PollFlags::IN)),
            });
            // Woken by a signal is as good as woken by a byte.
            let _ = poll(&mut ports.collect::<Vec<_>>(), Some(&REST));
        }
    }
}

impl Port {
    /// Raw and never blocking.
    fn terminal(port: OwnedFd) -> Self {
        let mut termios = tcgetattr(&port).unwrap();
        termios.make_raw();
        tcsetattr(&port, OptionalActions::Now, &termios).unwrap();
        fcntl_setfl(&port, fcntl_getfl(&port).unwrap() | OFlags::NONBLOCK).unwrap();
        Self::Terminal(Arc::new(port))
    }
}

impl End {
    /// What has arrived, as much of it as there is room for.
    pub(crate) fn receive(&self, room: &mut [u8]) -> usize {
        let count = match &self.port {
            Port::Memory { incoming, .. } => {
                let mut queue = incoming.lock().unwrap();
                let count = queue.len().min(room.len());
                room.iter_mut().zip(queue.drain(..count)).for_each(|(to, from)| *to = from);
                count
            }
            // Nothing there, or nobody: both are silence.
            Port::Terminal(port) => rustix::io::read(port, room).unwrap_or(0),
        };
        self.traffic.carried.fetch_add(count, Ordering::Relaxed);
        count
    }

    /// Sends a frame.
    pub(crate) fn send(&self, bytes: &[u8]) {
        if self.traffic.cut.load(Ordering::Relaxed) {
            return;
        }
        match &self.port {
            Port::Memory { outgoing, .. } => outgoing.lock().unwrap().extend(bytes),
            Port::Terminal(port) => {
                // A line to nobody takes nothing, and a frame is never longer than a terminal's buffer.
                let sent = rustix::io::write(port, bytes).unwrap_or(bytes.len());
                assert_eq!(sent, bytes.len(), "the terminal is full");
            }
        }
        self.traffic.carried.fetch_add(bytes.len(), Ordering::Relaxed);
    }
}

/// libosdp's view of its end.
impl Channel for End {
    fn get_id(&self) -> i32 {
        1
    }

    fn read(&mut self, room: &mut [u8]) -> Result<usize, ChannelError> {
        Ok(self.receive(room))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, ChannelError> {
        self.send(bytes);
        Ok(bytes.len())
    }

    /// Throws away what has arrived: libosdp asks for it before it repeats a command.
    fn flush(&mut self) -> Result<(), ChannelError> {
        while self.receive(&mut [0; 256]) > 0 {}
        Ok(())
    }

    fn close(&mut self) -> Result<(), ChannelError> {
        Ok(())
    }
}

/// The clock of our machines: the system's, as libosdp reads that one too.
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(&self) -> Micros {
        Micros(0) + self.0.elapsed() + Duration::from_secs(1)
    }
}
