//! The one layout, which every page has around its parts.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::super::assets::Assets;
use super::super::guard::Principal;
use super::super::state::WebState;
use super::part::{Label, Place, Rendered};
use crate::operator::Actor;

/// The one layout of all pages.
#[derive(Template)]
#[template(path = "layout.html")]
pub(super) struct Layout<'a> {
    pub(super) assets: &'a Assets,
    pub(super) title: &'a str,
    pub(super) frame: Frame<'a>,
    pub(super) parts: &'a [Rendered],
}

/// What stands around a page's parts.
pub(super) enum Frame<'a> {
    /// A box in the middle of an empty page.
    Boxed {
        /// For more than a few words.
        wide: bool,
    },
    /// The site's name above, and who has signed in.
    Site {
        name: &'a str,
        /// Who has signed in; empty for the local operator, who can't sign out.
        account: &'a str,
        role: &'static str,
        /// Where an open page hears of changes; empty where it doesn't.
        live: &'a str,
    },
}

impl Layout<'_> {
    fn at(&self, place: Place) -> impl Iterator<Item = &Rendered> {
        self.parts.iter().filter(move |part| part.place == place)
    }

    fn has_side(&self) -> bool {
        self.at(Place::Side).next().is_some()
    }

    pub(super) fn answer(&self, status: StatusCode) -> Response {
        match self.render() {
            Ok(text) => (status, Html(text)).into_response(),
            Err(error) => template_failed(&error),
        }
    }
}

/// A page of the site, for somebody who has signed in.
pub(super) fn of_site(
    state: &WebState,
    who: &Principal,
    title: &str,
    live: &str,
    parts: &[Rendered],
) -> Response {
    let account = match &who.actor {
        Actor::Account(name) => name.as_str(),
        Actor::LocalOperator => "",
    };
    let frame = Frame::Site { name: state.views.name(), account, role: who.role.word(), live };
    Layout { assets: &state.assets, title, frame, parts }.answer(StatusCode::OK)
}

pub(super) fn template_failed(error: &askama::Error) -> Response {
    tracing::error!(%error, "a page can't be rendered");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
