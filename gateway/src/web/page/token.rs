//! A new token for an identity provider: made by a POST, shown once by the GET that it leads to.
//!
//! Pressing the button twice, or reloading what came of it, makes no second token: the one that was just pasted at the
//! identity provider would die of that.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use tokio::sync::Mutex;

use super::super::api;
use super::super::error::ApiError;
use super::super::guard::{PageUser, Principal};
use super::super::state::WebState;
use super::boxed::{boxed, error as error_page};
use crate::operator::{Actor, ReAuthenticated};

/// Within so long after one, another press makes no new token.
const PRESSED_TWICE: Duration = Duration::from_secs(60);

/// A token that nobody has come to see is forgotten after this time.
const KEPT: Duration = Duration::from_secs(5 * 60);

/// New tokens on their way to who asked for them, by source. There are never more than sources.
#[derive(Default)]
pub(in super::super) struct OneTime(Mutex<HashMap<String, Made>>);

struct Made {
    at: Instant,
    by: Actor,
    /// Until it is shown.
    token: Option<ReAuthenticated>,
}

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
) -> Response {
    match make(&state, &principal, &name).await {
        Ok(()) => Redirect::to("token").into_response(),
        Err(error) => error_page(&state, &error),
    }
}

/// Makes a token, unless the same button was pressed just before. One press waits for the other.
async fn make(state: &WebState, principal: &Principal, name: &str) -> Result<(), ApiError> {
    let mut made = state.one_time.0.lock().await;
    made.retain(|_, made| made.at.elapsed() < KEPT);
    let just_before = made.get(name).filter(|made| made.at.elapsed() < PRESSED_TWICE);
    match just_before {
        Some(Made { by, .. }) if *by == principal.actor => return Ok(()),
        Some(_) => {
            let message = "somebody else has made a new token for this source within the last minute";
            return Err(ApiError::new(StatusCode::CONFLICT, message)
                .remedy("Ask them for it, or try again in a minute."));
        }
        None => {}
    }
    let token = api::new_token(state, principal, name).await?;
    let by = principal.actor.clone();
    made.insert(name.to_owned(), Made { at: Instant::now(), by, token: Some(token) });
    Ok(())
}

/// `GET /identity/{name}/token`
pub(in super::super) async fn show_token(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    Path(name): Path<String>,
) -> Response {
    let mut made = state.one_time.0.lock().await;
    let own = made.get_mut(&name).filter(|made| made.by == principal.actor && made.at.elapsed() < KEPT);
    let Some(token) = own.and_then(|made| made.token.take()) else {
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
