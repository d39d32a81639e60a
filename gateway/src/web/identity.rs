//! The page's addresses for identity providers: a new token, shown once, and the log of SCIM operations.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::api::{self, Part};
use super::error::ApiError;
use super::guard::PageUser;
use super::limits::OPERATIONS_PER_PAGE;
use super::page::{error_page, html};
use super::state::WebState;
use crate::domain::LocalClock;
use crate::views::OperationView;

#[derive(Template)]
#[template(path = "token.html")]
struct TokenPage<'a> {
    style: &'a str,
    icon: &'a str,
    name: &'a str,
    token: &'a str,
    /// Until when the old one is taken; empty when it is not.
    previous_until: String,
}

#[derive(Template)]
#[template(path = "operations.html")]
struct OperationsPage<'a> {
    style: &'a str,
    icon: &'a str,
    site_name: &'a str,
    clock: &'a LocalClock,
    operations: &'a [OperationView],
    /// Where older ones begin, if there may be some.
    older: Option<u64>,
    /// This is not the newest page.
    is_older: bool,
}

/// `POST /identity/{name}/re-authenticate`
pub(super) async fn re_authenticate(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    Path(name): Path<String>,
) -> Response {
    let made = match api::new_token(&state, &principal, &name).await {
        Ok(made) => made,
        Err(error) => return error_page(&state, &error),
    };
    let clock = state.source.site().clock();
    let page = TokenPage {
        style: &state.assets.style,
        icon: &state.assets.icon,
        name: &made.name,
        token: &made.token.0,
        previous_until: made.previous_until.map(|until| clock.short(&until)).unwrap_or_default(),
    };
    html(StatusCode::OK, &page)
}

/// `GET /operations`
pub(super) async fn operations(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    part: Result<Query<Part>, QueryRejection>,
) -> Response {
    let Ok(Query(part)) = part else {
        return error_page(&state, &ApiError::new(StatusCode::BAD_REQUEST, "there is no such page"));
    };
    let operations = api::operations_for(&state, principal.role, part.before, OPERATIONS_PER_PAGE);
    let facts = state.source.site().facts;
    let older = operations.last().map(|last| last.number);
    let page = OperationsPage {
        style: &state.assets.style,
        icon: &state.assets.icon,
        site_name: &facts.name,
        clock: &facts.clock(),
        older: older.filter(|number| operations.len() == OPERATIONS_PER_PAGE && *number > 1),
        operations: &operations,
        is_older: part.before.is_some(),
    };
    html(StatusCode::OK, &page)
}
