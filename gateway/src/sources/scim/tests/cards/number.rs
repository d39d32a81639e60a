//! `cardNumber`: given, changed, taken away, refused.

use super::*;

#[tokio::test]
async fn a_number_becomes_an_active_card_of_the_default_badge_type() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1234")).await;
    let person = site.person(ada);
    assert_eq!(states(&person), [("1234", CardState::Active)]);
    let made = &person.cards[0];
    assert_eq!((made.badge_type.as_str(), made.given_by), ("Employee", GivenBy::IdentityProvider));
    assert_eq!(site.holders(1234), [ada]);
    assert_eq!(site.get(ada, "").await[ENTERPRISE_USER.id]["cardNumber"], "1234");
}

#[tokio::test]
async fn every_way_to_write_a_number_makes_the_same_card() {
    let raw = format!("raw:26:0x{:X}", card(1234).raw());
    for number in ["1234", " 01234 ", "100:1234", "H10301:100:1234", &raw] {
        let site = Site::new(policy()).await;
        let ada = site.create(with_number("ada", number)).await;
        assert_eq!(site.holders(1234), [ada], "{number}");
        assert_eq!(
            site.get(ada, "").await[ENTERPRISE_USER.id]["cardNumber"],
            *number,
            "read back as it was given"
        );
    }
}

#[tokio::test]
async fn a_new_number_deactivates_the_old_card_before_the_new_one_is_active_in_one_revision() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1234")).await;
    let before = site.revision();
    site.patch(ada, &json!([{ "op": "replace", "path": number_path(), "value": "1235" }])).await;
    assert_eq!(site.revision(), before.next(), "one revision");
    assert_eq!(states(&site.person(ada)), [("1234", CardState::Inactive), ("1235", CardState::Active)]);
    assert_eq!((site.holders(1234), site.holders(1235)), (vec![], vec![ada]));
    let revoked = site.directory.read().revocations_since(before).unwrap();
    assert_eq!(revoked.iter().map(|it| it.credential).collect::<Vec<_>>(), [card(1234)]);
}

#[tokio::test]
async fn a_number_that_comes_back_is_the_card_that_it_was() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1")).await;
    for number in ["2", "1"] {
        site.patch(ada, &json!([{ "op": "replace", "path": number_path(), "value": number }])).await;
    }
    assert_eq!(states(&site.person(ada)), [("2", CardState::Inactive), ("1", CardState::Active)]);
}

#[tokio::test]
async fn former_cards_are_kept_for_the_record_up_to_a_bound() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1")).await;
    for number in 2..=20 {
        let number = number.to_string();
        site.patch(ada, &json!([{ "op": "replace", "path": number_path(), "value": number }])).await;
    }
    let person = site.person(ada);
    assert_eq!(person.cards.len(), MAX_FORMER_CARDS + 1);
    assert_eq!(states(&person)[MAX_FORMER_CARDS], ("20", CardState::Active));
}

/// All ways in which providers say that there is no card any more.
fn removals() -> Vec<(Method, Value)> {
    let path = number_path();
    let extension = ENTERPRISE_USER.id;
    let operation = |operation: Value| (Method::PATCH, patch(&json!([operation])));
    let put =
        |number: Value| (Method::PUT, json!({ "userName": "ada", (extension): { "cardNumber": number } }));
    vec![
        operation(json!({ "op": "remove", "path": path })),
        operation(json!({ "op": "Remove", "path": extension })),
        operation(json!({ "op": "replace", "path": path, "value": "" })),
        operation(json!({ "op": "replace", "path": path, "value": null })),
        operation(json!({ "op": "replace", "value": { (path.as_str()): "" } })),
        operation(json!({ "op": "replace", "path": path, "value": "NONE" })),
        operation(json!({ "op": "Add", "path": path, "value": " n o n e " })),
        operation(json!({ "op": "replace", "path": path, "value": "0" })),
        (Method::PUT, json!({ "userName": "ada" })),
        put(Value::Null),
        put("".into()),
        put("none".into()),
    ]
}

#[tokio::test]
async fn a_number_taken_away_in_any_way_deactivates_the_card() {
    for (method, body) in removals() {
        let site = Site::new(policy()).await;
        let ada = site.create(with_number("ada", "1234")).await;
        let answer = site.done(method, &format!("/Users/{ada}"), &body).await;
        assert_eq!(answer[ENTERPRISE_USER.id], Value::Null, "{body}");
        assert_eq!(states(&site.person(ada)), [("1234", CardState::Inactive)], "{body}");
        assert_eq!(site.holders(1234), [], "{body}");
        assert_eq!(site.person(ada).refused_cards, [], "{body}");
    }
}

