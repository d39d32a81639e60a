//! `GET /sources`: the sources of the configuration, with the messages of each that could not be followed.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::super::api::list_for;
use super::super::guard::PageUser;
use super::super::sources::{letters_for, order};
use super::super::state::WebState;
use super::boxed::error as error_page;
use super::layout::{of_site, template_failed};
use super::part::{Label, Part, Place, Seen, Telling, render};
use crate::views::{ConfiguredSourceView, DeadLetterView};

const PARTS: &[Part<Vec<SourceWithLetters>>] = &[Part {
    id: "letters",
    label: Label::Heading,
    place: Place::Main,
    rank: 1,
    render: |s| LettersPart { s }.render(),
}];

/// A source and its messages that could not be followed.
struct SourceWithLetters {
    source: ConfiguredSourceView,
    letters: Vec<DeadLetterView>,
}

#[derive(Template)]
#[template(path = "parts/letters.html")]
struct LettersPart<'a> {
    s: &'a Seen<'a, Vec<SourceWithLetters>>,
}

/// `GET /sources`
pub(in super::super) async fn sources(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
) -> Response {
    let sources = list_for(principal.role, state.views.sources()).into_iter();
    let shown = sources.map(|source| {
        let letters = letters_for(&state, &principal, source.id.as_str()).unwrap_or_default();
        SourceWithLetters { source, letters }
    });
    let shown: Vec<_> = shown.collect();
    match render(PARTS, &shown, &state.views.clock(), principal.role, Telling::Here) {
        Ok(parts) => of_site(&state, &principal, "Sources", "", &parts),
        Err(error) => template_failed(&error),
    }
}

/// `POST /sources/{id}/letters/{number}/{what}`
pub(in super::super) async fn letter(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    Path((id, number, what)): Path<(String, String, String)>,
) -> Response {
    match order(&state, &principal, (&id, &number), &what).await {
        Ok(()) => Redirect::to("/sources").into_response(),
        Err(error) => error_page(&state, &error),
    }
}
