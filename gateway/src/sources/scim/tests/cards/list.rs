//! `cards` of the project's own extension.

use super::*;
use crate::sources::scim::limits::MAX_CARD_TEXT_LEN;

fn cards_of(answer: &Value) -> &Value {
    &answer[GATEHOUSE_USER.id]["cards"]
}

#[tokio::test]
async fn several_cards_come_with_badge_type_format_validity_and_state() {
    let site = Site::new(policy()).await;
    let sent = json!([
        { "value": "1", "active": true, "badgeType": "Employee" },
        { "value": "69", "format": "H10302", "badgeType": "Visitor", "active": true,
          "validFrom": "2027-01-31T08:00:00Z", "validUntil": "2027-01-31T18:00:00Z" },
        { "value": "C1K35:7:8", "active": false, "badgeType": "Spare" },
    ]);
    let ada = site.create(with_list("ada", &sent)).await;
    let answer = site.get(ada, "").await;
    assert_eq!(cards_of(&answer), &sent);
    assert!(answer["schemas"].as_array().unwrap().contains(&json!(GATEHOUSE_USER.id)));
    let person = site.person(ada);
    let visitor = &person.cards[1];
    assert_eq!(visitor.credential, Credential::new(37, 0x8A).unwrap());
    assert_eq!(visitor.valid_from, Some("2027-01-31T08:00:00Z".parse().unwrap()));
    assert_eq!(visitor.valid_until, Some("2027-01-31T18:00:00Z".parse().unwrap()));
    assert_eq!(visitor.badge_type, "Visitor");
    assert_eq!(person.cards[2].state, CardState::Suspended);
    assert_eq!(person.active_cards().count(), 2);
    assert!(person.cards.iter().all(|card| card.given_by == GivenBy::IdentityProviderList));
}

#[tokio::test]
async fn what_is_left_out_of_a_card_has_its_default() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }]))).await;
    let expected = json!([{ "value": "1", "active": true, "badgeType": "Employee" }]);
    assert_eq!(cards_of(&site.get(ada, "").await), &expected);
}

#[tokio::test]
async fn one_card_is_changed_by_a_value_filter() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }, { "value": "100:2" }]))).await;
    let (list, before) = (list_path(), site.revision());
    let one = |rest: &str| format!("{list}[value eq \"100:2\"]{rest}");
    site.patch(ada, &json!([{ "op": "replace", "path": one(".active"), "value": false }])).await;
    assert_eq!(states(&site.person(ada)), [("1", CardState::Active), ("100:2", CardState::Suspended)]);
    site.patch(ada, &json!([{ "op": "replace", "path": one(".active"), "value": "True" }])).await;
    assert_eq!(site.holders(2), [ada]);
    site.patch(ada, &json!([{ "op": "replace", "path": one(".badgeType"), "value": "Visitor" }])).await;
    assert_eq!(site.person(ada).cards[1].badge_type, "Visitor");
    site.patch(ada, &json!([{ "op": "add", "path": list, "value": [{ "value": "3" }] }])).await;
    assert_eq!(site.holders(3), [ada]);
    site.patch(ada, &json!([{ "op": "remove", "path": one("") }])).await;
    assert_eq!((site.holders(1), site.holders(2), site.holders(3)), (vec![ada], vec![], vec![ada]));
    assert_eq!(site.person(ada).cards[1].state, CardState::Inactive, "kept for the record");
    assert_eq!(site.revision().0, before.0 + 5);
    assert_eq!(cards_of(&site.get(ada, "").await).as_array().unwrap().len(), 2, "a former card is not shown");
}

#[tokio::test]
async fn a_filter_finds_people_by_a_card_of_theirs() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1", "badgeType": "Visitor" }]))).await;
    site.create(with_list("bo", &json!([{ "value": "x", "badgeType": "Employee" }]))).await;
    for (filter, found) in [("badgeType eq \"visitor\"", "ada"), ("refusal pr", "bo")] {
        let query = json!({ "filter": format!("{}[{filter}]", list_path()) });
        let answer = site.done(Method::POST, "/Users/.search", &query).await;
        assert_eq!(answer["totalResults"], 1, "{filter}: {answer}");
        assert_eq!(answer["Resources"][0]["userName"], found);
    }
    assert_eq!(site.holders(1), [ada]);
}

