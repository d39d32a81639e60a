//! Where people and cards come from besides SCIM, and to whom events go.

use axum::http::StatusCode;

use super::super::answers::{Forwarders, Letters, Sources};
use super::super::forwarders::{self, NewForwarderOrder};
use super::super::openapi::{Described, Operation};
use super::super::sources;
use super::words::A_MANAGER;
use crate::domain::{ForwarderId, SourceId};
use crate::operator::{ForwarderOrdered, SourceResynced, SourceTested};

pub(super) fn forwarder_operations() -> Described {
    let order = "Send a test, offer refused events again, or try at once";
    Described::default()
        .add(
            Operation::get("/forwarders", "To whom events are forwarded, and how far each has come")
                .answers::<Forwarders>("OK"),
            forwarders::list,
        )
        .add(
            Operation::post("/forwarders/{id}/orders", order)
                .for_role(A_MANAGER)
                .at::<ForwarderId>("id")
                .takes::<NewForwarderOrder>()
                .answers::<ForwarderOrdered>("Done")
                .refuses(StatusCode::NOT_FOUND, "No such forwarder")
                .refuses(StatusCode::BAD_GATEWAY, "The test did not arrive")
                .refuses(StatusCode::SERVICE_UNAVAILABLE, "Not possible now"),
            forwarders::order,
        )
}

pub(super) fn of_sources() -> Described {
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
