//! Bad SCIM.

use gateway::domain::attempts::MAX_FAILURES;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{ENTERPRISE, ScimClient, SitePlan};

/// The directory as the page counts it.
async fn state(gateway: &tests::Gateway) -> Value {
    let site = gateway.api().site().await;
    json!([site["revision"], site["counts"]])
}

#[tokio::test]
async fn what_is_no_scim_is_refused_in_scims_own_form_and_changes_nothing() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let _simulator = plan.simulator().await;
    let mut gateway = plan.gateway().await;
    let scim = gateway.scim();
    let ada = scim.create("ada", Some("1234")).await;
    gateway.proven(&["lobby"]).await;
    let before = state(&gateway).await;
    let one = format!("/Users/{ada}");
    let with = |attribute: &str, value: Value| {
        let mut person = ScimClient::person("bruno", None);
        person[attribute] = value;
        person.to_string()
    };
    let patch = |operations: Value| {
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
            .to_string()
    };
    let active = |value: Value| patch(json!([{ "op": "replace", "path": "active", "value": value }]));
    let cases = [
        (Method::POST, "/Users", "{\"userName\": ".to_owned(), "invalidSyntax", "no JSON"),
        (Method::POST, "/Users", "\u{0}\u{1}nonsense".to_owned(), "invalidSyntax", "no JSON"),
        (Method::POST, "/Users", "[]".to_owned(), "invalidSyntax", "must be a JSON object"),
        (
            Method::POST,
            "/Users",
            format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000)),
            "invalidSyntax",
            "no JSON",
        ),
        (Method::POST, "/Users", "{}".to_owned(), "invalidValue", "userName"),
        (Method::POST, "/Users", with("userName", json!({ "a": 1 })), "invalidValue", "userName"),
        (Method::POST, "/Users", with("active", json!("maybe")), "invalidValue", "active"),
        (Method::POST, "/Users", with("emails", json!([{ "value": { "a": 1 } }])), "invalidValue", "emails"),
        (Method::POST, "/Users", with("name", json!([1, 2])), "invalidValue", "name"),
        (
            Method::POST,
            "/Users",
            with(ENTERPRISE, json!({ "cardNumber": { "a": 1 } })),
            "invalidValue",
            "cardNumber",
        ),
        (Method::PUT, &one, "null".to_owned(), "invalidSyntax", "must be a JSON object"),
        (Method::PATCH, &one, active(json!({ "yes": true })), "invalidValue", "active"),
        (Method::PATCH, &one, patch(json!([{ "op": "explode" }])), "invalidSyntax", "explode"),
        (
            Method::PATCH,
            &one,
            patch(json!([{ "op": "replace", "path": "a[b", "value": 1 }])),
            "invalidPath",
            "path",
        ),
        (Method::PATCH, &one, patch(json!("nothing")), "invalidSyntax", "Operations"),
        (Method::GET, "/Users?filter=userName%20like%20x", String::new(), "invalidFilter", "filter"),
    ];
    let mut wrong = Vec::new();
    for (method, path, body, scim_type, word) in cases {
        let answer = scim.raw(method.clone(), path, Some(&scim.authorization()), &body).await;
        let told = json!([answer.status, answer.body["scimType"], answer.body["status"]]);
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        if told != json!([400, scim_type, "400"]) || !detail.contains(word) {
            let body: String = body.chars().take(160).collect();
            wrong.push(format!("{method} {path} {body}: not {scim_type} with {word:?} but {}", answer.body));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(state(&gateway).await, before, "nothing has changed");
    assert!(gateway.process_mut().runs());
}

#[tokio::test]
async fn whoever_has_no_valid_token_is_not_let_in() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let gateway = plan.gateway().await;
    let scim = gateway.scim();
    let before = state(&gateway).await;
    let person = ScimClient::person("mallory", Some("1")).to_string();
    let (bare, basic) = (gateway.token().to_owned(), format!("Basic {}", gateway.token()));
    let longer = format!("Bearer {}x", gateway.token());
    let wrong = ["Bearer wrong", "Bearer", "Bearer ", &bare, &basic, &longer];
    let mut tried = 0;
    for authorization in wrong.into_iter().map(Some).chain([None]) {
        for (method, path) in [(Method::POST, "/Users"), (Method::GET, "/Users"), (Method::GET, "/Schemas")] {
            let answer = scim.raw(method, path, authorization, &person).await;
            let status = if tried < MAX_FAILURES { 401 } else { 429 }; // by then it looks like guessing
            tried += 1;
            let told = answer.refused(status);
            assert_eq!(told["status"], status.to_string(), "{told}");
            assert!(!told.to_string().contains(gateway.token()), "an answer tells no secret");
        }
    }
    assert_eq!(state(&gateway).await, before, "nothing has changed");
    let log = gateway.process().errors().join("\n");
    assert!(!log.contains(gateway.token()), "the log tells no secret");
}

