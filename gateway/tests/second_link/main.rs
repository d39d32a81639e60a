//! The seam of links holds: a link of a second kind, which shares no line with the first, goes through the running service's
//! board, page, receipts and alarms as any other does.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod link;
mod panel;

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gateway::config::{self, NamedFiles};
use gateway::links::{Actuation, LinkHandle, Switch};
use gateway::service::{MakeLink, Service, StartWith};
use gateway::site;
use gateway::store::tokens::Tokens;
use gateway::views::ShowSite;
use panel_protocol::credential::Credential;
use panel_protocol::wiegand::H10301;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

use panel::{Device, Wire};

/// Longest that anything here may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

const SCIM_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Its line says OSDP, since the file has no word for what exists in this test alone; no OSDP line is ever made for it.
const CONFIG: &str = r#"
[site]
name = "Channel"
time_zone = "Europe/Berlin"
data_dir = "data"

[web]
listen = "127.0.0.1:0"
tls = "off"

[cards]
default_format = "H10301"
default_facility = 100

[[line]]
id = "channel"
protocol = "osdp"
port = "/nowhere"
baud = 9600

[[controller]]
id = "hut"
line = "channel"
address = 1
kind = "panel"
scbk_file = "keys/hut.scbk"

[[controller.door]]
id = "hut-door"
reader = 0
"#;

/// The service with one link of the second kind.
struct Scene {
    folder: TempDir,
    service: Service,
    device: Arc<Device>,
    handle: LinkHandle,
    client: Client,
    token: String,
}

impl Scene {
    async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let token = token(&folder.path().join("data"));
        let config = config::parse(&folder.path().join("site.toml"), CONFIG, NamedFiles::Ignored);
        let config = config.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let wire = Wire::new();
        let device = Arc::clone(&wire.device);
        let wire = Mutex::new(Some(wire));
        let (handle, end) = LinkHandle::new("channel".parse().unwrap());
        let (attached, end) = (handle.clone(), Mutex::new(Some(end)));
        let links: Box<MakeLink> = Box::new(move |running, at, stopped| {
            running.attach(at, attached.clone());
            let client = site::client(running, at, stopped.clone());
            let (end, wire) = (end.lock().unwrap().take().unwrap(), wire.lock().unwrap().take().unwrap());
            Box::pin(link::serve(client, end, wire, stopped))
        });
        let service = Service::start_with(config, StartWith { links, ..StartWith::default() });
        let service = service.await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { folder, service, device, handle, client, token }
    }

    /// What pages show, once it is as it should be.
    async fn shown(&self, what: &str, done: impl Fn(&Value) -> bool) -> Value {
        let mut changed = self.service.site().changed();
        let waited = timeout(PATIENCE, async {
            loop {
                let shown = serde_json::to_value(self.service.site().site().await).unwrap();
                if done(&shown) {
                    return shown;
                }
                changed.changed().await.unwrap();
            }
        });
        match waited.await {
            Ok(shown) => shown,
            Err(_) => {
                panic!("never {what}: {:#}", serde_json::to_value(self.service.site().site().await).unwrap())
            }
        }
    }

    async fn scim(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("http://{}/scim/v2/{path}", self.service.address());
        let request = self.client.request(method, url).bearer_auth(&self.token).json(body);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        answer.json().await.unwrap()
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

    async fn stop(self) {
        self.service.stop().await;
        drop(self.folder);
    }
}

fn token(data: &Path) -> String {
    fs::create_dir_all(data).unwrap();
    Tokens::open(data).create("trial", None, None, site::clock::now()).unwrap().expose().to_owned()
}

fn card(number: u64) -> Credential {
    H10301.encode(100, number).unwrap()
}

