//! The main job, end to end: an independent SCIM client gives a person a card, and door controllers open for it.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use serde_json::{Value, json};
use tests::{ENTERPRISE, Gateway, PanelPlan, ScimCli, Simulator, SitePlan, eventually};

const PANELS: [&str; 3] = ["lobby", "dock", "roof"];

/// Two lines of different rates.
fn plan() -> SitePlan {
    SitePlan::new(38_400, &["lobby", "dock"]).line("south", 115_200, [PanelPlan::new("roof")])
}

#[tokio::test]
async fn what_the_identity_provider_says_is_what_every_door_does() {
    let plan = plan();
    let simulator = plan.simulator().await;
    let mut gateway = plan.gateway().await;
    let client = ScimCli::new(&gateway);

    let ada = ["create", "user", "--user-name", "ada", "--display-name", "Ada Quill", "--active", "true"];
    let card = json!({ "cardNumber": "1234" }).to_string();
    let made = client.done(&[&ada[..], &["--enterpriseuser", &card]].concat()).await;
    let id = made["id"].as_str().unwrap();
    gateway.proven(&PANELS).await;
    all_hold(&simulator, &[1234]).await;
    all_say(&simulator, 1234, "granted").await;

    let number = format!("{ENTERPRISE}:cardNumber");
    client.done(&["modify", "user", id, "replace", &number, "1235"]).await;
    gateway.proven(&PANELS).await;
    all_hold(&simulator, &[1235]).await;
    all_say(&simulator, 1234, "unknown_card").await;
    all_say(&simulator, 1235, "granted").await;

    client.done(&["modify", "user", id, "replace", "active", "false"]).await;
    revocation_is_proven(&gateway, "100-1235").await;
    all_hold(&simulator, &[]).await;
    all_say(&simulator, 1235, "unknown_card").await;

    client.done(&["modify", "user", id, "replace", "active", "true"]).await;
    gateway.proven(&PANELS).await;
    all_say(&simulator, 1235, "granted").await;

    client.done(&["delete", "user", id]).await;
    gateway.proven(&PANELS).await;
    all_hold(&simulator, &[]).await;
    all_say(&simulator, 1235, "unknown_card").await;
    assert!(!client.run(&["query", "user", id]).await.success, "the person is gone");
    assert_eq!(gateway.stop().await.code(), Some(0));
}

#[tokio::test]
async fn an_independent_tester_finds_neither_error_nor_deviation() {
    let plan = plan();
    let _simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    let said = ScimCli::new(&gateway).run(&["test", "--verbose"]).await;
    let count = |word: &str| said.output.lines().filter(|line| line.starts_with(&format!("{word} "))).count();
    let words = ["SUCCESS", "COMPLIANT", "ACCEPTABLE", "SKIPPED", "DEVIATION", "ERROR", "CRITICAL"];
    let counts: Vec<String> = words.iter().map(|word| format!("{} {word}", count(word))).collect();
    println!("scim2-tester: {}", counts.join(", "));
    assert!(said.success, "{said:?}");
    assert_eq!((count("ERROR"), count("DEVIATION"), count("CRITICAL")), (0, 0, 0), "{}", said.output);
    assert!(count("SUCCESS") > 100, "{}", said.output);
}

/// What the panels' own memories hold.
async fn all_hold(simulator: &Simulator, numbers: &[u64]) {
    for panel in PANELS {
        let held = simulator.numbers(panel).await;
        assert_eq!(held.into_iter().collect::<Vec<_>>(), numbers, "{panel}");
    }
}

/// What the panels decide by themselves.
async fn all_say(simulator: &Simulator, number: u64, reason: &str) {
    for panel in PANELS {
        let swiped = simulator.swipe(panel, number).await;
        let expected = json!([reason == "granted", reason, "panel"]);
        assert_eq!(json!([swiped["granted"], swiped["reason"], swiped["decided_by"]]), expected, "{panel}");
    }
}

/// The receipt of a revocation is whole, and nobody is exposed any more.
async fn revocation_is_proven(gateway: &Gateway, card: &str) {
    let api = gateway.api();
    let find = async || {
        let receipts = api.receipts().await;
        receipts.into_iter().find(|receipt| receipt["action"] == "deactivate" && receipt["card"] == card)
    };
    let complete = |receipt: &Option<Value>| receipt.as_ref().is_some_and(|one| one["complete"] == true);
    let receipt = eventually("the revocation is proven", find, complete).await.unwrap();
    let landings = receipt["landings"].as_array().unwrap();
    assert_eq!(landings.len(), PANELS.len(), "{receipt}");
    for landing in landings {
        let steps =
            ["compiled_ms", "sent_ms", "acknowledged_ms", "proven_ms"].map(|step| landing[step].as_f64());
        assert!(steps.iter().all(Option::is_some) && steps.is_sorted(), "{landing}");
    }
    assert_eq!(receipt["holder_name"], "Ada Quill");
    assert_eq!(api.exposed().await, Vec::<Value>::new());
}
