//! How many connections there may be, in all and from one address, and when a silent one ends.
//!
//! A flood of connections shuts nobody out: when there are too many, the one that has been silent longest makes room.
//! Those that were never answered go first. The box's own socket has its own listener and never passes here.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum_server::accept::Accept;
use axum_server::{Address, Server};
use hyper::rt::Timer;
use hyper_util::rt::TokioTimer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::{
    CONNECTION_IDLE, HEAD_WITHIN, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS, MAX_HEAD_BYTES,
    RESERVED_DESCRIPTORS, UNANSWERED_AFTER,
};
use super::metrics::Metrics;

/// Tells people something.
pub type Tell = Box<dyn Fn(&str) + Send + Sync>;

/// While a bound bites, that is told so often.
const TOLD_EVERY: Duration = Duration::from_secs(10 * 60);

/// All connections from the network. Cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<Shared>);

struct Shared {
    most: usize,
    most_per_address: usize,
    metrics: Arc<Metrics>,
    tell: Tell,
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    next: u64,
    told: Option<Instant>,
    open: HashMap<u64, Open>,
}

struct Open {
    address: IpAddr,
    last_active: Instant,
    /// Something was sent to it.
    answered: bool,
    /// It shall make room.
    ended: bool,
    waker: Option<Waker>,
}

impl Connections {
    /// None yet. `by_address` is false behind a proxy, where all come from one address. `tell` is called now and then
    /// while a bound bites.
    pub fn new(metrics: Arc<Metrics>, by_address: bool, tell: Tell) -> Self {
        let most = MAX_CONNECTIONS.min(descriptors().saturating_sub(RESERVED_DESCRIPTORS)).max(1);
        let most_per_address = if by_address { MAX_CONNECTIONS_PER_ADDRESS } else { most };
        Self::bounded(most, most_per_address, metrics, tell)
    }

    fn bounded(most: usize, most_per_address: usize, metrics: Arc<Metrics>, tell: Tell) -> Self {
        Self(Arc::new(Shared { most, most_per_address, metrics, tell, all: Mutex::default() }))
    }

    /// A place for a new connection, if there is one or another connection can make room.
    fn enter(&self, address: IpAddr, now: Instant) -> Option<PlaceTaken> {
        let mut all = self.lock();
        let from_address = all.standing().filter(|open| open.address == address).count();
        let one_of = (from_address >= self.0.most_per_address).then_some(address);
        let is_full = one_of.is_some() || all.standing().count() >= self.0.most;
        let has_room = !is_full || all.make_room(one_of, now);
        let tells = is_full && all.is_time_to_tell(now);
        let place =
            has_room.then(|| all.open(address, now)).map(|id| PlaceTaken { id, connections: self.clone() });
        drop(all);
        if is_full {
            self.0.metrics.connection_cut(if has_room { "made_room" } else { "refused" });
        }
        if tells {
            (self.0.tell)(&format!(
                "There are too many connections (the most are {}, and {} from one address); the latest came from \
                 {address}. Those silent longest make room.",
                self.0.most, self.0.most_per_address
            ));
        }
        place
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    fn open(&mut self, address: IpAddr, now: Instant) -> u64 {
        let id = self.next;
        self.next += 1;
        let open = Open { address, last_active: now, answered: false, ended: false, waker: None };
        self.open.insert(id, open);
        id
    }

    fn is_time_to_tell(&mut self, now: Instant) -> bool {
        let is_time = self.told.is_none_or(|told| now.saturating_duration_since(told) >= TOLD_EVERY);
        if is_time {
            self.told = Some(now);
        }
        is_time
    }

    fn standing(&self) -> impl Iterator<Item = &Open> {
        self.open.values().filter(|open| !open.ended)
    }

    /// Ends the connection that has been silent longest; of those never answered, if there is one. What was active
    /// within the last moment stays.
    fn make_room(&mut self, address: Option<IpAddr>, now: Instant) -> bool {
        let may_go = |open: &&mut Open| {
            let silent = now.saturating_duration_since(open.last_active);
            !open.ended
                && address.is_none_or(|address| open.address == address)
                && silent >= if open.answered { 4 * UNANSWERED_AFTER } else { UNANSWERED_AFTER }
        };
        let candidates = self.open.values_mut().filter(may_go);
        let Some(open) = candidates.min_by_key(|open| (open.answered, open.last_active)) else {
            return false;
        };
        open.ended = true;
        if let Some(waker) = open.waker.take() {
            waker.wake();
        }
        true
    }
}

/// How many files this process may have open.
fn descriptors() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// A connection's place. Dropped, it is free.
struct PlaceTaken {
    id: u64,
    connections: Connections,
}

impl PlaceTaken {
    /// Notes that something passed; false when the connection shall end.
    fn active(&self, answered: bool) -> bool {
        let mut all = self.connections.lock();
        let Some(open) = all.open.get_mut(&self.id) else { return false };
        open.last_active = Instant::now();
        open.answered |= answered;
        !open.ended
    }

