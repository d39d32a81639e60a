//! Signing in and out.

use super::*;
use crate::domain::attempts::{FAILURE_WINDOW, MAX_FAILURES};
use crate::store::users::Users;

#[tokio::test]
async fn a_session_opens_the_page_until_its_owner_signs_out() {
    let served = Served::start().await;
    let cookie = served.cookie("ida").await;
    let page = |cookie: &str| served.get("/").header("cookie", cookie).send();
    assert_eq!(page(&cookie).await.unwrap().status(), 200);
    let out = served.post("/sign-out").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(out.status(), 303);
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(page(&cookie).await.unwrap().status(), 303);
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_from_other_sites_and_from_plain_http() {
    for (transport, name, secure) in [
        (Transport::PlainLoopback, "gatehouse=", false),
        (Transport::Tls, "__Host-gatehouse=", true),
        (Transport::BehindProxy, "__Host-gatehouse=", true),
    ] {
        let served = Served::with(fixture::well(), transport, false).await;
        let answer = served.sign_in("ida", "correct+horse").await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with(name), "{cookie}");
        assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    let served = Served::start().await;
    let mut told = Vec::new();
    for (name, password) in [("ida", "wrong"), ("nobody", "wrong")] {
        let answer = served.sign_in(name, password).await;
        assert_eq!(answer.status(), 401);
        assert!(!answer.headers().contains_key("set-cookie"));
        told.push(answer.text().await.unwrap().replace(name, "NAME"));
    }
    assert!(told[0].contains("That name and password don"), "{}", told[0]);
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn an_address_that_keeps_failing_has_to_wait_even_with_the_right_password() {
    let served = Served::start().await;
    for _ in 0..MAX_FAILURES {
        assert_eq!(served.sign_in("ida", "wrong").await.status(), 401);
    }
    let answer = served.sign_in("ida", "correct+horse").await;
    assert_eq!(answer.status(), 429);
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=FAILURE_WINDOW.as_secs() + 1).contains(&wait));
    let by_basic = served.get("/api/v1/site").basic_auth("ida", Some(PASSWORD)).send().await.unwrap();
    assert_eq!(by_basic.status(), 429);
    assert!(by_basic.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn an_account_that_is_gone_or_has_a_new_password_has_no_sessions() {
    let served = Served::start().await;
    let (vera, ida) = (served.cookie("vera").await, served.cookie("ida").await);
    {
        let mut accounts = served.accounts.0.lock().unwrap();
        accounts.retain(|account| account.name != "vera");
        accounts.iter_mut().for_each(|account| account.seal = [2; 32]);
    }
    for cookie in [vera, ida] {
        let answer = served.get("/").header("cookie", cookie).send().await.unwrap();
        assert_eq!(answer.status(), 303);
    }
}

#[tokio::test]
async fn a_role_that_was_taken_away_is_gone_at_once() {
    let served = Served::start().await;
    let cookie = served.cookie("ida").await;
    served.accounts.0.lock().unwrap().iter_mut().for_each(|account| account.role = Role::Viewer);
    let answer =
        served.post_form("/controllers/dock/install-mode", "minutes=5").header("cookie", cookie).send().await;
    assert_eq!(answer.unwrap().status(), 403);
    assert!(served.site.opened.lock().unwrap().is_empty());
}

#[tokio::test]
async fn another_site_can_make_nobody_sign_in_or_act() {
    let served = Served::start().await;
    let cookie = served.cookie("ida").await;
    for (name, value) in
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("origin", "null")]
    {
        let sign_in = served.post_form("/sign-in", "name=ida&password=correct+horse").header(name, value);
        assert_eq!(sign_in.send().await.unwrap().status(), 403, "{name}: {value}");
        let act =
            served.post("/api/v1/controllers/dock/install-mode").json(&serde_json::json!({"minutes": 5}));
        assert_eq!(act.header("cookie", &cookie).header(name, value).send().await.unwrap().status(), 403);
    }
    assert!(served.site.opened.lock().unwrap().is_empty());
    let own = served.post_form("/sign-in", "name=ida&password=correct+horse");
    let own = own.header("origin", format!("http://{}", served.address)).send().await.unwrap();
    assert_eq!(own.status(), 303);
}

#[tokio::test]
async fn forms_that_make_no_sense_are_refused() {
    let served = Served::start().await;
    assert_eq!(served.post_form("/sign-in", "name=ida").send().await.unwrap().status(), 422);
    assert_eq!(served.post("/sign-in").body("x").send().await.unwrap().status(), 415);
    let long = format!("name=ida&password={}", "x".repeat(limits::MAX_BODY_BYTES));
    assert_eq!(served.post_form("/sign-in", &long).send().await.unwrap().status(), 413);
    let long = format!("name={}&password=x", "x".repeat(limits::MAX_ACCOUNT_NAME_BYTES + 1));
    assert_eq!(served.post_form("/sign-in", &long).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_name_given_at_sign_in_comes_back_as_text() {
    let served = Served::start().await;
    let page = served.sign_in("%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "x").await.text().await.unwrap();
    assert!(!page.contains("<script>"), "{page}");
    assert!(page.contains("&#60;script&#62;"), "{page}");
}

#[tokio::test]
async fn the_accounts_in_the_store_open_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let users = Users::open(folder.path());
    users.add("ida", Role::Installer, "correct horse battery", Timestamp::UNIX_EPOCH).unwrap();
    let served =
        Served::before(FakeSite::new(fixture::well()), Arc::new(users), Transport::PlainLoopback, false)
            .await;
    assert_eq!(served.sign_in("ida", "wrong").await.status(), 401);
    let answer = served.sign_in("ida", "correct+horse+battery").await;
    assert_eq!(answer.status(), 303);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let page = served.get("/").header("cookie", cookie).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("ida"));
    let others = Users::open(folder.path());
    others.set_password("ida", "another horse battery").unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert_eq!(served.get("/").header("cookie", cookie).send().await.unwrap().status(), 303);
}
