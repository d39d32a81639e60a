//! What an identity provider's administrator relies on: tokens that can be changed without an outage, refusals that
//! explain themselves, and somebody who notices when far too many people lose access.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use gateway::store::tokens::Tokens;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{ScimClient, SitePlan, eventually};

/// A search for nobody, as a client tests its connection.
const TEST: &str = "/Users?filter=userName%20eq%20%226f9619ff-8b86-d011-b42d-00c04fc964ff%22";

async fn source(api: &tests::Api) -> Value {
    api.get("/api/v1/identity").await["identity"]["sources"][0].clone()
}

#[tokio::test]
async fn guesses_are_slowed_and_a_valid_token_from_the_same_address_is_not() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let gateway = plan.gateway().await;
    let scim = gateway.scim();
    for attempt in 0..10 {
        let answer = scim.raw(Method::GET, TEST, Some("Bearer ghs_guessed"), "").await;
        assert_eq!(answer.status, 401, "attempt {attempt}");
    }
    let request = reqwest_client().get(format!("{}{TEST}", gateway.scim_base())).bearer_auth("ghs_guessed");
    let limited = request.send().await.unwrap();
    assert_eq!(limited.status(), 429);
    let wait: u64 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=301).contains(&wait), "{wait}");
    let body: Value = limited.json().await.unwrap();
    assert_eq!(body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
    assert_eq!(scim.send(Method::GET, TEST, None).await.status, 200, "the valid token is locked out");
    let strangers = gateway.api().get("/api/v1/identity").await["identity"]["strangers"].clone();
    assert_eq!(strangers["day"]["requests"], 11, "{strangers}");
}

#[tokio::test]
async fn re_authenticating_refuses_nothing_until_the_overlap_is_over() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let gateway = plan.gateway().await;
    let old = gateway.scim();
    old.create("ann", None).await;
    let made = gateway.api().post("/api/v1/identity/test/re-authenticate", &json!({})).await.good();
    let new = gateway.scim_with(made["token"].as_str().unwrap());
    for client in [&old, &new] {
        assert_eq!(client.send(Method::GET, TEST, None).await.status, 200);
    }
    assert!(source(&gateway.api()).await["previous_until"].is_string());
    let tokens = Tokens::open(&plan.data());
    let newest = tokens.rotate("test", jiff::SignedDuration::ZERO, jiff::Timestamp::now()).unwrap();
    for client in [&old, &new] {
        assert_eq!(client.send(Method::GET, TEST, None).await.status, 401);
    }
    assert_eq!(gateway.scim_with(newest.expose()).send(Method::GET, TEST, None).await.status, 200);
}

#[tokio::test]
async fn the_connections_health_and_its_log_tell_what_happened_and_no_secret() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let gateway = plan.gateway().await;
    let (scim, api) = (gateway.scim(), gateway.api());
    let mut person = ScimClient::person("ann", Some("1234"));
    person["password"] = json!("sesame-and-lilies");
    scim.send(Method::POST, "/Users", Some(&person)).await.refused(201);
    scim.send(Method::POST, "/Users", Some(&person)).await.refused(409);
    let log = api.get("/api/v1/scim/operations").await;
    let [refused, made] = &log["operations"].as_array().unwrap()[..] else { panic!("{log}") };
    assert_eq!(
        (&made["method"], &made["resource"], &made["status"]),
        (&json!("POST"), &json!("Users"), &json!(201))
    );
    assert!(made["id"].is_string() && refused["id"].is_null(), "{log}");
    assert_eq!(refused["scim_type"], "uniqueness");
    let attributes = made["attributes"].as_array().unwrap();
    for name in ["userName", "cardNumber"] {
        assert!(attributes.contains(&json!(name)), "{name} is missing in {log}");
    }
    for secret in ["sesame", gateway.token()] {
        assert!(!log.to_string().contains(secret), "{secret} stands in {log}");
    }
    let source = source(&api).await;
    assert_eq!((&source["name"], &source["total"]["requests"]), (&json!("test"), &json!(2)));
    assert_eq!(source["hour"]["errors"], json!([{ "status": 409, "scim_type": "uniqueness", "count": 1 }]));
    assert!(source["last_change"].is_string() && source["last_error"]["detail"].is_string(), "{source}");
    let test = async || api.get("/api/v1/identity").await["identity"]["test"].clone();
    let test = eventually("the gateway has asked itself", test, Value::is_object).await;
    assert_eq!(test["passed"], true, "{test}");
    let operations = api.get("/api/v1/scim/operations").await["operations"].as_array().unwrap().len();
    assert_eq!(operations, 2, "what the gateway asks itself is no client's request");
}

#[tokio::test]
async fn many_people_losing_access_raise_an_alarm_and_lose_it_at_once_all_the_same() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let gateway = plan.gateway().await;
    let (scim, api) = (gateway.scim(), gateway.api());
    let mut people = Vec::new();
    for number in 0..20 {
        people.push(scim.create(&format!("person{number}"), Some(&(1_000 + number).to_string())).await);
    }
    for id in &people[..4] {
        scim.set_active(id, false).await;
    }
    let alarm = async || {
        let alarms = api.site().await["alarms"].as_array().unwrap().clone();
        alarms.into_iter().find(|alarm| alarm["alarm"] == "mass_revocation")
    };
    assert_eq!(alarm().await, None, "four people are no mass");
    scim.set_active(&people[4], false).await;
    let raised = alarm().await.expect("a quarter of all people has lost access");
    assert_eq!((&raised["source"], &raised["level"]), (&json!("test"), &json!("problem")));
    assert!(raised["text"].as_str().unwrap().starts_with("5 of 20 people"), "{raised}");
    let counts = api.site().await["counts"].clone();
    assert_eq!(
        (&counts["active_people"], &counts["active_cards"]),
        (&json!(15), &json!(15)),
        "nothing is held back"
    );
}

fn reqwest_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().danger_accept_invalid_certs(true).build().unwrap()
}

/// What browsers and proxies are told with every answer, so that none of them keeps it or takes it for something else.
#[tokio::test]
async fn every_answer_over_scim_says_that_it_is_to_be_kept_nowhere() {
    let plan = SitePlan::new(115_200, &["lobby"]);
    let gateway = plan.gateway().await;
    let client = reqwest_client();
    for (path, token, status) in [
        (TEST, gateway.token(), 200),
        ("/ServiceProviderConfig", gateway.token(), 200),
        ("/Users/nobody", gateway.token(), 404),
        ("/nowhere", gateway.token(), 404),
        (TEST, "ghs_guessed", 401),
    ] {
        let request = client.get(format!("{}{path}", gateway.scim_base())).bearer_auth(token);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("content-type"), Some("application/scim+json"), "{path}");
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(header("referrer-policy"), Some("same-origin"), "{path}");
        assert!(header("content-security-policy").unwrap().contains("default-src 'none'"), "{path}");
        assert_eq!(header("strict-transport-security"), None, "not without TLS");
    }
}
