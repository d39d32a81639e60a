//! What becomes of card numbers.

use panel_protocol::credential::Credential;
use serde_json::{Value, json};

use super::site::{ENTERPRISE, POLICY, Site};
use crate::domain::{Card, CardRefusal, CardSource, CardState, Change, Source};
use crate::sources::card_number;
use crate::sources::scim::{CardPolicy, WhenRemoved};

const STRICT: CardPolicy = CardPolicy { strict: true, ..POLICY };

fn credential(number: &str) -> Credential {
    card_number::parse(number, &POLICY.defaults).unwrap()
}

fn set(number: impl Into<Value>) -> Value {
    json!({"op": "replace", "path": format!("{ENTERPRISE}:cardNumber"), "value": number.into()})
}

impl Site {
    /// The credentials with which a person opens doors.
    fn opens(&self, id: &str) -> Vec<Credential> {
        self.cardholder(id).active_cards().map(|card| card.credential).collect()
    }

    async fn number(&self, id: &str) -> Value {
        self.get(&format!("/Users/{id}")).await[ENTERPRISE]["cardNumber"].clone()
    }

    fn refusal(&self, id: &str) -> Option<CardRefusal> {
        self.cardholder(id).refused_card.map(|refused| refused.refusal)
    }

    async fn add_by_hand(&self, id: &str, number: &str) {
        let mut person = self.cardholder(id);
        person.cards.push(Card {
            credential: credential(number),
            number: number.to_owned(),
            state: CardState::Active,
            source: CardSource::Manual,
            valid_from: None,
            valid_until: None,
        });
        let plan = move |_: &crate::store::View<'_>, _| {
            Ok::<_, std::convert::Infallible>((
                vec![Change::PutCardholder { cardholder: Box::new(person) }],
                (),
            ))
        };
        self.directory.commit(Source::CommandLine, jiff::Timestamp::UNIX_EPOCH, plan).await.unwrap();
    }
}

#[tokio::test]
async fn a_number_is_a_card_at_once_and_a_new_number_replaces_it_in_one_revision() {
    let site = Site::start().await;
    let id = site.person("ada", Some("1234")).await;
    assert_eq!(site.opens(&id), [credential("1234")]);
    let before = site.directory.read().revision();
    let answered = site.patch_user(&id, set("5678")).await.expect(200);
    assert_eq!(answered[ENTERPRISE]["cardNumber"], "5678");
    assert_eq!(site.opens(&id), [credential("5678")]);
    assert_eq!(site.directory.read().revision(), before.next());
    let states: Vec<CardState> = site.cardholder(&id).cards.iter().map(|card| card.state).collect();
    assert_eq!(states, [CardState::Inactive, CardState::Active]);
    site.patch_user(&id, set(1234)).await.expect(200);
    assert_eq!(site.opens(&id), [credential("1234")]);
    assert_eq!(site.cardholder(&id).cards.len(), 2);
}

#[tokio::test]
async fn former_cards_are_few() {
    let site = Site::start().await;
    let id = site.person("ada", Some("1")).await;
    for number in 2..30 {
        site.patch_user(&id, set(number)).await.expect(200);
    }
    assert_eq!(site.opens(&id), [credential("29")]);
    assert_eq!(site.cardholder(&id).cards.len(), 5);
}

#[tokio::test]
async fn a_number_taken_away_in_any_form_deactivates_the_card() {
    let site = Site::start().await;
    let path = format!("{ENTERPRISE}:cardNumber");
    for operation in [
        json!({"op": "remove", "path": path}),
        json!({"op": "Remove", "path": ENTERPRISE}),
        set(""),
        set("  "),
        set(NULL),
        json!({"op": "replace", "value": {(path.as_str()): ""}}),
    ] {
        let id = site.person("ada", Some("1234")).await;
        site.patch_user(&id, operation.clone()).await.expect(200);
        assert_eq!(site.opens(&id), [], "{operation}");
        assert_eq!(site.number(&id).await, NULL);
        site.send("DELETE", &format!("/Users/{id}"), &NULL).await;
    }
    let id = site.person("ada", Some("1234")).await;
    site.send("PUT", &format!("/Users/{id}"), &json!({"userName": "ada"})).await.expect(200);
    assert_eq!(site.opens(&id), []);
    site.patch_user(&id, set("1234")).await.expect(200);
    assert_eq!(site.opens(&id), [credential("1234")]);
}

const NULL: Value = Value::Null;

#[tokio::test]
async fn a_site_may_keep_cards_whose_number_was_taken_away() {
    let site = Site::start_with(CardPolicy { when_removed: WhenRemoved::Keep, ..POLICY }).await;
    let id = site.person("ada", Some("1234")).await;
    site.patch_user(&id, set("")).await.expect(200);
    assert_eq!(site.opens(&id), [credential("1234")]);
    assert_eq!(site.number(&id).await, "1234");
    site.patch_user(&id, set("5678")).await.expect(200);
    assert_eq!(site.opens(&id), [credential("5678")]);
}