#[tokio::test]
async fn where_the_site_keeps_cards_a_number_taken_away_changes_nothing() {
    for (method, body) in removals() {
        let site = Site::new(keeping()).await;
        let ada = site.create(with_number("ada", "1234")).await;
        let answer = site.done(method, &format!("/Users/{ada}"), &body).await;
        assert_eq!(answer[ENTERPRISE_USER.id]["cardNumber"], "1234", "{body}");
        assert_eq!(site.holders(1234), [ada], "{body}");
    }
}

#[tokio::test]
async fn a_number_that_means_none_is_what_the_site_says() {
    let site = Site::new(CardPolicy { none_values: vec!["kein Ausweis".to_owned()], ..policy() }).await;
    let ada = site.create(with_number("ada", "KEINAUSWEIS")).await;
    assert_eq!((site.person(ada).cards.len(), site.person(ada).refused_cards.len()), (0, 0));
    let bo = site.create(with_number("bo", "0")).await;
    assert_eq!(site.holders(0), [bo], "card 0 is a card where nobody says that it is none");
}

#[tokio::test]
async fn a_number_that_is_no_card_costs_the_card_and_not_the_person() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1234")).await;
    site.patch(ada, &json!([{ "op": "replace", "path": number_path(), "value": "70000" }])).await;
    let person = site.person(ada);
    assert_eq!(states(&person), [("1234", CardState::Inactive)], "the old card is not the person's any more");
    let told = person.refused_cards[0].refusal.to_string();
    assert!(told.contains("H10301") && told.contains("65535"), "reason and remedy: {told}");
    assert_eq!(site.get(ada, "").await[ENTERPRISE_USER.id]["cardNumber"], "70000");
}

#[tokio::test]
async fn the_badge_type_of_a_card_outlives_another_default() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1234")).await;
    let mut person = site.person(ada);
    person.cards[0].badge_type = "Founder".to_owned();
    site.commit(vec![Change::PutCardholder { cardholder: Box::new(person) }]).await;
    site.patch(ada, &json!([{ "op": "replace", "path": "title", "value": "Countess" }])).await;
    assert_eq!(site.person(ada).cards[0].badge_type, "Founder");
}

#[tokio::test]
async fn saying_the_same_again_makes_no_revision() {
    let site = Site::new(policy()).await;
    let both = json!({
        "userName": "ada", (ENTERPRISE_USER.id): { "cardNumber": "1" },
        (GATEHOUSE_USER.id): { "cards": [{ "value": "2" }, { "value": "x", "badgeType": "Visitor" }] },
    });
    let ada = site.create(both.clone()).await;
    let before = site.revision();
    later(5);
    site.put(ada, &both).await;
    let read = site.get(ada, "").await;
    site.put(ada, &read).await;
    assert_eq!(site.revision(), before);
}

#[tokio::test]
async fn a_strict_site_refuses_the_request_by_the_kind_of_mistake() {
    let site = Site::new(strict()).await;
    site.create(with_number("ada", "1234")).await;
    let bo = site.create(with_number("bo", "1235")).await;
    let before = site.revision();
    let list = |card: Value| with_list("bo", &json!([card]));
    let cases = [
        (with_number("bo", "70000"), 400, "invalidValue"),
        (with_number("bo", "1234"), 409, "uniqueness"),
        (list(json!({ "value": "70000" })), 400, "invalidValue"),
        (list(json!({ "value": "1", "format": "W99" })), 400, "invalidValue"),
        (list(json!({ "value": "1", "validUntil": "tomorrow" })), 400, "invalidValue"),
        (list(json!({ "value": "100:1234" })), 409, "uniqueness"),
    ];
    for (body, status, scim_type) in cases {
        let (got, answer) = site.ask(Method::PUT, &format!("/Users/{bo}"), &body).await;
        assert_eq!((got, &answer["scimType"]), (status, &json!(scim_type)), "{body}: {answer}");
    }
    assert_eq!(site.revision(), before, "nothing has changed");
    let suspended = list(json!({ "value": "1234", "active": false }));
    site.put(bo, &suspended).await;
    assert_eq!(site.person(bo).refused_cards, [], "a card that opens nothing is in nobody's way");
}

#[tokio::test]
async fn a_padded_zero_is_no_card_either() {
    let site = Site::new(policy()).await;
    for (name, number) in [("ada", "000000"), ("bo", "0"), ("cy", " 00 "), ("di", "none")] {
        let person = site.person(site.create(with_number(name, number)).await);
        assert!(person.cards.is_empty() && person.refused_cards.is_empty(), "{number:?}: {person:?}");
        let listed = with_list(&format!("{name}-list"), &json!([{ "value": number }]));
        assert!(site.person(site.create(listed).await).cards.is_empty(), "{number:?}");
    }
    assert!(site.holders(0).is_empty());
}
