//! Members whom nobody knows are passed over, and leave a trace.

use super::*;

const NOBODY: &str = "6f1d4c6e-0000-4000-8000-000000000000";

#[tokio::test]
async fn a_member_who_is_nobody_is_passed_over_with_a_trace() {
    let endpoint = Endpoint::start().await;
    let ada = endpoint.person("ada").await;
    let other = endpoint.make("/Groups", &json!({"displayName": "Other"})).await;
    let made = json!({"displayName": "Staff", "members": [{"value": ada}, {"value": "no-such-id"}]});
    let group = endpoint.make("/Groups", &made).await;
    let path = format!("/Groups/{group}");
    let detail = || endpoint.last_exchange().detail.unwrap_or_default();
    assert_eq!(detail(), "passed over as members: \"no-such-id\", which is nobody's id");

    let member =
        |op: &str, id: &str| json!({"Operations": [{"op": op, "path": "members", "value": [{"value": id}]}]});
    let done = async |body: &Value| {
        let answer = endpoint.send(Method::PATCH, &path, Some(body)).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    };
    done(&member("add", &other)).await;
    assert!(detail().contains("which is a group: groups have people alone"), "{}", detail());
    done(&member("replace", NOBODY)).await;
    assert!(detail().contains(NOBODY), "{}", detail());
    assert!(endpoint.get(&path).await.get("members").is_none(), "the group is emptied as was said");

    done(&member("remove", NOBODY)).await;
    assert_eq!(endpoint.last_exchange().detail, None, "who isn't there needn't go");
    done(&member("add", &ada)).await;
    assert_eq!(endpoint.last_exchange().detail, None);
}

#[tokio::test]
async fn many_who_are_nobody_are_counted_and_the_first_named() {
    let endpoint = Endpoint::start().await;
    let members: Vec<Value> = (0..2_000).map(|number| json!({"value": format!("nobody-{number}")})).collect();
    let body = json!({"Operations": [{"method": "POST", "path": "/Groups", "bulkId": "g",
        "data": {"displayName": "Staff", "members": members}}]});
    let answer = endpoint.send(Method::POST, "/Bulk", Some(&body)).await;
    assert_eq!(answer.body["Operations"][0]["status"], "201", "{answer:?}");
    let detail = endpoint.last_exchange().detail.unwrap();
    assert!(detail.contains("nobody-0") && detail.ends_with("; 1997 more"), "{detail}");
}
