//! The control API for devices on brokers: the same paths and words as for panels on lines.

use serde_json::{Value, json};

use super::body::Body;
use super::refusal::Refusal;
use super::show;
use crate::limits::MAX_CLOCK_OFF_S;
use crate::mqtt::{BrokerStatus, Held, MqttFaults, MqttStatus, MqttSummary, MqttSwipe};
use crate::site::{Contact, Site, SiteError};

/// The fields of a faults body for a broker.
pub(super) const FAULTS: &[&str] = &["drop_rate", "double_rate", "late_rate", "delay_ms", "cut", "seed"];

/// What is done to a device's door; what is left out stays as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door {
    contact: Option<Contact>,
    rex: Option<bool>,
    tamper: Option<bool>,
}

impl Door {
    pub(super) fn read(body: &Value) -> Result<Self, Refusal> {
        let body = Body::new(body, &["reader", "contact", "rex", "tamper"])?;
        body.number("reader", 0, u64::from(u8::MAX))?;
        let contact = if body.has("contact") { Some(body.contact("contact")?) } else { None };
        Ok(Self { contact, rex: body.choice("rex")?, tamper: body.choice("tamper")? })
    }

    pub(super) fn put(self, site: &Site, id: &str) -> Result<MqttStatus, SiteError> {
        let brokers = site.brokers();
        if let Some(contact) = self.contact {
            brokers.door(id, contact)?;
        }
        if let Some(pressed) = self.rex {
            brokers.request_to_exit(id, pressed)?;
        }
        if let Some(tampered) = self.tamper {
            brokers.tamper(id, tampered)?;
        }
        brokers.controller(id)
    }
}

/// By how many seconds a clock shall be off.
pub(super) fn clock(body: &Value) -> Result<i64, Refusal> {
    Body::new(body, &["offset_s"])?.signed("offset_s", MAX_CLOCK_OFF_S)
}

/// The faults of a broker; what is left out is perfect, and a seed is drawn.
pub(super) fn faults(body: &Value) -> Result<MqttFaults, Refusal> {
    let body = Body::new(body, FAULTS)?;
    Ok(MqttFaults {
        drop_rate: body.rate("drop_rate")?,
        double_rate: body.rate("double_rate")?,
        late_rate: body.rate("late_rate")?,
        delay_ms: body.delay("delay_ms")?,
        cut: body.flag("cut")?,
        seed: body.seed("seed")?,
    })
}

/// How a swipe fared.
pub(super) fn swiped(swipe: &MqttSwipe) -> Value {
    let by = if swipe.by_itself { "panel" } else { "gateway" };
    let latency = swipe.latency.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    json!({
        "granted": swipe.granted,
        "reason": swipe.reason,
        "decided_by": swipe.granted.map(|_| by),
        "latency_us": latency,
    })
}

/// A device in brief.
pub(super) fn summary(device: &MqttSummary) -> Value {
    json!({
        "id": device.id,
        "kind": if device.decides { "panel" } else { "reader" },
        "link": device.broker,
        "protocol": "mqtt",
        "dialect": device.dialect,
        "topic": device.topic,
        "readers": device.readers,
    })
}

/// A device.
pub(super) fn controller(device: &MqttStatus) -> Value {
    let mut shown = summary(&device.summary);
    let insides = &device.insides;
    shown["power"] = json!(if device.powered { "on" } else { "off" });
    shown["online"] = json!(device.online);
    shown["digest"] = json!(insides.digest.map(|digest| format!("{digest:016x}")));
    shown["counts"] = json!({
        "cards": insides.cards,
        "capacity": insides.capacity,
        "profiles": insides.profiles,
        "events": insides.events,
    });
    shown["clock"] = json!(insides.clock.map(|clock| clock.0));
    shown["boots"] = json!(device.boots);
    shown["contact"] = json!(device.contact);
    shown["outputs"] = json!(insides.outputs);
    shown
}

/// What a device's memory holds.
pub(super) fn cards(held: &[Held]) -> Value {
    held.iter().map(one_held).collect()
}

fn one_held(held: &Held) -> Value {
    match held {
        Held::Row(row) => show::row(row),
        Held::User { uid, card, file } => {
            let mut shown = card.map_or_else(|| json!({}), show::credential);
            shown["uid"] = json!(uid);
            shown["file"] = serde_json::from_str(file).unwrap_or_else(|_| json!(file));
            shown
        }
    }
}

/// A broker.
pub(super) fn broker(broker: &BrokerStatus) -> Value {
    json!({
        "id": broker.id,
        "protocol": "mqtt",
        "address": broker.address,
        "faults": broker.faults,
        "counters": broker.counters,
        "online": broker.online,
    })
}
