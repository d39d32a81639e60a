//! `gateway demo`: what somebody sees who tries Gatehouse for the first time.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Api, Person, Process, ScimClient, eventually, program};

/// The demo, with a folder of its own for what is temporary.
fn demo(arguments: &[&str]) -> (Command, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program("gateway");
    command.arg("demo").args(["--listen", "127.0.0.1:0"]).args(arguments).env("TMPDIR", folder.path());
    (command, folder)
}

fn is_empty(folder: &TempDir) -> bool {
    fs::read_dir(folder.path()).unwrap().next().is_none()
}

/// Presents a card at a reader until it is let in: its line may still be coming up.
async fn swipe_until_granted(control: &str, reader: &str, number: u64) -> Value {
    let person = Person::at(control);
    let swipe = async || person.swipe(reader, number).await;
    eventually(&format!("{reader} lets the visitor in"), swipe, |swiped| swiped["granted"] == true).await
}

#[tokio::test]
async fn once_it_shows_one_revocation_proven_at_every_controller_and_ends() {
    let (command, folder) = demo(&["--once"]);
    let mut demo = Process::start(command);
    assert_eq!(demo.ended().await.code(), Some(0));
    let output = demo.output();
    let receipt: Vec<&String> =
        output.iter().skip_while(|line| !line.starts_with("Receipt of revision ")).collect();
    assert!(receipt[0].contains("Ada Quill revoked, card 100-1001"), "{output:#?}");
    for (line, controller) in
        receipt[2..8].iter().zip(["lobby", "workshop", "dock", "upstairs", "shed", "garage"])
    {
        let columns: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((columns.len(), columns[0]), (5, controller), "{line}");
        let steps: Vec<f64> = columns[1..].iter().map(|ms| ms.parse().unwrap()).collect();
        assert!(steps.is_sorted(), "compiled, sent, acknowledged, proven: {line}");
    }
    assert!(receipt[8].starts_with("Proven at every controller after "), "{output:#?}");
    println!("{}", receipt[8]);
    assert!(is_empty(&folder), "nothing stays behind");
}

#[tokio::test]
async fn empty_it_is_a_site_to_build_on_and_ends_without_a_trace() {
    let (command, folder) = demo(&["--empty", "--json"]);
    let mut demo = Process::start(command);
    let first =
        eventually("the first line comes", async || demo.output().first().cloned(), Option::is_some).await;
    let told: Value = serde_json::from_str(&first.unwrap()).unwrap();
    let keys: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 6, "{told}");
    let text = |key: &str| told[key].as_str().unwrap_or_else(|| panic!("{key}: {told}")).to_owned();

    let api = Api::with_password(text("page").trim_end_matches('/'), &text("user"), &text("password"));
    let site = api.site().await;
    assert_eq!(site["counts"]["people"], 0);
    let controllers = site["controllers"].as_array().unwrap();
    let of_kind = |kind: &str| controllers.iter().filter(|it| it["kind"] == kind).count();
    assert_eq!(of_kind("panel"), 6, "{site}");
    assert!(
        of_kind("reader") >= 2 && of_kind("io") >= 1,
        "a reader, an adapter's reader and a board: {site}"
    );
    let sign_in = api.page("/").await;
    assert!(
        sign_in.contains("<form") && sign_in.contains("password"),
        "a stranger is asked to sign in: {sign_in}"
    );

    let scim = ScimClient::new(&text("scim"), &text("token"));
    scim.create("visitor", Some("4711")).await;
    for (reader, lock) in [("turnstile", "turnstile"), ("gate-reader", "gate-relays")] {
        let swiped = swipe_until_granted(&text("control"), reader, 4711).await;
        assert_eq!(swiped["decided_by"], "gateway", "{swiped}");
        let switched = api.anywhere(&format!("{}/controllers/{lock}", text("control"))).await;
        assert_eq!(switched["switched_on"][0], 1, "{switched}");
    }
    let cards = format!("{}/controllers/dock/cards", text("control"));
    let look = async || api.anywhere(&cards).await;
    let cards = eventually("the visitor's card is at the dock", look, |cards| *cards != json!([])).await;
    assert_eq!((&cards[0]["facility"], &cards[0]["number"]), (&json!(100), &json!(4711)));

    assert!(!is_empty(&folder), "the demo's data is where temporary files go");
    demo.signal(Signal::INT);
    assert_eq!(demo.ended().await.code(), Some(0), "Ctrl-C is no failure");
    assert!(is_empty(&folder), "nothing stays behind");
}

#[tokio::test]
async fn a_second_demo_leaves_the_data_of_the_first_alone() {
    let data = tempfile::tempdir().unwrap();
    let with_data = ["--empty", "--json", "--data", data.path().to_str().unwrap()];
    let (command, _folder) = demo(&with_data);
    let first = Process::start(command);
    let told = eventually("the first line comes", async || first.output().first().cloned(), Option::is_some);
    let told: Value = serde_json::from_str(&told.await.unwrap()).unwrap();
    let text = |key: &str| told[key].as_str().unwrap().to_owned();

    let (command, _folder) = demo(&with_data);
    let mut second = Process::start(command);
    assert_eq!(second.ended().await.code(), Some(1));
    let errors = second.errors().join("\n");
    assert!(errors.contains(&data.path().display().to_string()), "it names the folder: {errors}");
    assert!(second.output().is_empty(), "nothing is announced: {:?}", second.output());

    let scim = ScimClient::new(&text("scim"), &text("token"));
    scim.create("visitor", Some("4711")).await;
    let api = Api::with_password(text("page").trim_end_matches('/'), &text("user"), &text("password"));
    assert_eq!(api.site().await["counts"]["people"], 1, "token and password are as they were");
}