#[tokio::test]
async fn a_refused_card_reads_back_as_it_came_and_tells_why_on_request() {
    let site = Site::new(policy()).await;
    let sent = json!([
        { "value": "x", "active": false, "badgeType": "b", "format": "f", "validFrom": "y", "validUntil": "z" },
        { "value": "1", "active": true, "validFrom": "2027-01-02T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z" },
        { "value": "2", "active": true, "validFrom": "soon" },
        { "value": "3", "active": true, "badgeType": "Employee" },
        { "value": "100:3", "active": true },
    ]);
    let ada = site.create(with_list("ada", &sent)).await;
    let read = cards_of(&site.get(ada, "").await).as_array().unwrap().clone();
    for card in sent.as_array().unwrap() {
        assert!(read.contains(card), "{card} is in {read:?}");
    }
    assert_eq!(states(&site.person(ada)), [("3", CardState::Active)]);
    let asked = site.get(ada, &format!("?attributes={path}.value,{path}.refusal", path = list_path())).await;
    let why = |number: &str| {
        let mut cards = cards_of(&asked).as_array().unwrap().iter();
        cards.find(|card| card["value"] == number).unwrap()["refusal"].as_str().unwrap_or_default().to_owned()
    };
    assert!(why("x").contains("known formats"), "{}", why("x"));
    assert!(why("1").contains("validUntil must be after validFrom"), "{}", why("1"));
    assert!(why("2").contains("2027-01-31T18:00:00Z"), "{}", why("2"));
    assert_eq!(why("3"), "");
    assert!(why("100:3").contains("twice"), "{}", why("100:3"));
}

#[tokio::test]
async fn what_says_nothing_new_leaves_the_card_that_is_in_effect_alone() {
    let twice = json!([{ "value": "7", "badgeType": "One" }, { "value": "100:7", "badgeType": "Two", "active": false }]);
    let full =
        (1..=Cardholder::MAX_CARDS).map(|number| json!({ "value": number.to_string() })).collect::<Value>();
    for list in [twice, full] {
        let site = Site::new(policy()).await;
        let mut sent = with_list("ada", &list);
        sent[ENTERPRISE_USER.id] = json!({ "cardNumber": "99" });
        let ada = site.create(sent).await;
        let before = site.person(ada);
        assert_eq!(before.refused_cards.len(), 1);
        for title in ["t", "t", "u"] {
            site.patch(ada, &json!([{ "op": "replace", "path": "title", "value": title }])).await;
            let reply = site.get(ada, "").await;
            site.put(ada, &reply).await;
            let now = site.person(ada);
            assert_eq!((now.cards, now.refused_cards), (before.cards.clone(), before.refused_cards.clone()));
            assert_eq!(site.get(ada, "").await, reply, "reading and writing back is no change");
        }
    }
}

#[tokio::test]
async fn a_validity_that_cannot_be_read_costs_the_card_of_the_number_as_well() {
    let list = |until: &str| json!([{ "value": "100:90", "validUntil": until }]);
    let site = Site::new(policy()).await;
    let mut sent = with_list("ada", &list("2026-01-01T00:00:00Z"));
    sent[ENTERPRISE_USER.id] = json!({ "cardNumber": "90" });
    let ada = site.create(sent).await;
    assert!(site.person(ada).cards.iter().all(|card| card.valid_until.is_some()));
    let until = format!("{}[value eq \"100:90\"].validUntil", list_path());
    site.patch(ada, &json!([{ "op": "replace", "path": until, "value": "31.12.2025" }])).await;
    assert_eq!(site.holders(90), [], "no end that can be read is not no end");
    let refused = site.person(ada).refused_cards;
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|card| matches!(card.refusal, CardRefusal::Validity { .. })), "{refused:?}");
    site.patch(ada, &json!([{ "op": "replace", "path": until, "value": "2027-01-01T00:00:00Z" }])).await;
    assert_eq!(site.holders(90), [ada]);
}

#[tokio::test]
async fn the_end_of_all_time_is_a_validity() {
    let site = Site::new(policy()).await;
    for (name, until, is_kept) in [
        ("ada", "9999-12-31T23:59:59Z", true),
        ("bo", "9999-12-31T00:00:00.000Z", true),
        ("cy", "9999-12-31", false),
        ("di", "9999-12-31T25:00:00Z", false),
    ] {
        let id = site.create(with_list(name, &json!([{ "value": "raw:16:0x1", "validUntil": until }]))).await;
        let person = site.person(id);
        let last = person.cards.first().and_then(|card| card.valid_until);
        assert_eq!(last, is_kept.then_some(Timestamp::MAX), "{until}: {person:?}");
        site.done(Method::DELETE, &format!("/Users/{id}"), &Value::Null).await;
    }
}