#[tokio::test]
async fn a_person_with_an_impossible_number_is_kept_without_card_and_reads_it_back() {
    let site = Site::start().await;
    let id = site.person("ada", Some("1234")).await;
    site.patch_user(&id, set("ABC")).await.expect(200);
    assert_eq!(site.opens(&id), []);
    assert_eq!(site.number(&id).await, "ABC");
    let Some(CardRefusal::NotACard { detail, .. }) = site.refusal(&id) else { panic!("no refusal") };
    assert!(detail.contains("decimal digits"), "{detail}");
    assert_eq!(site.directory.read().counts().refused_cards, 1);
    site.patch_user(&id, set("raw:26:0x2F623AE")).await.expect(200);
    assert_eq!(site.opens(&id), [Credential::new(26, 0x2F6_23AE).unwrap()]);
    assert_eq!(site.refusal(&id), None);
}

#[tokio::test]
async fn a_card_that_another_holds_waits_until_it_is_free() {
    let site = Site::start().await;
    let ada = site.person("ada", Some("1234")).await;
    let bob = site.person("bob", Some("100:1234")).await;
    let eve = site.person("eve", Some("1234")).await;
    assert!(
        matches!(site.refusal(&bob), Some(CardRefusal::HeldByAnother { holder_name, .. }) if holder_name == "ada")
    );
    assert_eq!((site.opens(&ada).len(), site.opens(&bob).len()), (1, 0));

    let before = site.directory.read().revision();
    site.patch_user(&ada, json!({"op": "replace", "value": {"active": false}})).await.expect(200);
    assert_eq!(site.opens(&bob), [credential("1234")], "the longest waiting gets it");
    assert_eq!(site.directory.read().revision(), before.next(), "in the same revision");
    assert_eq!(site.opens(&eve), []);

    site.patch_user(&ada, json!({"op": "replace", "value": {"active": true}})).await.expect(200);
    assert_eq!(site.opens(&ada), [], "it has been given to another meanwhile");
    assert!(matches!(site.refusal(&ada), Some(CardRefusal::HeldByAnother { .. })));
    site.send("DELETE", &format!("/Users/{bob}"), &NULL).await;
    site.patch_user(&eve, set("")).await.expect(200);
    assert_eq!(site.opens(&ada).len() + site.opens(&eve).len(), 1);
    assert_eq!(site.opens(&ada), [credential("1234")]);
}

#[tokio::test]
async fn a_strict_site_refuses_the_request_and_changes_nothing() {
    let site = Site::start_with(STRICT).await;
    let ada = site.person("ada", Some("1234")).await;
    let body = |number: &str| json!({"userName": "bob", (ENTERPRISE): {"cardNumber": number}});
    let detail = site.send("POST", "/Users", &body("70000")).await.expect_error(400, Some("invalidValue"));
    assert!(detail.contains("70000") && detail.contains("H10301"), "{detail}");
    site.send("POST", "/Users", &body("1234")).await.expect_error(409, Some("uniqueness"));
    assert_eq!(site.directory.read().counts().cardholders, 1);
    site.patch_user(&ada, set("x")).await.expect_error(400, Some("invalidValue"));
    assert_eq!(site.opens(&ada), [credential("1234")]);

    let off = |active: bool| json!({"op": "replace", "path": "active", "value": active});
    site.patch_user(&ada, off(false)).await.expect(200);
    site.send("POST", "/Users", &body("1234")).await.expect(201);
    site.patch_user(&ada, off(true)).await.expect_error(409, Some("uniqueness"));
    assert!(!site.cardholder(&ada).active);
}

#[tokio::test]
async fn suspension_stops_all_cards_and_forgets_none() {
    let site = Site::start().await;
    let id = site.person("ada", Some("1")).await;
    site.add_by_hand(&id, "2").await;
    let active = |state: bool| json!({"op": "replace", "path": "active", "value": state});
    site.patch_user(&id, active(false)).await.expect(200);
    assert_eq!(site.opens(&id), []);
    site.patch_user(&id, active(true)).await.expect(200);
    assert_eq!(site.opens(&id).len(), 2);
}

#[tokio::test]
async fn cards_added_by_hand_are_never_touched() {
    let site = Site::start().await;
    let id = site.person("ada", Some("1")).await;
    site.add_by_hand(&id, "9").await;
    site.patch_user(&id, set("2")).await.expect(200);
    site.patch_user(&id, set("")).await.expect(200);
    site.send("PUT", &format!("/Users/{id}"), &json!({"userName": "ada"})).await.expect(200);
    assert_eq!(site.opens(&id), [credential("9")]);
    let other = site.person("bob", Some("9")).await;
    assert!(matches!(site.refusal(&other), Some(CardRefusal::HeldByAnother { .. })));
}

#[tokio::test]
async fn of_many_who_ask_for_one_card_at_once_one_gets_it() {
    let site = Site::start().await;
    let names: Vec<String> = (0..32).map(|index| format!("user{index}")).collect();
    let asked = names.iter().map(|name| site.person(name, Some("77")));
    let ids = futures_util::future::join_all(asked).await;
    let winners = ids.iter().filter(|id| !site.opens(id).is_empty()).count();
    assert_eq!(winners, 1);
    assert_eq!(site.directory.read().active_holders_of(credential("77")).unwrap().len(), 1);
}
