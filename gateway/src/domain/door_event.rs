//! What happened at a door for which the gateway decides, and what people ordered of it.

use jiff::Timestamp;
use panel_protocol::door::Mode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::site::{ControllerId, DoorId};

/// Something at a door other than a card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DoorEvent {
    /// Which door.
    pub door: DoorId,
    /// The controller under which the configuration has it.
    pub controller: ControllerId,
    /// What happened.
    #[serde(flatten)]
    pub what: DoorWhat,
    /// Who ordered it; absent where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What happened at a door.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum DoorWhat {
    /// It was opened, and nobody had been let in or out.
    Forced,
    /// It stands open, and will soon have for too long.
    HeldWarning,
    /// It has stood open for too long.
    Held,
    /// It is closed again after it was forced or held.
    Closed,
    /// Somebody opened or moved one of its devices, or that is over.
    Tamper {
        /// Whether it is over.
        over: bool,
    },
    /// The button beside it was pressed.
    RequestToExit,
    /// Its lock can't be reached.
    LockLost,
    /// Its lock can be reached again.
    LockBack,
    /// The power of one of its devices has failed, or that is over.
    PowerFailed {
        /// Whether it is over.
        over: bool,
    },
    /// Somebody was let in by an order.
    Unlocked,
    /// It is used otherwise from now on.
    Mode {
        /// How.
        #[schemars(schema_with = "modes")]
        mode: Mode,
        /// Until when; absent: until it is ordered otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// The time of the mode before it was over; else somebody ordered it.
        ended: bool,
    },
    /// Its lock was to be switched, and that is not certain or didn't happen.
    NotSwitched {
        /// Why.
        why: String,
    },
    /// Keys were entered at a reader. Which, is told nowhere.
    KeysEntered {
        /// How many.
        keys: u8,
    },
}

/// The modes' names, for a schema.
pub fn modes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": [Mode::Normal, Mode::Held, Mode::Locked, Mode::Lockdown] })
}

/// How somebody ordered that a door be used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DoorMode {
    /// How.
    pub mode: Mode,
    /// Until when; absent: until it is ordered otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Since when.
    pub since: Timestamp,
    /// By whom.
    pub by: String,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl DoorMode {
    /// Whether it is in ordinary use.
    pub fn is_normal(&self) -> bool {
        self.mode == Mode::Normal
    }
}

impl DoorWhat {
    /// The sentence that tells it of a door of this name.
    pub fn sentence(&self, door: &str) -> String {
        match self {
            Self::Forced => format!("{door} was forced open"),
            Self::HeldWarning => format!("{door} stands open and will soon have for too long"),
            Self::Held => format!("{door} stands open for too long"),
            Self::Closed => format!("{door} is closed again"),
            Self::Tamper { over: false } => format!("a device of {door} was opened or moved"),
            Self::Tamper { over: true } => format!("no device of {door} is open or moved any more"),
            Self::RequestToExit => format!("somebody left by {door}"),
            Self::LockLost => format!("the lock of {door} can't be reached"),
            Self::LockBack => format!("the lock of {door} can be reached again"),
            Self::PowerFailed { over: false } => format!("the power of a device of {door} has failed"),
            Self::PowerFailed { over: true } => format!("the power of {door} is back"),
            Self::Unlocked => format!("{door} was unlocked"),
            Self::Mode { mode: Mode::Normal, .. } => format!("{door} is in normal use"),
            Self::Mode { mode: Mode::Held, .. } => format!("{door} is held open"),
            Self::Mode { mode: Mode::Locked, .. } => format!("{door} is to stay locked"),
            Self::Mode { mode: Mode::Lockdown, .. } => format!("{door} is in lockdown"),
            Self::NotSwitched { why } => format!("the lock of {door} was not switched: {why}"),
            Self::KeysEntered { keys } => {
                format!("{keys} keys were entered at {door}, where keys open nothing")
            }
        }
    }
}
