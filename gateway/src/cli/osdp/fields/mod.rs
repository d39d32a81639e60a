//! What a frame's data says, field by field.
//!
//! Every command and every reply has its arm here, without a rest: one that is added to the protocol can't be forgotten.

mod command;
mod panel;
mod reply;
mod value;

use panel_protocol::credential::Credential;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::scs;
use panel_protocol::osdp::monitor::{Observation, Seal};
use panel_protocol::osdp::multipart::Fragment;
use panel_protocol::osdp::payload::{ComSettings, Manufacturer};
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::smart_card::Extended;
use panel_protocol::panel::OUI;
use panel_protocol::wiegand;

pub(super) use value::Fields;

/// Whether keys that the conversation carries are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Secrets {
    Shown,
    Hidden,
}

/// A frame's data, read.
pub(super) struct Read {
    pub(super) fields: Fields,
    /// Whether the data has a key in it that must not be shown.
    pub(super) is_secret: bool,
}

/// Stands in a key's place.
const HIDDEN: &str = "hidden (--show-keys shows it)";

/// Reads the data of a frame.
pub(super) fn fields_of(seen: &Observation<'_>, data: &[u8], secrets: Secrets) -> Read {
    let reply = seen.header.reply;
    let is_secret = secrets == Secrets::Hidden && !reply && command::has_key(seen.code, data);
    let fields = if reply {
        Reply::parse(seen.code, data).map(|parsed| reply::fields(&parsed))
    } else {
        Command::parse(seen.code, data).map(|parsed| command::fields(&parsed, secrets))
    };
    let fields = fields.unwrap_or_else(|error| Fields::new().with("error", error.to_string()));
    Read { fields: fields.with_some("proof", proof(seen)), is_secret }
}

/// What a step of the handshake proves.
fn proof(seen: &Observation<'_>) -> Option<&'static str> {
    let steps = scs::CLIENT_CRYPTOGRAM..=scs::INITIAL_MAC;
    seen.scs.filter(|kind| steps.contains(kind))?;
    match seen.seal {
        Seal::None => None,
        Seal::Right => Some("right"),
        Seal::Wrong => Some("wrong"),
        Seal::Unknown(_) => Some("unknown"),
    }
}

fn com(settings: &ComSettings) -> Fields {
    Fields::new().with("address", settings.address).with("baud", settings.baud)
}

/// A vendor's own message; ours is read further by `read`.
fn manufacturer(message: &Manufacturer<'_>, read: impl FnOnce(&[u8]) -> Fields) -> Fields {
    let vendor = Fields::new().with("vendor", oui(message.oui));
    if message.oui == OUI {
        return vendor.and(read(message.data));
    }
    vendor.with("data", message.data)
}

/// A part of a message of many frames.
fn part_of_message(part: &Fragment<'_>) -> Fields {
    let fields = Fields::new().with("total", part.total).with("offset", part.offset);
    fields.with("length", part.data.len() as u64).with("data", part.data)
}

/// To or from a smart card.
fn extended(message: &Extended<'_>) -> Fields {
    Fields::new().with("mode", message.mode).with("code", message.code).with("data", message.data)
}

/// `0A-47-48`
fn oui([a, b, c]: [u8; 3]) -> String {
    format!("{a:02X}-{b:02X}-{c:02X}")
}

/// A card, and what the formats that it fits make of it, the likeliest first.
fn card(card: Credential) -> Fields {
    let readings = wiegand::readings(card.into()).map(|(format, reading)| {
        let fields = Fields::new().with("format", format.id).with_some("facility", reading.facility);
        let fields = fields.with_some("issue", reading.issue).with_some("oem", reading.oem);
        fields.with("number", reading.number)
    });
    Fields::new().with("card", card.to_string()).with_all("reading", readings)
}
