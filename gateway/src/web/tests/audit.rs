//! Every request that changes something leaves exactly one entry in the audit log.

use super::*;
use crate::domain::{AuditOutcome, Origin};

impl Served {
    /// What was written down since the last time.
    fn audited(&self) -> Vec<AuditEntry> {
        std::mem::take(&mut *self.site.audited.lock().unwrap())
    }
}

fn page(name: &str) -> Option<Origin> {
    Some(Origin::Page { user: name.to_owned() })
}

#[tokio::test]
async fn every_route_that_is_no_read_leaves_exactly_one_entry() {
    let served = Served::start().await;
    let document: serde_json::Value =
        served.get("/api/openapi.json").send().await.unwrap().json().await.unwrap();
    let mut walked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|method| *method != "get") {
            let target = path.replace(['{', '}'], "");
            let method: reqwest::Method = method.to_uppercase().parse().unwrap();
            let request = served.client.request(method.clone(), format!("http://{}{target}", served.address));
            let request = request.basic_auth("ida", Some(PASSWORD)).json(&serde_json::json!({}));
            let status = request.send().await.unwrap().status().as_u16();
            let entries = served.audited();
            let [entry] = &entries[..] else { panic!("{method} {target}: {entries:?}") };
            assert_eq!(entry.action, format!("{method} {target}"));
            assert_eq!((&entry.by, entry.outcome), (&page("ida"), AuditOutcome::of_status(status)));
            assert_eq!(entry.from, "127.0.0.1");
            walked += 1;
        }
    }
    assert!(walked >= 12, "{walked} routes");
    // The page's own are not in the document.
    let posts = include_str!("../mod.rs").lines().filter(|line| line.contains("post(page::"));
    let mut walked = 0;
    for line in posts {
        let path = line.split('"').nth(1).unwrap().replace(['{', '}'], "");
        let cookie = served.cookie("ida").await;
        served.audited();
        let form = "name=ida&password=correct+horse&minutes=5";
        served.post_form(&path, form).header("cookie", cookie).send().await.unwrap();
        let entries = served.audited();
        assert!(matches!(&entries[..], [entry] if entry.by == page("ida")), "{path}: {entries:?}");
        walked += 1;
    }
    assert!(walked >= 4, "{walked} routes of the page");
}

#[tokio::test]
async fn what_only_looks_or_is_asked_for_by_nobody_leaves_none() {
    let served = Served::start().await;
    let cookie = served.cookie("vera").await;
    served.audited();
    served.get("/").header("cookie", &cookie).send().await.unwrap();
    served.get("/api/v1/site").header("cookie", &cookie).send().await.unwrap();
    served.post("/api/v1/holds").json(&serde_json::json!({})).send().await.unwrap();
    served.post("/api/v1/nothing").header("cookie", &cookie).send().await.unwrap();
    served.post("/sign-out").send().await.unwrap();
    assert_eq!(served.audited(), []);
    let capture = served.get("/api/v1/lines/north/capture").basic_auth("ida", Some(PASSWORD));
    drop(capture.send().await.unwrap());
    assert_eq!(served.audited().len(), 1, "who records a line does more than look");
}

#[tokio::test]
async fn signing_in_is_written_down_and_so_is_failing_to_without_what_was_typed() {
    let served = Served::start().await;
    served.cookie("ida").await;
    let entries = served.audited();
    assert_eq!(
        (entries[0].action.as_str(), &entries[0].by, entries[0].outcome),
        ("sign in", &page("ida"), AuditOutcome::Done)
    );
    served.sign_in("ida", "wrong").await;
    served.sign_in("correct+horse", "ida").await;
    served.get("/api/v1/site").basic_auth("mara", Some("wrong")).send().await.unwrap();
    let entries = served.audited();
    let told: Vec<_> = entries.iter().map(|entry| entry.what.as_str()).collect();
    let expected = [
        "a wrong password for the account ida",
        "an account that there is not",
        "a wrong password for the account mara",
    ];
    assert_eq!(told, expected);
    assert!(entries.iter().all(|it| it.by.is_none() && it.outcome == AuditOutcome::Refused), "{entries:?}");
}

