//! What is read of the whole site, and what is looked for in it.

use axum::http::StatusCode;

use super::super::answers::{Controllers, Events, Exposures, IdentityProviders, Operations, Receipts};
use super::super::api::{self, Page};
use super::super::audit::{self, AuditEntries, AuditPage, CommandDone};
use super::super::events::{self, WantedEvents};
use super::super::explain::{self, Asking};
use super::super::openapi::{Described, Operation};
use super::words::{A_MANAGER, DIRECTORY};
use crate::domain::Explanation;
use crate::views::SiteView;

pub(super) fn reads() -> Described {
    let get = Operation::get;
    Described::default()
        .add(get("/site", "The whole site at this instant").answers::<SiteView>("OK"), api::site)
        .add(
            get("/controllers", "Controllers, in the order of the configuration")
                .answers::<Controllers>("OK"),
            api::controllers,
        )
        .add(
            get("/receipts", "The latest changes and how far each has come, newest first")
                .answers::<Receipts>("OK"),
            api::receipts,
        )
        .add(
            get("/exposed", "Revoked cards at controllers that have not proven it, oldest first")
                .answers::<Exposures>("OK"),
            api::exposed,
        )
        .add(
            get("/identity", "The identity providers: their tokens, and how each fares")
                .answers::<IdentityProviders>("OK"),
            api::identity_providers,
        )
}

/// Reads that take parameters.
pub(super) fn searches() -> Described {
    let operations = "The latest requests of SCIM clients and their answers, newest first, at most 1,000 since the \
                      service started";
    let events =
        "Card reads, the newest in the log first; as CSV, with as=csv or Accept: text/csv, all of them";
    Described::default()
        .add(
            Operation::get("/events", events)
                .asks::<WantedEvents>()
                .answers::<Events>("OK")
                .refuses(StatusCode::FORBIDDEN, "Only a manager may look for a card")
                .refuses(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Too many sign-ins at this moment, or the log can't be read",
                ),
            events::events,
        )
        .add(
            Operation::get("/explain", "Whether a card opens a door, and why")
                .for_role(A_MANAGER)
                .asks::<Asking>()
                .answers::<Explanation>("OK")
                .refuses(StatusCode::NOT_FOUND, "No such door")
                .refuses(StatusCode::UNPROCESSABLE_ENTITY, "Not a card")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, DIRECTORY),
            explain::explain,
        )
        .add(
            Operation::get("/audit", "Who did what to the site, newest first")
                .for_role(A_MANAGER)
                .asks::<AuditPage>()
                .answers::<AuditEntries>("OK")
                .refuses(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Too many sign-ins at this moment, or the log can't be read",
                ),
            audit::list,
        )
        .add(
            Operation::get("/scim/operations", operations).asks::<Page>().answers::<Operations>("OK"),
            api::operations,
        )
}

/// For commands that work on the store themselves.
pub(super) fn of_commands() -> Described {
    let done = "Write down what a command on the box has done; takes that command, over the box's own socket";
    Described::default().add(
        Operation::post("/audit", done).for_role("a command on the box").takes::<CommandDone>(),
        audit::command_done,
    )
}
