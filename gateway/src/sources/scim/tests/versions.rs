//! Entity tags: what a client keeps, and what it wants to change (RFC 7644, 3.14).

use super::*;

async fn conditional(endpoint: &Endpoint, method: Method, path: &str, header: &str, tag: &str) -> Answer {
    let headers = BTreeMap::from([(header.to_owned(), tag.to_owned())]);
    let body = json!({ "userName": "ada", "title": "Countess" }).to_string();
    endpoint.send_with(method, path, &headers, Some(body)).await
}

fn version(resource: &Value) -> &str {
    resource["meta"]["version"].as_str().unwrap()
}

#[tokio::test]
async fn who_keeps_an_answer_learns_of_a_membership_that_ended() {
    let endpoint = Endpoint::start().await;
    let ada = endpoint.person("ada").await;
    let group = endpoint.make("/Groups", &json!({"displayName": "G", "members": [{"value": ada}]})).await;
    let (of_ada, of_group) = (format!("/Users/{ada}"), format!("/Groups/{group}"));
    let (ada_before, group_before) = (endpoint.get(&of_ada).await, endpoint.get(&of_group).await);
    let kept = |path, tag| conditional(&endpoint, Method::GET, path, "if-none-match", tag);
    assert_eq!(kept(&of_ada, version(&ada_before)).await.status, 304);
    assert_eq!(kept(&of_group, version(&group_before)).await.status, 304);

    let listed = endpoint.get("/Users?filter=userName%20eq%20%22ada%22").await;
    assert_eq!(version(&listed["Resources"][0]), version(&ada_before));

    endpoint.send(Method::DELETE, &of_group, None).await;
    let now = kept(&of_ada, version(&ada_before)).await;
    assert_eq!((now.status, now.body.get("groups")), (200, None), "{now:?}");
    let changed = conditional(&endpoint, Method::PUT, &of_ada, "if-match", version(&ada_before)).await;
    assert_eq!(changed.status, 200, "the person's own version is the same: {changed:?}");
}

#[tokio::test]
async fn a_member_who_is_gone_makes_another_answer_of_the_group() {
    let endpoint = Endpoint::start().await;
    let ada = endpoint.person("ada").await;
    let group = endpoint.make("/Groups", &json!({"displayName": "G", "members": [{"value": ada}]})).await;
    let path = format!("/Groups/{group}");
    let before = endpoint.get(&path).await;
    endpoint.send(Method::DELETE, &format!("/Users/{ada}"), None).await;
    let now = conditional(&endpoint, Method::GET, &path, "if-none-match", version(&before)).await;
    assert_eq!((now.status, now.body.get("members")), (200, None), "{now:?}");
}

#[tokio::test]
async fn a_change_that_depends_on_another_version_is_refused() {
    let endpoint = Endpoint::start().await;
    let path = format!("/Users/{}", endpoint.person("ada").await);
    let before = endpoint.get(&path).await;
    for (header, tag) in
        [("if-match", "W/\"999\""), ("if-none-match", "*"), ("if-none-match", version(&before))]
    {
        let refused = conditional(&endpoint, Method::PUT, &path, header, tag).await;
        assert_eq!(refused.status, 412, "{header}: {tag}: {refused:?}");
    }
    assert_eq!(endpoint.get(&path).await, before);
}
