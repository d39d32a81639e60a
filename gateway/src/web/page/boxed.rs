//! Pages of a few words in a box: signing in, a new token, what went wrong.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::super::error::ApiError;
use super::super::state::WebState;
use super::layout::{Frame, Layout, template_failed};
use super::part::{Label, Place, Rendered};
use crate::domain::harmless;

/// A box around what `template` says.
pub(super) fn boxed(
    state: &WebState,
    status: StatusCode,
    title: &str,
    wide: bool,
    template: &impl Template,
) -> Response {
    let html = match template.render() {
        Ok(html) => harmless(html),
        Err(error) => return template_failed(&error),
    };
    let part = Rendered { id: "box", label: Label::Spoken("Gatehouse"), place: Place::Main, rank: 1, html };
    Layout { assets: &state.assets, title, frame: Frame::Boxed { wide }, parts: &[part] }.answer(status)
}

#[derive(Template)]
#[template(path = "parts/error.html")]
struct ErrorBox<'a> {
    status: u16,
    message: &'a str,
    remedy: &'a str,
}

/// What went wrong, for people.
pub(super) fn error(state: &WebState, error: &ApiError) -> Response {
    let message = capitalised(error.message());
    let told = ErrorBox { status: error.status().as_u16(), message: &message, remedy: error.remedy_words() };
    boxed(state, error.status(), &message, false, &told)
}

/// Any other address.
pub(in super::super) async fn not_found(State(state): State<WebState>) -> Response {
    error(&state, &ApiError::new(StatusCode::NOT_FOUND, "there is nothing at this address"))
}

pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
