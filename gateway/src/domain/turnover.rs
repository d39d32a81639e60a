//! Who gains and who loses a door by a change of access.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::site::DoorId;

/// Who gains and who loses a door.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DoorTurnover {
    /// The door.
    pub door: DoorId,
    /// Who opens it who didn't.
    pub gain: Named,
    /// Who opens it no more.
    pub lose: Named,
    /// Who opens it still, at other times.
    pub other_times: Named,
}

impl DoorTurnover {
    /// Nobody yet.
    pub fn of(door: DoorId) -> Self {
        Self { door, gain: Named::default(), lose: Named::default(), other_times: Named::default() }
    }
}

/// People, some of them by name.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Named {
    /// How many.
    pub count: u64,
    /// The names of the first of them.
    pub names: Vec<String>,
}

impl Named {
    /// Most that are named.
    pub const MAX_NAMES: usize = 20;

    /// One more.
    pub fn add(&mut self, name: &str) {
        self.count += 1;
        if self.names.len() < Self::MAX_NAMES {
            self.names.push(name.to_owned());
        }
    }
}
