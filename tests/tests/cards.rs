//! Cards at the doors: several of one person, by a provider's list and by hand, and what the page explains.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use reqwest::Method;
use serde_json::{Value, json};
use tests::{ENTERPRISE, Process, ScimClient, SitePlan, eventually, program};

const CARDS: &str = "urn:ietf:params:scim:schemas:extension:gatehouse:2.0:User";

/// `gateway card …` at a site's service: exit code, output, errors.
async fn card(plan: &SitePlan, action: &str, user: &str, number: &str) -> (Option<i32>, String, String) {
    let mut command = program("gateway");
    command.args(["card", action, "--user", user, "--card", number, "--config"]).arg(plan.config());
    let mut process = Process::start(command);
    let code = process.ended().await.code();
    (code, process.output().join("\n"), process.errors().join("\n"))
}

fn with_cards(name: &str, cards: &Value) -> Value {
    let mut person = ScimClient::person(name, None);
    person[CARDS] = json!({ "cards": cards });
    person
}

#[tokio::test]
async fn each_card_of_a_list_opens_as_its_validity_and_state_say() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    let scim = gateway.scim();
    let cards = json!([
        { "value": "1" },
        { "value": "100:2", "badgeType": "Visitor", "validUntil": "2020-01-01T00:00:00Z" },
        { "value": "3", "validFrom": "2100-01-01T00:00:00Z" },
        { "value": "4", "active": false },
    ]);
    let made = scim.send(Method::POST, "/Users", Some(&with_cards("ada", &cards))).await.refused(201);
    let id = made["id"].as_str().unwrap();
    gateway.proven(&["lobby"]).await;
    for (number, reason) in [(1, "granted"), (2, "expired"), (3, "not_yet_valid"), (4, "unknown_card")] {
        assert_eq!(simulator.swipe("lobby", number).await["reason"], reason, "card {number}");
    }
    scim.replace(id, &format!("{CARDS}:cards[value eq \"4\"].active"), &json!(true)).await.good();
    scim.replace(id, &format!("{CARDS}:cards[value eq \"1\"].active"), &json!(false)).await.good();
    gateway.proven(&["lobby"]).await;
    for (number, reason) in [(1, "unknown_card"), (4, "granted")] {
        assert_eq!(simulator.swipe("lobby", number).await["reason"], reason, "card {number}");
    }
}

#[tokio::test]
async fn a_visitors_badge_is_the_next_visitors_once_it_has_ended() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    let scim = gateway.scim();
    let badge =
        |number: &str, until: &str| json!([{ "value": number, "badgeType": "Visitor", "validUntil": until }]);
    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4)).to_string();
    let long_ago = "2020-01-01T00:00:00Z";
    for (name, number, until) in [
        ("ada", "7", long_ago),
        ("bo", "7", "2090-01-01T00:00:00Z"),
        ("cy", "8", &soon),
        ("di", "8", "2090-01-01T00:00:00Z"),
    ] {
        scim.send(Method::POST, "/Users", Some(&with_cards(name, &badge(number, until)))).await.refused(201);
    }
    gateway.proven(&["lobby"]).await;
    assert_eq!(simulator.swipe("lobby", 7).await["granted"], true, "it is bo's");
    // Nobody says a word, and di gets the badge that cy's time has run out for.
    let missed = async || gateway.api().site().await["counts"]["refused_cards"].clone();
    eventually("nobody misses a card", missed, |missed| *missed == 0).await;
    gateway.proven(&["lobby"]).await;
    assert_eq!(simulator.swipe("lobby", 8).await["granted"], true, "it is di's");
    assert_eq!(gateway.api().site().await["refused_cards"], json!([]));
}

#[tokio::test]
async fn neither_hand_nor_provider_touches_the_others_card() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    let scim = gateway.scim();
    let ada = scim.create("ada", Some("1")).await;
    let (code, output, errors) = card(&plan, "add", "ADA", "100:7").await;
    assert_eq!(code, Some(0), "{errors}");
    assert!(output.starts_with("ada: card 100:7 is active, revision "), "{output}");
    let put =
        scim.send(Method::PUT, &format!("/Users/{ada}"), Some(&ScimClient::person("ada", Some("2")))).await;
    assert!(!put.good().to_string().contains("100:7"), "a card by hand is not the provider's to see");
    gateway.proven(&["lobby"]).await;
    assert_eq!(simulator.numbers("lobby").await.into_iter().collect::<Vec<_>>(), [2, 7]);

    for action in ["add", "deactivate"] {
        let (code, _, errors) = card(&plan, action, "ada", "2").await;
        assert_eq!(code, Some(1));
        assert!(errors.contains("the identity provider gives ada this card; change it there"), "{errors}");
    }
    let (code, _, errors) = card(&plan, "add", "nobody", "9").await;
    assert!(code == Some(1) && errors.contains("nobody has the user name"), "{errors}");

    // Whoever waits for a card gets it by hand as well.
    let bo = scim.create("bo", Some("7")).await;
    let (code, output, _) = card(&plan, "deactivate", "ada", "7").await;
    assert!(code == Some(0) && output.starts_with("ada: card 7 is deactivated, revision "), "{output}");
    gateway.proven(&["lobby"]).await;
    assert_eq!(simulator.swipe("lobby", 7).await["granted"], true);
    assert_eq!(scim.get(&bo).await.good()[ENTERPRISE]["cardNumber"], "7");
    assert_eq!(gateway.api().site().await["counts"]["refused_cards"], 0);
}

#[tokio::test]
async fn a_suspension_right_after_a_return_is_explained_on_the_page_until_the_person_is_back() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let mut gateway = plan.gateway().await;
    let scim = gateway.scim();
    let ada = scim.create("Ada Quill", Some("1")).await;
    for active in [false, true, false] {
        scim.set_active(&ada, active).await;
    }
    let explained = |site: &Value| {
        let notices = site["notices"].as_array().unwrap().iter();
        notices
            .filter(|notice| notice["text"].as_str().unwrap().contains("Ada Quill was made inactive"))
            .count()
    };
    let site = gateway.api().site().await;
    assert_eq!(explained(&site), 1, "{}", site["notices"]);
    assert_eq!(site["counts"]["active_cards"], 0, "the suspension is obeyed");
    let text = site["notices"][0]["text"].as_str().unwrap();
    assert!(text.contains("SCIM token test") && text.contains("assignment"), "cause and remedy: {text}");
    gateway.kill();
    gateway.restart().await;
    assert_eq!(explained(&gateway.api().site().await), 1, "a restart forgets nothing");
    gateway.scim().set_active(&ada, true).await;
    assert_eq!(explained(&gateway.api().site().await), 0);
}

#[tokio::test]
async fn every_refused_card_of_a_list_is_on_the_page_with_reason_and_remedy() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let gateway = plan.gateway().await;
    let cards = json!([{ "value": "69696" }, { "value": "1", "validFrom": "next week" }]);
    gateway.scim().send(Method::POST, "/Users", Some(&with_cards("ada", &cards))).await.refused(201);
    let site = gateway.api().site().await;
    let refused = site["refused_cards"].as_array().unwrap();
    let reasons: Vec<&str> = refused.iter().map(|card| card["reason"].as_str().unwrap()).collect();
    assert!(reasons[0].contains("69696") && reasons[0].contains("65535"), "{reasons:?}");
    assert!(reasons[1].contains("next week") && reasons[1].contains("2027-01-31T18:00:00Z"), "{reasons:?}");
}
