//! Who gets what at which address.

use super::*;

const READS: [&str; 11] = [
    "/api/v1/site",
    "/api/v1/controllers",
    "/api/v1/receipts",
    "/api/v1/exposed",
    "/api/v1/events",
    "/api/v1/access",
    "/api/v1/access-levels",
    "/api/v1/rules",
    "/api/v1/groups",
    "/api/v1/identity",
    "/api/v1/scim/operations",
];

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn without_signing_in_only_health_signing_in_and_assets_answer() {
    let served = Served::start().await;
    for (path, expected) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/sign-in", 200),
        ("/assets/style.css", 200),
        ("/assets/live.js", 200),
        ("/assets/icon.svg", 200),
        ("/assets/../Cargo.toml", 404),
        ("/assets/none", 404),
        ("/nowhere", 404),
        ("/api/nowhere", 404),
        ("/api/v1/nowhere", 404),
        ("/", 303),
        ("/operations", 303),
        ("/live?page=status", 401),
    ] {
        assert_eq!(status(served.get(path)).await, expected, "{path}");
    }
    for path in READS {
        let answer = served.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic "), "{path}");
        let error: serde_json::Value = answer.json().await.unwrap();
        assert!(error["error"]["message"].is_string() && error["error"]["remedy"].is_string(), "{error}");
    }
    assert_eq!(status(served.post("/api/v1/controllers/dock/install-mode")).await, 401);
    assert_eq!(status(served.post_form("/controllers/dock/install-mode", "minutes=5")).await, 303);
    assert_eq!(status(served.post("/healthz")).await, 405);
}

#[tokio::test]
async fn the_page_asks_for_no_box_of_the_browsers_own() {
    let served = Served::start().await;
    for answer in
        [served.get("/live?page=status").send().await.unwrap(), served.sign_in("ida", "wrong").await]
    {
        assert_eq!(answer.status(), 401);
        assert!(!answer.headers().contains_key("www-authenticate"));
    }
}

#[tokio::test]
async fn everybody_who_has_signed_in_reads_all_by_cookie_or_by_basic() {
    let served = Served::start().await;
    for name in ["vera", "mara", "ida"] {
        let cookie = served.cookie(name).await;
        for path in READS.into_iter().chain(["/"]) {
            assert_eq!(status(served.get(path).header("cookie", &cookie)).await, 200, "{name} {path}");
        }
        for path in READS {
            let by_basic = served.get(path).basic_auth(name, Some(PASSWORD));
            assert_eq!(status(by_basic).await, 200, "{name} {path}");
        }
    }
    assert_eq!(status(served.get("/api/v1/site").basic_auth("ida", Some("wrong"))).await, 401);
    assert_eq!(
        status(served.get("/").basic_auth("ida", Some(PASSWORD))).await,
        303,
        "the page takes cookies only"
    );
    assert_eq!(status(served.get("/api/v1/site").header("cookie", "gatehouse=invented")).await, 401);
}

#[tokio::test]
async fn the_local_operator_needs_no_account() {
    let served = Served::with(fixture::well(), Transport::Tls, true).await;
    for path in READS.into_iter().chain(["/", "/metrics"]) {
        assert_eq!(status(served.get(path)).await, 200, "{path}");
    }
}

#[tokio::test]
async fn metrics_are_open_on_the_box_and_closed_to_what_a_proxy_lets_through() {
    let here = Served::start().await;
    let answer = here.get("/metrics").send().await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    assert!(answer.text().await.unwrap().contains("\ngatehouse_exposed 1\n"));
    let proxied = Served::with(fixture::well(), Transport::BehindProxy, false).await;
    assert_eq!(status(proxied.get("/metrics")).await, 401);
    assert_eq!(status(proxied.get("/metrics").basic_auth("vera", Some(PASSWORD))).await, 200);
}

#[tokio::test]
async fn not_ready_is_told_with_what_is_missing() {
    let served = Served::start().await;
    *served.site.readiness.lock().unwrap() = Readiness { directory_open: true, links_started: false };
    let answer = served.get("/readyz").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.text().await.unwrap(), r#"{"directory_open":true,"links_started":false}"#);
}