    /// Waits to be ended; since when it is silent, or nothing when it shall end now.
    fn waiting(&self, waker: &Waker) -> Option<Instant> {
        let mut all = self.connections.lock();
        let open = all.open.get_mut(&self.id).filter(|open| !open.ended)?;
        open.waker = Some(waker.clone());
        Some(open.last_active)
    }
}

impl Drop for PlaceTaken {
    fn drop(&mut self) {
        self.connections.lock().open.remove(&self.id);
    }
}

/// Accepts connections within the bounds.
#[derive(Clone)]
pub struct Bounded(pub Connections);

impl<S: Send + 'static> Accept<TcpStream, S> for Bounded {
    type Stream = Watched;
    type Service = S;
    type Future = Ready<io::Result<(Watched, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = stream.peer_addr().and_then(|peer| {
            let place = self.0.enter(peer.ip().to_canonical(), Instant::now());
            place.ok_or_else(|| io::Error::other("too many connections"))
        });
        ready(place.map(|place| {
            let idle = Box::pin(sleep_until(Instant::now() + CONNECTION_IDLE));
            (Watched { stream, place, idle }, service)
        }))
    }
}

/// A connection that ends when it has been silent for too long, or has to make room.
pub struct Watched {
    stream: TcpStream,
    place: PlaceTaken,
    idle: Pin<Box<Sleep>>,
}

impl Watched {
    /// Whether the connection shall end; else its reader is woken when it shall.
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(last_active) = self.place.waiting(cx.waker()) else { return true };
        self.idle.as_mut().reset(last_active + CONNECTION_IDLE);
        if self.idle.as_mut().poll(cx).is_pending() {
            return false;
        }
        self.place.connections.0.metrics.connection_cut("idle");
        true
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() {
            return if self.place.active(false) { read } else { Poll::Ready(Err(ended())) };
        }
        if self.is_over(cx) { Poll::Ready(Err(ended())) } else { Poll::Pending }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, data);
        if written.is_ready() {
            self.place.active(true);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "silent for too long, or in the way of others")
}

/// Bounds on how long heads may be and take. HTTP/1.1 alone: no client is asked to speak anything else.
pub fn bound_heads<A: Address, Acc>(server: Server<A, Acc>) -> Server<A, Acc> {
    bound_heads_by(server, TokioTimer::new())
}

/// The same by any clock.
fn bound_heads_by<A: Address, Acc>(
    server: Server<A, Acc>,
    timer: impl Timer + Send + Sync + 'static,
) -> Server<A, Acc> {
    let mut server = server.http1_only();
    let mut http = server.http_builder().http1();
    http.timer(timer).header_read_timeout(HEAD_WITHIN).max_buf_size(MAX_HEAD_BYTES);
    server
}

#[cfg(test)]
mod tests;
