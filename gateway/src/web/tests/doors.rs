//! Orders for doors, by API.

use serde_json::{Value, json};

use super::*;
use crate::operator::DoorAction;

const TURNSTILE: &str = "/api/v1/doors/turnstile/orders";

#[tokio::test]
async fn a_manager_orders_and_is_named_as_having_done_it() {
    let served = Served::start().await;
    let body = json!({ "action": "hold", "until": "2199-01-31T18:00:00Z", "reason": " fair " });
    let request = served.post(TURNSTILE).basic_auth("mara", Some(PASSWORD)).json(&body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let expected = json!({ "door": "turnstile", "mode": "held", "until": "2199-01-31T18:00:00Z" });
    assert_eq!(answer.json::<Value>().await.unwrap(), expected);
    let order = DoorOrder {
        action: DoorAction::Hold,
        until: Some("2199-01-31T18:00:00Z".parse().unwrap()),
        reason: Some("fair".to_owned()),
    };
    let expected = vec![(order, Actor::Account("mara".to_owned()))];
    assert_eq!(*served.site.doors_ordered.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_its_field_and_reaches_no_door() {
    let served = Served::start().await;
    let refused = [
        (TURNSTILE, "mara", json!({ "action": "hold", "reason": "fair" }), 422, "until"),
        (TURNSTILE, "mara", json!({ "action": "hold", "until": "2199-01-01T00:00:00Z" }), 422, "reason"),
        (
            TURNSTILE,
            "mara",
            json!({ "action": "lock", "reason": "x", "until": "1999-01-01T00:00:00Z" }),
            422,
            "until",
        ),
        (TURNSTILE, "mara", json!({ "action": "unlock", "reason": "x\ny" }), 422, "reason"),
        ("/api/v1/doors/roof/orders", "mara", json!({ "action": "unlock" }), 404, "id"),
        ("/api/v1/doors/lobby-main/orders", "mara", json!({ "action": "unlock" }), 409, "id"),
    ];
    for (path, user, body, status, field) in refused {
        let answer = served.post(path).basic_auth(user, Some(PASSWORD)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
        let told = answer.json::<Value>().await.unwrap();
        assert_eq!(told["error"]["field"], field, "{told}");
    }
    let answer = served.post(TURNSTILE).basic_auth("mara", Some(PASSWORD)).json(&json!({ "action": "open" }));
    assert!(answer.send().await.unwrap().status().is_client_error());
    let viewer =
        served.post(TURNSTILE).basic_auth("vera", Some(PASSWORD)).json(&json!({ "action": "unlock" }));
    assert_eq!(viewer.send().await.unwrap().status(), 403);
    assert!(served.site.doors_ordered.lock().unwrap().is_empty());
}