fn is_proven(shown: &Value, rows: u64) -> bool {
    let controller = &shown["controllers"][0];
    let table = &controller["table"];
    controller["state"] == "online" && table["proven"] == true && table["desired"] == rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cards_are_loaded_proven_and_revoked_with_a_receipt() {
    let scene = Scene::start().await;
    let mut people = Vec::new();
    for number in 1..=10 {
        people.push(scene.person(number).await);
    }
    let shown = scene.shown("proven", |shown| is_proven(shown, 10)).await;
    assert!((1..=10).all(|number| scene.device.knows(card(number))));
    let controller = &shown["controllers"][0];
    assert_eq!((&controller["id"], &controller["faults"]["timeouts"]), (&json!("hut"), &json!(7)));
    assert_eq!(controller["identity"], "the panel on the channel");
    assert_eq!(
        (&shown["lines"][0]["state"]["is"], &shown["lines"][0]["frames_sent"]),
        (&json!("up"), &json!(20))
    );

    let suspend = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "active", "value": false }],
    });
    scene.scim(Method::PATCH, &format!("Users/{}", people[3]), &suspend).await;
    let of_revocation = |shown: &Value| {
        let receipts = shown["receipts"].as_array().unwrap().clone();
        receipts.into_iter().find(|receipt| receipt["action"] == "deactivate" && receipt["complete"] == true)
    };
    let shown = scene.shown("revoked", |shown| of_revocation(shown).is_some()).await;
    let receipt = of_revocation(&shown).unwrap();
    assert_eq!(
        (&receipt["holder_name"], &receipt["landings"][0]["controller"]),
        (&json!("Person 4"), &json!("hut"))
    );
    assert!(!scene.device.knows(card(4)) && scene.device.knows(card(5)));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_an_alarm_that_ends_and_a_revocation_meanwhile_is_shown_as_exposed() {
    let scene = Scene::start().await;
    let person = scene.person(1).await;
    scene.shown("proven", |shown| is_proven(shown, 1)).await;
    scene.device.plug(false);
    let shown = scene.shown("offline", |shown| shown["controllers"][0]["state"] == "offline").await;
    let alarm = shown["alarms"][0]["text"].as_str().unwrap();
    assert!(alarm.contains("hut has been unplugged"), "{alarm}");
    assert_eq!(shown["verdict"]["level"], "problem");
    let deleted = scene.client.delete(format!("http://{}/scim/v2/Users/{person}", scene.service.address()));
    deleted.bearer_auth(&scene.token).send().await.unwrap().error_for_status().unwrap();
    scene.shown("exposed", |shown| shown["exposed"][0]["controller"] == "hut").await;
    assert!(scene.device.knows(card(1)), "nobody could tell it");
    scene.device.plug(true);
    let well =
        |shown: &Value| is_proven(shown, 0) && shown["alarms"] == json!([]) && shown["exposed"] == json!([]);
    scene.shown("well again", well).await;
    assert!(!scene.device.knows(card(1)));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_fetched_and_outputs_are_switched() {
    let scene = Scene::start().await;
    scene.person(1).await;
    scene.shown("proven", |shown| is_proven(shown, 1)).await;
    scene.device.present(card(1));
    scene.device.present(card(2));
    let reads = |shown: &Value| shown["events"].as_array().unwrap().len() == 2;
    let shown = scene.shown("logged", reads).await;
    let granted: Vec<_> = shown["events"].as_array().unwrap().iter().map(|event| &event["granted"]).collect();
    assert_eq!(granted, [&json!(false), &json!(true)], "newest first");
    let deadline = Instant::now() + Duration::from_secs(3);
    let actuation =
        Actuation { device: 0, output: 0, switch: Switch::OnFor(Duration::from_secs(5)), deadline };
    scene.handle.actuate(actuation).await.unwrap();
    assert_eq!(scene.device.switched.load(Ordering::SeqCst), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_the_panel_overwrote_unfetched_are_told() {
    let scene = Scene::start().await;
    scene.shown("proven", |shown| is_proven(shown, 0)).await;
    scene.device.plug(false);
    scene.shown("offline", |shown| shown["controllers"][0]["state"] == "offline").await;
    (1..=20).for_each(|number| scene.device.present(card(number))); // it has room for sixteen
    scene.device.plug(true);
    let shown = scene.shown("told", |shown| shown["controllers"][0]["events_lost"] == 4).await;
    let told = |shown: &Value| shown["notices"].to_string().contains("4 events of hut can't be told");
    assert!(told(&scene.shown("noticed", told).await), "{shown}");
    scene.stop().await;
}
