//! The line over a real TCP connection, and what it tells its client.

use std::sync::Mutex;

use panel_protocol::credential::Credential;
use panel_protocol::wiegand::H10301;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::*;
use crate::domain::{Became, DeviceCondition, LinkCondition};
use crate::links::{ActuateError, Actuation, Heard, Switch};
use crate::sync::{Answer, Demand, Failure, Room};

/// What a client was told.
#[derive(Clone, PartialEq, Debug)]
enum Told {
    Card(Credential),
    Keys(String),
    Is(DeviceCondition),
    Link(&'static str),
}

struct Client(mpsc::UnboundedSender<Told>);

impl DeviceClient for Client {
    fn demand(&self, _: usize) -> Demand {
        Demand::None
    }

    fn next(&self, _: usize, _: &mut dyn Room) -> bool {
        false
    }

    fn answered(&self, _: usize, _: &Answer) {}

    fn failed(&self, _: usize, _: Failure) {}

    fn heard(&self, device: usize, heard: &Heard) {
        assert_eq!(device, 7);
        let told = match heard {
            Heard::Card { card, .. } => Told::Card(*card),
            Heard::Keys { keys, .. } => Told::Keys(keys.expose().to_owned()),
            other => panic!("{other:?}"),
        };
        let _ = self.0.send(told);
    }

    fn became(&self, _: usize, became: &Became) {
        if let Became::Condition { is, .. } = became {
            let _ = self.0.send(Told::Is(*is));
        }
    }

    fn link(&self, condition: &LinkCondition) {
        let _ = self.0.send(Told::Link(condition.words()));
    }
}

struct Line {
    handle: LinkHandle,
    told: mpsc::UnboundedReceiver<Told>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    listener: TcpListener,
}

impl Line {
    async fn start(profile: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (tell, told) = mpsc::unbounded_channel();
        let setup = LineSetup {
            id: "gate".parse().unwrap(),
            place: Place::Tcp { peer: listener.local_addr().unwrap().to_string() },
            profile: shipped(profile).unwrap(),
            device: Some(7),
        };
        let (handle, task) = line(setup, Arc::new(Client(tell)));
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(task.run(async move { drop(stopped.await) }));
        Self { handle, told, stop: Mutex::new(Some(stop)), listener }
    }

    async fn next(&mut self) -> Told {
        self.told.recv().await.unwrap()
    }
}

#[tokio::test]
async fn cards_and_keys_are_told_and_a_line_that_breaks_comes_back() {
    let mut line = Line::start("s4a-ethernet").await;
    for _ in 0..2 {
        let (mut adapter, _) = line.listener.accept().await.unwrap();
        assert_eq!(line.next().await, Told::Link("is up"));
        assert_eq!(line.next().await, Told::Is(DeviceCondition::Unsupervised));
        adapter.write_all(b"00001").await.unwrap();
        drop(adapter);
        assert_eq!(line.next().await, Told::Link("is down"));
        assert_eq!(line.next().await, Told::Is(DeviceCondition::Offline));
    }
    let (mut adapter, _) = line.listener.accept().await.unwrap();
    line.next().await;
    line.next().await;
    let card = panel_protocol::wiegand::Format::by_id("H10306").unwrap().encode(1, 0xE256).unwrap();
    adapter.write_all(b"0000123478\r\n").await.unwrap();
    assert_eq!(
        line.next().await,
        Told::Card(card),
        "what came of the frame before the break is not a part of it"
    );
    adapter.write_all(b"5").await.unwrap();
    assert_eq!(line.next().await, Told::Keys("5".into()));
    drop(line.stop.lock().unwrap().take());
    assert_eq!(line.told.recv().await, None, "the task has ended");
}

#[tokio::test]
async fn an_order_is_refused_whether_the_adapter_is_there_or_not() {
    let mut line = Line::start("wie232-26").await;
    let (mut adapter, _) = line.listener.accept().await.unwrap();
    line.next().await;
    line.next().await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let actuation = Actuation { device: 7, output: 0, switch: Switch::Off, deadline };
    assert!(matches!(line.handle.actuate(actuation).await, Err(ActuateError::Refused(_))));
    let mut frames = line.handle.listen();
    adapter.write_all(b"64000\r\n640001\r\n").await.unwrap();
    assert_eq!(line.next().await, Told::Card(H10301.encode(100, 1).unwrap()));
    assert_eq!(frames.recv().await.unwrap().data, b"64000");
    assert_eq!(frames.recv().await.unwrap().data, b"640001");
    let status = line.handle.status().borrow().clone();
    assert_eq!((status.stray_frames, status.devices[0].frames_received), (1, 1));
}
