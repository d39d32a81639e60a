//! People: created, found, listed, replaced, changed, deleted.

use serde_json::{Value, json};

use super::site::{ENTERPRISE, Site, assert_has};

const NONE: Value = Value::Null;

#[tokio::test]
async fn what_was_sent_is_what_is_read() {
    let site = Site::start().await;
    let sent = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE], "userName": "Ada", "externalId": "E1",
        "displayName": "Ada L.", "active": true, "name": {"givenName": "Ada"}, "password": "secret",
        "emails": [{"type": "work", "value": "Ada@Example.org", "primary": true}],
        (ENTERPRISE): {"cardNumber": "H10301:7:4567", "department": "Engines"}, "favouriteColour": {"rgb": [1, 2]},
    });
    let id = site.create("/Users", sent.clone()).await;
    let read = site.get(&format!("/Users/{id}")).await;
    let mut expected = sent;
    expected["password"] = NONE;
    assert_has(&read, &expected, "user");
    let meta = json!({"resourceType": "User", "version": "W/\"1\""});
    assert_has(&read["meta"], &meta, "meta");
    assert!(!site.cardholder(&id).attributes.contains_key("password"));
}

#[tokio::test]
async fn a_name_is_taken_in_any_letter_case() {
    let site = Site::start().await;
    site.person("ada@example.org", None).await;
    let other = site.person("bob", None).await;
    let taken = json!({"userName": "ADA@example.org"});
    site.send("POST", "/Users", &taken).await.expect_error(409, Some("uniqueness"));
    let path = format!("/Users/{other}");
    site.send("PUT", &path, &taken).await.expect_error(409, Some("uniqueness"));
    let rename = json!({"op": "replace", "path": "userName", "value": "Ada@Example.org"});
    site.patch_user(&other, rename).await.expect_error(409, Some("uniqueness"));
    let own = json!({"op": "replace", "path": "userName", "value": "BOB"});
    assert_eq!(site.patch_user(&other, own).await.expect(200)["userName"], "BOB");
}

#[tokio::test]
async fn a_query_that_finds_nothing_is_an_empty_list() {
    let site = Site::start().await;
    for filter in [
        "userName eq \"6f1c\"",
        "externalId eq 6f1c",
        "emails[type eq \"work\"].value eq \"x\"",
        "id eq \"x\"",
    ] {
        let found = site.get(&format!("/Users?filter={filter}")).await;
        assert_eq!(found["totalResults"], 0, "{filter}");
        assert_eq!(found["Resources"], json!([]));
        assert_eq!(found["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:ListResponse");
    }
    for wrong in ["userName is 1", "(", "active gt true"] {
        let path = format!("/Users?filter={wrong}");
        site.send("GET", &path, &NONE).await.expect_error(400, Some("invalidFilter"));
    }
    site.send("GET", "/Users?count=x", &NONE).await.expect_error(400, Some("invalidValue"));
}

#[tokio::test]
async fn inactive_people_are_still_found() {
    let site = Site::start().await;
    let id = site.create("/Users", json!({"userName": "ada", "active": false})).await;
    let found = site.get("/Users?filter=userName eq \"ada\" and active eq false").await;
    assert_eq!(found["Resources"][0]["id"], id);
}

#[tokio::test]
async fn pages_hold_everybody_once() {
    let site = Site::start().await;
    for index in 0..7 {
        site.person(&format!("user{index}"), None).await;
    }
    for filter in ["", "&filter=userName sw \"user\""] {
        let mut seen = Vec::new();
        for start in [1, 4, 7] {
            let page = site.get(&format!("/Users?startIndex={start}&count=3{filter}")).await;
            assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(7), &json!(start)));
            let names = page["Resources"].as_array().unwrap().iter().map(|user| user["userName"].to_string());
            seen.extend(names);
            assert_eq!(page["itemsPerPage"], if start == 7 { 1 } else { 3 });
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 7, "{filter}");
        assert_eq!(site.get(&format!("/Users?count=0{filter}")).await["totalResults"], 7);
    }
}

#[tokio::test]
async fn a_search_may_be_posted() {
    let site = Site::start().await;
    let id = site.person("ada", Some("7")).await;
    let group = site.create("/Groups", json!({"displayName": "ada", "members": [{"value": id}]})).await;
    let search =
        json!({"filter": "userName eq \"ada\"", "attributes": ["cardNumber"], "startIndex": 1, "count": 5});
    let found = site.send("POST", "/Users/.search", &search).await.expect(200);
    assert_eq!(found["Resources"][0][ENTERPRISE], json!({"cardNumber": "7"}));
    assert_eq!(found["Resources"][0].get("userName"), None);
    let everything =
        json!({"filter": "displayName eq \"ada\" or userName eq \"ada\"", "excludedAttributes": "members"});
    let found = site.send("POST", "/.search", &everything).await.expect(200);
    assert_eq!(found["totalResults"], 2);
    assert_eq!(found["Resources"][1]["id"], group);
    assert_eq!(found["Resources"][1].get("members"), None);
}

#[tokio::test]
async fn silence_about_active_never_reactivates() {
    let site = Site::start().await;
    let id = site.create("/Users", json!({"userName": "ada", "active": false, "title": "T"})).await;
    let path = format!("/Users/{id}");
    let replaced = site.send("PUT", &path, &json!({"userName": "ada"})).await.expect(200);
    assert_has(&replaced, &json!({"active": false, "title": null}), "replaced");
    site.patch_user(&id, json!({"op": "remove", "path": "active"})).await.expect(200);
    assert!(!site.cardholder(&id).active);
    let back =
        site.patch_user(&id, json!({"op": "Replace", "path": "active", "value": "True"})).await.expect(200);
    assert_eq!(back["active"], true);
    assert!(site.cardholder(&id).active);
}

#[tokio::test]
async fn a_change_that_changes_nothing_makes_no_revision() {
    let site = Site::start().await;
    let id = site.person("ada", Some("7")).await;
    let before = site.directory.read().revision();
    let same = site.get(&format!("/Users/{id}")).await;
    let answered = site.send("PUT", &format!("/Users/{id}"), &same).await.expect(200);
    assert_eq!(answered, same);
    assert_eq!(site.directory.read().revision(), before);
}

#[tokio::test]
async fn one_wrong_operation_undoes_those_before_it() {
    let site = Site::start().await;
    let id = site.person("ada", Some("7")).await;
    let body = json!({"Operations": [
        {"op": "replace", "path": "active", "value": false}, {"op": "replace", "path": "id", "value": "x"},
    ]});
    let refused = site.send("PATCH", &format!("/Users/{id}"), &body).await;
    refused.expect_error(400, Some("mutability"));
    assert!(site.cardholder(&id).active);
}

#[tokio::test]
async fn whoever_is_deleted_is_gone_and_can_come_again() {
    let site = Site::start().await;
    let id = site.person("ada", None).await;
    let path = format!("/Users/{id}");
    assert_eq!(site.send("DELETE", &path, &NONE).await.status, 204);
    for method in ["GET", "DELETE"] {
        site.send(method, &path, &NONE).await.expect_error(404, None);
    }
    site.patch_user(&id, json!({"op": "remove", "path": "title"})).await.expect_error(404, None);
    assert_ne!(site.person("ada", None).await, id);
}
