//! A card's file on the board: the very message that made it, read anew at each swipe.

use panel_protocol::time::UtcSeconds;
use serde_json::Value;

use super::json::{number, parse};
use crate::limits::MAX_RELAYS;

/// What parsing a user's file may take.
pub(super) const POOL: usize = 512;

/// The account type that opens while the card is valid.
pub(super) const ALWAYS: u32 = 1;

/// The account type that opens everything at any time.
const ADMIN: u32 = 99;

/// What the firmware reads of a file.
pub(super) struct User {
    pub(super) name: String,
    /// The account type at each relay.
    pub(super) types: [u32; MAX_RELAYS as usize],
    since: u32,
    until: u32,
}

/// What the board says of a card that it knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    Always,
    Admin,
    Expired,
    Disabled,
}

impl User {
    /// What a file says; `None` if it doesn't fit the memory for it.
    pub(super) fn read(file: &str) -> Option<Self> {
        let file = parse(file.as_bytes(), POOL)?;
        let field = |name: &str| number(file.get(name).unwrap_or(&Value::Null));
        Some(Self {
            name: file.get("user").and_then(Value::as_str).unwrap_or("null").to_owned(),
            types: ["acctype", "acctype2", "acctype3", "acctype4"].map(field),
            since: field("validsince"),
            until: field("validuntil"),
        })
    }

    /// What the card may do at the first relay now: the end of its validity is the last second in which it opens.
    pub(super) fn access(&self, now: UtcSeconds) -> Access {
        match self.types[0] {
            ALWAYS if self.until < now.0 || self.since > now.0 => Access::Expired,
            ALWAYS => Access::Always,
            ADMIN => Access::Admin,
            _ => Access::Disabled,
        }
    }
}

/// How a list of several relays names an account type; others it leaves out.
pub(super) const fn word_of(kind: u32) -> Option<&'static str> {
    match kind {
        0 => Some("Disabled"),
        ALWAYS => Some("Always"),
        ADMIN => Some("Admin"),
        _ => None,
    }
}

impl Access {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::Admin => "Admin",
            Self::Expired => "Expired",
            Self::Disabled => "Disabled",
        }
    }

    pub(super) const fn opens(self) -> bool {
        matches!(self, Self::Always | Self::Admin)
    }
}
