//! Events about people and cards, sent by programs that others wrote: over HTTP and over a real broker.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tests::{Gateway, Mosquitto, MqttClient, Process, SitePlan, eventually, program, workspace};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const WEBHOOK: &str = "
[[source]]
id = \"hr\"
kind = \"webhook\"
secret_file = \"secrets/hr\"
";

/// A cloud system, in Python.
struct Sender(Process);

impl Sender {
    fn start() -> Self {
        let mut command = Command::new(workspace().join("target/venv/bin/python"));
        command.arg(workspace().join("tests/peers/event_sender.py")).stdin(Stdio::piped());
        Self(Process::start(command))
    }

    /// Sends, and gives the answer's status and body.
    async fn send(&mut self, order: &Value) -> (u64, Value) {
        let told = self.0.output().len();
        self.0.tell(&order.to_string());
        let look = async || self.0.output().get(told).cloned();
        let answer = eventually("the sender is answered", look, Option::is_some).await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        (answer["status"].as_u64().unwrap(), answer["answer"].clone())
    }

    async fn post(&mut self, gateway: &Gateway, mode: &str, events: Value) -> (u64, Value) {
        self.post_as(gateway, &json!({ "mode": mode, "events": events })).await
    }

    async fn post_as(&mut self, gateway: &Gateway, order: &Value) -> (u64, Value) {
        let url = format!("{}/sources/hr", gateway.address());
        let mut whole = json!({ "url": url, "secret": SECRET });
        whole.as_object_mut().unwrap().extend(order.as_object().unwrap().clone());
        self.send(&whole).await
    }
}

fn event(id: &str, what: &str, data: Value) -> Value {
    let mut event = json!({ "id": id, "type": format!("dev.gatehouse.{what}.v1") });
    event["data"] = data;
    event
}

fn person(revision: u64, person: &str, card: &str) -> Value {
    let data = json!({ "person": person, "revision": revision, "user_name": format!("{person}@example.org"),
                       "cards": [{ "number": card }] });
    event(&format!("{person}-{revision}"), "person.set", data)
}

fn card(revision: u64, number: &str, state: &str) -> Value {
    let data = json!({ "person": "ada", "revision": revision, "card": { "number": number, "state": state } });
    event(&format!("ada-{revision}"), "card.set", data)
}

async fn counts(gateway: &Gateway) -> (u64, u64) {
    let counts = gateway.api().site().await["counts"].clone();
    (counts["people"].as_u64().unwrap(), counts["active_cards"].as_u64().unwrap())
}

async fn source(gateway: &Gateway) -> Value {
    gateway.api().get("/api/v1/sources").await["sources"][0].clone()
}

fn cli(plan: &SitePlan, arguments: &[&str]) -> Output {
    program("gateway").arg("source").args(arguments).arg("--config").arg(plan.config()).output().unwrap()
}

#[tokio::test]
async fn a_cloud_system_gives_a_card_suspends_it_and_takes_it_back_by_webhook() {
    let plan = SitePlan::new(115_200, &["lobby"]).with(WEBHOOK).secret("secrets/hr", SECRET);
    let simulator = plan.simulator().await;
    let mut gateway = plan.gateway().await;
    let mut sender = Sender::start();
    let (status, answer) = sender.post(&gateway, "structured", json!([person(1, "ada", "1234")])).await;
    assert_eq!((status, &answer["results"][0]["result"]), (200, &json!("applied")), "{answer}");
    let (status, answer) = sender.post(&gateway, "binary", json!([card(2, "5678", "active")])).await;
    assert_eq!((status, &answer["results"][0]["result"]), (200, &json!("applied")), "{answer}");
    assert_eq!(counts(&gateway).await, (1, 2));
    gateway.proven(&["lobby"]).await;
    assert_eq!(simulator.numbers("lobby").await, [1234, 5678].into());
    let batch = json!([card(3, "1234", "suspended"), card(2, "5678", "active"), person(1, "bo", "4321")]);
    let (status, answer) = sender.post(&gateway, "batch", batch).await;
    let results: Vec<_> =
        answer["results"].as_array().unwrap().iter().map(|one| one["result"].clone()).collect();
    assert_eq!(
        (status, results),
        (200, vec![json!("applied"), json!("known"), json!("applied")]),
        "{answer}"
    );
    gateway.proven(&["lobby"]).await;
    assert_eq!(simulator.numbers("lobby").await, [4321, 5678].into());
    gateway.kill();
    gateway.restart().await;
    let (status, answer) = sender.post(&gateway, "structured", json!([card(2, "5678", "suspended")])).await;
    assert_eq!((status, &answer["results"][0]["result"]), (200, &json!("known")), "{answer}");
    let late =
        event("late", "card.set", json!({ "person": "ada", "revision": 1, "card": { "number": "1234" } }));
    let (_, answer) = sender.post(&gateway, "structured", json!([late])).await;
    assert_eq!(
        answer["results"][0]["result"],
        json!("outdated"),
        "what was said before the kill still counts"
    );
    let gone = event("ada-9", "person.removed", json!({ "person": "ada", "revision": 9 }));
    assert_eq!(sender.post(&gateway, "binary", json!([gone])).await.0, 200);
    gateway.proven(&["lobby"]).await;
    assert_eq!((counts(&gateway).await, simulator.numbers("lobby").await), ((1, 1), [4321].into()));
    let board = source(&gateway).await;
    assert_eq!(
        (&board["people"], &board["cards"], &board["condition"]["is"]),
        (&json!(1), &json!(1), &json!("connected"))
    );
}

