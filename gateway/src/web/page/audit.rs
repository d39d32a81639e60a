//! `GET /audit`: who did what.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::audit::AuditPage;
use super::super::error::ApiError;
use super::super::guard::PageUser;
use super::super::limits::AUDIT_PER_ANSWER;
use super::super::query::Asked;
use super::super::state::WebState;
use super::boxed::error as error_page;
use super::layout::{of_site, template_failed};
use super::part::{Label, Part, Place, Seen, Telling, render};
use crate::store::users::Role;
use crate::views::AuditView;

const PARTS: &[Part<Audited>] = &[Part {
    id: "audit",
    label: Label::Heading,
    place: Place::Main,
    rank: 1,
    render: |s| AuditPart { s }.render(),
}];

/// Some of the log.
struct Audited {
    shown: Vec<AuditView>,
    /// Where older ones begin, if there may be some.
    older: Option<u64>,
    /// These are not the newest.
    is_older: bool,
}

#[derive(Template)]
#[template(path = "parts/audit.html")]
struct AuditPart<'a> {
    s: &'a Seen<'a, Audited>,
}

/// `GET /audit`
pub(in super::super) async fn audit(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
    asked: Result<Asked<AuditPage>, ApiError>,
) -> Response {
    let asked = asked.and_then(|page| principal.require(Role::Manager).map(|()| page));
    let before = match asked {
        Ok(Asked(page)) => page.before,
        Err(error) => return error_page(&state, &error),
    };
    let shown = match state.views.audit_log(before, AUDIT_PER_ANSWER).await {
        Ok(shown) => shown,
        Err(error) => return error_page(&state, &error.into()),
    };
    let older = shown.last().map(|last| last.number);
    let audited = Audited {
        older: older.filter(|number| shown.len() == AUDIT_PER_ANSWER && *number > 1),
        shown,
        is_older: before.is_some(),
    };
    match render(PARTS, &audited, &state.views.clock(), principal.role, Telling::Here) {
        Ok(parts) => of_site(&state, &principal, "Audit log", "", &parts),
        Err(error) => template_failed(&error),
    }
}
