//! One card, several people.

use super::*;

#[tokio::test]
async fn a_card_that_another_active_person_holds_is_refused_and_waits() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1")).await;
    let bo = site.create(with_number("bo", "1")).await;
    later(1);
    let cy = site.create(with_list("cy", &json!([{ "value": "100:1", "badgeType": "Visitor" }]))).await;
    assert_eq!(site.holders(1), [ada]);
    assert!(site.person(bo).refused_cards[0].refusal.to_string().contains("held by ada"));
    let before = site.revision();
    site.done(Method::DELETE, &format!("/Users/{ada}"), &Value::Null).await;
    assert_eq!(site.holders(1), [bo], "who has waited longest");
    assert_eq!(site.revision(), before.next(), "in the same revision");
    site.patch(bo, &json!([{ "op": "replace", "path": "active", "value": false }])).await;
    assert_eq!(site.holders(1), [cy]);
    assert_eq!(site.person(cy).cards[0].badge_type, "Visitor");
    assert_eq!(site.person(cy).refused_cards, []);
    site.patch(bo, &json!([{ "op": "replace", "path": "active", "value": true }])).await;
    assert_eq!(site.holders(1), [cy], "nobody loses a card by another's return");
}

#[tokio::test]
async fn two_cards_let_go_at_once_never_go_to_two_people_each() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }, { "value": "2" }]))).await;
    let bo = site.create(with_list("bo", &json!([{ "value": "1" }]))).await;
    later(1);
    let cy = site.create(with_list("cy", &json!([{ "value": "1" }, { "value": "2" }]))).await;
    site.done(Method::DELETE, &format!("/Users/{ada}"), &Value::Null).await;
    assert_eq!((site.holders(1), site.holders(2)), (vec![bo], vec![cy]));
    assert!(site.person(cy).refused_cards[0].refusal.to_string().contains("held by bo"));
}

#[tokio::test]
async fn one_person_may_inherit_two_cards_at_once() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }, { "value": "2" }]))).await;
    let bo = site.create(with_list("bo", &json!([{ "value": "2" }, { "value": "1" }]))).await;
    site.done(Method::DELETE, &format!("/Users/{ada}"), &Value::Null).await;
    assert_eq!((site.holders(1), site.holders(2)), (vec![bo], vec![bo]));
    assert_eq!(site.person(bo).refused_cards, []);
}

#[tokio::test]
async fn a_suspended_card_is_let_go_and_its_return_is_refused_while_another_has_it() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }]))).await;
    let bo = site.create(with_number("bo", "1")).await;
    let active = |value: bool| json!([{ "op": "replace", "path": format!("{}[value eq \"1\"].active", list_path()), "value": value }]);
    site.patch(ada, &active(false)).await;
    assert_eq!(site.holders(1), [bo]);
    site.patch(ada, &active(true)).await;
    assert_eq!(site.holders(1), [bo]);
    assert!(site.person(ada).refused_cards[0].refusal.to_string().contains("held by bo"));
}

fn visitor(name: &str, until: Option<i64>) -> Value {
    let until = until.map(|second| Timestamp::from_second(second).unwrap().to_string());
    with_list(name, &json!([{ "value": "7", "badgeType": "Visitor", "validUntil": until }]))
}

#[tokio::test]
async fn a_card_that_has_ended_is_the_next_visitors() {
    for policy in [policy(), strict()] {
        let site = Site::new(policy).await;
        let now = clock().as_second();
        let ada = site.create(visitor("ada", Some(now + 10))).await;
        let (status, _) = site.ask(Method::POST, "/Users", &visitor("early", Some(now + 90))).await;
        assert!(status == 201 || status == 409, "it is ada's still");
        later(10);
        let bo = site.create(visitor("bo", Some(now + 100))).await;
        assert_eq!(site.holders(7), [bo]);
        assert_eq!(states(&site.person(bo)), [("7", CardState::Active)]);
        let seen = site.get(ada, "?attributes=cards.refusal,cards.value").await;
        let entry = &seen[GATEHOUSE_USER.id]["cards"][0];
        assert!(entry["value"] == "7" && entry["refusal"].as_str().unwrap().contains("held"), "{entry}");

        assert!(!site.person(ada).misses_a_card(), "it is of no use to her");
        let missed = site.directory.read().counts().refused_cards;
        assert_eq!(missed, u64::from(status == 201), "nobody misses what has ended but by waiting");
        let prolonged = visitor("ada", Some(now + 1_000));
        let (status, _) = site.ask(Method::PUT, &format!("/Users/{ada}"), &prolonged).await;
        assert!(status == 200 || status == 409);
        assert_eq!(site.person(ada).misses_a_card(), status == 200, "prolonged, it would be of use");
        assert_eq!(site.holders(7), [bo], "prolonged too late");
        later(90);
        site.put(ada, &visitor("ada", Some(now + 2_000))).await;
        assert_eq!(site.holders(7), [ada], "bo's has ended meanwhile");
        site.done(Method::DELETE, &format!("/Users/{ada}"), &Value::Null).await;
        assert!(site.holders(7).is_empty(), "what has ended is not handed back");
        assert!(site.person(bo).cards.is_empty() && site.person(bo).refused_cards.len() == 1);
    }
}

#[tokio::test]
async fn who_loses_an_ended_card_may_get_another_in_the_same_change() {
    let site = Site::new(policy()).await;
    let now = clock().as_second();
    let ada = site.create(with_number("ada", "1")).await;
    let bo = json!([{ "value": "2", "validUntil": Timestamp::from_second(now + 5).unwrap().to_string() }, { "value": "1" }]);
    let bo = site.create(with_list("bo", &bo)).await;
    later(6);
    // Ada takes bo's ended card in exchange for the one that bo waits for.
    site.put(ada, &with_number("ada", "2")).await;
    assert_eq!((site.holders(1), site.holders(2)), (vec![bo], vec![ada]));
    assert_eq!(states(&site.person(bo)), [("1", CardState::Active)]);
    assert_eq!(site.person(bo).refused_cards.len(), 1);
}

#[tokio::test]
async fn who_waits_for_a_card_gets_it_when_it_ends() {
    let site = Site::new(policy()).await;
    let now = clock().as_second();
    let ada = site.create(visitor("ada", Some(now + 10))).await;
    let bo = site.create(visitor("bo", None)).await;
    later(1);
    let cy = site.create(visitor("cy", None)).await;
    site.pass_time().await;
    assert_eq!(site.holders(7), [ada], "it has not ended yet");
    later(9);
    site.pass_time().await;
    assert_eq!(site.holders(7), [bo]);
    let before = site.revision();
    site.pass_time().await;
    assert_eq!((site.holders(7), site.revision()), (vec![bo], before), "once is enough");
    assert!(site.person(cy).misses_a_card());
    assert!(!site.person(ada).misses_a_card() && site.person(ada).refused_cards.len() == 1);
}

#[tokio::test]
async fn who_waits_for_a_card_until_it_would_have_ended_waits_no_more() {
    let site = Site::new(policy()).await;
    let now = clock().as_second();
    site.create(visitor("ada", None)).await;
    let bo = site.create(visitor("bo", Some(now + 10))).await;
    assert!(site.person(bo).misses_a_card());
    later(10);
    site.pass_time().await;
    assert!(!site.person(bo).misses_a_card() && site.person(bo).refused_cards.len() == 1);
    assert_eq!(site.directory.read().counts().refused_cards, 0);
}
