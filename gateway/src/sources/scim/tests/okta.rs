//! What Okta sends: from apps that PUT everything, and from apps that PATCH.

use serde_json::{Value, json};

use super::site::{ENTERPRISE, Site, Story, assert_has};

const NONE: Value = Value::Null;

fn profile(active: bool, card: &Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": "joy@example.org", "externalId": "00ujl29u0le5T6Aj10h7", "active": active, "groups": [],
        "name": {"givenName": "Joy", "familyName": "Young"}, "displayName": "Joy Young", "locale": "en-US",
        "emails": [{"primary": true, "value": "joy@example.org", "type": "work"}], "password": "1mz050nq",
        (ENTERPRISE): {"cardNumber": card, "employeeNumber": 701984},
    })
}

#[tokio::test]
async fn a_person_is_looked_for_created_and_shown() {
    Story {
        name: "create",
        requests: vec![
            ("GET", "/Users?filter=userName eq \"joy@example.org\"&startIndex=1&count=100", NONE, 200),
            ("POST", "/Users", profile(true, &json!(4711)), 201),
            ("POST", "/Users", profile(true, &json!(4711)), 409),
        ],
        then: (
            "/Users?filter=externalId eq \"00ujl29u0le5T6Aj10h7\"",
            json!({"totalResults": 1, "itemsPerPage": 1}),
        ),
    }
    .play()
    .await;
}

#[tokio::test]
async fn a_put_app_reads_modifies_and_writes_without_loss() {
    let site = Site::start().await;
    let mut sent = profile(true, &json!("4711"));
    sent["unheardOf"] = json!({"kept": [1, 2, 3]});
    let id = site.create("/Users", sent).await;
    let path = format!("/Users/{id}");
    let mut body = site.get(&path).await;
    assert_eq!(body.get("password"), None);
    body["active"] = json!(false);
    let answered = site.send("PUT", &path, &body).await.expect(200);
    let kept = json!({
        "active": false, "unheardOf": {"kept": [1, 2, 3]}, "locale": "en-US",
        (ENTERPRISE): {"cardNumber": "4711", "employeeNumber": "701984"},
    });
    assert_has(&answered, &kept, "after deactivation");
    assert_eq!(site.cardholder(&id).active_cards().count(), 0);

    for card in [json!(""), NONE] {
        site.send("PUT", &path, &profile(true, &json!("4711"))).await.expect(200);
        assert_eq!(site.cardholder(&id).active_cards().count(), 1);
        let emptied = site.send("PUT", &path, &profile(true, &card)).await.expect(200);
        assert_eq!(emptied[ENTERPRISE].get("cardNumber"), None);
        assert_eq!(site.cardholder(&id).active_cards().count(), 0);
    }
}

#[tokio::test]
async fn a_patch_app_deactivates_without_path() {
    let operation = |active: bool| {
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "value": {"active": active}}],
        })
    };
    Story {
        name: "deactivate",
        requests: vec![
            ("PATCH", "/Users/{user}", operation(false), 200),
            (
                "PATCH",
                "/Users/{user}",
                json!({"Operations": [{"op": "replace", "value": {"password": "x"}}]}),
                200,
            ),
        ],
        then: ("/Users/{user}", json!({"active": false, "password": null})),
    }
    .play()
    .await;
}

#[tokio::test]
async fn a_group_is_pushed_in_all_its_forms() {
    let site = Site::start().await;
    let (ada, bob, eve) =
        (site.person("ada", None).await, site.person("bob", None).await, site.person("eve", None).await);
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff", "members": []});
    let id = site.create("/Groups", body).await;
    let member = |id: &str| json!({"value": id, "display": "somebody"});

    let full = json!([{"op": "replace", "path": "members", "value": [member(&ada), member(&bob), member("unknown")]}]);
    site.patch_group(&id, full).await;
    assert_eq!(site.member_ids(&id).await.len(), 2);

    let delta = json!([
        {"op": "replace", "value": {"id": id, "displayName": "Team"}},
        {"op": "remove", "path": format!("members[value eq \"{ada}\"]")},
        {"op": "add", "path": "members", "value": [member(&eve)]},
    ]);
    site.patch_group(&id, delta).await;
    let mut members = site.member_ids(&id).await;
    members.sort();
    let mut expected = [bob, eve];
    expected.sort();
    assert_eq!(members, expected);
    assert_eq!(site.get(&format!("/Groups/{id}")).await["displayName"], "Team");

    site.patch_group(&id, json!([{"op": "replace", "path": "members", "value": []}])).await;
    assert_eq!(site.member_ids(&id).await, Vec::<String>::new());
    assert_eq!(site.send("DELETE", &format!("/Groups/{id}"), &NONE).await.status, 204);
}
