//! Controllers, lines, doors and devices.

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;

use super::super::answers::NewToken;
use super::super::api::{self, InstallMode};
use super::super::capture;
use super::super::doors::{self, NewOrder};
use super::super::limits::MAX_DEVICE_FILE_BYTES;
use super::super::openapi::{Described, Operation};
use super::super::tending::{self, FileKind, NewAddress, NewSpeed};
use super::words::{A_MANAGER, AN_INSTALLER};
use crate::domain::osdpcap::Record;
use crate::domain::{ControllerId, DoorId, LineId};
use crate::operator::{DeviceTended, DoorOrdered, FileProgress, InstallModeOpened};

pub(super) fn actions() -> Described {
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

pub(super) fn door_orders() -> Described {
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

pub(super) fn device_operations() -> Described {
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

pub(super) fn file_operations() -> Described {
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