#[tokio::test]
async fn nobody_writes_a_refusal() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1", "refusal": "I say so" }]))).await;
    assert_eq!(site.person(ada).refused_cards, []);
    let path = format!("{}[value eq \"1\"].refusal", list_path());
    let body = patch(&json!([{ "op": "replace", "path": path, "value": "no" }]));
    let (status, answer) = site.ask(Method::PATCH, &format!("/Users/{ada}"), &body).await;
    assert_eq!((status, &answer["scimType"]), (400, &json!("mutability")));
    assert_eq!(answer["detail"], "cards.refusal is read-only");
}

#[tokio::test]
async fn where_number_and_list_name_the_same_card_the_list_says_what_it_is() {
    let site = Site::new(policy()).await;
    let both = json!({
        "userName": "ada", (ENTERPRISE_USER.id): { "cardNumber": "1" },
        (GATEHOUSE_USER.id): { "cards": [{ "value": "100:1", "badgeType": "Visitor", "active": false,
            "validUntil": "2027-01-31T18:00:00Z" }] },
    });
    let ada = site.create(both).await;
    assert_eq!(site.holders(1), []);
    let answer = site.get(ada, "").await;
    assert_eq!(answer[ENTERPRISE_USER.id]["cardNumber"], "1", "the number is still the person's");
    site.patch(ada, &json!([{ "op": "replace", "path": format!("{}.active", list_path()), "value": true }]))
        .await;
    let person = site.person(ada);
    assert_eq!(site.holders(1), [ada]);
    assert!(person.active_cards().all(|card| card.badge_type == "Visitor" && card.valid_until.is_some()));
    site.patch(ada, &json!([{ "op": "remove", "path": list_path() }])).await;
    assert_eq!(site.holders(1), [ada], "the number still gives it");
    assert!(site.person(ada).cards[0].valid_until.is_none(), "what the list said went with the list");
}

#[tokio::test]
async fn number_and_list_are_changed_without_each_other() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }]))).await;
    site.patch(ada, &json!([{ "op": "add", "path": number_path(), "value": "2" }])).await;
    assert_eq!((site.holders(1), site.holders(2)), (vec![ada], vec![ada]));
    site.patch(ada, &json!([{ "op": "remove", "path": number_path() }])).await;
    assert_eq!((site.holders(1), site.holders(2)), (vec![ada], vec![]));
}

#[tokio::test]
async fn an_emptied_list_is_what_the_site_says_of_removed_numbers() {
    let emptied = [
        (Method::PATCH, patch(&json!([{ "op": "remove", "path": list_path() }]))),
        (Method::PATCH, patch(&json!([{ "op": "replace", "path": list_path(), "value": [] }]))),
        (Method::PUT, json!({ "userName": "ada" })),
    ];
    for (method, body) in emptied {
        for (policy, expected) in [(policy(), 0), (keeping(), 2)] {
            let site = Site::new(policy).await;
            let ada = site.create(with_list("ada", &json!([{ "value": "1" }, { "value": "2" }]))).await;
            site.done(method.clone(), &format!("/Users/{ada}"), &body).await;
            assert_eq!(site.person(ada).active_cards().count(), expected, "{body}");
        }
    }
    let site = Site::new(keeping()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }, { "value": "2" }]))).await;
    site.put(ada, &with_list("ada", &json!([{ "value": "2" }]))).await;
    assert_eq!(
        (site.holders(1), site.holders(2)),
        (vec![], vec![ada]),
        "a list that is there is what it says"
    );
}

