//! Every operation of the API: where it is, what it takes, what it answers, and who does it. The router and the
//! description at `/api/openapi.json` both come from this list.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware;
use axum::response::{IntoResponse, Response};

use super::access::{self, ImportQuery, Listed};
use super::alarms::{self, Acknowledgement, NewComment, NewMute};
use super::answers::{
    AccessImported, Alarms, Controllers, Events, Exposures, Groups, Holds, IdentityProviders, Letters,
    NewToken, Operations, Receipts, Sources,
};
use super::api::{self, InstallMode, Page};
use super::audit::{self, AuditEntries, AuditPage, CommandDone};
use super::capture;
use super::cards::{self, NewCard, SpentCard};
use super::doors::{self, NewOrder};
use super::events::{self, WantedEvents};
use super::explain::{self, Asking};
use super::holds;
use super::limits::{MAX_ACCESS_BODY_BYTES, MAX_DEVICE_FILE_BYTES};
use super::openapi::{Described, Operation};
use super::query;
use super::sources;
use super::state::WebState;
use super::tending::{self, FileKind, NewAddress, NewSpeed};
use crate::domain::osdpcap::Record;
use crate::domain::{
    AccessImport, AlarmNumber, ControllerId, DoorId, Explanation, HoldDraft, HoldId, LineId, SourceId,
};
use crate::operator::{
    CardOrderDone, DeviceTended, DoorOrdered, FileProgress, InstallModeOpened, SourceResynced, SourceTested,
};
use crate::views::{AccessLevelView, AccessView, AlarmView, HoldView, RuleView, SiteView};

const A_MANAGER: &str = "a manager";
const AN_INSTALLER: &str = "an installer";
const DIRECTORY: &str = "Too many sign-ins at this moment, or the directory can't do it";
const EFFECT: &str = "Rules decide at the doors while the access mode is rules";

/// What is served below `/api/v1`.
pub(super) fn router() -> Router<WebState> {
    described().into_router().fallback(api::not_found)
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| described().document().to_string());

/// `GET /api/openapi.json`
pub(super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], DOCUMENT.as_str()).into_response()
}

/// All of it, described.
fn described() -> Described {
    let plain = Described::default()
        .merge(reads())
        .merge(actions())
        .merge(card_orders())
        .merge(door_orders())
        .merge(alarm_operations())
        .merge(of_commands())
        .merge(device_operations())
        .merge(of_sources());
    plain
        .layer(middleware::from_fn(query::refuse))
        .merge(searches())
        .merge(file_operations())
        .merge(access_operations())
}

fn reads() -> Described {
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
fn searches() -> Described {
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

fn actions() -> Described {
    let capture = "What passes on a line from now on, as OSDPCAP: one JSON object a line, until the connection is closed";
    let re_authenticate =
        "Give a token a new secret, shown once; the one before it is taken for an hour longer";
    Described::default()
        .add(
            Operation::post(
                "/controllers/{id}/install-mode",
                "Allow a controller to be given a new key, for some minutes",
            )
            .for_role(AN_INSTALLER)
            .at::<ControllerId>("id")
            .takes::<InstallMode>()
            .answers::<InstallModeOpened>("OK")
            .refuses(StatusCode::NOT_FOUND, "No such controller")
            .refuses(StatusCode::CONFLICT, "Not possible now")
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, "Not 1 to 60 minutes"),
            api::open_install_mode,
        )
        .add(
            Operation::get("/lines/{id}/capture", capture)
                .for_role(AN_INSTALLER)
                .at::<LineId>("id")
                .answers_lines::<Record>("OK")
                .refuses(StatusCode::NOT_FOUND, "No such line")
                .refuses(StatusCode::CONFLICT, "Not possible now")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, "Too many recordings, or sign-ins, at this moment"),
            capture::capture,
        )
        .add(
            Operation::post("/identity/{name}/re-authenticate", re_authenticate)
                .for_role(A_MANAGER)
                .at::<String>("name")
                .answers::<NewToken>("OK")
                .refuses(StatusCode::NOT_FOUND, "No such token")
                .refuses(StatusCode::INTERNAL_SERVER_ERROR, "Not possible now; the log says why"),
            api::re_authenticate,
        )
}

/// For commands that work on the store themselves.
fn of_commands() -> Described {
    let done = "Write down what a command on the box has done; takes that command, over the box's own socket";
    Described::default().add(
        Operation::post("/audit", done).for_role("a command on the box").takes::<CommandDone>(),
        audit::command_done,
    )
}

fn card_orders() -> Described {
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

fn door_orders() -> Described {
    let order = "Let somebody in once, or have a door used otherwise from now on; doors of readers only";
    Described::default().add(
        Operation::post("/doors/{id}/orders", order)
            .for_role(A_MANAGER)
            .at::<DoorId>("id")
            .takes::<NewOrder>()
            .answers::<DoorOrdered>("Done; a mode is durable")
            .refuses(StatusCode::NOT_FOUND, "No such door")
            .refuses(StatusCode::CONFLICT, "A panel decides there, or something is in the way")
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, "A field is wrong; the error names it")
            .refuses(StatusCode::SERVICE_UNAVAILABLE, "Not possible now"),
        doors::order,
    )
}

