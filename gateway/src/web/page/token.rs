//! A new token for an identity provider: made by a POST, shown once by the GET that it leads to.
//!
//! Pressing the button twice, or reloading what came of it, makes no second token: the one that was just pasted at the
//! identity provider would die of that.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::api;
use super::super::error::ApiError;
use super::super::guard::{PageUser, Principal};
use super::super::slot::Slot;
use super::super::state::WebState;
use super::boxed::{boxed, error as error_page};

#[derive(Template)]
#[template(path = "parts/token.html")]
struct TokenBox<'a> {
    name: &'a str,
    token: &'a str,
    /// Until when the old one is taken; empty when it is not.
    previous_until: String,
}

/// `POST /identity/{name}/re-authenticate`
pub(in super::super) async fn re_authenticate(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    Path(name): Path<String>,
    slot: Slot,
) -> Response {
    slot.what(format!("the token {name} is given a new secret"));
    match make(&state, &principal, &name).await {
        Ok(()) => Redirect::to("token").into_response(),
        Err(error) => error_page(&state, &error),
    }
}

/// Makes a token, unless the same button was pressed just before. One press waits for the other.
async fn make(state: &WebState, principal: &Principal, name: &str) -> Result<(), ApiError> {
    let mut made = state.one_time.lock().await;
    match made.pressed_by(name) {
        Some(by) if *by == principal.actor => return Ok(()),
        Some(_) => {
            let message = "somebody else has made a new token for this source within the last minute";
            return Err(ApiError::new(StatusCode::CONFLICT, message)
                .remedy("Ask them for it, or try again in a minute."));
        }
        None => {}
    }
    made.keep(api::new_token(state, principal, name).await?, name, &principal.actor);
    Ok(())
}

/// `GET /identity/{name}/token`
pub(in super::super) async fn show_token(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    Path(name): Path<String>,
) -> Response {
    let Some(token) = state.one_time.lock().await.take(&name, &principal.actor) else {
        let error = ApiError::new(StatusCode::GONE, "a new token is shown once, and this one was")
            .remedy("If it was not copied, go back and make another in a minute.");
        return error_page(&state, &error);
    };
    let clock = state.views.clock();
    let shown = TokenBox {
        name: &token.name,
        token: &token.token.0,
        previous_until: token.previous_until.map(|until| clock.short(&until)).unwrap_or_default(),
    };
    boxed(&state, StatusCode::OK, "New token", true, &shown)
}
