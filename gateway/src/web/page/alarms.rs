//! The forms under an alarm: seen, a word about it, muted for a while.

use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::alarms;
use super::super::error::ApiError;
use super::super::form::form;
use super::super::guard::{PageUser, Principal};
use super::super::state::WebState;
use super::boxed::error as error_page;
use crate::domain::AlarmDeed;
use crate::store::users::Role;

/// What any of the forms sends. The button says which it is.
#[derive(Deserialize)]
struct AlarmForm {
    deed: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    minutes: Option<u64>,
}

/// `POST /alarms/{number}`
pub(in super::super) async fn handle_alarm(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    Path(number): Path<String>,
    request: Request,
) -> Response {
    match handle(&state, &principal, &number, request).await {
        Ok(()) => Redirect::to("/#alarms").into_response(),
        Err(error) => error_page(&state, &error),
    }
}

async fn handle(
    state: &WebState,
    principal: &Principal,
    number: &str,
    request: Request,
) -> Result<(), ApiError> {
    principal.require(Role::Manager)?;
    let form = form::<AlarmForm>(request).await?;
    let said = !form.text.trim().is_empty();
    let deed = match form.deed.as_str() {
        "acknowledge" => {
            let comment = said.then(|| alarms::words("comment", &form.text)).transpose()?;
            AlarmDeed::Acknowledge { comment }
        }
        "comment" => AlarmDeed::Comment(alarms::words("comment", &form.text)?),
        "mute" => {
            let reason = alarms::words("reason", &form.text)?;
            let minutes = Duration::from_secs(form.minutes.unwrap_or_default().saturating_mul(60));
            let until = state.views.clock().now().saturating_add(minutes);
            let until = until.map_err(|_| wrong("minutes"))?;
            AlarmDeed::Mute { reason, until }
        }
        "unmute" => AlarmDeed::Unmute,
        _ => return Err(wrong("deed")),
    };
    alarms::handle(state, principal, number, deed).await.map(drop)
}

fn wrong(field: &'static str) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the form's {field} makes no sense"))
        .remedy("Go back and use the buttons.")
}