#[tokio::test]
async fn a_viewer_is_shown_no_whole_card_number_anywhere() {
    let served = Served::start().await;
    let mut seen = served.page("vera").await;
    for path in READS {
        let answer = served.get(path).basic_auth("vera", Some(PASSWORD)).send().await.unwrap();
        seen += &answer.text().await.unwrap();
    }
    for number in fixture::CARD_NUMBERS {
        assert!(!seen.contains(number), "{number}");
    }
    assert!(seen.contains("•••-••34"));
    let managers = served.page("mara").await;
    for number in fixture::CARD_NUMBERS {
        assert!(managers.contains(number), "{number}");
    }
}

#[tokio::test]
async fn every_answer_forbids_what_the_page_does_not_need() {
    let served = Served::start().await;
    for path in ["/", "/sign-in", "/healthz", "/nowhere", "/api/v1/site", "/assets/live.js"] {
        let answer = served.get(path).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        let kept = answer.headers()["cache-control"].to_str().unwrap();
        assert_eq!(kept.contains("immutable"), path.starts_with("/assets/"), "{path}");
    }
}

#[tokio::test]
async fn browsers_are_told_to_come_by_tls_alone_where_there_is_tls() {
    for (transport, tells) in
        [(Transport::PlainLoopback, false), (Transport::Tls, true), (Transport::BehindProxy, true)]
    {
        let served = Served::with(fixture::well(), transport, false).await;
        let answer = served.get("/sign-in").send().await.unwrap();
        assert_eq!(answer.headers().contains_key("strict-transport-security"), tells, "{transport:?}");
    }
}

#[tokio::test]
async fn a_request_names_its_host_exactly_once() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let served = Served::start().await;
    for (hosts, status) in [("", "400"), ("Host: a\r\nHost: b\r\n", "400"), ("Host: a\r\n", "200")] {
        let mut stream = tokio::net::TcpStream::connect(served.address).await.unwrap();
        let request = format!("GET /healthz HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{hosts:?}: {answer}");
    }
}

#[tokio::test]
async fn the_site_in_json_is_what_the_page_shows() {
    let served = Served::start().await;
    let answer = served.get("/api/v1/site").basic_auth("ida", Some(PASSWORD)).send().await.unwrap();
    let site: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(site["verdict"]["level"], "problem");
    assert_eq!(site["controllers"][1]["state"], "offline");
    assert_eq!(site["controllers"][1]["table"]["proven"], false);
    assert_eq!(site["receipts"][0]["landings"][3]["proven_ms"], 71.0);
    assert_eq!(site["exposed"][0]["controller"], "dock");
    assert_eq!(site["events"][1]["reason"], "unknown_card");
    assert_eq!(site["alarms"][0]["alarm"], "controller_offline");
}

#[tokio::test]
async fn who_asks_for_one_thing_is_shown_it_without_the_whole_site() {
    let served = Served::start().await;
    for path in READS.into_iter().chain(["/metrics", "/healthz", "/readyz", "/sign-in", "/operations"]) {
        if path != "/api/v1/site" {
            served.get(path).basic_auth("ida", Some(PASSWORD)).send().await.unwrap();
        }
    }
    assert_eq!(served.site.whole_sites.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn parameters_are_honoured_or_refused_and_never_ignored() {
    let served = Served::start().await;
    let asked = async |path: &str| {
        let answer = served.get(path).basic_auth("ida", Some(PASSWORD)).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap())
    };
    for path in READS {
        let (status, told) = asked(&format!("{path}?nonsense=1")).await;
        assert_eq!(status, 400, "{path}");
        assert!(told["error"]["remedy"].is_string(), "{path}: {told}");
    }
    let (status, told) = asked("/api/v1/events?limit=1").await;
    assert_eq!((status, told["events"].as_array().unwrap().len()), (200, 1));
    let door = told["events"][0]["door"].as_str().unwrap().replace(' ', "+");
    let (_, told) = asked(&format!("/api/v1/events?door={door}")).await;
    assert!(!told["events"].as_array().unwrap().is_empty());
    let (_, told) = asked("/api/v1/events?door=nowhere").await;
    assert!(told["events"].as_array().unwrap().is_empty());
}
