//! Events forwarded to receivers that others wrote: a web server with the Standard Webhooks and CloudEvents libraries, and
//! rsyslog over TLS.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod rsyslog;

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tests::{Gateway, Process, SitePlan, eventually, program, workspace};

use rsyslog::Rsyslog;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A web server that takes events, in Python.
struct Receiver {
    process: Process,
    port: u16,
}

impl Receiver {
    async fn start() -> Self {
        let mut command = Command::new(workspace().join("target/venv/bin/python"));
        command.arg(workspace().join("tests/peers/webhook_receiver.py")).arg(SECRET).stdin(Stdio::piped());
        let process = Process::start(command);
        let port = process.says("listens on ").await.parse().unwrap();
        Self { process, port }
    }

    /// From now on it answers so.
    async fn answers(&mut self, with: &Value) {
        let told = self.told();
        self.process.tell(&with.to_string());
        eventually("the receiver was told", async || self.told(), |now| *now > told).await;
    }

    fn told(&self) -> usize {
        self.process.output().iter().filter(|line| *line == "told").count()
    }

    /// What was sent until now, and how each was answered. Each was found to be right.
    fn requests(&self) -> Vec<Value> {
        let lines = self.process.output().into_iter().filter(|line| line.starts_with('{'));
        let requests: Vec<Value> = lines.map(|line| serde_json::from_str(&line).unwrap()).collect();
        for request in &requests {
            assert!(request["wrong"].is_null(), "{request}");
        }
        requests
    }

    /// The events that it took.
    fn events(&self) -> Vec<Value> {
        let taken = self.requests().into_iter().filter(|request| request["status"] == 204);
        taken.flat_map(|request| request["events"].as_array().unwrap().clone()).collect()
    }

    /// Waits for an event of that type about a person of that name.
    async fn hears(&self, kind: &str, name: &str) -> Value {
        let fits = |event: &Value| event["type"] == kind && event["data"].to_string().contains(name);
        let find = async || self.events().into_iter().find(fits);
        eventually(&format!("{kind} of {name} arrives"), find, Option::is_some).await.unwrap()
    }
}

fn webhook(port: u16, more: &str) -> String {
    format!(
        "\n[[forwarder]]\nid = \"hook\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/in\"\n\
         secret_file = \"secrets/hook\"\n{more}\n"
    )
}

fn cli(plan: &SitePlan, arguments: &[&str]) -> Output {
    program("gateway").arg("forwarder").args(arguments).arg("--config").arg(plan.config()).output().unwrap()
}

async fn forwarder(gateway: &Gateway) -> Value {
    gateway.api().get("/api/v1/forwarders").await["forwarders"][0].clone()
}

#[tokio::test]
async fn what_happens_arrives_once_signed_masked_and_in_order_whoever_was_away() {
    let mut receiver = Receiver::start().await;
    let plan =
        SitePlan::new(115_200, &["lobby"]).secret("secrets/hook", SECRET).with(&webhook(receiver.port, ""));
    let _simulator = plan.simulator().await;
    let mut gateway = plan.gateway().await;
    let ann = gateway.scim().create("Ann", Some("1234")).await;
    let made = receiver.hears("dev.gatehouse.card.activated.v1", "Ann").await;
    assert_eq!(made["source"], "/sites/Test%20site", "{made}");
    assert!(!made.to_string().contains("1234"), "the number is masked: {made}");

    receiver.answers(&json!({ "status": 503, "retry_after": 5 })).await;
    gateway.scim().set_active(&ann, false).await;
    let failing = async || forwarder(&gateway).await;
    let failing = eventually("it is known to fail", failing, |it| it["failing_since"].is_string()).await;
    assert_eq!(failing["why"], "it answered 503", "{failing}");

    gateway.restart().await;
    receiver.answers(&json!({ "status": 204 })).await;
    assert!(cli(&plan, &["resume", "hook"]).status.success());
    receiver.hears("dev.gatehouse.card.revoked.v1", "Ann").await;
    let numbers: Vec<u64> =
        receiver.events().iter().map(|event| event["id"].as_str().unwrap().parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "once each, in order: {numbers:?}");
    let tries: Vec<_> = receiver.requests().into_iter().filter(|request| request["status"] == 503).collect();
    let taken = receiver
        .requests()
        .into_iter()
        .find(|it| it["webhook_id"] == tries[0]["webhook_id"] && it["status"] == 204);
    assert!(taken.is_some(), "a message has one identifier however often it is tried");
}