fn of_sources() -> Described {
    let no_source = |operation: Operation| {
        operation.at::<SourceId>("id").refuses(StatusCode::NOT_FOUND, "No such source, or no such message")
    };
    let letter = |operation: Operation| no_source(operation).at::<u64>("number").for_role(A_MANAGER);
    let resync = "Make the directory say what the source has said of everybody";
    let retry = "Try a message again that could not be followed";
    Described::default()
        .add(
            Operation::get("/sources", "The sources of the configuration: how each is, and what it gives")
                .answers::<Sources>("OK"),
            sources::list,
        )
        .add(
            no_source(Operation::post(
                "/sources/{id}/test",
                "Look whether everything is there that it needs",
            ))
            .for_role(A_MANAGER)
            .answers::<SourceTested>("OK"),
            sources::test,
        )
        .add(
            no_source(Operation::post("/sources/{id}/resync", resync))
                .for_role(A_MANAGER)
                .answers::<SourceResynced>("Done and durable")
                .refuses(StatusCode::CONFLICT, "For somebody it can't be done")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, "Not possible now"),
            sources::resync,
        )
        .add(
            no_source(Operation::get("/sources/{id}/letters", "Messages that could not be followed"))
                .answers::<Letters>("OK"),
            sources::letters,
        )
        .add(
            letter(Operation::post("/sources/{id}/letters/{number}/retry", retry))
                .refuses(StatusCode::CONFLICT, "It still can't be followed")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, "Not possible now"),
            sources::retry,
        )
        .add(
            letter(Operation::delete("/sources/{id}/letters/{number}", "Keep a message no longer"))
                .refuses(StatusCode::CONFLICT, "It can't be taken off the disk")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, "Not possible now"),
            sources::discard,
        )
}

/// Access; a whole site's are longer than other bodies.
fn access_operations() -> Described {
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

fn device_operations() -> Described {
    let of_one = |path: &'static str, summary: &str| {
        Operation::post(path, summary)
            .for_role(AN_INSTALLER)
            .at::<ControllerId>("id")
            .answers::<DeviceTended>("It is done")
            .refuses(StatusCode::NOT_FOUND, "No such controller")
            .refuses(StatusCode::CONFLICT, "Not possible now, or the device refused it")
    };
    let checked = |operation: Operation| {
        operation.refuses(StatusCode::UNPROCESSABLE_ENTITY, "A field is wrong; the error names it")
    };
    Described::default()
        .add(of_one("/controllers/{id}/identify", "Have a device blink and beep"), tending::identify)
        .add(
            checked(of_one("/controllers/{id}/address", "Have a device listen at another address"))
                .takes::<NewAddress>(),
            tending::set_address,
        )
        .add(
            checked(of_one("/controllers/{id}/speed", "Have a device and its line speak at another speed"))
                .takes::<NewSpeed>(),
            tending::set_speed,
        )
        .add(
            of_one("/controllers/{id}/key", "Give a device a new key in place of its own"),
            tending::rotate_key,
        )
}

fn file_operations() -> Described {
    let file = Operation::post(
        "/controllers/{id}/file",
        "Send a device a file; one JSON object a line tells how far it has come, the last one how it ended",
    )
    .for_role(AN_INSTALLER)
    .at::<ControllerId>("id")
    .asks::<FileKind>()
    .takes_bytes()
    .answers_lines::<FileProgress>("Begun")
    .refuses(StatusCode::NOT_FOUND, "No such controller")
    .refuses(StatusCode::CONFLICT, "Not possible now")
    .refuses(StatusCode::UNPROCESSABLE_ENTITY, "The file has no bytes");
    Described::default().add(file, tending::send_file).layer(DefaultBodyLimit::max(MAX_DEVICE_FILE_BYTES))
}

fn alarm_operations() -> Described {
    let of_one = |operation: Operation| {
        operation
            .for_role(A_MANAGER)
            .at::<AlarmNumber>("number")
            .answers::<AlarmView>("The alarm as it is now")
            .refuses(StatusCode::NOT_FOUND, "No such alarm, or it is over and needs nobody any more")
            .refuses(StatusCode::SERVICE_UNAVAILABLE, DIRECTORY)
    };
    let writes = |operation: Operation| {
        of_one(operation).refuses(StatusCode::UNPROCESSABLE_ENTITY, "A field is wrong; the error names it")
    };
    let full = "It has as many comments as it may have";
    Described::default()
        .add(
            Operation::get("/alarms", "Alarms that are open, or that somebody should still see")
                .answers::<Alarms>("OK"),
            alarms::list,
        )
        .add(
            writes(Operation::post("/alarms/{number}/acknowledge", "Say that you have seen an alarm"))
                .takes::<Acknowledgement>()
                .refuses(StatusCode::CONFLICT, full),
            alarms::acknowledge,
        )
        .add(
            writes(Operation::post("/alarms/{number}/comments", "Write something about an alarm"))
                .takes::<NewComment>()
                .refuses(StatusCode::CONFLICT, full),
            alarms::comment,
        )
        .add(
            writes(Operation::post("/alarms/{number}/mute", "Look after an alarm until an instant"))
                .takes::<NewMute>(),
            alarms::mute,
        )
        .add(
            of_one(Operation::delete("/alarms/{number}/mute", "Look after an alarm no longer"))
                .refuses(StatusCode::CONFLICT, "It is not muted"),
            alarms::unmute,
        )
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
