//! `POST /sources/{id}`: events by HTTP, from whoever can sign for that source.
//!
//! The answer leaves when everything is durable. One that is no 2xx means: send it again, the very same, or mend it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::limits::{MAX_AT_ONCE, RETRY_AFTER_S};
use super::secret::Secrets;
use super::signature;
use crate::domain::EventFault;
use crate::sources::events::limits::MAX_BODY_LEN;
use crate::sources::events::{Answered, Intake, NotTaken, Sent};

/// What came of a request, for whoever shows how the source is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// It was signed.
    Signed,
    /// It was turned away.
    TurnedAway(EventFault),
    /// Nobody can be let in.
    NoSecret(String),
}

/// Told of every request.
pub type Observer = Box<dyn Fn(Asked) -> BoxFuture<'static, ()> + Send + Sync>;

/// One source of events by HTTP.
pub struct Webhook {
    intake: Arc<Intake>,
    secret_file: PathBuf,
    tolerance: Duration,
    observer: Observer,
    turns: Semaphore,
}

impl Webhook {
    /// For who knows the secret in that file.
    pub fn new(intake: Arc<Intake>, secret_file: PathBuf, tolerance: Duration, observer: Observer) -> Self {
        Self { intake, secret_file, tolerance, observer, turns: Semaphore::new(MAX_AT_ONCE) }
    }

    async fn answer(&self, headers: &HeaderMap, body: Body) -> Response {
        let Ok(_turn) = self.turns.try_acquire() else { return busy("too many requests at this moment") };
        let Ok(body) = to_bytes(body, MAX_BODY_LEN).await else {
            let fault = EventFault::new(
                "the body",
                format!("is longer than {MAX_BODY_LEN} bytes"),
                "send less at once",
            );
            return refusal(StatusCode::PAYLOAD_TOO_LARGE, &fault);
        };
        let path = self.secret_file.clone();
        let secrets = tokio::task::spawn_blocking(move || Secrets::read(&path)).await;
        let secrets = match secrets {
            Ok(Ok(secrets)) => secrets,
            Ok(Err(error)) => {
                (self.observer)(Asked::NoSecret(format!("{error}; {}", error.remedy()))).await;
                return busy("this source can't take anything now; its operator is told why");
            }
            Err(_) => return busy("not now"),
        };
        let tolerance_s = self.tolerance.as_secs();
        if let Err(fault) = signature::check(headers, &body, &secrets, self.intake.now(), tolerance_s) {
            let response = refusal(StatusCode::UNAUTHORIZED, &fault);
            (self.observer)(Asked::TurnedAway(fault)).await;
            return response;
        }
        (self.observer)(Asked::Signed).await;
        match self.intake.take(&sent(headers, body.to_vec())).await {
            Ok(answered) => Json(json!({ "results": results(&answered) })).into_response(),
            Err(NotTaken::Malformed(fault)) => refusal(StatusCode::BAD_REQUEST, &fault),
            Err(NotTaken::Refused(answered)) => {
                let first = answered.iter().find_map(|one| one.result.as_ref().err());
                let body = json!({ "error": first, "results": results(&answered) });
                (StatusCode::CONFLICT, Json(body)).into_response()
            }
            Err(NotTaken::Unavailable) => busy("the directory can't be changed now"),
        }
    }
}

/// All sources of events by HTTP, with their paths.
pub fn router(webhooks: Vec<Webhook>) -> Router {
    let by_name = webhooks.into_iter().map(|webhook| (webhook.intake.source().to_owned(), webhook)).collect();
    let all: Arc<BTreeMap<String, Webhook>> = Arc::new(by_name);
    Router::new().route("/sources/{id}", post(take)).with_state(all)
}

async fn take(
    State(all): State<Arc<BTreeMap<String, Webhook>>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match all.get(&id) {
        Some(webhook) => webhook.answer(&headers, body).await,
        None => {
            let remedy =
                "check the address; the configuration's [[source]] with kind = \"webhook\" has the name";
            refusal(StatusCode::NOT_FOUND, &EventFault::new("the path", "names no source", remedy))
        }
    }
}

/// Attributes in headers are percent-encoded (CloudEvents, HTTP Protocol Binding, 3.1.3.2).
fn sent(headers: &HeaderMap, body: Vec<u8>) -> Sent {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let attributes = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("ce-")?;
        Some((name.to_owned(), decoded(&text(value))))
    });
    let content_type = headers.get(CONTENT_TYPE).map(text).unwrap_or_else(|| "none".to_owned());
    Sent { content_type, attributes: attributes.collect(), body }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let coded = others.get(..2).filter(|_| *first == b'%');
        let coded = coded.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let byte = coded.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = &others[if byte.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn results(answered: &[Answered]) -> Value {
    let one = |one: &Answered| match &one.result {
        Ok(outcome) => json!({ "id": one.id, "result": outcome }),
        Err(fault) => json!({ "id": one.id, "result": "refused", "error": fault }),
    };
    answered.iter().map(one).collect()
}

fn refusal(status: StatusCode, fault: &EventFault) -> Response {
    (status, Json(json!({ "error": fault }))).into_response()
}

fn busy(why: &str) -> Response {
    let fault = EventFault::new("the request", why, format!("send it again after {RETRY_AFTER_S} s"));
    let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, &fault);
    response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S.into());
    response
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn a_header_is_decoded_and_nonsense_in_it_stays() {
        assert_eq!(decoded("Euro%20%E2%82%AC"), "Euro €");
        for same in ["", "%", "100%", "%zz", "%+1", "a%2"] {
            assert_eq!(decoded(same), same);
        }
    }
}
