//! Brokers that don't know MQTT 5: they say so, close the connection, or keep silent. And one that asks for more.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::links::mqtt::connection::{Connection, Event, Fault, Target, Version};
use crate::links::mqtt::reach::Versions;
use crate::links::mqtt::topic;

/// What a broker does with a CONNECT of MQTT 5.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    /// CONNACK 0x84, in MQTT 5's form.
    SaysSo,
    /// CONNACK with code 1, in 3.1.1's form.
    SaysSoInTheOldForm,
    Closes,
    KeepsSilent,
    /// It knows MQTT 5, and not us.
    RefusesUs,
}

/// Longest wait for anything here.
const PATIENCE: Duration = Duration::from_secs(30);

async fn broker(manner: Manner) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut silent = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            // Type, length, the length of "MQTT", "MQTT", level.
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            match (head[8], manner) {
                (5, Manner::SaysSo) => stream.write_all(&[0x20, 3, 0, 0x84, 0]).await.unwrap(),
                (5, Manner::SaysSoInTheOldForm) => stream.write_all(&[0x20, 2, 0, 1]).await.unwrap(),
                (5, Manner::RefusesUs) => stream.write_all(&[0x20, 3, 0, 0x86, 0]).await.unwrap(),
                (5, Manner::Closes) => {}
                (5, Manner::KeepsSilent) => silent.push(stream),
                _ => drop(tokio::spawn(old(stream, head[1]))),
            }
        }
    });
    address
}

/// 3.1.1, as far as a client needs it to come up.
async fn old(mut stream: TcpStream, connect_len: u8) {
    let mut rest = vec![0; usize::from(connect_len) - 7];
    stream.read_exact(&mut rest).await.unwrap();
    stream.write_all(&[0x20, 2, 0, 0]).await.unwrap();
    let mut subscribe = [0; 4];
    stream.read_exact(&mut subscribe).await.unwrap();
    assert_eq!(subscribe[0], 0x82);
    stream.write_all(&[0x90, 3, subscribe[2], subscribe[3], 1]).await.unwrap();
    let mut rest = [0; 256];
    while stream.read(&mut rest).await.is_ok_and(|len| len > 0) {}
}

fn target(address: SocketAddr) -> Target {
    Target {
        host: address.ip().to_string(),
        port: address.port(),
        tls: None,
        login: None,
        client_id: topic::GATEWAY.to_owned(),
        filters: vec![topic::from_all("a")],
        own_state: topic::from("a", topic::GATEWAY, "state"),
        timeout: Duration::from_secs(1),
    }
}

/// How an attempt in that version ends.
async fn attempt(target: &Target, version: Version) -> Result<Connection, Fault> {
    let mut connection = Connection::open(target, version);
    match timeout(PATIENCE, connection.event()).await.unwrap() {
        Some(Event::Up) => Ok(connection),
        Some(Event::Lost(lost)) => Err(lost.fault),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_broker_that_doesn_t_know_mqtt_5_is_spoken_to_in_3_1_1() {
    for manner in [Manner::SaysSo, Manner::SaysSoInTheOldForm, Manner::Closes, Manner::KeepsSilent] {
        let target = target(broker(manner).await);
        let mut versions = Versions::default();
        let fault = attempt(&target, versions.next()).await.err().unwrap();
        assert!(versions.lost(fault), "{manner:?}: {fault:?} tries the other version at once");
        assert!(attempt(&target, versions.next()).await.is_ok(), "{manner:?}");
    }
}

#[tokio::test]
async fn a_broker_that_refuses_us_or_isn_t_there_is_not_asked_in_another_version() {
    let mut versions = Versions::default();
    let refused = attempt(&target(broker(Manner::RefusesUs).await), versions.next()).await.err().unwrap();
    assert_eq!(refused, Fault::Credentials);
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let absent = attempt(&target(nobody), versions.next()).await.err().unwrap();
    assert_eq!(absent, Fault::Unreachable);
    assert!(!versions.lost(refused) && !versions.lost(absent) && versions.next() == Version::V5);
}
