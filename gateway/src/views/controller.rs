//! A controller, as people see it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{ControllerId, DeviceCondition, DoorId, FaultCounts, LineId};

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
    /// Panel or reader.
    pub kind: ControllerKind,
    /// Whether it is talked to in secret; not, by the installer's word, where whoever touches the line can read and forge
    /// what it says.
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
    /// The table holds what it should, by its own digest.
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
    /// Its digest equals the desired one.
    pub proven: bool,
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
}