#[tokio::test]
async fn an_entry_says_what_was_before_and_is_after_with_cards_masked_and_people_apart() {
    let served = Served::start().await;
    let post = |path: &str, body: serde_json::Value| {
        served.post(path).basic_auth("mara", Some(PASSWORD)).json(&body).send()
    };
    let level =
        serde_json::json!({ "name": "Staff", "doors": [{ "door": "lobby-main", "schedule": "always" }] });
    let made = post("/api/v1/access-levels", level).await.unwrap();
    let (tag, id) =
        (made.headers()["etag"].clone(), made.json::<serde_json::Value>().await.unwrap()["id"].clone());
    let put =
        served.client.put(format!("http://{}/api/v1/access-levels/{}", served.address, id.as_str().unwrap()));
    let body =
        serde_json::json!({ "name": "Crew", "doors": [{ "door": "lobby-main", "schedule": "always" }] });
    let put =
        put.basic_auth("mara", Some(PASSWORD)).header("if-match", tag).json(&body).send().await.unwrap();
    assert_eq!(put.status(), 200);
    let entries = served.audited();
    assert!(
        entries[0].what.starts_with("access level: ")
            && entries[0].what.contains("name: nothing → \"Staff\""),
        "{entries:?}"
    );
    assert_eq!(entries[1].what, "access level: name: \"Staff\" → \"Crew\"");

    let hold =
        post("/api/v1/holds", serde_json::json!({ "card": "100:1234", "reason": "lost" })).await.unwrap();
    let hold: serde_json::Value = hold.json().await.unwrap();
    let lift = served.client.delete(format!(
        "http://{}/api/v1/holds/{}",
        served.address,
        hold["id"].as_str().unwrap()
    ));
    lift.basic_auth("mara", Some(PASSWORD)).send().await.unwrap();
    post("/api/v1/cards", serde_json::json!({ "user_name": "ada", "card": "100:1234" })).await.unwrap();
    post("/api/v1/doors/turnstile/orders", serde_json::json!({ "action": "lockdown", "reason": "drill" }))
        .await
        .unwrap();
    let entries = served.audited();
    let told: Vec<_> = entries.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(told[0], "a hold was put on card •••-••34, because: lost");
    assert_eq!(told[1], "a hold was lifted from card •••-••34, because: lost");
    assert_eq!(
        (told[2], entries[2].person.as_deref()),
        ("card •••:••34 was added by hand; revision 7", Some("ada"))
    );
    assert_eq!(told[3], "door turnstile: normal → lockdown, because: drill");
    assert!(!format!("{entries:?}").contains("1234"), "{entries:?}");
}

#[tokio::test]
async fn managers_read_it_page_by_page_and_others_do_not() {
    let served = Served::start().await;
    for _ in 0..3 {
        served.cookie("ida").await;
    }
    let asked = |who: &'static str, query: &'static str| {
        let request = served.get(&format!("/api/v1/audit{query}")).basic_auth(who, Some(PASSWORD));
        async move { request.send().await.unwrap() }
    };
    assert_eq!(asked("vera", "").await.status(), 403);
    let first: serde_json::Value = asked("mara", "?count=2").await.json().await.unwrap();
    assert_eq!(first["entries"][0]["number"], 3);
    assert_eq!(
        (&first["entries"][0]["who"], &first["entries"][0]["action"]),
        (&"the account ida".into(), &"sign in".into())
    );
    assert_eq!(first["next"], 2);
    let rest: serde_json::Value = asked("ida", "?count=2&before=2").await.json().await.unwrap();
    assert_eq!((rest["entries"].as_array().unwrap().len(), &rest["next"]), (1, &serde_json::Value::Null));
    assert_eq!(asked("ida", "?count=1001").await.status(), 400);
    let page = |name: &'static str| {
        let served = &served;
        async move {
            let cookie = served.cookie(name).await;
            served.get("/audit").header("cookie", cookie).send().await.unwrap()
        }
    };
    assert_eq!(page("vera").await.status(), 403);
    let shown = page("mara").await.text().await.unwrap();
    assert!(shown.contains("Who did what") && shown.contains("the account ida"), "{shown}");
}

#[tokio::test]
async fn only_a_command_on_the_box_says_what_it_did_by_itself() {
    let body = serde_json::json!({ "action": "gateway token create", "what": "the token entra was made" });
    let served = Served::start().await;
    let refused =
        served.post("/api/v1/audit").basic_auth("ida", Some(PASSWORD)).json(&body).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), served.audited()[0].outcome), (403, AuditOutcome::Refused));
    let served = Served::with(fixture::well(), Transport::PlainLoopback, true).await;
    assert_eq!(served.post("/api/v1/audit").json(&body).send().await.unwrap().status(), 204);
    let entries = served.audited();
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(
        (entry.action.as_str(), entry.what.as_str()),
        ("gateway token create", "the token entra was made")
    );
    assert_eq!((&entry.by, entry.from.as_str()), (&Some(Origin::CommandLine), AuditEntry::THE_BOX));
}
