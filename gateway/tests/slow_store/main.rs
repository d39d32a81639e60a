//! A disk that takes a second for every read holds up whoever reads, and no line: polls keep their pace, and a revocation is
//! proven as fast as ever.
#![cfg(feature = "demo")] // the simulator comes with it
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "../running/mod.rs"]
mod running;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use firmware_sim::SimConfig;
use firmware_sim::config::{LineConfig, PanelConfig, PanelKey};
use gateway::config;
use gateway::domain::osdpcap::Io;
use gateway::domain::{EventKind, Receipt, ReceiptAction};
use gateway::links::LinkHandle;
use gateway::links::osdp::{self, DeviceSetup, LineSetup};
use gateway::service::StartWith;
use gateway::site;
use reqwest::Method;
use tokio::task::JoinSet;
use tokio::time::timeout;

use running::Running;

/// Longest that anything here may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the disk takes.
const READ: Duration = Duration::from_secs(1);

/// What nobody may notice of it, on a busy machine.
const UNNOTICED: Duration = Duration::from_millis(500);

/// Whoever reads meanwhile.
const READERS: usize = 16;

const KEY: [u8; 16] = [7; 16];
const BAUD: u32 = 115_200;

const HARDWARE: &str = r#"
[[line]]
id = "north"
protocol = "osdp"
port = "north.pty"
baud = 115200

[[controller]]
id = "lobby"
line = "north"
address = 1
kind = "panel"
scbk_file = "lobby.scbk"

[[controller.door]]
id = "lobby-main"
reader = 0
"#;

/// A service on a simulated line, and a disk that becomes slow when it is told to.
struct Scene {
    running: Running,
    handle: LinkHandle,
    slow: Arc<AtomicBool>,
    reads: Arc<AtomicU64>,
    simulator: firmware_sim::Site,
}

impl Scene {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = folder.path().join("north.pty");
        let line = LineConfig { symlink: Some(port.clone()), ..LineConfig::new("north", BAUD) };
        let panel = PanelConfig { key: PanelKey::Scbk(KEY), ..PanelConfig::new("lobby", "north", 1) };
        let simulated = SimConfig { lines: vec![line], panels: vec![panel], ..SimConfig::default() };
        let simulator = firmware_sim::Site::start(&simulated).unwrap();
        let key_file = folder.path().join("lobby.scbk");
        config::write_key(&key_file, &config::Key::new(KEY)).unwrap();
        let (slow, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let attached: Arc<OnceLock<LinkHandle>> = Arc::default();
        let handle = Arc::clone(&attached);
        let (is_slow, count) = (Arc::clone(&slow), Arc::clone(&reads));
        let with = StartWith {
            links: Box::new(move |running, at, stopped| {
                let devices = vec![DeviceSetup {
                    device: 0,
                    address: 1,
                    key_file: Some(key_file.clone()),
                    holds_table: true,
                    feedback: Arc::default(),
                }];
                let id = "north".parse().unwrap();
                let setup = LineSetup { id, port: port.clone(), baud: BAUD, devices };
                let (handle, task) = osdp::line(setup, site::client(running, at, stopped.clone()));
                running.attach(at, handle.clone());
                attached.get_or_init(|| handle);
                let mut stopped = stopped;
                Box::pin(task.run(async move { drop(stopped.wait_for(|stopped| *stopped).await) }))
            }),
            before_read: Some(Arc::new(move || {
                if is_slow.load(Ordering::SeqCst) {
                    count.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(READ); // this is the disk
                }
            })),
        };
        let running = Running::start(folder, HARDWARE, with).await;
        let handle = handle.get().unwrap().clone();
        Self { running, handle, slow, reads, simulator }
    }

    /// The receipt of a change of that kind, once it is in the event log. Reads nothing of the directory.
    async fn receipt(&self, action: ReceiptAction) -> Receipt {
        let found = || {
            let recent = self.running.service.site().events().recent(100);
            recent.into_iter().find_map(|logged| match logged.event.kind {
                EventKind::Receipt(receipt) if receipt.action == action => Some(receipt),
                _ => None,
            })
        };
        let mut listening = self.handle.listen();
        timeout(PATIENCE, async {
            loop {
                if let Some(receipt) = found() {
                    return receipt;
                }
                // A line that lives says something all the time.
                let _ = listening.recv().await;
            }
        })
        .await
        .expect("the change is proven")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_takes_a_second_for_each_read_holds_up_no_poll_and_no_revocation() {
    let scene = Scene::start().await;
    let person = scene.running.person(1).await;
    scene.receipt(ReceiptAction::Activate).await;

    scene.slow.store(true, Ordering::SeqCst);
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let path = "Users?filter=userName%20eq%20%22p1@example.org%22";
        let request = scene.running.scim(Method::GET, path);
        readers.spawn(async move { drop(request.send().await) });
    }
    // The worst of readers: those that wait for the disk on the threads of the service itself.
    for _ in 0..READERS {
        let directory = scene.running.service.site().directory().clone();
        readers.spawn(async move {
            directory.read();
        });
    }

    let mut listening = scene.handle.listen();
    let (mut sent, mut longest) = (Instant::now(), Duration::ZERO);
    let until = Instant::now() + READ * 3;
    while Instant::now() < until {
        let record = timeout(PATIENCE, listening.recv()).await.expect("the line is alive");
        if matches!(record, Ok(record) if record.io == Io::Output) {
            longest = longest.max(sent.elapsed());
            sent = Instant::now();
        }
    }
    scene.running.delete(&person).await;
    let receipt = scene.receipt(ReceiptAction::Deactivate).await;
    let proven = receipt.landings[0].proven.unwrap().duration_since(receipt.committed);
    println!(
        "longest silence {longest:?}; proven after {proven:?}; {} slow reads",
        scene.reads.load(Ordering::SeqCst)
    );
    assert!(scene.reads.load(Ordering::SeqCst) > 0, "somebody had to wait");
    assert!(longest < UNNOTICED, "the line was silent for {longest:?}");
    assert!(proven.unsigned_abs() < UNNOTICED, "proven after {proven:?}");
    readers.shutdown().await;
    scene.slow.store(false, Ordering::SeqCst);
    scene.running.stop().await;
    drop(scene.simulator);
}
