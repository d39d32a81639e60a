//! Connections that ask for nothing, or for too much, shut nobody out.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::connections::{Bounded, Connections, bound_heads};
use super::*;

/// The router behind bounded connections.
async fn serve() -> (SocketAddr, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new());
    let state = WebState::new(
        FakeSite::new(fixture::well()),
        FakeAccounts::new(),
        Arc::clone(&metrics),
        Transport::PlainLoopback,
        None,
    );
    let service = shielded(router(state), Transport::PlainLoopback);
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Connections::new(Arc::clone(&metrics), true, Box::new(|_| {}));
    let server = axum_server::from_tcp(listener).unwrap().acceptor(Bounded(connections));
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { bound_heads(server).serve(service).await });
    (address, metrics)
}

/// What is answered to `request`; empty when the connection ended without a word.
async fn asked(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    // Who is refused may be told so while still speaking.
    let _ = stream.write_all(request).await;
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn silent_connections_and_half_heads_make_room_for_who_asks() {
    let (address, metrics) = serve().await;
    let mut silent = Vec::new();
    for number in 0..2 * limits::MAX_CONNECTIONS_PER_ADDRESS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Half: ").await;
        }
        silent.push(stream);
    }
    let began = Instant::now();
    while !asked(address, HEALTH).await.starts_with("HTTP/1.1 200") {
        assert!(began.elapsed() < Duration::from_secs(5), "nobody else is answered");
    }
    let told = metrics.encode(fixture::well().into()).unwrap();
    assert!(told.contains("gatehouse_connections_cut_total{reason=\"made_room\"}"), "{told}");
    drop(silent);
}

#[tokio::test]
async fn a_head_that_is_too_long_and_another_protocol_are_refused() {
    let (address, _) = serve().await;
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(4 * limits::MAX_HEAD_BYTES));
    let answer = asked(address, head.as_bytes()).await;
    assert!(!answer.starts_with("HTTP/1.1 2") && !answer.starts_with("HTTP/1.1 3"), "{answer}");
    let answer = asked(address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!answer.starts_with('\0'), "HTTP/2 is spoken");
    assert!(asked(address, HEALTH).await.starts_with("HTTP/1.1 200"));
}
