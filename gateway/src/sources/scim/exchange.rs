//! Tells an observer of every request: who, what, and what came of it. Never a value that the client sent, never its
//! token.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use uuid::Uuid;

use super::address::target;
use super::auth::{Gate, OwnRequest};
use super::brief::cut;
use super::client;
use super::error::Refusal;
use super::notes::Notes;
use crate::domain::{ScimExchange, one_line};

/// Where requests are told of, and the clock that they are told by.
#[derive(Clone)]
pub(super) struct Recorder {
    pub(super) gate: Arc<Gate>,
    pub(super) clock: fn() -> Timestamp,
}

/// Tells the observer, except of what the gateway asks itself.
pub(super) async fn record(State(recorder): State<Recorder>, request: Request, next: Next) -> Response {
    if request.extensions().get::<OwnRequest>().is_some() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let started = Instant::now();
    let notes = Notes::default();
    let address = recorder.gate.address(&parts).to_string();
    let guessed = client::guess(&parts);
    let (resource, addressed) = target(parts.uri.path());
    let method = word(&parts.method);
    parts.extensions.insert(notes.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    let refusal = response.extensions().get::<Refusal>().cloned();
    let noted = notes.noted();
    let is_bulk = resource == "Bulk";
    let refused = refusal.as_ref().map(|refusal| cut(&refusal.detail, ScimExchange::MAX_DETAIL_CHARS));
    if let Some(passed_over) = &noted.passed_over {
        let (client, what) = (noted.token.as_deref().unwrap_or_default(), one_line(passed_over));
        tracing::warn!(client, method, resource, "a SCIM client asked for more than was done: {what}");
    }
    (recorder.gate.observer)(ScimExchange {
        at: (recorder.clock)(),
        token: noted.token,
        client: noted.client.or(guessed),
        address,
        method,
        resource,
        id: addressed.or(noted.id).filter(|_| !is_bulk && succeeded_or_known(addressed, response.status())),
        attributes: noted.attributes,
        status: response.status().as_u16(),
        scim_type: refusal.as_ref().and_then(|refusal| refusal.scim_type),
        detail: refused.or(noted.passed_over),
        took: started.elapsed(),
    });
    response
}

/// The identifier of what was refused to be made names nothing.
fn succeeded_or_known(addressed: Option<Uuid>, status: StatusCode) -> bool {
    addressed.is_some() || status.is_success()
}

fn word(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
