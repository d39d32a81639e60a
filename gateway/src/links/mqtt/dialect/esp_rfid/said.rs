//! What a board says, read with care: whoever may publish to its topic may have written it.

use std::net::Ipv4Addr;

use serde_json::{Map, Value};

use crate::links::mqtt::limits::MAX_IDENTITY_LEN;

/// Longest name of a file that is taken note of, in bytes.
const MAX_UID_LEN: usize = 64;

/// A message of a board, as far as it matters.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Said {
    /// It has connected, or tells that it is there.
    Alive { ip: Ipv4Addr, hostname: String, boot: bool },
    /// One of version 1.3 has connected.
    Old { ip: Ipv4Addr },
    /// Something was done, or perhaps was not.
    Acknowledged { ip: Ipv4Addr, hostname: String, word: String },
    /// A card's file. `of` is the board that it was made for, if it says so.
    File { of: Option<Ipv4Addr>, uid: String, file: Map<String, Value> },
    /// It has decided on a card.
    Access { hostname: Option<String>, uid: String, word: String, time: Option<i64> },
    /// It has dropped a message for want of memory.
    Dropped { hostname: String },
    /// Something that concerns nobody here.
    Other,
}

impl Said {
    /// What a payload says; `None` if no board says such a thing.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let Value::Object(message) = serde_json::from_slice(payload).ok()? else { return None };
        let text = |name: &str| message.get(name).and_then(Value::as_str);
        let (kind, cmd) = (text("type"), text("cmd"));
        Some(match (kind, cmd) {
            (Some("boot" | "heartbeat"), _) => return Self::alive(&message),
            (Some("access"), _) => return Self::access(&message),
            (None, Some("adduser" | "userfile")) => {
                let uid = text("uid").filter(|uid| uid.len() <= MAX_UID_LEN)?.to_owned();
                Self::File { of: text("doorip").and_then(|ip| ip.parse().ok()), uid, file: message }
            }
            (None, Some("log")) => return Self::access(&message),
            (Some("ERRO"), Some("event")) if text("src") == Some("mqtt") => {
                Self::Dropped { hostname: short(text("hostname"))? }
            }
            (Some(word), None) if text("ip").is_some() => Self::Acknowledged {
                ip: text("ip")?.parse().ok()?,
                hostname: short(text("hostname"))?,
                word: short(Some(word))?,
            },
            _ => Self::Other,
        })
    }

    /// What boards that present themselves to Home Assistant say elsewhere.
    pub(super) fn read_tag(payload: &[u8]) -> Option<Self> {
        let Value::Object(message) = serde_json::from_slice(payload).ok()? else { return None };
        Self::access(&message)
    }

    fn alive(message: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| message.get(name).and_then(Value::as_str);
        let boot = text("type") == Some("boot");
        if let (Some(ip), Some(hostname)) = (text("ip"), short(text("hostname"))) {
            return Some(Self::Alive { ip: ip.parse().ok()?, hostname, boot });
        }
        // Version 1.3 tells its address in other words, and no host name.
        match text("Local IP").map(str::parse) {
            Some(Ok(ip)) => Some(Self::Old { ip }),
            _ => Some(Self::Other),
        }
    }

    fn access(message: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| message.get(name).and_then(Value::as_str);
        // With several relays there is a list, whose first is the door's.
        let word = match message.get("access")? {
            Value::Array(words) => words.first()?.as_str()?,
            word => word.as_str()?,
        };
        Some(Self::Access {
            hostname: short(text("hostname")),
            uid: text("uid").filter(|uid| uid.len() <= MAX_UID_LEN)?.to_owned(),
            word: short(Some(word))?,
            time: message.get("time").and_then(Value::as_i64),
        })
    }
}

/// A text that is kept; none is longer.
fn short(text: Option<&str>) -> Option<String> {
    text.filter(|text| text.len() <= MAX_IDENTITY_LEN).map(ToOwned::to_owned)
}

/// A message in a few words, for somebody who watches. Never a card.
pub(in crate::links::mqtt) fn words(payload: &[u8]) -> String {
    let message: Option<Map<String, Value>> = serde_json::from_slice(payload).ok();
    let known = ["type", "cmd", "hostname"];
    let said = message.iter().flat_map(|message| known.map(|name| message.get(name).and_then(Value::as_str)));
    let said: Vec<String> = said.flatten().map(|word| word.escape_debug().to_string()).collect();
    if said.is_empty() { format!("not understood, {} bytes", payload.len()) } else { said.join(" ") }
}
