//! What a client would be answered if it tested its connection now: the question that Entra asks, put to the endpoint
//! by the gateway itself, past the token and not into the log.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

use super::address::MOUNT;
use super::auth::OwnRequest;
use super::endpoint::Scim;
use super::routes::router;

/// Longest answer that is looked at, in bytes: an empty list is short.
const MAX_ANSWER_LEN: usize = 64 << 10;

/// Looks for a person who can't be there, and expects an empty list.
///
/// # Errors
/// What came instead, in words.
pub async fn probe(scim: &Scim) -> Result<(), String> {
    let filter = format!("userName%20eq%20%22{}%22", Uuid::new_v4());
    let request =
        Request::get(format!("{MOUNT}/Users?filter={filter}")).extension(OwnRequest).body(Body::empty());
    let request = request.map_err(|error| error.to_string())?;
    let Ok(response) = router(scim.clone()).oneshot(request).await;
    let status = response.status();
    let body = to_bytes(response.into_body(), MAX_ANSWER_LEN).await.map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    match (status, answer["totalResults"].as_u64()) {
        (StatusCode::OK, Some(0)) => Ok(()),
        (StatusCode::OK, _) => Err("a search for nobody found somebody, or gave no list".to_owned()),
        (status, _) => {
            let detail = answer["detail"].as_str().unwrap_or("no reason was given");
            Err(format!("a search is answered {}: {detail}", status.as_u16()))
        }
    }
}
