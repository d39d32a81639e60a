//! Groups and who belongs to them.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::site::Site;

const NONE: Value = Value::Null;

impl Site {
    pub(super) async fn patch_group(&self, id: &str, operations: Value) {
        let body = json!({ "Operations": operations });
        let reply = self.send("PATCH", &format!("/Groups/{id}"), &body).await;
        assert_eq!((reply.status, &reply.body), (204, &NONE), "{operations}");
    }
}

#[tokio::test]
async fn a_group_keeps_its_members_and_a_person_shows_their_groups() {
    let site = Site::start().await;
    let ada = site.person("ada", None).await;
    let group = site
        .create("/Groups", json!({"displayName": "Staff", "externalId": "G", "members": [{"value": ada}]}))
        .await;
    let read = site.get(&format!("/Groups/{group}")).await;
    assert_eq!((&read["displayName"], &read["externalId"]), (&json!("Staff"), &json!("G")));
    assert_eq!(read["members"][0]["type"], "User");
    assert!(read["members"][0]["$ref"].as_str().unwrap().ends_with(&format!("/scim/v2/Users/{ada}")));
    let person = site.get(&format!("/Users/{ada}")).await;
    assert_eq!(person["groups"][0]["value"], group);
    assert_eq!(person["groups"][0]["display"], "Staff");
    for filter in
        [format!("members eq \"{ada}\""), format!("id eq \"{group}\" and members.value eq \"{ada}\"")]
    {
        let found = site.get(&format!("/Groups?filter={filter}&excludedAttributes=members")).await;
        assert_eq!(found["Resources"][0]["id"], group, "{filter}");
        assert_eq!(found["Resources"][0].get("members"), None);
    }
    assert_eq!(site.get(&format!("/Users?filter=groups.value eq \"{group}\"")).await["totalResults"], 1);
}

#[tokio::test]
async fn a_groups_name_is_taken_in_any_letter_case() {
    let site = Site::start().await;
    site.create("/Groups", json!({"displayName": "Staff"})).await;
    let other = site.create("/Groups", json!({"displayName": "Guests"})).await;
    let taken = json!({"displayName": "STAFF"});
    site.send("POST", "/Groups", &taken).await.expect_error(409, Some("uniqueness"));
    site.send("PUT", &format!("/Groups/{other}"), &taken).await.expect_error(409, Some("uniqueness"));
    site.send("POST", "/Groups", &json!({})).await.expect_error(400, Some("invalidValue"));
}

#[tokio::test]
async fn a_rename_keeps_the_members_and_an_inactive_member_stays() {
    let site = Site::start().await;
    let ada = site.person("ada", None).await;
    let group = site.create("/Groups", json!({"displayName": "Staff", "members": [{"value": ada}]})).await;
    site.patch_group(&group, json!([{"op": "Replace", "path": "displayName", "value": "Team"}])).await;
    site.patch_user(&ada, json!({"op": "replace", "path": "active", "value": false})).await.expect(200);
    assert_eq!(site.member_ids(&group).await, [ada]);
    assert_eq!(site.get("/Groups?filter=displayName eq \"team\"").await["totalResults"], 1);
}

#[tokio::test]
async fn a_put_names_all_members_and_a_deletion_frees_them() {
    let site = Site::start().await;
    let (ada, bob) = (site.person("ada", None).await, site.person("bob", None).await);
    let group = site.create("/Groups", json!({"displayName": "G", "members": [{"value": ada}]})).await;
    let path = format!("/Groups/{group}");
    let answered =
        site.send("PUT", &path, &json!({"displayName": "G", "members": [{"value": bob}]})).await.expect(200);
    assert_eq!(answered["members"][0]["value"], bob);
    site.send("DELETE", &format!("/Users/{bob}"), &NONE).await;
    assert_eq!(site.member_ids(&group).await, Vec::<String>::new());
    assert_eq!(site.send("DELETE", &path, &NONE).await.status, 204);
    site.send("GET", &path, &NONE).await.expect_error(404, None);
}

#[tokio::test]
async fn a_group_answers_a_patch_when_asked_to() {
    let site = Site::start().await;
    let group = site.create("/Groups", json!({"displayName": "G"})).await;
    let body = json!({"Operations": [{"op": "replace", "path": "displayName", "value": "H"}]});
    let answered =
        site.send("PATCH", &format!("/Groups/{group}?attributes=displayName"), &body).await.expect(200);
    assert_eq!(answered["displayName"], "H");
}

#[tokio::test]
async fn many_clients_at_once_lose_no_member() {
    let site = Site::start().await;
    let group = site.create("/Groups", json!({"displayName": "Staff"})).await;
    let leaving = join_all((0..16).map(|index| {
        let site = &site;
        async move { site.person(&format!("old{index}"), None).await }
    }))
    .await;
    let all: Vec<Value> = leaving.iter().map(|id| json!({"value": id})).collect();
    site.patch_group(&group, json!([{"op": "add", "path": "members", "value": all}])).await;

    let clients = (0..32).map(|client| {
        let (site, group, leaving) = (&site, &group, &leaving);
        async move {
            let mut joined = Vec::new();
            for turn in 0..4 {
                let id = site.person(&format!("new{client}-{turn}"), None).await;
                site.patch_group(group, json!([{"op": "Add", "path": "members", "value": [{"value": id}]}]))
                    .await;
                joined.push(id);
            }
            if let Some(id) = leaving.get(client) {
                let path = format!("members[value eq \"{id}\"]");
                site.patch_group(group, json!([{"op": "remove", "path": path}])).await;
            }
            joined
        }
    });
    let mut expected: Vec<String> = join_all(clients).await.concat();
    expected.sort();
    let mut members = site.member_ids(&group).await;
    members.sort();
    assert_eq!(members.len(), 128);
    assert_eq!(members, expected);
}