#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_refused_and_one_of_less_is_read() {
    const MEBIBYTE: usize = 1 << 20;
    let plan = SitePlan::new(115_200, &["lobby"]);
    let gateway = plan.gateway().await;
    let scim = gateway.scim();
    let person = ScimClient::person("ada", None).to_string();
    let padded = |len: usize| format!("{}{person}", " ".repeat(len - person.len()));
    for len in [MEBIBYTE + 1, 5 * MEBIBYTE] {
        let answer = scim.raw(Method::POST, "/Users", Some(&scim.authorization()), &padded(len)).await;
        assert_eq!(answer.refused(413)["status"], "413");
    }
    assert_eq!(gateway.api().site().await["counts"]["people"], 0);
    scim.raw(Method::POST, "/Users", Some(&scim.authorization()), &padded(MEBIBYTE)).await.refused(201);
}

#[tokio::test]
async fn a_card_that_cant_be_used_costs_the_card_and_the_page_says_why() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    let scim = gateway.scim();
    let ada = scim.create("ada", Some("1234")).await;
    let bruno = scim.create("bruno", Some("70000")).await;
    let carla = scim.create("carla", Some("1234")).await;
    let dov = scim.create("dov", Some("1235")).await;
    let emma = scim.create("emma", Some("100:1234")).await;
    scim.set_card(&dov, "not a number").await;
    gateway.proven(&["lobby"]).await;
    assert_eq!(simulator.numbers("lobby").await.into_iter().collect::<Vec<_>>(), [1234]);

    let site = gateway.api().site().await;
    let why = |id: &str| reason(&site, id);
    assert!(why(&bruno).contains("fits no format") && why(&bruno).contains("H10301"), "{}", why(&bruno));
    assert!(why(&carla).contains("held by ada"), "{}", why(&carla));
    assert!(why(&dov).contains("decimal digits"), "{}", why(&dov));
    assert!(why(&emma).contains("held by ada"), "{}", why(&emma));
    let refused = site["refused_cards"].as_array().unwrap();
    assert_eq!((refused.len(), &site["counts"]["refused_cards"]), (4, &json!(4)));
    assert_eq!(site["verdict"]["level"], "attention");
    let kept = scim.get(&bruno).await.good();
    assert_eq!(kept[ENTERPRISE]["cardNumber"], "70000", "the number reads back as it was given");

    // The card is free again: whoever waits for it gets it, without another word from the provider.
    scim.delete(&ada).await;
    gateway.proven(&["lobby"]).await;
    assert_eq!(simulator.swipe("lobby", 1234).await["granted"], true);
    let site = gateway.api().site().await;
    assert_eq!(site["counts"]["refused_cards"], 3, "carla has her card");
    assert!(reason(&site, &emma).contains("held by carla"), "{}", reason(&site, &emma));
}

/// Why a person's card was refused, as the page has it.
fn reason<'a>(site: &'a Value, id: &str) -> &'a str {
    let mut refused = site["refused_cards"].as_array().unwrap().iter();
    let theirs = refused.find(|refused| refused["holder"] == id);
    theirs.unwrap_or_else(|| panic!("{id}: {site}"))["reason"].as_str().unwrap()
}

#[tokio::test]
async fn where_the_site_is_strict_the_request_is_refused_and_nothing_changes() {
    let plan = SitePlan::new(115_200, &["lobby"]).strict();
    let simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    let scim = gateway.scim();
    scim.create("ada", Some("1234")).await;
    let bruno = scim.create("bruno", Some("1235")).await;
    gateway.proven(&["lobby"]).await;
    let before = state(&gateway).await;
    let cases = [("70000", 400, "invalidValue"), ("x", 400, "invalidValue"), ("1234", 409, "uniqueness")];
    for (number, status, scim_type) in cases {
        let carla = ScimClient::person("carla", Some(number));
        let path = format!("{ENTERPRISE}:cardNumber");
        let answers = [
            scim.send(Method::POST, "/Users", Some(&carla)).await,
            scim.replace(&bruno, &path, &json!(number)).await,
            scim.send(
                Method::PUT,
                &format!("/Users/{bruno}"),
                Some(&ScimClient::person("bruno", Some(number))),
            )
            .await,
        ];
        for answer in answers {
            let told = answer.refused(status);
            assert_eq!(told["scimType"], scim_type, "{told}");
        }
    }
    assert_eq!(state(&gateway).await, before, "nothing has changed");
    assert_eq!(scim.get(&bruno).await.good()[ENTERPRISE]["cardNumber"], "1235");
    assert_eq!(simulator.numbers("lobby").await.into_iter().collect::<Vec<_>>(), [1234, 1235]);
}
