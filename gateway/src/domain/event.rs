//! What happened: at doors, on lines, and to changes on their way.

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use panel_protocol::door::HeldBack;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cardholder::CardholderId;
use super::credential_text;
use super::door_event::DoorEvent;
use super::explanation::Explanation;
use super::part::Part;
use super::revision::Revision;
use super::rule::RuleDropped;
use super::site::{ControllerId, DoorId, LineId};
use super::verdict::Level;

/// One entry of the event log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When it happened: by the controller's clock for what happened there, else by the gateway's.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// The newest version that this program knows. What has no version in the log is of version 1.
    pub const VERSION: u8 = 4;

    /// The version to write: the oldest that has this kind of event, with all that is in it.
    pub const fn version(&self) -> u8 {
        self.kind.since()
    }
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum EventKind {
    /// A card was presented and a decision made.
    CardRead(CardRead),
    /// A change has been proven at every controller it concerns.
    Receipt(Receipt),
    /// Something wants attention, or has got over it.
    Alarm(Alarm),
    /// A rule went with its group.
    RuleDropped(RuleDropped),
    /// Something at a door for which the gateway decides, other than a card.
    Door(DoorEvent),
}

impl EventKind {
    const fn since(&self) -> u8 {
        match self {
            Self::CardRead(read) if read.explained.is_some() => 4,
            Self::CardRead(read) if read.held_back.is_some() => 3,
            Self::CardRead(_) | Self::Receipt(_) => 1,
            Self::Door(_) => 3,
            Self::Alarm(alarm) => alarm.what.since(),
            // Version 2 of events knows the origins of version 3 of records.
            Self::RuleDropped(rule) => {
                if rule.origin.since() <= 2 {
                    1
                } else {
                    2
                }
            }
        }
    }
}

/// A card presented at a door.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CardRead {
    /// The controller that decided or reported.
    pub controller: ControllerId,
    /// The door, where the reader belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<DoorId>,
    /// The controller's reader number.
    pub reader: u8,
    /// The credential, in JSON `bits:0xRAW`.
    #[serde(with = "credential_text::shown")]
    pub credential: Credential,
    /// Whose card it was when the event arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<CardholderId>,
    /// Their name then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder_name: Option<String>,
    /// Whether the door opened.
    pub granted: bool,
    /// Why.
    pub reason: Reason,
    /// Why the door stayed locked though the card may open it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<HeldBack>,
    /// Why it was refused, as it was known when the event arrived; absent where the door opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained: Option<Box<Explanation>>,
    /// The controller's own number of this event, unique for it together with [`epoch`](Self::epoch).
    pub sequence: u32,
    /// The epoch under which the controller numbered it.
    pub epoch: u32,
}

/// What a change did to a card at the doors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptAction {
    /// The card opens doors it did not open before.
    Activate,
    /// The card's row changed, and it still opens doors.
    Update,
    /// The card opens no door any more: a revocation.
    Deactivate,
}

/// The way of one card's change from the directory to every controller.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// The change.
    pub revision: Revision,
    /// What it did.
    pub action: ReceiptAction,
    /// The credential, in JSON `bits:0xRAW`.
    #[serde(with = "credential_text::shown")]
    pub credential: Credential,
    /// Whose card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<CardholderId>,
    /// Their name.
    pub holder_name: String,
    /// When the change was durable.
    pub committed: Timestamp,
    /// One for each controller that had to change.
    pub landings: Vec<Landing>,
}

/// How far a change has come at one controller. Times are absent while a step has not happened; after a restart of
/// the gateway the steps before the proof may stay unknown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Landing {
    /// Which controller.
    pub controller: ControllerId,
    /// The row was computed.
    pub compiled: Timestamp,
    /// The command was handed to the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
    /// The controller said that it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Timestamp>,
    /// The controller's digest proved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Timestamp>,
}

