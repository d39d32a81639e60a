//! Alarms.

use axum::http::StatusCode;

use super::super::alarms::{self, Acknowledgement, NewComment, NewMute};
use super::super::answers::Alarms;
use super::super::openapi::{Described, Operation};
use super::words::{A_MANAGER, DIRECTORY};
use crate::domain::AlarmNumber;
use crate::views::AlarmView;

pub(super) fn alarm_operations() -> Described {
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
