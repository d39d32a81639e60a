//! What the control API tells, as JSON.

use axum::response::Json;
use panel_protocol::credential::Credential;
use panel_protocol::table::Row;
use panel_protocol::wiegand::readings;
use serde_json::{Value, json};

use crate::site::{LineStatus, PanelStatus, PanelSummary};

/// The panels of the site in brief.
pub(super) fn controllers(panels: &[PanelSummary]) -> Vec<Value> {
    panels.iter().map(summary).collect()
}

/// One panel.
pub(super) fn controller(panel: &PanelStatus) -> Json<Value> {
    let mut shown = summary(&panel.summary);
    shown["power"] = json!(if panel.powered { "on" } else { "off" });
    shown["online"] = json!(panel.online);
    shown["secure"] = json!(panel.secure);
    shown["key"] = json!(if panel.has_key { "installed" } else { "factory" });
    shown["digest"] = json!(format!("{:016x}", panel.digest));
    shown["counts"] = json!({
        "cards": panel.rows,
        "capacity": panel.capacity,
        "profiles": panel.profiles,
        "events": panel.events,
    });
    shown["clock"] = json!(panel.clock.map(|clock| clock.0));
    shown["boots"] = json!(panel.boots);
    shown["contact"] = json!(panel.contact);
    Json(shown)
}

/// The rows of a panel's table.
pub(super) fn cards(rows: &[Row]) -> Json<Value> {
    Json(rows.iter().map(row).collect())
}

/// One line.
pub(super) fn line(line: &LineStatus) -> Value {
    json!({
        "id": line.id,
        "protocol": line.protocol.word(),
        "path": line.path,
        "address": line.address,
        "symlink": line.symlink,
        "baud": line.baud,
        "faults": line.faults,
        "counters": line.counters,
        "lateness": line.lateness,
    })
}

fn summary(panel: &PanelSummary) -> Value {
    json!({
        "id": panel.id,
        "kind": "panel",
        "link": panel.line,
        "protocol": "osdp",
        "address": panel.address,
        "readers": panel.readers,
    })
}

/// A row of a card table.
pub(super) fn row(row: &Row) -> Value {
    let mut shown = credential(row.credential);
    shown["profile"] = json!(row.profile);
    if let Some(from) = row.valid_from {
        shown["valid_from"] = json!(from.0);
    }
    if let Some(until) = row.valid_until {
        shown["valid_until"] = json!(until.0);
    }
    if row.pin.is_some() {
        shown["pin"] = json!(true);
    }
    shown
}

/// A card, with facility code and number in the likeliest format that its bits and parity fit.
pub(super) fn credential(credential: Credential) -> Value {
    let mut shown = json!({ "bits": credential.bits(), "raw": format!("{:#x}", credential.raw()) });
    if let Some((format, reading)) = readings(credential.into()).next() {
        shown["format"] = json!(format.id);
        if let Some(facility) = reading.facility {
            shown["facility"] = json!(facility);
        }
        shown["number"] = json!(reading.number);
    }
    shown
}