/// A condition that wants attention.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Alarm {
    /// What kind, with where.
    #[serde(flatten)]
    pub what: AlarmKind,
    /// In words, with the remedy.
    pub text: String,
    /// Who was let in or out last, where that may tell how it came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Why they were, where somebody ordered it and said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it is over.
    pub cleared: bool,
}

impl Alarm {
    /// One that opens.
    pub const fn new(what: AlarmKind, text: String) -> Self {
        Self { what, text, person: None, reason: None, cleared: false }
    }
}

/// Kinds of alarm.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "alarm")]
pub enum AlarmKind {
    /// A line's port can't be opened or has gone.
    LineDown {
        /// Which line.
        line: LineId,
    },
    /// A controller doesn't answer.
    ControllerOffline {
        /// Which controller.
        controller: ControllerId,
    },
    /// A controller has another key, or none.
    WrongKey {
        /// Which controller.
        controller: ControllerId,
    },
    /// Another device answers at a controller's address.
    Swapped {
        /// Which controller.
        controller: ControllerId,
    },
    /// Frames whose authentication code is wrong arrive from a controller.
    BadMac {
        /// Which controller.
        controller: ControllerId,
    },
    /// The controller's table is full.
    TableFull {
        /// Which controller.
        controller: ControllerId,
    },
    /// A part of the box fails.
    PartFailing {
        /// Which.
        part: Part,
    },
    /// The sled directory had to be rebuilt.
    DirectoryRebuilt,
    /// A door was opened, and nobody had been let in or out.
    DoorForced {
        /// Which door.
        door: DoorId,
    },
    /// A door stands open for too long.
    DoorHeld {
        /// Which door.
        door: DoorId,
    },
    /// Somebody opened or moved a device of a door.
    DoorTampered {
        /// Which door.
        door: DoorId,
    },
    /// A large part of all people has lost access within minutes.
    MassRevocation {
        /// By whose word: a token's name, or who else it was.
        source: String,
    },
}

impl AlarmKind {
    /// How bad it is.
    pub const fn level(&self) -> Level {
        match self {
            Self::DirectoryRebuilt | Self::DoorHeld { .. } => Level::Attention,
            Self::LineDown { .. }
            | Self::ControllerOffline { .. }
            | Self::WrongKey { .. }
            | Self::Swapped { .. }
            | Self::BadMac { .. }
            | Self::TableFull { .. }
            | Self::PartFailing { .. }
            | Self::DoorForced { .. }
            | Self::DoorTampered { .. }
            | Self::MassRevocation { .. } => Level::Problem,
        }
    }

    /// Whether somebody should have seen it even when it is over: it tells of what people did, not of how things are.
    pub const fn wants_acknowledging(&self) -> bool {
        match self {
            Self::BadMac { .. }
            | Self::Swapped { .. }
            | Self::DoorForced { .. }
            | Self::DoorHeld { .. }
            | Self::DoorTampered { .. }
            | Self::MassRevocation { .. } => true,
            Self::LineDown { .. }
            | Self::ControllerOffline { .. }
            | Self::WrongKey { .. }
            | Self::TableFull { .. }
            | Self::PartFailing { .. }
            | Self::DirectoryRebuilt => false,
        }
    }

    /// The first version of an [`Event`] that could hold this alarm. A kind that is added gets a version that no released
    /// program knows.
    const fn since(&self) -> u8 {
        match self {
            Self::LineDown { .. }
            | Self::ControllerOffline { .. }
            | Self::WrongKey { .. }
            | Self::Swapped { .. }
            | Self::BadMac { .. }
            | Self::TableFull { .. }
            | Self::DirectoryRebuilt
            | Self::MassRevocation { .. } => 1,
            Self::PartFailing { part: Part::AuditLog } => 4,
            Self::PartFailing { .. } => 2,
            Self::DoorForced { .. } | Self::DoorHeld { .. } | Self::DoorTampered { .. } => 3,
        }
    }
}
