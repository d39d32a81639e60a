//! Alarms over the API: all see them, managers handle them.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answers::Alarms;
use super::api::now;
use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::limits::MAX_REASON_CHARS;
use super::state::WebState;
use crate::domain::{AlarmDeed, AlarmDeedError, AlarmNumber};
use crate::operator::AlarmError;
use crate::store::users::Role;
use crate::views::AlarmView;

/// `GET /api/v1/alarms`
pub(super) async fn list(ApiUser(_): ApiUser, State(state): State<WebState>) -> Json<Alarms> {
    Json(Alarms { at: now(&state), alarms: state.views.alarms() })
}

/// That somebody has seen an alarm.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Acknowledgement {
    /// A word about it.
    #[schemars(length(min = 1, max = MAX_REASON_CHARS))]
    comment: Option<String>,
}

/// Something about an alarm.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewComment {
    /// What.
    #[schemars(length(min = 1, max = MAX_REASON_CHARS))]
    text: String,
}

/// That somebody looks after an alarm for a while.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMute {
    /// Why.
    #[schemars(length(min = 1, max = MAX_REASON_CHARS))]
    reason: String,
    /// It ends by itself then, 30 days from now at the latest.
    until: Timestamp,
}

/// `POST /api/v1/alarms/{number}/acknowledge`
pub(super) async fn acknowledge(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(number): Path<String>,
    body: Result<Json<Acknowledgement>, JsonRejection>,
) -> Result<Json<AlarmView>, ApiError> {
    principal.require(Role::Manager)?;
    let Acknowledgement { comment } = taken(body, "{} or {\"comment\": \"a delivery\"}")?;
    let comment = comment.map(|text| words("comment", &text)).transpose()?;
    handle(&state, &principal, &number, AlarmDeed::Acknowledge { comment }).await.map(Json)
}

/// `POST /api/v1/alarms/{number}/comments`
pub(super) async fn comment(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(number): Path<String>,
    body: Result<Json<NewComment>, JsonRejection>,
) -> Result<Json<AlarmView>, ApiError> {
    principal.require(Role::Manager)?;
    let NewComment { text } = taken(body, "{\"text\": \"a delivery\"}")?;
    let deed = AlarmDeed::Comment(words("text", &text)?);
    handle(&state, &principal, &number, deed).await.map(Json)
}

/// `POST /api/v1/alarms/{number}/mute`
pub(super) async fn mute(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(number): Path<String>,
    body: Result<Json<NewMute>, JsonRejection>,
) -> Result<Json<AlarmView>, ApiError> {
    principal.require(Role::Manager)?;
    let example = "{\"reason\": \"being rewired\", \"until\": \"2027-01-31T18:00:00Z\"}";
    let NewMute { reason, until } = taken(body, example)?;
    let deed = AlarmDeed::Mute { reason: words("reason", &reason)?, until };
    handle(&state, &principal, &number, deed).await.map(Json)
}

/// `DELETE /api/v1/alarms/{number}/mute`
pub(super) async fn unmute(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Path(number): Path<String>,
) -> Result<Json<AlarmView>, ApiError> {
    handle(&state, &principal, &number, AlarmDeed::Unmute).await.map(Json)
}

/// Does it, for the API and the page.
pub(super) async fn handle(
    state: &WebState,
    principal: &Principal,
    number: &str,
    deed: AlarmDeed,
) -> Result<AlarmView, ApiError> {
    principal.require(Role::Manager)?;
    let number: AlarmNumber = number.parse().map_err(|_| {
        ApiError::new(StatusCode::NOT_FOUND, "an alarm has a number")
            .at("number", number)
            .remedy("GET /api/v1/alarms lists those that there are.")
    })?;
    Ok(state.operator.handle_alarm(number, deed, &principal.actor).await?)
}

/// One line of text that says something.
pub(super) fn words(field: &'static str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_REASON_CHARS || text.contains(char::is_control) {
        let message = format!("{field} is one line of 1 to {MAX_REASON_CHARS} characters");
        let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message).at(field, text);
        return Err(error.remedy("Say it in a few words."));
    }
    Ok(text.to_owned())
}

fn taken<T>(body: Result<Json<T>, JsonRejection>, example: &str) -> Result<T, ApiError> {
    let remedy = || format!("Send {example} with Content-Type: application/json.");
    body.map(|Json(body)| body).map_err(|rejection| ApiError::unreadable(&rejection, &remedy()))
}

impl From<AlarmError> for ApiError {
    fn from(error: AlarmError) -> Self {
        let text = error.to_string();
        match error {
            AlarmError::Refused(AlarmDeedError::Unknown(number)) => Self::new(StatusCode::NOT_FOUND, text)
                .at("number", &number.to_string())
                .remedy("GET /api/v1/alarms lists those that there are."),
            AlarmError::Refused(AlarmDeedError::TooManyComments { number, .. }) => {
                Self::new(StatusCode::CONFLICT, text)
                    .at("number", &number.to_string())
                    .remedy("Acknowledge it when it has been looked after.")
            }
            AlarmError::Refused(AlarmDeedError::Until { until, .. }) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, text)
                    .at("until", &until.to_string())
                    .remedy("Give an instant that is ahead; mute it anew when that has come.")
            }
            AlarmError::Refused(AlarmDeedError::NotMuted(number)) => Self::new(StatusCode::CONFLICT, text)
                .at("number", &number.to_string())
                .remedy("There is nothing to do."),
            AlarmError::Unavailable => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, text).remedy("The service's log says why.")
            }
        }
    }
}
