//! Signing in and out.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{HeaderName, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::super::authentication::AuthenticationError;
use super::super::error::ApiError;
use super::super::form::form;
use super::super::guard::{cookie_name, known, session_token, signed_in};
use super::super::remote;
use super::super::session::SessionKey;
use super::super::slot::Slot;
use super::super::state::WebState;
use super::boxed::{boxed, capitalised, error as error_page};
use crate::domain::remote::Transport;
use crate::operator::Actor;

#[derive(Template)]
#[template(path = "parts/sign-in.html")]
struct SignInBox<'a> {
    site_name: &'a str,
    name: &'a str,
    error: &'a str,
}

/// `GET /sign-in`
pub(in super::super) async fn sign_in_form(State(state): State<WebState>, request: Request) -> Response {
    if signed_in(request.headers(), &state).is_some() {
        return Redirect::to("/").into_response();
    }
    sign_in_page(&state, StatusCode::OK, "", "")
}

/// What the sign-in form sends.
#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

/// `POST /sign-in`
pub(in super::super) async fn sign_in(State(state): State<WebState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let address = remote::counted(&parts, state.transport);
    let slot = parts.extensions.get::<Slot>().cloned().unwrap_or_default();
    let old = session_token(&parts.headers, state.transport).map(SessionKey::of);
    let request = Request::from_parts(parts, body);
    let Credentials { name, password } = match form::<Credentials>(request).await {
        Ok(credentials) => credentials,
        Err(error) => return error_page(&state, &error),
    };
    let account = match state.authentication.account(address, name.clone(), Zeroizing::new(password)).await {
        Ok(account) => account,
        Err(error) => {
            if let AuthenticationError::Wrong = &error {
                slot.failed_sign_in(known(&state, &name).as_deref());
            }
            return refused(&state, &name, error);
        }
    };
    slot.action("sign in");
    slot.by(&Actor::Account(account.name.clone()));
    if let Some(old) = old {
        state.sessions.close(old);
    }
    match state.sessions.open(&account, state.views.clock().now()) {
        Ok(token) => (with_cookie(state.transport, &token), Redirect::to("/")).into_response(),
        Err(error) => {
            tracing::error!(%error, "no session can be opened");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn refused(state: &WebState, name: &str, error: AuthenticationError) -> Response {
    let wait = match &error {
        AuthenticationError::TooManyFailures(wait) => Some(wait.as_secs() + 1),
        _ => None,
    };
    // A 401 without a challenge, so that the browser shows the form and no box of its own.
    let told = ApiError::from(error);
    let text = format!("{}. {}", capitalised(told.message()), told.remedy_words());
    let mut response = sign_in_page(state, told.status(), name, text.trim_end());
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `POST /sign-out`
pub(in super::super) async fn sign_out(State(state): State<WebState>, request: Request) -> Response {
    let slot = request.extensions().get::<Slot>().cloned().unwrap_or_default();
    if let Some(principal) = signed_in(request.headers(), &state) {
        slot.action("sign out");
        slot.by(&principal.actor);
    }
    if let Some(token) = session_token(request.headers(), state.transport) {
        state.sessions.close(SessionKey::of(token));
    }
    (without_cookie(state.transport), Redirect::to("/sign-in")).into_response()
}

fn sign_in_page(state: &WebState, status: StatusCode, name: &str, error: &str) -> Response {
    let site_name = state.views.name();
    boxed(state, status, &format!("Sign in · {site_name}"), false, &SignInBox { site_name, name, error })
}

/// Kept by the browser until it is closed; how long it opens anything, the session says.
fn with_cookie(transport: Transport, token: &str) -> [(HeaderName, String); 1] {
    let name = cookie_name(transport);
    let secure = if transport == Transport::PlainLoopback { "" } else { "; Secure" };
    [(SET_COOKIE, format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure}"))]
}

fn without_cookie(transport: Transport) -> [(HeaderName, String); 1] {
    with_cookie(transport, "").map(|(name, cookie)| (name, cookie + "; Max-Age=0"))
}
