//! The audit log: every request that changes something leaves one entry, and managers read them.
//!
//! [`record`] stands around all routes, so that no route can be forgotten. It knows the method, the address and what was
//! answered; guards tell it who asked, and handlers what that came to in words, by the [`Slot`] in the request.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::guard::{ApiUser, LocalOperator};
use super::limits::{AUDIT_PER_ANSWER, MAX_AUDIT_PER_ANSWER};
use super::query::{Asked, Parameters};
use super::remote;
use super::slot::Slot;
use super::state::WebState;
use crate::domain::AuditEntry;
use crate::operator::Actor;
use crate::store::users::Role;
use crate::views::AuditView;

/// Whether a read is written down all the same: who records a line gets more than a look at the site.
fn is_audited_read(path: &str) -> bool {
    path.starts_with("/api/v1/lines/") && path.ends_with("/capture")
}

/// Writes down what a request did before it is answered. What nobody who is known asked for was refused and did nothing.
pub(super) async fn record(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_read = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let is_audited = !is_read || is_audited_read(parts.uri.path());
    let from = match parts.extensions.get::<LocalOperator>() {
        Some(LocalOperator) => AuditEntry::THE_BOX.to_owned(),
        None => remote::counted(&parts, state.transport).to_string(),
    };
    let named = format!("{} {}", parts.method, parts.uri.path());
    let slot = Slot::default();
    parts.extensions.insert(slot.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    if (is_audited || slot.is_failed_sign_in())
        && let Some(entry) = slot.entry(state.views.clock().now(), from, named, response.status())
    {
        state.operator.audit(entry).await;
    }
    response
}

/// Which part of the audit log is wanted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditPage {
    /// Only entries with a smaller number: the `next` of the last answer.
    pub(super) before: Option<u64>,
    /// At most so many; 100 where it is left out.
    #[schemars(range(max = MAX_AUDIT_PER_ANSWER))]
    pub(super) count: Option<usize>,
}

impl Parameters for AuditPage {
    const REMEDY: &str = "Give ?before=NUMBER and &count=NUMBER, or neither.";
}

/// Audit entries.
#[derive(Serialize, JsonSchema)]
pub(super) struct AuditEntries {
    /// The newest first.
    pub(super) entries: Vec<AuditView>,
    /// Where older ones begin: give it as `before`. Null: there are none.
    pub(super) next: Option<u64>,
}

/// `GET /api/v1/audit`
pub(super) async fn list(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Asked(page): Asked<AuditPage>,
) -> Result<Json<AuditEntries>, ApiError> {
    principal.require(Role::Manager)?;
    let count = page.count.unwrap_or(AUDIT_PER_ANSWER);
    if count > MAX_AUDIT_PER_ANSWER {
        let message = format!("count is at most {MAX_AUDIT_PER_ANSWER}");
        let error = ApiError::new(StatusCode::BAD_REQUEST, message).at("count", &count.to_string());
        return Err(error.remedy("Ask for fewer, and for older ones by ?before=NUMBER."));
    }
    let entries = state.views.audit_log(page.before, count).await?;
    let next = entries.last().map(|last| last.number).filter(|number| *number > 1 && entries.len() == count);
    Ok(Json(AuditEntries { entries, next }))
}

/// What a command did that works on the store itself.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CommandDone {
    /// The command, without what is secret of it.
    action: String,
    /// What it did, in a sentence.
    what: String,
}

/// `POST /api/v1/audit`: a command on the box has done something by itself. Only it may say so.
pub(super) async fn command_done(
    ApiUser(principal): ApiUser,
    slot: Slot,
    body: Result<Json<CommandDone>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let Json(CommandDone { action, what }) = body.map_err(|rejection| {
        ApiError::unreadable(&rejection, "Send {\"action\": \"…\", \"what\": \"…\"} as application/json.")
    })?;
    if principal.actor != Actor::LocalOperator {
        let error = ApiError::new(StatusCode::FORBIDDEN, "only commands on the box itself may do this");
        return Err(error.remedy("What you do over the API is written down by itself."));
    }
    slot.action(action);
    slot.what(what);
    Ok(StatusCode::NO_CONTENT)
}
