//! Access, holds and cards by hand.

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;

use super::super::access::{self, ImportQuery, Listed};
use super::super::answers::{AccessImported, Groups, Holds};
use super::super::cards::{self, NewCard, SpentCard};
use super::super::holds;
use super::super::limits::MAX_ACCESS_BODY_BYTES;
use super::super::openapi::{Described, Operation};
use super::super::query;
use super::words::{A_MANAGER, DIRECTORY};
use crate::domain::{AccessImport, HoldDraft, HoldId};
use crate::operator::CardOrderDone;
use crate::views::{AccessLevelView, AccessView, HoldView, RuleView};

const EFFECT: &str = "Rules decide at the doors while the access mode is rules";

pub(super) fn card_orders() -> Described {
    let order = |path, summary| {
        Operation::post(path, summary)
            .for_role(A_MANAGER)
            .answers::<CardOrderDone>("Done and durable")
            .refuses(StatusCode::NOT_FOUND, "No such person")
            .refuses(StatusCode::CONFLICT, "Somebody or something is in the way")
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, "Not a card")
            .refuses(StatusCode::SERVICE_UNAVAILABLE, "Not possible now")
    };
    Described::default()
        .add(order("/cards", "Add a card to a person by hand").takes::<NewCard>(), cards::add)
        .add(
            order("/cards/deactivate", "Deactivate a card that was added by hand").takes::<SpentCard>(),
            cards::deactivate,
        )
}

/// Access; a whole site's are longer than other bodies.
pub(super) fn access_operations() -> Described {
    let import = "Make access what the body says, by names: mode, holiday calendars, schedules, access levels and rules; what it doesn't name goes";
    Described::default()
        .add(
            Operation::get("/access", &format!("All access levels and rules. {EFFECT}"))
                .answers::<AccessView>("OK")
                .tagged()
                .refuses(StatusCode::SERVICE_UNAVAILABLE, DIRECTORY),
            access::all,
        )
        .add(
            Operation::get("/groups", "Groups of the identity provider, by name")
                .answers::<Groups>("OK")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, DIRECTORY),
            access::groups,
        )
        .merge(list::<AccessLevelView>(&Words {
            paths: ["/access-levels", "/access-levels/{id}"],
            list: "Access levels, by name",
            make: "Make an access level",
            taken: "The name is taken",
            in_use: Some("Rules give it to groups, which the error names"),
        }))
        .merge(list::<RuleView>(&Words {
            paths: ["/rules", "/rules/{id}"],
            list: "Rules, by group",
            make: &format!("Give an access level to a group. {EFFECT}"),
            taken: "There is such a rule",
            in_use: None,
        }))
        .merge(hold_operations())
        .layer(middleware::from_fn(query::refuse))
        .add(
            Operation::put("/access", import)
                .for_role(A_MANAGER)
                .asks::<ImportQuery>()
                .if_match()
                .takes::<AccessImport>()
                .answers::<AccessImported>("OK")
                .tagged()
                .refuses(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "Fields are wrong; the error names the first, and the others under further",
                )
                .refuses(StatusCode::SERVICE_UNAVAILABLE, DIRECTORY),
            access::import,
        )
        .layer(DefaultBodyLimit::max(MAX_ACCESS_BODY_BYTES))
}

fn hold_operations() -> Described {
    Described::default()
        .add(
            Operation::get("/holds", "Holds, oldest first")
                .answers::<Holds>("OK")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, DIRECTORY),
            holds::list,
        )
        .add(
            Operation::post("/holds", "Block a card or a person, whoever gave the card")
                .for_role(A_MANAGER)
                .takes::<HoldDraft>()
                .makes::<HoldView>("Made; Location says where")
                .refuses(StatusCode::CONFLICT, "There are too many")
                .refuses(StatusCode::UNPROCESSABLE_ENTITY, "A field is wrong; the error names it")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, DIRECTORY),
            holds::put,
        )
        .add(
            Operation::delete("/holds/{id}", "Lift a hold")
                .for_role(A_MANAGER)
                .at::<HoldId>("id")
                .refuses(StatusCode::NOT_FOUND, "No such hold")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, DIRECTORY),
            holds::lift,
        )
}

/// What differs in words between access levels and rules.
struct Words<'a> {
    paths: [&'static str; 2],
    list: &'static str,
    make: &'a str,
    taken: &'static str,
    in_use: Option<&'static str>,
}

fn list<T: Listed>(words: &Words<'_>) -> Described {
    let [all, one] = words.paths;
    let (what, directory) = (T::WHAT, StatusCode::SERVICE_UNAVAILABLE);
    let of_one = |operation: Operation| {
        operation
            .at::<T::Id>("id")
            .refuses(StatusCode::NOT_FOUND, format!("No such {what}"))
            .refuses(directory, DIRECTORY)
    };
    let writes = |operation: Operation| {
        operation
            .for_role(A_MANAGER)
            .takes::<T::Draft>()
            .tagged()
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, "A field is wrong; the error names it")
    };
    let delete = of_one(Operation::delete(one, &format!("Delete the {what}"))).for_role(A_MANAGER).if_match();
    let delete = match words.in_use {
        Some(why) => delete.refuses(StatusCode::CONFLICT, why),
        None => delete,
    };
    Described::default()
        .add(
            Operation::get(all, &format!("{}. {EFFECT}", words.list))
                .answers::<T::List>("OK")
                .refuses(directory, DIRECTORY),
            access::list::<T>,
        )
        .add(
            writes(Operation::post(all, words.make))
                .makes::<T>("Made; Location says where")
                .refuses(StatusCode::CONFLICT, format!("{}, or there are too many", words.taken))
                .refuses(directory, DIRECTORY),
            access::create::<T>,
        )
        .add(
            of_one(Operation::get(one, &format!("One {what}"))).answers::<T>("OK").tagged(),
            access::one::<T>,
        )
        .add(
            writes(of_one(Operation::put(one, &format!("Replace the {what}"))))
                .if_match()
                .answers::<T>("OK")
                .refuses(StatusCode::CONFLICT, words.taken),
            access::replace::<T>,
        )
        .add(delete, access::delete::<T>)
}
