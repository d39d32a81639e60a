//! The page's own addresses: the status page, signing in and out, and the installer's form.

use std::time::Instant;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{HeaderName, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::api;
use super::error::ApiError;
use super::guard::{PageUser, cookie_name, session_token, signed_in};
use super::remote;
use super::sections::Sections;
use super::session::SessionKey;
use super::state::{AuthenticationError, WebState};
use crate::domain::remote::Transport;
use crate::views::Actor;

#[derive(Template)]
#[template(path = "page.html")]
struct StatusPage<'a> {
    site_name: &'a str,
    style: &'a str,
    script: &'a str,
    icon: &'a str,
    /// Who has signed in; empty for the local operator, who can't sign out.
    account: &'a str,
    role: &'static str,
    parts: &'a Sections,
}

#[derive(Template)]
#[template(path = "sign-in.html")]
struct SignInPage<'a> {
    site_name: &'a str,
    style: &'a str,
    icon: &'a str,
    name: &'a str,
    error: &'a str,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    style: &'a str,
    icon: &'a str,
    status: u16,
    message: &'a str,
    remedy: &'a str,
}

/// `GET /`
pub(super) async fn status(PageUser(principal): PageUser, State(state): State<WebState>) -> Response {
    let parts = match state.renderer.sections(&state, principal.role, true) {
        Ok(parts) => parts,
        Err(error) => return template_failed(&error),
    };
    let account = match &principal.actor {
        Actor::Account(name) => name.as_str(),
        Actor::LocalOperator => "",
    };
    html(
        StatusCode::OK,
        &StatusPage {
            site_name: &state.source.site().facts.name,
            style: &state.assets.style,
            script: &state.assets.script,
            icon: &state.assets.icon,
            account,
            role: principal.role.word(),
            parts: &parts,
        },
    )
}

/// `GET /sign-in`
pub(super) async fn sign_in_form(State(state): State<WebState>, request: Request) -> Response {
    if signed_in(request.headers(), &state).is_some() {
        return Redirect::to("/").into_response();
    }
    sign_in_page(&state, StatusCode::OK, "", "")
}

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(super) struct Credentials {
    name: String,
    password: String,
}

/// `POST /sign-in`
pub(super) async fn sign_in(State(state): State<WebState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let address = remote::counted(&parts, state.transport);
    let old = session_token(&parts.headers, state.transport).map(SessionKey::of);
    let request = Request::from_parts(parts, body);
    let Credentials { name, password } = match form::<Credentials>(request).await {
        Ok(credentials) => credentials,
        Err(error) => return error_page(&state, &error),
    };
    let account = match state.authenticate(address, name.clone(), Zeroizing::new(password)).await {
        Ok(account) => account,
        Err(error) => return refused(&state, &name, error),
    };
    if let Some(old) = old {
        state.sessions.close(old);
    }
    match state.sessions.open(&account, Instant::now()) {
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
pub(super) async fn sign_out(State(state): State<WebState>, request: Request) -> Response {
    if let Some(token) = session_token(request.headers(), state.transport) {
        state.sessions.close(SessionKey::of(token));
    }
    (without_cookie(state.transport), Redirect::to("/sign-in")).into_response()
}

/// What the installer's form sends.
#[derive(Deserialize)]
pub(super) struct InstallModeForm {
    minutes: u64,
}

/// `POST /controllers/{id}/install-mode`
pub(super) async fn open_install_mode(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let opened = match form::<InstallModeForm>(request).await {
        Ok(InstallModeForm { minutes }) => api::open(&state, &principal, &id, minutes).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(_) => Redirect::to("/#controllers").into_response(),
        Err(error) => error_page(&state, &error),
    }
}

/// Any other address.
pub(super) async fn not_found(State(state): State<WebState>) -> Response {
    error_page(&state, &ApiError::new(StatusCode::NOT_FOUND, "there is nothing at this address"))
}

async fn form<T: serde::de::DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    use axum::extract::FromRequest;
    let form: Result<Form<T>, FormRejection> = Form::from_request(request, &()).await;
    form.map(|Form(value)| value)
        .map_err(|rejection| ApiError::new(rejection.status(), "the form can't be read"))
}

fn sign_in_page(state: &WebState, status: StatusCode, name: &str, error: &str) -> Response {
    let site = state.source.site();
    let (style, icon) = (state.assets.style.as_str(), state.assets.icon.as_str());
    html(status, &SignInPage { site_name: &site.facts.name, style, icon, name, error })
}

pub(super) fn error_page(state: &WebState, error: &ApiError) -> Response {
    let page = ErrorPage {
        style: &state.assets.style,
        icon: &state.assets.icon,
        status: error.status().as_u16(),
        message: &capitalised(error.message()),
        remedy: error.remedy_words(),
    };
    html(error.status(), &page)
}

pub(super) fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => template_failed(&error),
    }
}

fn template_failed(error: &askama::Error) -> Response {
    tracing::error!(%error, "a page can't be rendered");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
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
