//! Cards by hand, by API.

use serde_json::{Value, json};

use super::*;
use crate::operator::CardAction;

const ADD: &str = "/api/v1/cards";
const DEACTIVATE: &str = "/api/v1/cards/deactivate";

#[tokio::test]
async fn a_manager_adds_and_deactivates_a_card_and_is_named_as_having_done_it() {
    let served = Served::start().await;
    let visitor = json!({
        "user_name": "ada", "card": "100:1234", "badge_type": "Visitor", "valid_until": "2027-01-31T18:00:00Z",
    });
    for (path, body) in [(ADD, visitor), (DEACTIVATE, json!({ "user_name": "ada", "card": "100:1234" }))] {
        let request = served.post(path).basic_auth("mara", Some(PASSWORD)).json(&body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "holder_name": "Ada", "revision": 7 }));
    }
    let action = CardAction::Add {
        badge_type: Some("Visitor".to_owned()),
        valid_from: None,
        valid_until: Some("2027-01-31T18:00:00Z".parse().unwrap()),
    };
    let order = |action| CardOrder { user_name: "ada".to_owned(), number: "100:1234".to_owned(), action };
    let mara = Actor::Account("mara".to_owned());
    let expected = vec![(order(action), mara.clone()), (order(CardAction::Deactivate), mara)];
    assert_eq!(*served.site.ordered.lock().unwrap(), expected);
}

#[tokio::test]
async fn viewers_may_not() {
    let served = Served::start().await;
    for path in [ADD, DEACTIVATE] {
        let body = json!({ "user_name": "ada", "card": "1" });
        let answer = served.post(path).basic_auth("vera", Some(PASSWORD)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{path}");
    }
    assert!(served.site.ordered.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_its_kind() {
    let served = Served::start().await;
    let long = "9".repeat(65);
    for (body, status) in [
        (json!({ "user_name": "nobody", "card": "1" }), 404),
        (json!({ "user_name": "ada", "card": "taken" }), 409),
        (json!({ "user_name": "ada", "card": "x" }), 422),
        (json!({ "user_name": "ada", "card": long }), 422),
        (json!({ "user_name": "ada", "card": "1", "badge_type": " " }), 422),
        (json!({ "user_name": "ada" }), 400),
        (json!({ "user_name": "ada", "card": "1", "colour": "red" }), 400),
        (json!({ "user_name": "ada", "card": "1", "valid_until": "soon" }), 400),
    ] {
        let answer = served.post(ADD).basic_auth("mara", Some(PASSWORD)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
    }
    assert!(served.site.ordered.lock().unwrap().is_empty());
}
