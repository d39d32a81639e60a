//! Bodies as they come over the wire: packed, and with a byte order mark.

use std::io::Read;

use super::*;

fn gzipped(text: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast())
        .read_to_end(&mut packed)
        .unwrap();
    packed
}

async fn post(endpoint: &Endpoint, coding: &str, body: Vec<u8>) -> reqwest::Response {
    let request = endpoint.client.post(format!("{}/Users", endpoint.base)).bearer_auth(TOKEN);
    request.header("content-encoding", coding).body(body).send().await.unwrap()
}

#[tokio::test]
async fn a_packed_person_is_taken() {
    let endpoint = Endpoint::start().await;
    let answer = post(&endpoint, "gzip", gzipped("{\"userName\": \"ada\"}")).await;
    assert_eq!(answer.status(), 201);
    let found = endpoint.get("/Users?filter=userName%20eq%20%22ada%22").await;
    assert_eq!(found["totalResults"], 1);
}

#[tokio::test]
async fn what_is_packed_in_an_unknown_way_is_refused_with_those_that_are_known() {
    let endpoint = Endpoint::start().await;
    let answer = post(&endpoint, "br", b"{\"userName\": \"ada\"}".to_vec()).await;
    assert_eq!(answer.status(), 415);
    assert_eq!(answer.headers()["accept-encoding"], "gzip, deflate");
    let error: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(error["status"], "415");
}

#[tokio::test]
async fn a_byte_order_mark_before_a_person_is_passed_over() {
    let endpoint = Endpoint::start().await;
    let answer = post(&endpoint, "identity", "\u{FEFF}{\"userName\": \"ada\"}".into()).await;
    assert_eq!(answer.status(), 201);
}
