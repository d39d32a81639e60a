//! A disk that takes a second for every read holds up whoever reads, and no line: polls keep their pace, and a revocation is
//! proven as fast as ever.
#![cfg(feature = "demo")] // the simulator comes with it
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use firmware_sim::SimConfig;
use firmware_sim::config::{LineConfig, PanelConfig, PanelKey};
use gateway::config::{self, NamedFiles};
use gateway::domain::osdpcap::Io;
use gateway::domain::{EventKind, Receipt, ReceiptAction};
use gateway::links::LinkHandle;
use gateway::links::osdp::{self, DeviceSetup, LineSetup};
use gateway::service::{Service, StartWith};
use gateway::site;
use gateway::store::tokens::Tokens;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::timeout;

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
const SCIM_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const CONFIG: &str = r#"
[site]
name = "Slow disk"
time_zone = "Europe/Berlin"
data_dir = "data"

[web]
listen = "127.0.0.1:0"
tls = "off"

[cards]
default_format = "H10301"
default_facility = 100

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
    service: Service,
    handle: LinkHandle,
    slow: Arc<AtomicBool>,
    reads: Arc<AtomicU64>,
    client: Client,
    token: String,
    simulator: firmware_sim::Site,
    folder: TempDir,
}

impl Scene {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
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
        let token = token(&folder.path().join("data"));
        let config = config::parse(&folder.path().join("site.toml"), CONFIG, NamedFiles::Ignored);
        let config = config.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let service = Service::start_with(config, with).await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        let handle = handle.get().unwrap().clone();
        Self { service, handle, slow, reads, client, token, simulator, folder }
    }

    async fn scim(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("http://{}/scim/v2/{path}", self.service.address());
        let request = self.client.request(method, url).bearer_auth(&self.token).json(body);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// A person with this card; their id.
    async fn person(&self, number: u64) -> String {
        let user = json!({
            "schemas": [SCIM_USER, ENTERPRISE],
            "userName": format!("p{number}@example.org"),
            "displayName": format!("Person {number}"),
            "active": true,
            ENTERPRISE: { "cardNumber": number.to_string() },
        });
        self.scim(Method::POST, "Users", &user).await["id"].as_str().unwrap().to_owned()
    }

    /// The receipt of a change of that kind, once it is in the event log. Reads nothing of the directory.
    async fn receipt(&self, action: ReceiptAction) -> Receipt {
        let found = || {
            let recent = self.service.site().events().recent(100);
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

fn token(data: &Path) -> String {
    fs::create_dir_all(data).unwrap();
    Tokens::open(data).create("trial", None, None, site::clock::now()).unwrap().expose().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_takes_a_second_for_each_read_holds_up_no_poll_and_no_revocation() {
    let scene = Scene::start().await;
    let person = scene.person(1).await;
    scene.receipt(ReceiptAction::Activate).await;

    scene.slow.store(true, Ordering::SeqCst);
    let mut readers = JoinSet::new();
    let url = format!(
        "http://{}/scim/v2/Users?filter=userName%20eq%20%22p1@example.org%22",
        scene.service.address()
    );
    for _ in 0..READERS {
        let request = scene.client.get(&url).bearer_auth(&scene.token);
        readers.spawn(async move { drop(request.send().await) });
    }
    // The worst of readers: those that wait for the disk on the threads of the service itself.
    for _ in 0..READERS {
        let directory = scene.service.site().directory().clone();
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
    let url = format!("http://{}/scim/v2/Users/{person}", scene.service.address());
    let deleted = scene.client.delete(url).bearer_auth(&scene.token).send().await.unwrap();
    deleted.error_for_status().unwrap();
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
    scene.service.stop().await;
    drop((scene.simulator, scene.folder));
}
