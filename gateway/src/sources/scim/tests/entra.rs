//! What Entra ID sends, in its older form and with `aadOptscim062020`.

use serde_json::{Value, json};

use super::site::{ENTERPRISE, Story};

const NONE: Value = Value::Null;

fn patch(operations: Value) -> Value {
    let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]});
    body["Operations"] = operations;
    body
}

fn user(name: &'static str, operations: Value, then: Value) -> Story {
    Story {
        name,
        requests: vec![("PATCH", "/Users/{user}", patch(operations), 200)],
        then: ("/Users/{user}", then),
    }
}

fn group(name: &'static str, operations: Value, then: Value) -> Story {
    let address = "/Groups/{group}?attributes=displayName,members.value";
    Story {
        name,
        requests: vec![("PATCH", "/Groups/{group}", patch(operations), 204)],
        then: (address, then),
    }
}

fn member(id: &str) -> Value {
    json!({"value": id, "type": "User"})
}

#[tokio::test]
async fn connection_test_finds_nothing_and_is_content() {
    let filters = [
        "/Users?filter=userName eq \"7fbe2f3c-3b1c-4d8c-9c55-a1d0d1c6a2a1\"",
        "/Users?aadOptscim062020&filter=emails[type eq \"work\"].value eq \"x\"",
        "/Users?filter=externalId eq jyoung",
        "/Groups?excludedAttributes=members&filter=displayName eq \"None\"",
        "/Users?filter=id eq \"{user}\" and manager eq \"{other}\"",
    ];
    let requests = filters.map(|path| ("GET", path, NONE, 200)).to_vec();
    Story {
        name: "connection test",
        requests,
        then: ("/Users?filter=externalId eq jyoung", json!({"totalResults": 0})),
    }
    .play()
    .await;
}

#[tokio::test]
async fn a_person_arrives_with_nulls_and_empty_lists() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "jyoung", "userName": "jyoung@example.org", "active": true, "addresses": null, "roles": [],
        "displayName": "Joy Young", "emails": [{"type": "work", "value": "jyoung@example.org", "primary": true}],
        "meta": {"resourceType": "User"}, "name": {"formatted": "Joy Young", "familyName": "Young", "givenName": "Joy"},
        (ENTERPRISE): {"cardNumber": "4711", "manager": null},
    });
    Story {
        name: "create",
        requests: vec![("POST", "/Users", body.clone(), 201), ("POST", "/Users", body, 409)],
        then: ("/Users?filter=userName eq \"JYOUNG@example.org\"", json!({"totalResults": 1})),
    }
    .play()
    .await;
}

#[tokio::test]
async fn people_change_the_older_way() {
    let card = format!("{ENTERPRISE}:cardNumber");
    let manager = format!("{ENTERPRISE}:manager");
    for story in [
        user(
            "disable",
            json!([{"op": "Replace", "path": "active", "value": "False"}]),
            json!({"active": false}),
        ),
        user(
            "one operation for each attribute",
            json!([
                {"op": "Add", "path": "name.givenName", "value": "Ada"},
                {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ada@b.org"},
                {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+49 1"},
                {"op": "Replace", "path": "userName", "value": "ada@b.org"},
                {"op": "Add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "0042"},
            ]),
            json!({
                "name": {"givenName": "Ada"}, "userName": "ada@b.org", (ENTERPRISE): {"employeeNumber": "0042"},
                "emails": [{"type": "work", "value": "ada@b.org"}], "phoneNumbers": [{"type": "mobile", "value": "+49 1"}],
            }),
        ),
        user(
            "new card",
            json!([{"op": "Replace", "path": card, "value": "777"}]),
            json!({(ENTERPRISE): {"cardNumber": "777"}}),
        ),
        user("no card", json!([{"op": "Remove", "path": card}]), json!({(ENTERPRISE): null})),
        user(
            "manager as a list",
            json!([{"op": "Add", "path": "manager", "value": [{"$ref": "../Users/{other}", "value": "{other}"}]}]),
            json!({(ENTERPRISE): {"manager": {"value": "{other}", "$ref": "../Users/{other}"}}}),
        ),
        user(
            "manager as a text, then none",
            json!([
                {"op": "Add", "path": manager, "value": "{other}"},
                {"op": "Replace", "path": manager, "value": ""},
            ]),
            json!({(ENTERPRISE): {"manager": null}}),
        ),
    ] {
        story.play().await;
    }
}

#[tokio::test]
async fn people_change_the_newer_way() {
    let operations = json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "w@b.org"},
        {"op": "replace", "value": {
            "displayName": "Ada", "name.givenName": "Ada", "name.familyName": "King", "active": false,
            (format!("{ENTERPRISE}:cardNumber")): "777", (format!("{ENTERPRISE}:department")): "Engines",
        }},
    ]);
    let then = json!({
        "displayName": "Ada", "name": {"givenName": "Ada", "familyName": "King"}, "active": false,
        "emails": [{"type": "work", "value": "w@b.org"}], (ENTERPRISE): {"cardNumber": "777", "department": "Engines"},
    });
    user("one operation for all attributes", operations, then).play().await;
}

#[tokio::test]
async fn a_group_arrives_empty_with_a_schema_of_microsofts_own() {
    let body = json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
        ],
        "externalId": "8aa1a0c0", "displayName": "Engines", "members": [], "meta": {"resourceType": "Group"},
    });
    Story {
        name: "create a group",
        requests: vec![("POST", "/Groups", body.clone(), 201), ("POST", "/Groups", body, 409)],
        then: (
            "/Groups?excludedAttributes=members&filter=externalId eq \"8aa1a0c0\"",
            json!({"totalResults": 1}),
        ),
    }
    .play()
    .await;
}

#[tokio::test]
async fn members_come_and_go_in_both_ways() {
    let both = json!([
        {"op": "Add", "path": "members", "value": [{"$ref": null, "value": "{other}"}]},
        {"op": "Add", "path": "members", "value": [{"$ref": null, "value": "3f1d7a5e-0000-4000-8000-000000000000"}]},
    ]);
    for story in [
        group(
            "rename",
            json!([{"op": "Replace", "path": "displayName", "value": "Team"}]),
            json!({"displayName": "Team"}),
        ),
        group(
            "older removal takes just those it names",
            json!([both[0], both[1], {"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "{user}"}]}]),
            json!({"members": [{"value": "{other}"}]}),
        ),
        group(
            "newer removal",
            json!([{"op": "Remove", "path": "members[value eq \"{user}\"]"}]),
            json!({"members": null}),
        ),
        group(
            "coming and going at once",
            json!([{"op": "Add", "path": "members", "value": [member("{user}")]}, {"op": "Remove", "path": "members", "value": [member("{user}")]}]),
            json!({"members": null}),
        ),
    ] {
        story.play().await;
    }
}

#[tokio::test]
async fn deletion_is_done_once() {
    Story {
        name: "delete",
        requests: vec![("DELETE", "/Users/{user}", NONE, 204), ("DELETE", "/Users/{user}", NONE, 404)],
        then: ("/Groups/{group}", json!({"members": null})),
    }
    .play()
    .await;
}
