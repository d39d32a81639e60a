use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant as SystemInstant;

use super::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

fn bounded(most: usize, most_per_address: usize) -> (Connections, Arc<AtomicUsize>) {
    let told = Arc::new(AtomicUsize::new(0));
    let telling = Arc::clone(&told);
    let tell = move |_: &str| {
        telling.fetch_add(1, Ordering::Relaxed);
    };
    (Connections::bounded(most, most_per_address, Arc::new(Metrics::new()), Box::new(tell)), told)
}

#[test]
fn the_one_that_was_silent_longest_and_never_answered_makes_room() {
    let ((connections, told), now) = (bounded(3, 3), Instant::now());
    let answered = connections.enter(HERE, now).unwrap();
    assert!(answered.active(true));
    let silent = connections.enter(HERE, now).unwrap();
    let soon = now + UNANSWERED_AFTER;
    let later = connections.enter(HERE, soon).unwrap();
    let newest = connections.enter(THERE, soon).expect("room was made");
    assert!(!silent.active(false), "it was silent longest of those that were never answered");
    assert!(answered.active(false) && later.active(false) && newest.active(false));
    assert_eq!(told.load(Ordering::Relaxed), 1);
}

#[test]
fn one_address_makes_room_for_itself_alone() {
    let ((connections, _), now) = (bounded(10, 2), Instant::now());
    let other = connections.enter(THERE, now).unwrap();
    let own = [connections.enter(HERE, now).unwrap(), connections.enter(HERE, now).unwrap()];
    assert!(connections.enter(HERE, now).is_none(), "both have only just come");
    let third = connections.enter(HERE, now + UNANSWERED_AFTER).unwrap();
    assert_eq!(own.iter().filter(|own| own.active(false)).count(), 1);
    assert!(third.active(false) && other.active(false));
    drop((own, third));
    assert_eq!(connections.lock().open.len(), 1, "a place is free when its connection is gone");
}

/// A connection that has been silent for so long, and its other end.
async fn silent_for(silent: Duration) -> (Watched, TcpStream) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let (connections, _) = bounded(3, 3);
    let place = connections.enter(HERE, Instant::now()).unwrap();
    connections.lock().open.get_mut(&place.id).unwrap().last_active = Instant::now() - silent;
    let idle = Box::pin(sleep_until(Instant::now() + CONNECTION_IDLE));
    (Watched { stream, place, idle }, far)
}

#[tokio::test]
async fn a_connection_on_which_nothing_passes_for_a_minute_ends_and_no_sooner() {
    use futures_util::FutureExt;
    use tokio::io::AsyncReadExt;
    let almost = CONNECTION_IDLE - Duration::from_secs(2);
    let (mut watched, far) = silent_for(almost).await;
    assert!(watched.read_u8().now_or_never().is_none(), "it may still say something");
    drop(far);
    let (mut watched, _far) = silent_for(CONNECTION_IDLE + Duration::from_secs(1)).await;
    let ended = watched.read_u8().await.unwrap_err();
    assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
}

/// A clock whose every wait is over at once, and which remembers how long each should have been.
#[derive(Clone, Default)]
struct Hurried(Arc<Mutex<Vec<Duration>>>);

struct Over;

impl Future for Over {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl hyper::rt::Sleep for Over {}

impl Timer for Hurried {
    fn sleep(&self, span: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.0.lock().unwrap().push(span);
        Box::pin(Over)
    }

    fn sleep_until(&self, deadline: SystemInstant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(SystemInstant::now()))
    }
}

#[tokio::test]
async fn half_a_head_has_ten_seconds_for_its_other_half() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let clock = Hurried::default();
    let server = bound_heads_by(axum_server::from_tcp(listener).unwrap(), clock.clone());
    let app = axum::Router::new().route("/", axum::routing::get(async || "here"));
    tokio::spawn(server.serve(app.into_make_service()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut answer = Vec::new();
    // Reset or closed: it is over, and nothing was answered.
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("here"), "{answer:?}");
    let waits = clock.0.lock().unwrap().clone();
    let about = |span: &Duration| *span <= HEAD_WITHIN && *span > HEAD_WITHIN - Duration::from_secs(2);
    assert!(!waits.is_empty() && waits.iter().all(about), "{waits:?}");
}
