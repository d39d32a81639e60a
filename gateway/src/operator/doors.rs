//! What people order of doors.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use panel_protocol::door::{HeldBack, Mode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Actor;
use crate::domain::{ControllerId, DoorId, door_modes};

/// Takes orders for doors.
pub trait OrderDoor: Send + Sync {
    /// Lets somebody in once, or has the door used otherwise from now on. A mode is durable when it is done.
    ///
    /// # Errors
    /// When it was not done.
    fn order_door(
        &self,
        door: &DoorId,
        order: DoorOrder,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<DoorOrdered, DoorOrderError>>;
}

/// An order, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoorOrder {
    /// What to do.
    pub action: DoorAction,
    /// Until when; absent: until it is ordered otherwise. A door is held open with an end only.
    pub until: Option<Timestamp>,
    /// Why, in the words of whoever orders it.
    pub reason: Option<String>,
}

/// What to do with a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoorAction {
    /// Let somebody in once.
    Unlock,
    /// Keep it unlocked until the end.
    Hold,
    /// No card opens it.
    Lock,
    /// Nothing opens it from outside.
    Lockdown,
    /// Back to normal use.
    Normal,
}

impl DoorAction {
    /// The mode that it leads to; `None` for letting in once.
    pub const fn mode(self) -> Option<Mode> {
        match self {
            Self::Unlock => None,
            Self::Hold => Some(Mode::Held),
            Self::Lock => Some(Mode::Locked),
            Self::Lockdown => Some(Mode::Lockdown),
            Self::Normal => Some(Mode::Normal),
        }
    }
}

/// It is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct DoorOrdered {
    /// At which door.
    pub door: DoorId,
    /// How it is used now.
    #[schemars(schema_with = "door_modes")]
    pub mode: Mode,
    /// Until when; absent: until it is ordered otherwise.
    pub until: Option<Timestamp>,
}

/// Why it was not done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DoorOrderError {
    /// The configuration names no such door.
    #[error("there is no door {door}")]
    Unknown {
        /// The name.
        door: DoorId,
        /// The door that was probably meant.
        near: Option<String>,
    },
    /// A panel decides by itself.
    #[error(
        "{door} is a door of the panel {controller}, which decides by itself; this version can't give it orders"
    )]
    DecidedByPanel {
        /// The door.
        door: DoorId,
        /// Its panel.
        controller: ControllerId,
    },
    /// The door's mode, or the loss of its lock, is in the way.
    #[error("{door} was not unlocked: {why}")]
    HeldBack {
        /// The door.
        door: DoorId,
        /// What is in the way.
        why: HeldBack,
    },
    /// The lock's device didn't do it, or didn't confirm it.
    #[error("the lock of {door}: {why}")]
    NotSwitched {
        /// The door.
        door: DoorId,
        /// Why.
        why: String,
    },
    /// It can't be kept on the disk.
    #[error("the order can't be kept, so it is not carried out")]
    Unavailable,
}
