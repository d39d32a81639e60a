//! A controller, as people see it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use panel_protocol::door::Mode;

use crate::domain::{ControllerId, DeviceCondition, DoorId, FaultCounts, LineId, door_modes};

/// A controller: how it is, what it holds, and what went wrong on its way.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct ControllerView {
    /// Its name in the configuration.
    pub id: ControllerId,
    /// The line it hangs on, or the broker.
    pub line: LineId,
    /// Its address on that line; absent at a broker.
    pub address: Option<u8>,
    /// Its name in topics at a broker; absent on a line.
    pub topic: Option<String>,
    /// Panel, reader or I/O board.
    pub kind: ControllerKind,
    /// Whether it is talked to in secret. Not where its kind has no keys, nor where the installer wants it so: whoever
    /// touches the line can read and forge what it says.
    pub secure: bool,
    /// How it is.
    pub state: DeviceCondition,
    /// Since when it is so; absent before it was first heard.
    pub state_since: Option<Timestamp>,
    /// When it last said anything that could be trusted.
    pub last_heard: Option<Timestamp>,
    /// What it is, in its own words (vendor, model, serial number, firmware); absent before it was asked.
    pub identity: Option<String>,
    /// Its card table; absent for readers.
    pub table: Option<TableView>,
    /// What went wrong on its way since the service started.
    pub faults: FaultCounts,
    /// Events that it overwrote before they could be fetched, since the service started.
    pub events_lost: u64,
    /// Until when it may be given a new key; absent when install mode is closed.
    pub install_mode_until: Option<Timestamp>,
    /// Its doors, in the order of the configuration.
    pub doors: Vec<DoorView>,
}

impl ControllerView {
    /// The table holds what it should, by its own digest or by reading it back.
    pub fn is_proven(&self) -> bool {
        self.state == DeviceCondition::Online && self.table.as_ref().is_some_and(|table| table.proven)
    }
}

/// Who decides at a controller's doors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControllerKind {
    /// It holds a card table and decides by itself.
    Panel,
    /// It holds none: the gateway decides.
    Reader,
    /// It has outputs and inputs alone, for doors for which the gateway decides.
    Io,
}

/// A card table: what is there and what should be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct TableView {
    /// Rows that the controller says it holds; absent before it was asked.
    pub held: Option<u64>,
    /// Rows that it should hold.
    pub desired: u64,
    /// Rows that it can hold; absent before it was asked.
    pub capacity: Option<u64>,
    /// It has shown that it holds what it should.
    pub proven: bool,
    /// It shows that by its rows, which are read back; else by a digest of its table.
    pub by_reading_back: bool,
    /// Since when `proven` is as it is; absent before the table was first compared.
    pub since: Option<Timestamp>,
    /// Operations still to send or to be answered.
    pub pending: u64,
}

/// A door.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct DoorView {
    /// Its id in the configuration.
    pub id: DoorId,
    /// What people call it.
    pub name: String,
    /// Where it is; absent where the configuration doesn't say.
    pub place: Option<String>,
    /// The controller's reader number at this door; absent for a door without a reader.
    pub reader: Option<u8>,
    /// How it stands; absent for a door of a panel, which knows that by itself.
    pub state: Option<DoorStateView>,
}

/// How a door stands for which the gateway decides. It stops when the box stops.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct DoorStateView {
    /// How it is used.
    #[schemars(schema_with = "door_modes")]
    pub mode: Mode,
    /// Until when; absent: until it is ordered otherwise.
    pub until: Option<Timestamp>,
    /// Whether it stands open; absent: nobody knows, or it has no contact.
    pub open: Option<bool>,
    /// Whether its lock can be reached.
    pub lock_reached: bool,
}

impl DoorStateView {
    /// What is worth saying of it, in a few words; empty for a closed door in normal use.
    pub fn words(&self) -> String {
        let mode = (self.mode != Mode::Normal).then(|| self.mode.to_string());
        let open = (self.open == Some(true)).then(|| "open".to_owned());
        let lock = (!self.lock_reached).then(|| "lock not reached".to_owned());
        [mode, open, lock].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
