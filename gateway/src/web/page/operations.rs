//! `GET /operations`: what identity providers asked and were answered.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::api::{self, Page};
use super::super::guard::PageUser;
use super::super::limits::OPERATIONS_PER_PAGE;
use super::super::query::Asked;
use super::super::state::WebState;
use super::boxed::error as error_page;
use super::layout::{of_site, template_failed};
use super::part::{Label, Part, Place, Seen, Telling, render};
use crate::views::OperationView;

const PARTS: &[Part<Operations>] = &[Part {
    id: "operations",
    label: Label::Heading,
    place: Place::Main,
    rank: 1,
    render: |s| OperationsPart { s }.render(),
}];

/// Some of the log.
struct Operations {
    shown: Vec<OperationView>,
    /// Where older ones begin, if there may be some.
    older: Option<u64>,
    /// These are not the newest.
    is_older: bool,
}

#[derive(Template)]
#[template(path = "parts/operations.html")]
struct OperationsPart<'a> {
    s: &'a Seen<'a, Operations>,
}

/// `GET /operations`
pub(in super::super) async fn operations(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    asked: Result<Asked<Page>, super::super::error::ApiError>,
) -> Response {
    let page = match asked {
        Ok(Asked(page)) => page,
        Err(error) => return error_page(&state, &error),
    };
    let shown = api::operations_for(&state, principal.role, page.before, OPERATIONS_PER_PAGE);
    let older = shown.last().map(|last| last.number);
    let operations = Operations {
        older: older.filter(|number| shown.len() == OPERATIONS_PER_PAGE && *number > 1),
        shown,
        is_older: page.before.is_some(),
    };
    let clock = state.views.clock();
    match render(PARTS, &operations, &clock, principal.role, Telling::Here) {
        Ok(parts) => of_site(&state, &principal, "SCIM operations", "", &parts),
        Err(error) => template_failed(&error),
    }
}
