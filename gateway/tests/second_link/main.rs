//! The seam of links holds: a link of a second kind, which shares no line with the first, goes through the running service's
//! board, page, receipts and alarms as any other does.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod link;
mod panel;
#[path = "../running/mod.rs"]
mod running;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gateway::links::{Actuation, LinkHandle, Switch};
use gateway::service::{MakeLink, StartWith};
use gateway::site;
use gateway::views::ShowSite;
use panel_protocol::credential::Credential;
use panel_protocol::wiegand::H10301;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use panel::{Device, Wire};
use running::Running;

/// Longest that anything here may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Its line says OSDP, since the file has no word for what exists in this test alone; no OSDP line is ever made for it.
const HARDWARE: &str = r#"
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
    running: Running,
    device: Arc<Device>,
    handle: LinkHandle,
}

impl Scene {
    async fn start() -> Self {
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
        let with = StartWith { links, ..StartWith::default() };
        let running = Running::start(tempfile::tempdir().unwrap(), HARDWARE, with).await;
        Self { running, device, handle }
    }

    /// What pages show, once it is as it should be.
    async fn shown(&self, what: &str, done: impl Fn(&Value) -> bool) -> Value {
        let site = self.running.service.site();
        let now = async || serde_json::to_value(site.site().await).unwrap();
        let waited = timeout(PATIENCE, async {
            loop {
                let (change, shown) = (site.change(), now().await);
                if done(&shown) {
                    return shown;
                }
                site.changed_since(change).await;
            }
        });
        match waited.await {
            Ok(shown) => shown,
            Err(_) => panic!("never {what}: {:#}", now().await),
        }
    }
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
        people.push(scene.running.person(number).await);
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
    let request = scene.running.scim(Method::PATCH, &format!("Users/{}", people[3])).json(&suspend);
    request.send().await.unwrap().error_for_status().unwrap();
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
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_an_alarm_that_ends_and_a_revocation_meanwhile_is_shown_as_exposed() {
    let scene = Scene::start().await;
    let person = scene.running.person(1).await;
    scene.shown("proven", |shown| is_proven(shown, 1)).await;
    scene.device.plug(false);
    let shown = scene.shown("offline", |shown| shown["controllers"][0]["state"] == "offline").await;
    let alarm = shown["alarms"][0]["text"].as_str().unwrap();
    assert!(alarm.contains("hut has been unplugged"), "{alarm}");
    assert_eq!(shown["verdict"]["level"], "problem");
    scene.running.delete(&person).await;
    scene.shown("exposed", |shown| shown["exposed"][0]["controller"] == "hut").await;
    assert!(scene.device.knows(card(1)), "nobody could tell it");
    scene.device.plug(true);
    let well =
        |shown: &Value| is_proven(shown, 0) && shown["alarms"] == json!([]) && shown["exposed"] == json!([]);
    scene.shown("well again", well).await;
    assert!(!scene.device.knows(card(1)));
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_fetched_and_outputs_are_switched() {
    let scene = Scene::start().await;
    scene.running.person(1).await;
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
    scene.running.stop().await;
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
    scene.running.stop().await;
}