#[tokio::test]
async fn a_list_that_names_more_cards_than_a_person_may_have_is_refused() {
    let site = Site::new(policy()).await;
    let cards =
        |count: usize| (1..=count).map(|number| json!({ "value": number.to_string() })).collect::<Value>();
    let ada = site.create(with_list("ada", &cards(Cardholder::MAX_CARDS))).await;
    assert_eq!(site.person(ada).active_cards().count(), Cardholder::MAX_CARDS);
    let body = with_list("ada", &cards(Cardholder::MAX_CARDS + 1));
    let (status, answer) = site.ask(Method::PUT, &format!("/Users/{ada}"), &body).await;
    assert_eq!((status, &answer["scimType"]), (400, &json!("invalidValue")), "{answer}");
    // The number comes first, so the list's last card finds no place.
    site.patch(ada, &json!([{ "op": "add", "path": number_path(), "value": "99" }])).await;
    let person = site.person(ada);
    assert_eq!((site.holders(99), site.holders(16)), (vec![ada], vec![]));
    assert!(matches!(person.refused_cards[0].refusal, CardRefusal::TooMany { most: 16, .. }));
}

#[tokio::test]
async fn a_card_without_number_or_with_an_endless_text_is_refused_by_its_attribute() {
    let site = Site::new(policy()).await;
    let long = "9".repeat(300);
    let cases = [
        (json!([{ "badgeType": "Visitor" }]), "cards.value"),
        (json!([{ "value": "1", "badgeType": long }]), "cards.badgeType"),
    ];
    for (cards, attribute) in cases {
        let (status, answer) = site.ask(Method::POST, "/Users", &with_list("ada", &cards)).await;
        assert_eq!(status, 400);
        assert!(answer["detail"].as_str().unwrap().starts_with(attribute), "{answer}");
    }
}

#[tokio::test]
async fn an_endless_number_costs_the_card_and_not_the_person() {
    let long = format!("{}1234", "0".repeat(300));
    for sent in [with_number("ada", &long), with_list("ada", &json!([{ "value": long }]))] {
        let site = Site::new(policy()).await;
        let ada = site.create(sent.clone()).await;
        let refused = site.person(ada).refused_cards;
        assert!(matches!(refused[0].refusal, CardRefusal::NotACard { .. }), "{refused:?}");
        assert!(
            refused[0].given.number.chars().count() == MAX_CARD_TEXT_LEN && site.person(ada).cards.is_empty()
        );
        let reply = site.get(ada, "").await;
        assert_eq!(site.put(ada, &reply).await["meta"], reply["meta"], "writing it back is no change");

        let strict = Site::new(strict()).await;
        let (status, answer) = strict.ask(Method::POST, "/Users", &sent).await;
        assert_eq!((status, &answer["scimType"]), (400, &json!("invalidValue")));
    }
}

#[tokio::test]
async fn the_extension_is_advertised_with_the_users() {
    let site = Site::new(policy()).await;
    let user = site.done(Method::GET, "/ResourceTypes/User", &Value::Null).await;
    let extensions = user["schemaExtensions"].as_array().unwrap();
    assert!(extensions.contains(&json!({ "schema": GATEHOUSE_USER.id, "required": false })));
    let schema = site.done(Method::GET, &format!("/Schemas/{}", GATEHOUSE_USER.id), &Value::Null).await;
    let cards = &schema["attributes"][0];
    assert_eq!((&cards["name"], &cards["multiValued"]), (&json!("cards"), &json!(true)));
    let refusal =
        cards["subAttributes"].as_array().unwrap().iter().find(|sub| sub["name"] == "refusal").unwrap();
    assert_eq!((&refusal["mutability"], &refusal["returned"]), (&json!("readOnly"), &json!("request")));
}

#[tokio::test]
async fn a_card_that_a_stricter_site_would_refuse_is_no_news_when_it_is_only_said_again() {
    let site = Site::new(policy()).await;
    let cards = json!([{ "value": "5" }]);
    let ada = site.create(with_list("ada", &cards)).await;
    let nowhere = CardDefaults { facility: None, ..policy().defaults };
    let site = site.under(CardPolicy { defaults: nowhere, ..strict() }).await;
    // Said again without the badge type that was the default, and with it.
    for cards in [cards, json!([{ "value": "5", "badgeType": "Employee" }])] {
        site.put(ada, &with_list("ada", &cards)).await;
        assert_eq!(site.person(ada).refused_cards.len(), 1);
    }
    let path = format!("/Users/{ada}");
    let (status, answer) = site.ask(Method::PUT, &path, &with_list("ada", &json!([{ "value": "6" }]))).await;
    assert_eq!((status, &answer["scimType"]), (400, &json!("invalidValue")), "a new one is refused");
}
