//! Pages. Each is a list of parts; a part has an id, a template and what it shows; one layout takes them all.
//!
//! Templates escape everything; nothing that came from outside reaches a page in another way. A page that stays current
//! while it is open stands in [`LIVE`]; [`renderer`] renders its parts once for all who look at it.

mod boxed;
mod install_mode;
mod operations;
mod renderer;
mod sign_in;
mod status;
mod token;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Display;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use futures_util::future::BoxFuture;

use super::assets::Assets;
use super::guard::Principal;
use super::state::WebState;
use crate::domain::{LocalClock, harmless};
use crate::operator::Actor;
use crate::store::users::Role;

pub(super) use boxed::not_found;
pub(super) use install_mode::open_install_mode;
pub(super) use operations::operations;
pub(super) use renderer::Renderer;
pub(super) use sign_in::{sign_in, sign_in_form, sign_out};
pub(super) use status::status;
pub(super) use token::{OneTime, re_authenticate, show_token};

/// A page that stays current while it is open.
pub(super) struct LivePage {
    /// What `/live?page=` calls it.
    pub(super) name: &'static str,
    render: for<'a> fn(&'a WebState, Role, Telling) -> Rendering<'a>,
}

/// Its parts, once what they show has been read.
type Rendering<'a> = BoxFuture<'a, askama::Result<Vec<Rendered>>>;

/// All of them.
pub(super) const LIVE: &[LivePage] = &[status::PAGE];

/// Who tells how long ago things were.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Telling {
    /// The server, for pages without script.
    Here,
    /// The page's script, from the times in it.
    Script,
}

/// One part of a page that shows a `D`.
struct Part<D: 'static> {
    id: &'static str,
    label: Label,
    place: Place,
    /// Where a narrow screen has it, from 1.
    rank: u8,
    render: fn(&Seen<'_, D>) -> askama::Result<String>,
}

/// What a part is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Label {
    /// By the heading in it, whose id is `h-` and the part's.
    Heading,
    /// By these words, which nobody sees.
    Spoken(&'static str),
    /// As [`Spoken`](Self::Spoken); changes are read out.
    ReadOut(&'static str),
}

/// Where a part stands on a wide screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// Over the whole width, before the columns.
    Top,
    /// The wide column.
    Main,
    /// The narrow one beside it.
    Side,
}

/// A part as HTML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rendered {
    pub(super) id: &'static str,
    label: Label,
    place: Place,
    rank: u8,
    pub(super) html: String,
}

/// What a part's template sees.
struct Seen<'a, D> {
    data: &'a D,
    clock: &'a LocalClock,
    role: Role,
    telling: Telling,
    rows: RefCell<HashMap<String, u32>>,
}

impl<D> Seen<'_, D> {
    fn may_install(&self) -> bool {
        self.role >= Role::Installer
    }

    fn may_manage(&self) -> bool {
        self.role >= Role::Manager
    }

    /// Whether to tell how long ago things were.
    fn ago(&self) -> bool {
        self.telling == Telling::Here
    }

    /// The id of a row, by which an open page knows it again: `kind-key`, numbered where several have the same key.
    fn row(&self, kind: &str, key: impl Display) -> String {
        let id = format!("{kind}-{key}");
        let mut rows = self.rows.borrow_mut();
        let count = rows.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 { id } else { format!("{id}-{count}") }
    }
}

/// All parts of a page, in its order.
fn render<D>(
    parts: &[Part<D>],
    data: &D,
    clock: &LocalClock,
    role: Role,
    telling: Telling,
) -> askama::Result<Vec<Rendered>> {
    let seen = Seen { data, clock, role, telling, rows: RefCell::default() };
    let rendered = |part: &Part<D>| {
        let html = harmless((part.render)(&seen)?);
        Ok(Rendered { id: part.id, label: part.label, place: part.place, rank: part.rank, html })
    };
    parts.iter().map(rendered).collect()
}

/// The one layout of all pages.
#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    assets: &'a Assets,
    title: &'a str,
    frame: Frame<'a>,
    parts: &'a [Rendered],
}

/// What stands around a page's parts.
enum Frame<'a> {
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

    fn answer(&self, status: StatusCode) -> Response {
        match self.render() {
            Ok(text) => (status, Html(text)).into_response(),
            Err(error) => template_failed(&error),
        }
    }
}

/// A page of the site, for somebody who has signed in.
fn of_site(state: &WebState, who: &Principal, title: &str, live: &str, parts: &[Rendered]) -> Response {
    let account = match &who.actor {
        Actor::Account(name) => name.as_str(),
        Actor::LocalOperator => "",
    };
    let frame = Frame::Site { name: state.views.name(), account, role: who.role.word(), live };
    Layout { assets: &state.assets, title, frame, parts }.answer(StatusCode::OK)
}

fn template_failed(error: &askama::Error) -> Response {
    tracing::error!(%error, "a page can't be rendered");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
