//! Many clients at one group.

use std::collections::BTreeSet;

use super::*;

const CLIENTS: usize = 32;
const EACH: usize = 4;

async fn people(endpoint: &Endpoint, count: usize) -> Vec<String> {
    let made = (0..count).map(|number| async move { endpoint.person(&format!("p{number}")).await });
    futures_util::future::join_all(made).await
}

fn patch(op: &str, id: &str) -> Value {
    let value = json!([{ "value": id }]);
    json!({ "Operations": [{ "op": op, "path": "members", "value": value }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_clients_patching_one_group_lose_no_member() {
    let endpoint = &Endpoint::start().await;
    let people = people(endpoint, CLIENTS * EACH).await;
    let group = endpoint.make("/Groups", &json!({ "displayName": "Staff" })).await;
    let path = &format!("/Groups/{group}");
    // Each client adds its people one after the other, and takes the first of them away again.
    let clients = people.chunks(EACH).map(|own| async move {
        for (op, id) in own.iter().map(|id| ("add", id)).chain([("remove", &own[0])]) {
            let answer = endpoint.send(Method::PATCH, path, Some(&patch(op, id))).await;
            assert_eq!(answer.status, 204, "{answer:?}");
        }
    });
    futures_util::future::join_all(clients).await;
    let group = endpoint.get(path).await;
    let members = group["members"].as_array().unwrap();
    let members: BTreeSet<&str> = members.iter().map(|member| member["value"].as_str().unwrap()).collect();
    let expected: BTreeSet<&str> =
        people.chunks(EACH).flat_map(|own| &own[1..]).map(String::as_str).collect();
    assert_eq!(members, expected);
}
