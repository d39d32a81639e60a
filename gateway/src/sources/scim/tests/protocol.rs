//! What every client relies on: who is let in, how errors look, what the endpoint says of itself.

use serde_json::{Value, json};

use super::site::{ENTERPRISE, Site};
use crate::sources::scim::limits::MAX_BODY_LEN;

const NONE: Value = Value::Null;

#[tokio::test]
async fn nobody_without_a_valid_token_gets_anything() {
    let site = Site::start().await;
    for headers in [
        "",
        "Authorization: Bearer wrong\r\n",
        "Authorization: ghs_without-the-word\r\n",
        "Authorization: Basic eDp5\r\n",
    ] {
        for path in ["/Users", "/ServiceProviderConfig", "/nowhere", "/Me"] {
            let reply = site.send_text("GET", path, headers, "").await;
            assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"scim\""), "{headers} {path}");
            let detail = reply.expect_error(401, None);
            assert!(!detail.contains("wrong"));
        }
    }
    let any_case = site.bearer().to_lowercase().split(' ').take(2).collect::<Vec<_>>().join(" ");
    let token = site.bearer().split(' ').nth(2).unwrap().to_owned();
    site.send_text("GET", "/Users", &format!("{any_case} {token}"), "").await.expect(200);
    site.tokens.revoke("tests").unwrap();
    site.send("GET", "/Users", &NONE).await.expect_error(401, None);
}

#[tokio::test]
async fn discovery_reads_and_refuses_to_be_written() {
    let site = Site::start().await;
    for path in [
        "/ServiceProviderConfig",
        "/ResourceTypes",
        "/ResourceTypes/User",
        "/Schemas",
        "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    ] {
        site.get(path).await;
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let reply = site.send(method, path, &json!({})).await;
            assert!(reply.header("allow").is_some_and(|allow| allow.contains("GET")), "{method} {path}");
            reply.expect_error(405, None);
        }
    }
    let encoded = ENTERPRISE.replace(':', "%3A");
    assert_eq!(site.get(&format!("/Schemas/{encoded}")).await["id"], ENTERPRISE);
    assert_eq!(site.get("/Schemas").await["totalResults"], 3);
    let user = site.get("/ResourceTypes/User").await;
    assert_eq!(user["schemaExtensions"][0]["schema"], ENTERPRISE);
    assert!(user["meta"]["location"].as_str().unwrap().starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn an_unknown_address_is_a_scim_error() {
    let site = Site::start().await;
    for path in
        ["/Nothing", "/Nothing/1", "/a/b/c/d", "", "/", "/Users/not-a-uuid", "/Schemas/x", "/ResourceTypes/x"]
    {
        site.send("GET", path, &NONE).await.expect_error(404, None);
    }
    site.send("GET", "/Me", &NONE).await.expect_error(501, None);
    site.send("POST", "/Bulk", &json!({})).await.expect_error(501, None);
    site.send("PUT", "/Users", &json!({})).await.expect_error(405, None);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_changes_nothing_and_is_told_where() {
    let site = Site::start().await;
    let refused = |body: String| {
        let site = &site;
        async move { site.send_text("POST", "/Users", &site.bearer(), &body).await }
    };
    let detail = refused("{\"userName\":\n ada}".into()).await.expect_error(400, Some("invalidSyntax"));
    assert!(detail.contains("line 2 column 2"), "{detail}");
    refused("[]".into()).await.expect_error(400, Some("invalidSyntax"));
    refused(String::new()).await.expect_error(400, Some("invalidSyntax"));
    let deep = format!("{{\"userName\":\"a\",\"x\":{}{}}}", "[".repeat(99), "]".repeat(99));
    refused(deep).await.expect_error(400, Some("invalidSyntax"));
    let long = format!("{{\"userName\":\"{}\"}}", "x".repeat(MAX_BODY_LEN));
    refused(long).await.expect_error(413, None);
    let detail =
        refused(json!({"userName": ["a", "b"]}).to_string()).await.expect_error(400, Some("invalidValue"));
    assert!(detail.starts_with("userName"), "{detail}");
    let detail = refused(json!({"active": true}).to_string()).await.expect_error(400, Some("invalidValue"));
    assert!(detail.starts_with("userName"), "{detail}");
    assert_eq!(site.directory.read().counts().cardholders, 0);
}

#[tokio::test]
async fn a_version_that_is_not_the_newest_changes_nothing() {
    let site = Site::start().await;
    let id = site.person("ada", None).await;
    let path = format!("/Users/{id}");
    let first = site.send("GET", &path, &NONE).await;
    let etag = first.header("etag").unwrap().to_owned();
    assert_eq!(first.body["meta"]["version"], etag);
    let unchanged =
        site.send_text("GET", &path, &format!("{}If-None-Match: {etag}\r\n", site.bearer()), "").await;
    assert_eq!(unchanged.status, 304);

    let with_tag = format!("{}If-Match: {etag}\r\n", site.bearer());
    let patch = json!({"Operations": [{"op": "replace", "path": "title", "value": "Countess"}]}).to_string();
    site.send_text("PATCH", &path, &with_tag, &patch).await.expect(200);
    let stale = json!({"userName": "bob"}).to_string();
    for (method, body) in [("PUT", stale.as_str()), ("PATCH", &patch), ("DELETE", "")] {
        site.send_text(method, &path, &with_tag, body).await.expect_error(412, None);
    }
    let now = site.get(&path).await;
    assert_eq!((&now["userName"], &now["title"]), (&json!("ada"), &json!("Countess")));
}

#[tokio::test]
async fn json_by_its_plain_name_and_flags_on_the_address_are_taken() {
    let site = Site::start().await;
    let plain = format!("{}Content-Type: application/json; charset=utf-8\r\n", site.bearer());
    let body = json!({"userName": "ada"}).to_string();
    let made = site.send_text("POST", "/Users?aadOptscim062020", &plain, &body).await;
    let location = made.header("location").unwrap().to_owned();
    let made = made.expect(201);
    assert_eq!(made["meta"]["location"], location);
    let found = site.get("/Users?aadOptscim062020&filter=userName eq \"ADA\"").await;
    assert_eq!(found["Resources"][0]["id"], made["id"]);
}
