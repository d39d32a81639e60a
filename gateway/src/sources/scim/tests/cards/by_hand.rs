//! Cards added by hand, which no provider touches.

use super::*;

fn by_hand(number: u64) -> Card {
    Card {
        credential: card(number),
        number: number.to_string(),
        state: CardState::Active,
        given_by: GivenBy::Hand,
        badge_type: "Spare".to_owned(),
        format: None,
        valid_from: None,
        valid_until: None,
    }
}

async fn add_by_hand(site: &Site, id: CardholderId, cards: impl IntoIterator<Item = Card>) {
    let mut person = site.person(id);
    person.cards.extend(cards);
    site.commit(vec![Change::PutCardholder { cardholder: Box::new(person) }]).await;
}

#[tokio::test]
async fn nothing_that_a_provider_says_touches_a_card_added_by_hand() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1")).await;
    add_by_hand(&site, ada, [by_hand(7)]).await;
    let list = list_path();
    let said = [
        (Method::PATCH, patch(&json!([{ "op": "replace", "path": number_path(), "value": "2" }]))),
        (Method::PATCH, patch(&json!([{ "op": "replace", "path": list, "value": [{ "value": "3" }] }]))),
        (Method::PATCH, patch(&json!([{ "op": "remove", "path": format!("{list}[value eq \"7\"]") }]))),
        (
            Method::PATCH,
            patch(&json!([{ "op": "replace", "path": format!("{list}.active"), "value": false }])),
        ),
        (Method::PATCH, patch(&json!([{ "op": "remove", "path": list }]))),
        (Method::PUT, with_list("ada", &json!([{ "value": "7", "active": false, "badgeType": "Visitor" }]))),
        (Method::PUT, json!({ "userName": "ada" })),
    ];
    for (method, body) in said {
        let answer = site.done(method, &format!("/Users/{ada}"), &body).await;
        let person = site.person(ada);
        let kept: Vec<_> = person.cards.iter().filter(|card| card.given_by == GivenBy::Hand).collect();
        assert_eq!(kept, [&by_hand(7)], "{body}");
        assert_eq!(site.holders(7), [ada], "{body}");
        assert!(!answer.to_string().contains("Spare"), "not shown as the provider's own: {answer}");
    }
}

#[tokio::test]
async fn a_card_held_by_hand_is_held() {
    let site = Site::new(policy()).await;
    let ada = site.create(json!({ "userName": "ada", "displayName": "Ada" })).await;
    add_by_hand(&site, ada, [by_hand(7)]).await;
    let bo = site.create(with_number("bo", "7")).await;
    assert!(site.person(bo).refused_cards[0].refusal.to_string().contains("held by Ada"));
}

#[tokio::test]
async fn cards_by_hand_take_places_that_a_provider_can_not_have() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "100")).await;
    site.patch(ada, &json!([{ "op": "remove", "path": number_path() }])).await;
    add_by_hand(&site, ada, (1..Cardholder::MAX_CARDS as u64).map(by_hand)).await;
    site.patch(ada, &json!([{ "op": "add", "path": number_path(), "value": "101" }])).await;
    assert_eq!(site.holders(101), [ada], "the former card makes room");
    let cards = json!([{ "op": "add", "path": list_path(), "value": [{ "value": "102" }] }]);
    site.patch(ada, &cards).await;
    let person = site.person(ada);
    assert!(matches!(person.refused_cards[0].refusal, CardRefusal::TooMany { .. }));
    assert_eq!(person.cards.len(), Cardholder::MAX_CARDS);
}

/// Ada's card 7, added by hand, is bo's by the time that ada comes back.
async fn away(site: &Site) -> [CardholderId; 2] {
    let active = |value: bool| json!([{ "op": "replace", "path": "active", "value": value }]);
    let ada = site.create(json!({ "userName": "ada", "displayName": "Ada" })).await;
    add_by_hand(site, ada, [by_hand(7), by_hand(8)]).await;
    site.patch(ada, &active(false)).await;
    let bo = site.create(with_number("bo", "7")).await;
    assert_eq!(site.holders(7), [bo]);
    [ada, bo]
}

#[tokio::test]
async fn a_card_by_hand_waits_while_another_has_it_and_comes_back_by_itself() {
    let site = Site::new(policy()).await;
    let [ada, bo] = away(&site).await;
    let cy = {
        later(1);
        site.patch(ada, &json!([{ "op": "replace", "path": "active", "value": true }])).await;
        later(1);
        site.create(with_number("cy", "7")).await
    };
    assert_eq!((site.holders(7), site.holders(8)), (vec![bo], vec![ada]));
    let refused = &site.person(ada).refused_cards[0];
    assert!(refused.refusal.to_string().contains("held by bo"), "{refused:?}");
    let shown = site.get(ada, "").await;
    assert!(!shown.to_string().contains("Spare"), "not shown as the provider's own: {shown}");
    site.put(ada, &shown).await;
    assert_eq!(&site.person(ada).refused_cards[0], refused, "a provider does not end the waiting");

    site.done(Method::DELETE, &format!("/Users/{bo}"), &Value::Null).await;
    assert_eq!(site.holders(7), [ada], "who has waited longest");
    assert!(site.person(ada).cards.contains(&by_hand(7)));
    assert_eq!(site.person(ada).refused_cards, []);
    assert_eq!(site.person(cy).refused_cards.len(), 1);
}

#[tokio::test]
async fn a_strict_site_refuses_a_return_to_a_card_by_hand_that_another_has() {
    let site = Site::new(strict()).await;
    let [ada, bo] = away(&site).await;
    let back = patch(&json!([{ "op": "replace", "path": "active", "value": true }]));
    let (status, answer) = site.ask(Method::PATCH, &format!("/Users/{ada}"), &back).await;
    assert_eq!((status, &answer["scimType"]), (409, &json!("uniqueness")));
    site.done(Method::DELETE, &format!("/Users/{bo}"), &Value::Null).await;
    site.done(Method::PATCH, &format!("/Users/{ada}"), &back).await;
    assert_eq!(site.holders(7), [ada]);
}

#[tokio::test]
async fn nobody_inherits_a_card_that_somebody_holds_still() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "7")).await;
    let cy = site.create(with_number("cy", "7")).await;
    let bo = site.create(json!({ "userName": "bo" })).await;
    // As a directory of an earlier version may hold it.
    add_by_hand(&site, bo, [by_hand(7)]).await;
    site.done(Method::DELETE, &format!("/Users/{ada}"), &Value::Null).await;
    assert_eq!(site.holders(7), [bo]);
    assert_eq!(site.person(cy).refused_cards.len(), 1);
}
