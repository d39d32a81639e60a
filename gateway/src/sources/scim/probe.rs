//! What a client would be answered if it tested its connection now: the question that Entra asks, put to the endpoint
//! by the gateway itself, past the token and not into the log.

use axum::Router;
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
    ask(router(scim.clone())).await
}

async fn ask(endpoint: Router) -> Result<(), String> {
    let filter = format!("userName%20eq%20%22{}%22", Uuid::new_v4());
    let request =
        Request::get(format!("{MOUNT}/Users?filter={filter}")).extension(OwnRequest).body(Body::empty());
    let request = request.map_err(|error| error.to_string())?;
    let Ok(response) = endpoint.oneshot(request).await;
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

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use axum::routing::any;
    use serde_json::json;

    use super::super::error::ScimError;
    use super::super::list::list;
    use super::*;

    /// What the probe says of an endpoint that answers everything so.
    async fn said(status: StatusCode, body: String) -> Result<(), String> {
        ask(Router::new().fallback(any(move || async move { (status, body) }))).await
    }

    #[tokio::test]
    async fn only_an_empty_list_is_well() {
        let nobody = list(0, 1, Vec::new()).to_string();
        assert_eq!(said(StatusCode::OK, nobody.clone()).await, Ok(()));
        let somebody = list(1, 1, vec![json!({"userName": "ada"})]).to_string();
        for odd in [somebody, "{}".to_owned(), "[]".to_owned(), String::new()] {
            let found = said(StatusCode::OK, odd.clone()).await.unwrap_err();
            assert!(found.contains("search for nobody"), "{odd}: {found}");
        }
        for status in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND, StatusCode::INTERNAL_SERVER_ERROR] {
            let refused = said(status, nobody.clone()).await.unwrap_err();
            assert!(refused.contains(status.as_str()), "{refused}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told_with_its_reason() {
        let refusing = any(|| async { ScimError::Unavailable.into_response() });
        let said = ask(Router::new().fallback(refusing)).await.unwrap_err();
        assert!(said.contains("503") && said.contains("can't take changes"), "{said}");
    }

    #[tokio::test]
    async fn what_is_too_long_is_no_answer() {
        assert!(said(StatusCode::OK, " ".repeat(MAX_ANSWER_LEN + 1)).await.is_err());
    }
}
