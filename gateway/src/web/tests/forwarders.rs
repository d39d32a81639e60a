//! Forwarders, over the API.

use serde_json::{Value, json};

use super::*;
use crate::domain::ForwarderId;
use crate::operator::{ForwarderAction, ForwarderOrderError, ForwarderOrdered, OrderForwarder};
use crate::views::{ForwarderView, ShowForwarders};

impl ShowForwarders for FakeSite {
    fn forwarders(&self) -> Vec<ForwarderView> {
        let view = ForwarderView {
            id: "siem".parse().unwrap(),
            to: "syslog logs.example.org:6514, TLS".to_owned(),
            waiting: 2,
            failing_since: Some(fixture::noon()),
            why: Some("connection refused".to_owned()),
            off: false,
            last_arrived: None,
            refused: Vec::new(),
            lost: 0,
            text: String::new(),
        };
        vec![view.in_words()]
    }
}

impl OrderForwarder for FakeSite {
    /// Knows `siem`, to which no test gets through.
    fn order_forwarder(
        &self,
        forwarder: &ForwarderId,
        action: ForwarderAction,
        _: &Actor,
    ) -> BoxFuture<'_, Result<ForwarderOrdered, ForwarderOrderError>> {
        let forwarder = forwarder.clone();
        let answer = match (forwarder.as_str(), action) {
            ("siem", ForwarderAction::Test) => {
                Err(ForwarderOrderError::NotArrived { forwarder, why: "connection refused".to_owned() })
            }
            ("siem", _) => Ok(ForwarderOrdered { forwarder, offered: 3 }),
            _ => Err(ForwarderOrderError::Unknown { forwarder, near: Some("siem".to_owned()) }),
        };
        Box::pin(async move { answer })
    }
}

async fn ordered(served: &Served, user: &str, id: &str, body: &Value) -> (u16, Value) {
    let path = format!("/api/v1/forwarders/{id}/orders");
    let answer = served.post(&path).basic_auth(user, Some(PASSWORD)).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn all_see_how_forwarders_are() {
    let served = Served::start().await;
    let answer = served.get("/api/v1/forwarders").basic_auth("vera", Some(PASSWORD)).send().await.unwrap();
    let forwarders = answer.json::<Value>().await.unwrap()["forwarders"].take();
    assert_eq!(forwarders[0]["text"], "nothing arrives: connection refused; 2 events wait", "{forwarders}");
}

#[tokio::test]
async fn managers_give_orders_and_a_test_that_does_not_arrive_says_so() {
    let served = Served::start().await;
    let (status, answer) = ordered(&served, "mara", "siem", &json!({ "action": "resend" })).await;
    assert_eq!((status, &answer["offered"]), (200, &json!(3)), "{answer}");
    for (user, id, body, status, words) in [
        ("mara", "siem", json!({ "action": "test" }), 502, "connection refused"),
        ("mara", "seim", json!({ "action": "test" }), 404, "Did you mean siem?"),
        ("mara", "s%20m", json!({ "action": "test" }), 404, "no forwarder is called so"),
        ("mara", "siem", json!({ "action": "stop" }), 400, "action"),
        ("vera", "siem", json!({ "action": "test" }), 403, ""),
    ] {
        let (refused, answer) = ordered(&served, user, id, &body).await;
        assert_eq!(refused, status, "{answer}");
        assert!(answer.to_string().contains(words), "{answer}");
    }
}