#[tokio::test]
async fn refused_events_are_kept_and_offered_again_and_the_others_arrive() {
    let mut receiver = Receiver::start().await;
    let more = "mode = \"batch\"\ncards = \"full\"";
    let plan =
        SitePlan::new(115_200, &["lobby"]).secret("secrets/hook", SECRET).with(&webhook(receiver.port, more));
    let _simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    receiver.answers(&json!({ "status": 422 })).await;
    gateway.scim().create("Ann", Some("1234")).await;
    let refused = async || {
        cli(&plan, &["resume", "hook"]); // what waits before another try is not waited for
        forwarder(&gateway).await
    };
    let refused = eventually("it is refused", refused, |it| it["refused"][0].is_object()).await;
    assert!(refused["text"].as_str().unwrap().contains("refused"), "{refused}");
    receiver.answers(&json!({ "status": 204 })).await;
    let resent = cli(&plan, &["resend", "hook"]);
    assert!(String::from_utf8_lossy(&resent.stderr).contains("offered again"), "{resent:?}");
    let made = receiver.hears("dev.gatehouse.card.activated.v1", "Ann").await;
    assert!(made.to_string().contains("1234"), "the number is shown in full: {made}");
    let none = async || forwarder(&gateway).await;
    eventually("no dead letter is left", none, |it| it["refused"] == json!([])).await;
}

#[tokio::test]
async fn a_test_says_what_came_of_it_and_a_receiver_that_wants_no_more_gets_no_more() {
    let mut receiver = Receiver::start().await;
    let more = "mode = \"binary\"";
    let plan =
        SitePlan::new(115_200, &["lobby"]).secret("secrets/hook", SECRET).with(&webhook(receiver.port, more));
    let _simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    let tested = cli(&plan, &["test", "hook"]);
    assert!(tested.status.success(), "{tested:?}");
    assert_eq!(receiver.events()[0]["type"], "dev.gatehouse.test.v1");

    receiver.answers(&json!({ "status": 307 })).await;
    let tested = cli(&plan, &["test", "hook"]);
    assert_eq!(tested.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&tested.stderr).contains("redirects are not followed"), "{tested:?}");

    receiver.answers(&json!({ "status": 410 })).await;
    gateway.scim().create("Ann", Some("1234")).await;
    let off = async || forwarder(&gateway).await;
    eventually("it is off", off, |it| it["off"] == true).await;
    receiver.answers(&json!({ "status": 204 })).await;
    let unknown = cli(&plan, &["resume", "hoook"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean hook?"), "{unknown:?}");
    assert!(cli(&plan, &["resume", "hook"]).status.success());
    receiver.hears("dev.gatehouse.card.activated.v1", "Ann").await;
    let listed = cli(&plan, &["list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("webhook http://127.0.0.1"), "{listed:?}");
}

#[tokio::test]
async fn rsyslog_takes_events_over_tls_with_our_certificate_and_refuses_them_without() {
    let rsyslog = Rsyslog::start().await;
    let of = |id: &str, more: &str| {
        format!(
            "\n[[forwarder]]\nid = \"{id}\"\nkind = \"syslog\"\npeer = \"localhost:{}\"\nca = \"{}\"\n{more}\n",
            rsyslog.port(),
            rsyslog.ca().display()
        )
    };
    let (cert, key) = rsyslog.client();
    let shown = format!("client_cert = {{ cert = \"{}\", key = \"{}\" }}", cert.display(), key.display());
    let plan = SitePlan::new(115_200, &["lobby"]).with(&of("siem", &shown)).with(&of("nobody", ""));
    let _simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    gateway.scim().create("Änn \"x\"] Ärcher", Some("1234")).await;
    let arrived = async || rsyslog.messages().into_iter().find(|line| line.contains("card.activated"));
    let message = eventually("the message arrives", arrived, Option::is_some).await.unwrap();
    assert!(message.starts_with("PRI=86 "), "{message}");
    assert!(
        message.contains("APP=gatehouse MSGID=card.activated SD=[gatehouse@32473 site=\"Test site\""),
        "{message}"
    );
    assert!(
        message.contains("MSG=A card of Änn \"x\"] Ärcher opens doors: proven at 1 controller"),
        "{message}"
    );

    let tested = cli(&plan, &["test", "nobody"]);
    assert_eq!(tested.status.code(), Some(1), "a receiver that wants a certificate refuses: {tested:?}");
    assert!(cli(&plan, &["test", "siem"]).status.success());
}
