//! Whom filters find.

use super::*;

async fn found(endpoint: &Endpoint, what: &str, filter: &str) -> usize {
    let filter: String = url_encoded(filter);
    let answer = endpoint.get(&format!("/{what}?filter={filter}")).await;
    assert_eq!(answer["totalResults"], answer["itemsPerPage"], "{answer}");
    answer["Resources"].as_array().unwrap().len()
}

fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn everybody_with_an_external_id_is_found_whichever_condition_comes_first() {
    let endpoint = Endpoint::start().await;
    for name in ["ada", "bo", "cy"] {
        endpoint.make("/Users", &json!({"userName": name, "externalId": "x"})).await;
        endpoint.make("/Groups", &json!({"displayName": name, "externalId": "x"})).await;
    }
    endpoint.make("/Users", &json!({"userName": "other", "externalId": "X"})).await;
    assert_eq!(found(&endpoint, "Users", "externalId eq \"x\"").await, 3);
    assert_eq!(found(&endpoint, "Groups", "externalId eq \"x\"").await, 3);
    for name in ["ada", "bo", "cy"] {
        let (by_id, by_name) = ("externalId eq \"x\"", format!("userName eq \"{name}\""));
        for filter in [format!("{by_id} and {by_name}"), format!("{by_name} and {by_id}")] {
            assert_eq!(found(&endpoint, "Users", &filter).await, 1, "{filter}");
        }
        let by_name = format!("displayName eq \"{name}\"");
        for filter in [format!("{by_id} and {by_name}"), format!("{by_name} and {by_id}")] {
            assert_eq!(found(&endpoint, "Groups", &filter).await, 1, "{filter}");
        }
    }
    let sought = json!({"filter": "externalId eq \"x\"", "sortBy": "userName"});
    let all = endpoint.send(Method::POST, "/.search", Some(&sought)).await;
    assert_eq!(all.body["totalResults"], 6);
}

#[tokio::test]
async fn those_with_one_external_id_are_paged_like_all_others() {
    let endpoint = Endpoint::start().await;
    for number in 0..5 {
        endpoint.make("/Users", &json!({"userName": format!("p{number}"), "externalId": "x"})).await;
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            endpoint.get(&format!("/Users?filter=externalId%20eq%20%22x%22&count=2&cursor={cursor}")).await;
        names.extend(
            page["Resources"].as_array().unwrap().iter().map(|person| person["userName"].to_string()),
        );
        match page["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 5);
    let second = endpoint.get("/Users?filter=externalId%20eq%20%22x%22&startIndex=4").await;
    assert_eq!((&second["totalResults"], &second["itemsPerPage"]), (&json!(5), &json!(2)));
}

#[tokio::test]
async fn quotes_that_are_none_of_jsons_are_refused_and_not_taken_for_a_name() {
    let endpoint = Endpoint::start().await;
    endpoint.person("ada").await;
    endpoint.person("o'malley").await;
    for filter in [
        "userName eq 'ada'",
        "userName eq “ada”",
        "userName eq `ada`",
        "userName eq ada\"",
        "userName eq \"ada",
    ] {
        let answer =
            endpoint.send(Method::GET, &format!("/Users?filter={}", url_encoded(filter)), None).await;
        assert_eq!((answer.status, &answer.body["scimType"]), (400, &json!("invalidFilter")), "{filter}");
    }
    assert_eq!(found(&endpoint, "Users", "userName eq o'malley").await, 1);
}

#[tokio::test]
async fn a_schema_with_a_dot_behind_it_means_its_attribute() {
    let endpoint = Endpoint::start().await;
    let id = endpoint.person("ada").await;
    let enterprise = schema::ENTERPRISE_USER.id;
    let operations = json!({"Operations": [
        {"op": "replace", "path": format!("{enterprise}.manager"), "value": id},
        {"op": "add", "value": {(format!("{enterprise}.department")): "Post"}},
        {"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User.name.givenName", "value": "Ada"},
    ]});
    let answer = endpoint.send(Method::PATCH, &format!("/Users/{id}"), Some(&operations)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let ada = endpoint.get(&format!("/Users/{id}")).await;
    assert_eq!(ada[enterprise], json!({"department": "Post", "manager": {"value": id}}));
    assert_eq!(ada["name"]["givenName"], "Ada");
    assert!(ada.get("urn:ietf:params:scim:schemas:extension:enterprise:2.0").is_none());
    assert_eq!(found(&endpoint, "Users", &format!("{enterprise}.department eq \"Post\"")).await, 1);
    let made = json!({"userName": "bo", (format!("{enterprise}.department")): "Post"});
    endpoint.make("/Users", &made).await;
    assert_eq!(found(&endpoint, "Users", &format!("{enterprise}:department eq \"Post\"")).await, 2);
}

#[tokio::test]
async fn a_name_is_taken_however_its_letters_are_put_together() {
    let endpoint = Endpoint::start().await;
    endpoint.person("caf\u{E9}").await;
    endpoint.make("/Groups", &json!({"displayName": "B\u{FC}ro"})).await;
    for (path, name) in [
        ("/Users", json!({"userName": "cafe\u{301}"})),
        ("/Users", json!({"userName": "CAF\u{C9}"})),
        ("/Users", json!({"userName": "\u{FF43}\u{FF41}\u{FF46}e\u{301}"})),
        ("/Groups", json!({"displayName": "BU\u{308}RO"})),
    ] {
        let answer = endpoint.send(Method::POST, path, Some(&name)).await;
        assert_eq!((answer.status, &answer.body["scimType"]), (409, &json!("uniqueness")), "{name}");
    }
    for filter in ["userName eq \"CAFE\u{301}\"", "userName eq \"caf\u{E9}\"", "userName sw \"CAFE\u{301}\""]
    {
        assert_eq!(found(&endpoint, "Users", filter).await, 1, "{filter}");
    }
    assert_eq!(found(&endpoint, "Groups", "displayName eq \"bu\u{308}ro\"").await, 1);
    endpoint.person("cafe").await;
}

#[tokio::test]
async fn a_card_number_is_found_as_it_was_given_whatever_became_of_it() {
    let endpoint = Endpoint::start().await;
    let with = |name: &str, number: &str| json!({"userName": name, (schema::ENTERPRISE_USER.id): {"cardNumber": number}});
    for (name, number) in [("ada", "1234"), ("bo", "1234"), ("cy", "0001234"), ("di", "no number")] {
        endpoint.make("/Users", &with(name, number)).await;
    }
    let cards = json!([{"value": "1234", "badgeType": "Visitor"}, {"value": "5"}]);
    endpoint.make("/Users", &json!({"userName": "eve", (schema::GATEHOUSE_USER.id): {"cards": cards}})).await;
    for (filter, expected) in [
        ("cardNumber eq \"1234\"", 2),
        ("cardNumber eq \"1234\" and userName eq \"bo\"", 1),
        ("cardNumber eq 0001234", 1),
        ("cardNumber eq \"no number\"", 1),
        ("cardNumber eq \"NO NUMBER\"", 0),
        ("cardNumber eq \"5\"", 0),
        ("cards eq \"5\"", 1),
        ("cards.value eq \"1234\"", 1),
        ("cards[value eq \"1234\" and badgeType eq \"visitor\"]", 1),
        ("cards[value eq \"5\" and badgeType eq \"visitor\"]", 0),
    ] {
        assert_eq!(found(&endpoint, "Users", filter).await, expected, "{filter}");
    }
}
