//! The control API for readers, boards and adapters: the same paths and words as for panels.

use serde_json::{Value, json};

use super::body::Body;
use super::refusal::Refusal;
use crate::site::{
    AdapterFaults, AdapterStatus, BoardStatus, Contact, DeviceStatus, GatewaySwipe, ReaderStatus,
    Surroundings,
};

/// A device in brief.
pub(super) fn summary(device: &DeviceStatus) -> Value {
    match device {
        DeviceStatus::Reader(ReaderStatus { config, .. }) => json!({
            "id": config.id, "kind": "reader", "link": config.line, "protocol": "osdp",
            "address": config.address, "readers": 1,
        }),
        DeviceStatus::Board(BoardStatus { config, address, .. }) => json!({
            "id": config.id, "kind": "io", "link": config.line, "protocol": "modbus",
            "address": address, "model": config.model.name(), "readers": 0,
        }),
        DeviceStatus::Adapter(AdapterStatus { config, .. }) => json!({
            "id": config.id, "kind": "reader", "link": config.line, "protocol": "wiegand-serial",
            "bits": config.frames.bits, "readers": 1,
        }),
    }
}

/// A device. What it doesn't have is `null`: none has a card table or a clock.
pub(super) fn controller(device: &DeviceStatus) -> Value {
    let mut shown = summary(device);
    let powered = match device {
        DeviceStatus::Reader(reader) => {
            shown["online"] = json!(reader.online);
            shown["secure"] = json!(reader.secure);
            shown["key"] = json!(if reader.has_key { "installed" } else { "factory" });
            shown["outputs"] = json!(reader.outputs);
            shown["switched_on"] = json!(reader.switched_on);
            shown["inputs"] = json!(reader.inputs);
            shown["contact"] = json!(reader.inputs.first().map(|open| if *open { "open" } else { "closed" }));
            shown["tamper"] = json!(reader.tampered);
            shown["led"] = json!(reader.shown.led);
            shown["beeps"] = json!(reader.shown.beeps);
            reader.powered
        }
        DeviceStatus::Board(board) => {
            shown["online"] = json!(board.online);
            shown["outputs"] = json!(board.outputs);
            shown["switched_on"] = json!(board.switched_on);
            shown["inputs"] = json!(board.inputs);
            shown["boots"] = json!(board.boots);
            board.powered
        }
        // Nobody ever speaks to it, so nothing tells whether anybody listens.
        DeviceStatus::Adapter(adapter) => {
            shown["online"] = Value::Null;
            adapter.powered
        }
    };
    shown["power"] = json!(if powered { "on" } else { "off" });
    shown["digest"] = Value::Null;
    shown["clock"] = Value::Null;
    shown
}

/// What came back to a card; nothing after five seconds. A reader is never told why.
pub(super) fn swiped(swipe: &GatewaySwipe) -> Value {
    let latency = swipe.latency.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    json!({
        "granted": swipe.granted,
        "reason": swipe.granted.filter(|granted| *granted).map(|_| "granted"),
        "decided_by": swipe.granted.map(|_| "gateway"),
        "latency_us": latency,
    })
}

/// `{"contact": "open", "rex": true, "tamper": true}`: inputs 0 and 1, and the case.
pub(super) fn door(body: &Value) -> Result<Surroundings, Refusal> {
    let body = Body::new(body, &["reader", "contact", "rex", "tamper"])?;
    body.number("reader", 0, 0)?;
    let mut around = Surroundings { inputs: Vec::new(), tampered: body.choice("tamper")? };
    if body.has("contact") {
        around.inputs.push((0, body.contact("contact")? == Contact::Open));
    }
    around.inputs.extend(body.choice("rex")?.map(|pressed| (1, pressed)));
    Ok(around)
}

/// `{"0": true}`: inputs by number.
pub(super) fn inputs(body: &Value) -> Result<Surroundings, Refusal> {
    let remedy = "an object such as {\"0\": true}: inputs by number, and whether each is active";
    let fields = body.as_object().ok_or_else(|| Refusal::field("body", body.clone(), remedy))?;
    let mut around = Surroundings::default();
    for (name, value) in fields {
        let number = name.parse().map_err(|_| Refusal::field("body", body.clone(), remedy))?;
        let active = value.as_bool().ok_or_else(|| Refusal::field(name, value.clone(), "true or false"))?;
        around.inputs.push((number, active));
    }
    Ok(around)
}

/// The faults of an adapter, beside those of its line.
pub(super) fn adapter_faults(body: &Body<'_>, seed: u64) -> Result<AdapterFaults, Refusal> {
    Ok(AdapterFaults { repeat_rate: body.rate("repeat_rate")?, mix_rate: body.rate("mix_rate")?, seed })
}