#[tokio::test]
async fn who_has_no_secret_changes_nothing_and_what_can_t_be_followed_waits_for_somebody() {
    let plan = SitePlan::new(115_200, &["lobby"]).with(WEBHOOK).secret("secrets/hr", SECRET);
    let gateway = plan.gateway().await;
    let mut sender = Sender::start();
    let bo = gateway.scim().create("bo@example.org", None).await;
    let forged = json!({ "mode": "structured", "secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "events": [person(1, "ada", "1")] });
    let old = json!({ "mode": "structured", "age_s": 600, "events": [person(1, "ada", "1")] });
    for (order, field) in [(forged, "webhook-signature"), (old, "webhook-timestamp")] {
        let (status, answer) = sender.post_as(&gateway, &order).await;
        assert_eq!((status, &answer["error"]["field"]), (401, &json!(field)), "{answer}");
        assert!(answer["error"]["remedy"].is_string());
    }
    let (status, answer) = sender.post_as(&gateway, &json!({ "url": format!("{}/sources/none", gateway.address()), "mode": "structured", "events": [person(1, "ada", "1")] })).await;
    assert_eq!(status, 404, "{answer}");
    let wrong = event("w", "person.set", json!({ "person": "ada", "revision": "1", "user_name": "ada" }));
    let (status, answer) = sender.post(&gateway, "structured", json!([wrong])).await;
    assert_eq!(
        (status, &answer["error"]["field"], &answer["error"]["value"]),
        (400, &json!("data.revision"), &json!("1"))
    );
    let (status, answer) =
        sender.post(&gateway, "batch", json!([person(1, "ada", "1234"), person(1, "bo", "4321")])).await;
    assert_eq!((status, &answer["error"]["field"]), (409, &json!("data.user_name")), "{answer}");
    assert_eq!(answer["results"][0]["result"], json!("applied"));
    assert_eq!(counts(&gateway).await, (2, 1));
    let board = source(&gateway).await;
    assert_eq!((&board["dead_letters"], &board["level"]), (&json!(2), &json!("attention")), "{board}");
    assert!(!board.to_string().contains(SECRET));

    let listed = cli(&plan, &["letters", "hr"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("data.user_name") && listed.contains("bo@example.org"), "{listed}");
    assert_eq!(cli(&plan, &["retry", "hr", "2"]).status.code(), Some(1), "the other person is still there");
    gateway.scim().delete(&bo).await;
    let retried = cli(&plan, &["retry", "hr", "2"]);
    assert!(retried.status.success(), "{retried:?}");
    assert_eq!(counts(&gateway).await, (2, 2));
    assert_eq!(cli(&plan, &["test", "hr"]).status.code(), Some(1), "one message is left");
    assert!(cli(&plan, &["discard", "hr", "1"]).status.success());
    let tested = cli(&plan, &["test", "hr"]);
    assert!(tested.status.success(), "{tested:?}");
    assert!(cli(&plan, &["resync", "hr"]).status.success());
    let listed = String::from_utf8(cli(&plan, &["list"]).stdout).unwrap();
    assert!(listed.contains("hr") && listed.contains("webhook"), "{listed}");
    std::fs::remove_file(plan.folder().join("secrets/hr")).unwrap();
    let (status, answer) = sender.post(&gateway, "structured", json!([person(2, "ada", "1")])).await;
    assert_eq!(status, 503, "{answer}");
    let board = source(&gateway).await;
    assert_eq!(
        (&board["condition"]["is"], &board["level"]),
        (&json!("unusable"), &json!("problem")),
        "{board}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_keeps_events_while_the_gateway_is_dead_and_each_counts_once() {
    let broker = Mosquitto::start().await;
    let section = format!(
        "\n[[source]]\nid = \"hr\"\nkind = \"mqtt\"\nbroker = \"mqtt://127.0.0.1:{}\"\ntopic = \"hr/people/#\"\n",
        broker.port()
    );
    let plan = SitePlan::new(115_200, &["lobby"]).with(&section);
    let mut gateway = plan.gateway().await;
    let connected = async |gateway: &Gateway| {
        let api = gateway.api();
        let look = async || api.get("/api/v1/sources").await["sources"][0].clone();
        eventually("the source is connected", look, |it| it["condition"]["is"] == "connected").await;
    };
    connected(&gateway).await;
    let mut sender = Sender::start();
    let publish =
        |event: Value| json!({ "port": broker.port(), "topic": "hr/people/ada", "events": [event] });
    sender.send(&publish(person(1, "ada", "1234"))).await;
    let has = async |gateway: &Gateway, expected: (u64, u64)| {
        eventually("the directory says so", async || counts(gateway).await, |it| *it == expected).await;
    };
    has(&gateway, (1, 1)).await;
    gateway.kill();
    sender.send(&publish(card(2, "5678", "active"))).await;
    let peer = MqttClient::connect(broker.port(), "peer", &[]).await;
    let mut structured = card(2, "5678", "active");
    structured["specversion"] = json!("1.0");
    structured["source"] = json!("https://hr.example/people");
    peer.publish("hr/people/again", structured.to_string()).await;
    peer.publish("hr/people/nonsense", "{").await;
    gateway.restart().await;
    connected(&gateway).await;
    has(&gateway, (1, 2)).await;
    let look = async || source(&gateway).await;
    let board = eventually("all three are dealt with", look, |it| it["dead_letters"] == 1).await;
    assert_eq!(
        (&board["followed"], &board["people"], &board["cards"]),
        (&json!(2), &json!(1), &json!(2)),
        "{board}"
    );
    drop(broker);
    let look = async || source(&gateway).await;
    let board = eventually("the loss is told", look, |it| it["condition"]["is"] == "disconnected").await;
    assert!(board["condition"]["why"].is_string() && board["level"] == "problem", "{board}");
}
