//! Identity providers on the page and in the API: a new token, and the log of operations.

use serde_json::Value;

use super::*;

const API: &str = "/api/v1/identity/entra/re-authenticate";
const FORM: &str = "/identity/entra/re-authenticate";
const SHOWN: &str = "/identity/entra/token";

async fn operations(served: &Served, query: &str) -> Value {
    let request = served.get(&format!("/api/v1/scim/operations{query}")).basic_auth("mara", Some(PASSWORD));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{query}");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_manager_gets_a_new_token_once_and_is_named_as_having_asked() {
    let served = Served::start().await;
    let answer = served.post(API).basic_auth("mara", Some(PASSWORD)).send().await.unwrap();
    let made: Value = answer.json().await.unwrap();
    assert_eq!((&made["name"], &made["token"]), (&"entra".into(), &NEW_TOKEN.into()));
    assert_eq!(made["previous_until"], "2026-11-22T11:00:00Z");
    let cookie = served.cookie("ida").await;
    let answer = served.post_form(FORM, "").header("cookie", &cookie).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "token"));
    let answer = served.get(SHOWN).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let page = answer.text().await.unwrap();
    assert!(page.contains(NEW_TOKEN) && page.contains("taken until 12:00"), "{page}");
    for name in ["mara", "ida"] {
        assert!(!served.page(name).await.contains(NEW_TOKEN), "the token is shown again to {name}");
    }
    let expected = ["mara", "ida"].map(|name| Actor::Account(name.to_owned()));
    assert_eq!(*served.site.re_authenticated.lock().unwrap(), expected);
}

#[tokio::test]
async fn viewers_may_not_and_other_sites_can_make_nobody_do_it() {
    let served = Served::start().await;
    let answer = served.post(API).basic_auth("vera", Some(PASSWORD)).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert!(!served.page("vera").await.contains("re-authenticate\""));
    assert!(served.page("mara").await.contains("action=\"/identity/entra/re-authenticate\""));
    let cookie = served.cookie("ida").await;
    let foreign =
        served.post_form(FORM, "").header("cookie", &cookie).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    assert_eq!(served.post_form(FORM, "").send().await.unwrap().status(), 303, "nobody has signed in");
    assert_eq!(served.get(FORM).header("cookie", &cookie).send().await.unwrap().status(), 405);
    assert!(served.site.re_authenticated.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_source_that_is_not_there_is_named() {
    let served = Served::start().await;
    let request = served.post("/api/v1/identity/okta/re-authenticate").basic_auth("ida", Some(PASSWORD));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let error = answer.json::<Value>().await.unwrap()["error"].take();
    assert_eq!((&error["field"], &error["value"]), (&"name".into(), &"okta".into()));
}

#[tokio::test]
async fn the_log_of_operations_is_paged_to_its_end() {
    let served = Served::start().await;
    let first = operations(&served, "").await;
    assert_eq!(first["operations"].as_array().unwrap().len(), 50);
    let (mut seen, mut next) = (0, String::new());
    loop {
        let page = operations(&served, &format!("?count=50{next}")).await;
        seen += page["operations"].as_array().unwrap().len();
        let Some(number) = page["next"].as_u64() else { break };
        next = format!("&before={number}");
    }
    assert_eq!(seen, 120);
    let wrong = served.get("/api/v1/scim/operations?before=x").basic_auth("ida", Some(PASSWORD));
    assert_eq!(wrong.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_page_of_operations_tells_who_what_and_what_came_of_it() {
    let served = Served::start().await;
    let page = async |name: &str, path: &str| {
        let answer = served.get(path).header("cookie", served.cookie(name).await).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    let newest = page("mara", "/operations").await;
    for told in [
        "PATCH Users",
        "192.0.2.7",
        "Entra ID",
        "active, cardNumber",
        "409",
        "uniqueness",
        "1.4 ms",
        "100-1234",
    ] {
        assert!(newest.contains(told), "{told} is missing in\n{newest}");
    }
    assert!(newest.contains("/operations?before=71\"") && !newest.contains(">Newest<"));
    let oldest = page("mara", "/operations?before=21").await;
    assert!(oldest.contains(">Newest<") && !oldest.contains(">Older<"));
    assert!(!page("vera", "/operations").await.contains("100-1234"), "a viewer sees a card number");
}

#[tokio::test]
async fn the_page_tells_how_each_identity_provider_fares() {
    let page = Served::start().await.page("vera").await;
    for told in [
        "A connection test would pass",
        "self-signed",
        "The token entra expires in 12 d",
        "The token before this one is taken until 12:30",
        "409 uniqueness",
        "311 requests, 2 refused or failed (409 uniqueness: 2)",
        "Without a valid token, last day: 3 requests",
    ] {
        assert!(page.contains(told), "{told} is missing in\n{page}");
    }
}

#[tokio::test]
async fn a_second_press_and_a_reload_make_no_second_token() {
    let served = Served::start().await;
    let (ida, mara) = (served.cookie("ida").await, served.cookie("mara").await);
    let press = async |cookie: &str| {
        let answer = served.post_form(FORM, "").header("cookie", cookie).send().await.unwrap();
        answer.status().as_u16()
    };
    let look = async |cookie: &str| {
        let answer = served.get(SHOWN).header("cookie", cookie).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(look(&ida).await.0, 410, "nobody has asked for one");
    assert_eq!((press(&ida).await, press(&ida).await), (303, 303));
    assert_eq!(look(&mara).await.0, 410, "another account sees it");
    let (status, page) = look(&ida).await;
    assert!(status == 200 && page.contains(NEW_TOKEN), "{page}");
    let (status, page) = look(&ida).await;
    assert!(status == 410 && !page.contains(NEW_TOKEN), "{page}");
    assert_eq!((press(&ida).await, press(&mara).await), (303, 409));
    assert_eq!(served.site.re_authenticated.lock().unwrap().len(), 1);
}
