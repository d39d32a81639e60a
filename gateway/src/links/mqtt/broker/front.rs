//! The broker's door: TLS, and bounds that hold before anybody has said who he is.
//!
//! `mqtt5` makes its TLS handshakes one after the other and waits for each without end, so one silent client would keep
//! all others out; and it bounds neither the connections of one address nor the pace of one client. All that is done
//! here, each connection in a task of its own, and what passes is handed on to the broker on loopback.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

/// Most connections at once.
const MAX_CONNECTIONS: usize = 192;

/// Of one address: a few controllers behind one router.
const MAX_PER_ADDRESS: usize = 80;

/// Longest time for a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// So many bytes a second one client may send over a longer time; a faster one waits.
const BYTES_PER_SECOND: u32 = 512 * 1024;

/// So many it may send at once after a pause.
const BURST: u32 = 1024 * 1024;

/// Bytes that are read at a time.
const CHUNK: usize = 8 * 1024;

/// After the system has refused to accept a connection, the next is tried after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who is connected.
#[derive(Default)]
struct Open(Mutex<HashMap<IpAddr, usize>>);

/// A place among those who are connected, given back with this value.
struct Place {
    open: Arc<Open>,
    address: IpAddr,
}

/// Lets clients in until its task ends.
pub(super) async fn serve(door: TcpListener, inside: SocketAddr, tls: Option<Arc<ServerConfig>>) {
    let (open, acceptor) = (Arc::new(Open::default()), tls.map(TlsAcceptor::from));
    let mut clients = tokio::task::JoinSet::new();
    loop {
        while clients.try_join_next().is_some() {}
        let (stream, from) = match door.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the broker can't take a connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(place) = Place::take(&open, from.ip()) else {
            tracing::warn!(%from, "refused at the broker's door: too many connections");
            continue;
        };
        let acceptor = acceptor.clone();
        clients.spawn(async move {
            if let Err(error) = client(stream, inside, acceptor).await {
                tracing::debug!(%from, %error, "a connection to the broker has ended");
            }
            drop(place);
        });
    }
}

async fn client(stream: TcpStream, inside: SocketAddr, acceptor: Option<TlsAcceptor>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match acceptor {
        None => pass(stream, inside).await,
        Some(acceptor) => {
            let stream = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await??;
            pass(stream, inside).await
        }
    }
}

/// Hands bytes on, both ways, until either side ends.
async fn pass(stream: impl AsyncRead + AsyncWrite, inside: SocketAddr) -> io::Result<()> {
    let broker = TcpStream::connect(inside).await?;
    broker.set_nodelay(true)?;
    let (mut from_client, mut to_client) = tokio::io::split(stream);
    let (mut from_broker, mut to_broker) = broker.into_split();
    tokio::select! {
        sent = paced(&mut from_client, &mut to_broker) => sent,
        got = copy(&mut from_broker, &mut to_client) => got.map(drop),
    }?;
    // The broker's last words, such as why it has refused somebody.
    to_client.flush().await
}

/// Copies no faster than a client may send.
async fn paced(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let mut pace = Pace::new(Instant::now());
    let mut chunk = vec![0; CHUNK];
    loop {
        let len = from.read(&mut chunk).await?;
        if len == 0 {
            return to.shutdown().await;
        }
        to.write_all(&chunk[..len]).await?;
        if let Some(until) = pace.spend(Instant::now(), len) {
            sleep_until(until).await;
        }
    }
}

/// How much of its allowance a client has used: it is full again then.
struct Pace {
    full_at: Instant,
}

impl Pace {
    const fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// So many bytes have passed; until when the client waits, if it has to.
    fn spend(&mut self, now: Instant, len: usize) -> Option<Instant> {
        let cost = Duration::from_secs(1).mul_f64(len as f64 / f64::from(BYTES_PER_SECOND));
        self.full_at = self.full_at.max(now) + cost;
        let allowance = Duration::from_secs(1) * BURST / BYTES_PER_SECOND;
        let until = self.full_at.checked_sub(allowance)?;
        (until > now).then_some(until)
    }
}

impl Place {
    fn take(open: &Arc<Open>, address: IpAddr) -> Option<Self> {
        let mut counts = open.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = counts.values().sum();
        let of_address = counts.entry(address).or_default();
        if all >= MAX_CONNECTIONS || *of_address >= MAX_PER_ADDRESS {
            return None;
        }
        *of_address += 1;
        Some(Self { open: Arc::clone(open), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_can_t_take_all_places_and_gives_them_back() {
        let open = Arc::new(Open::default());
        let [one, other] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let mut places: Vec<_> = (0..MAX_PER_ADDRESS).map(|_| Place::take(&open, one).unwrap()).collect();
        assert!(Place::take(&open, one).is_none());
        assert!(Place::take(&open, other).is_some());
        places.pop();
        assert!(Place::take(&open, one).is_some());
        drop(places);
        assert!(open.0.lock().unwrap().is_empty(), "nothing is remembered of those who left");
    }

    #[test]
    fn a_burst_passes_and_a_flood_is_slowed_to_the_pace() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..BURST as usize / CHUNK {
            assert_eq!(pace.spend(start, CHUNK), None);
        }
        let until = pace.spend(start, BYTES_PER_SECOND as usize).unwrap();
        let wait = until - start;
        assert!((0.99..1.01).contains(&wait.as_secs_f64()), "{wait:?}");
        assert_eq!(pace.spend(start + Duration::from_secs(60), CHUNK), None, "it has recovered");
    }
}
