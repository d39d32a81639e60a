//! Bulk requests: references in every direction, what failures leave, bounds.

use super::*;
use crate::domain::Origin;

async fn bulk(endpoint: &Endpoint, operations: Value) -> Vec<Value> {
    let answer = endpoint.send(Method::POST, "/Bulk", Some(&json!({ "Operations": operations }))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["Operations"].as_array().unwrap().clone()
}

fn statuses(operations: &[Value]) -> Vec<&str> {
    operations.iter().map(|operation| operation["status"].as_str().unwrap()).collect()
}

/// The path of what an operation made.
fn made(operation: &Value) -> &str {
    let location = operation["location"].as_str().unwrap();
    location.split_once(MOUNT).unwrap().1
}

#[tokio::test]
async fn references_lead_forward_backward_and_in_a_circle() {
    let endpoint = Endpoint::start().await;
    let manager = |id: &str| json!({ "manager": { "value": format!("bulkId:{id}") } });
    let enterprise = schema::ENTERPRISE_USER.id;
    let done = bulk(
        &endpoint,
        json!([
            {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": "G", "members": [{"value": "bulkId:a"}, {"value": "bulkId:b"}]}},
            {"method": "post", "path": "/Users", "bulkId": "a", "data": {"userName": "a", (enterprise): manager("b")}},
            {"method": "POST", "path": "Users", "bulkId": "b", "data": {"userName": "b", (enterprise): manager("a")}},
            {"method": "PATCH", "path": "/Groups/bulkId:g", "data": {"Operations": [{"op": "remove", "path": "members[value eq \"bulkId:b\"]"}]}},
            {"method": "PUT", "path": "/Users/bulkId:a", "data": {"userName": "a", "title": "t", (enterprise): manager("b")}},
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["201", "201", "201", "200", "200"], "{done:?}");
    let (group, a, b) = (
        endpoint.get(made(&done[0])).await,
        endpoint.get(made(&done[1])).await,
        endpoint.get(made(&done[2])).await,
    );
    assert_eq!(a[enterprise]["manager"]["value"], b["id"]);
    assert_eq!(b[enterprise]["manager"]["value"], a["id"]);
    assert_eq!(a["title"], "t");
    assert_eq!(group["members"].as_array().unwrap().len(), 1);
    assert_eq!(group["members"][0]["value"], a["id"]);
    assert_eq!(done[4]["version"], a["meta"]["version"]);
}

#[tokio::test]
async fn what_refers_to_a_failure_fails_and_the_rest_is_done() {
    let endpoint = Endpoint::start().await;
    endpoint.person("taken").await;
    let done = bulk(
        &endpoint,
        json!([
            {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": "G", "members": [{"value": "bulkId:a"}]}},
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "taken"}},
            {"method": "POST", "path": "/Groups", "bulkId": "h", "data": {"displayName": "H", "members": [{"value": "bulkId:nobody"}]}},
            {"method": "DELETE", "path": "/Users/bulkId:a"},
            {"method": "POST", "path": "/Users", "bulkId": "c", "data": {"userName": "c"}},
            {"method": "POST", "path": "/Users", "bulkId": "c", "data": {"userName": "d"}},
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["409", "409", "400", "409", "201", "400"], "{done:?}");
    assert!(done[0]["response"]["detail"].as_str().unwrap().contains("\"a\""));
    assert_eq!(endpoint.get("/Groups").await["totalResults"], 0);
}

#[tokio::test]
async fn a_full_request_is_done_in_its_order_and_a_fuller_one_is_refused() {
    let endpoint = Endpoint::start().await;
    let count = limits::MAX_BULK_OPERATIONS - 1;
    let create = |n: usize| json!({"method": "POST", "path": "/Users", "bulkId": n.to_string(), "data": {"userName": format!("p{n}")}});
    let last = json!({"method": "POST", "path": "/Users", "bulkId": "last", "data": {"userName": "P7"}});
    let mut operations: Vec<Value> = (0..count).map(create).chain([last]).collect();
    let done = bulk(&endpoint, operations.clone().into()).await;
    assert!(done[..count].iter().all(|operation| operation["status"] == "201"));
    assert_eq!(done[count]["status"], "409", "the last came after the one whose name it wants");
    assert_eq!(endpoint.get("/Users?count=1").await["totalResults"], count);
    operations.push(create(count));
    let refused = endpoint.send(Method::POST, "/Bulk", Some(&json!({ "Operations": operations }))).await;
    assert_eq!(refused.status, 413);
    let long = "x".repeat(limits::MAX_BODY_LEN);
    let refused = endpoint.send(Method::POST, "/Bulk", Some(&json!({ "Operations": [long] }))).await;
    assert_eq!(refused.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_that_wait_together_share_one_flush_of_the_disk() {
    let endpoint = Endpoint::start().await;
    let directory = &endpoint.directory;
    let (go, wait) = std::sync::mpsc::channel();
    let busy = directory.commit(Origin::CommandLine, Timestamp::now(), move |_, _| {
        // Holds the directory up until the whole request waits for it.
        wait.recv().map(|()| (Vec::new(), ()))
    });
    let queued = async {
        while directory.stats().queued < 200 {
            tokio::task::yield_now().await;
        }
        go.send(()).unwrap();
    };
    let before = directory.stats().journal.flushes;
    let create = |n: usize| json!({"method": "POST", "path": "/Users", "bulkId": n.to_string(), "data": {"userName": format!("p{n}")}});
    let (first, done, ()) = tokio::join!(busy, bulk(&endpoint, (0..200).map(create).collect()), queued);
    first.unwrap();
    assert!(done.iter().all(|operation| operation["status"] == "201"));
    assert_eq!(directory.stats().journal.flushes, before + 1);
}

#[tokio::test]
async fn of_a_circle_of_which_one_part_fails_nothing_is_left() {
    let endpoint = Endpoint::start().await;
    endpoint.person("taken").await;
    let post = |name: &str, bulk_id: &str, manager: &str| {
        let data =
            json!({"userName": name, (schema::ENTERPRISE_USER.id): {"manager": format!("bulkId:{manager}")}});
        json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data})
    };
    for (third, expected) in [("taken", "409"), ("", "400")] {
        let operations = json!([
            post("ada", "a", "b"),
            post("bo", "b", "c"),
            post(third, "c", "a"),
            post("follower", "d", "a"),
            post("alone", "e", "e"),
        ]);
        let done = bulk(&endpoint, operations).await;
        let statuses: Vec<_> = done.iter().map(|answer| answer["status"].as_str().unwrap()).collect();
        assert_eq!(statuses[..4], ["409", "409", expected, "409"], "{done:?}");
        assert!(done[0]["response"]["detail"].as_str().unwrap().contains("\"c\""), "{done:?}");
        for name in ["ada", "bo", "follower"] {
            let found = endpoint.get(&format!("/Users?filter=userName%20eq%20%22{name}%22")).await;
            assert_eq!(found["totalResults"], 0, "{name}");
        }
        assert_eq!(statuses[4], "201", "it refers to itself alone");
        let id = done[4]["location"].as_str().unwrap().rsplit('/').next().unwrap();
        endpoint.send(Method::DELETE, &format!("/Users/{id}"), None).await;
    }
}

#[tokio::test]
async fn the_version_of_a_person_is_the_one_that_a_read_gives() {
    let endpoint = Endpoint::start().await;
    let ada = endpoint.person("ada").await;
    endpoint.make("/Groups", &json!({"displayName": "Staff", "members": [{"value": ada}]})).await;
    let rename = json!({"Operations": [{"op": "replace", "path": "title", "value": "Countess"}]});
    let done =
        bulk(&endpoint, json!([{"method": "PATCH", "path": format!("/Users/{ada}"), "data": rename}])).await;
    let read = endpoint.get(&format!("/Users/{ada}")).await;
    assert_eq!(done[0]["version"], read["meta"]["version"]);
}
