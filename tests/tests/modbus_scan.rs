//! `gateway scan --modbus`, against boards behind Modbus TCP that only read.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tests::{Process, program};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What was asked: address and function.
type Asked = Arc<Mutex<Vec<(u8, u8)>>>;

/// Boards at 3 and 9: the first has eight coils and no more, the second refuses to be read at all. Nobody else answers.
async fn boards() -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (peer, asked) = (listener.local_addr().unwrap().to_string(), Asked::default());
    let noted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&noted)));
        }
    });
    (peer, asked)
}

async fn serve(mut stream: TcpStream, asked: Asked) {
    let mut frame = [0; 12];
    while stream.read_exact(&mut frame).await.is_ok() {
        let (address, function, count) = (frame[6], frame[7], frame[11]);
        asked.lock().unwrap().push((address, function));
        let answer = match (address, function, count) {
            (3, 1, 1..=8) => vec![address, 1, 1, 0],
            (3, ..) => vec![address, function | 0x80, 2],
            (9, ..) => vec![address, function | 0x80, 1],
            _ => continue,
        };
        let len = u8::try_from(answer.len()).unwrap();
        let whole = [&frame[..4], &[0, len], &answer].concat();
        if stream.write_all(&whole).await.is_err() {
            return;
        }
    }
}

fn scan(arguments: &[&str]) -> Process {
    let mut command = program("gateway");
    command.args(["scan", "--modbus"]).args(arguments);
    Process::start(command)
}

#[tokio::test]
async fn boards_in_the_network_are_found_by_reading_alone() {
    let (peer, asked) = boards().await;
    let mut scan = scan(&["--peer", &peer, "--addresses", "1-10", "--timeout-ms", "50", "--json"]);
    assert_eq!(scan.ended().await.code(), Some(0), "{:?}", scan.errors());
    let found: Value = serde_json::from_str(&scan.output().join("\n")).unwrap();
    let expected = json!([
        { "baud": null, "address": 3, "points": { "coils": 8 } },
        { "baud": null, "address": 9, "points": {} },
    ]);
    assert_eq!(found, expected);
    let functions: std::collections::BTreeSet<u8> =
        asked.lock().unwrap().iter().map(|(_, function)| *function).collect();
    assert_eq!(functions.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4], "it reads, and nothing else");
    let addresses = asked.lock().unwrap().iter().map(|(address, _)| *address).max();
    assert_eq!(addresses, Some(10));
}

#[tokio::test]
async fn nobody_there_is_a_failure_with_what_to_look_at() {
    let (peer, _) = boards().await;
    let mut scan = scan(&["--peer", &peer, "--addresses", "20", "--timeout-ms", "20"]);
    assert_eq!(scan.ended().await.code(), Some(1));
    assert!(
        scan.errors().join("\n").contains("no Modbus board answered; look at its power"),
        "{:?}",
        scan.errors()
    );
}

#[tokio::test]
async fn wrong_words_are_refused_with_what_would_be_right() {
    for (arguments, words) in [
        (&["--peer", "127.0.0.1:1", "--addresses", "0"][..], "a Modbus board's address is 1 to 247, not 0"),
        (&["--peer", "127.0.0.1:1", "--baud", "9600"], "--baud"),
        (&["--port", "x", "--thorough"], "are for OSDP lines"),
        (&["--addresses", "1"], "--port"),
    ] {
        let mut scan = scan(arguments);
        assert_eq!(scan.ended().await.code(), Some(2), "{arguments:?}");
        assert!(scan.errors().join("\n").contains(words), "{arguments:?}: {:?}", scan.errors());
    }
}
