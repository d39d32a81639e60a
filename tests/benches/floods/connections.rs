//! Connections that ask for nothing, or never end their question.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// A connection that was ended comes again after this.
const AGAIN: Duration = Duration::from_secs(1);

type Flood = fn(SocketAddr) -> JoinSet<()>;

/// Each with its name.
pub(crate) const FLOODS: [(&str, Flood); 4] = [
    ("4,200 idle connections of one address", |to| many(4_200, to, |_| 0, Vec::new())),
    ("4,200 idle connections, each of its own address", |to| many(4_200, to, |number| number, Vec::new())),
    ("2,500 half heads of 380 KB, 50 addresses", |to| many(2_500, to, |number| number % 50, half_a_head())),
    ("4,200 half bodies, each of its own address", |to| many(4_200, to, |number| number, half_a_body())),
];

fn half_a_head() -> Vec<u8> {
    let mut head = b"GET / HTTP/1.1\r\nHost: gateway\r\nX-Long: ".to_vec();
    head.resize(380 * 1024, b'x');
    head
}

fn half_a_body() -> Vec<u8> {
    b"POST /sign-in HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/x-www-form-urlencoded\r\n\
      Content-Length: 4000\r\n\r\nname=a"
        .to_vec()
}

/// So many connections that say `first` and then nothing.
fn many(count: u32, to: SocketAddr, address: fn(u32) -> u32, first: Vec<u8>) -> JoinSet<()> {
    let first: &'static [u8] = first.leak();
    let mut all = JoinSet::new();
    for number in 0..count {
        all.spawn(async move {
            loop {
                if let Ok(stream) = connect(to, address(number)).await {
                    hold(stream, first).await;
                }
                tokio::time::sleep(AGAIN).await;
            }
        });
    }
    all
}

/// Until the other side ends it.
async fn hold(mut stream: TcpStream, first: &[u8]) {
    let _ = stream.write_all(first).await;
    let mut answer = [0; 256];
    while stream.read(&mut answer).await.is_ok_and(|len| len > 0) {}
}

/// A connection from the address of that number, all of which are this machine's own (127.0.0.0/8).
pub(crate) async fn connect(to: SocketAddr, number: u32) -> std::io::Result<TcpStream> {
    let [_, high, middle, low] = number.to_be_bytes();
    let from = Ipv4Addr::new(127, high.wrapping_add(1), middle, low);
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket.connect(to).await
}
