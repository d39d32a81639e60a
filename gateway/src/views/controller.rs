//! A controller, as people see it.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::{ControllerId, DoorId, Level, LineId};

/// A controller: how it is, what it holds, and what went wrong on its way.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ControllerView {
    /// Its name in the configuration.
    pub id: ControllerId,
    /// The line it hangs on.
    pub line: LineId,
    /// Its address on that line.
    pub address: u8,
    /// Panel or reader.
    pub kind: ControllerKind,
    /// How it is.
    pub state: ControllerState,
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
    /// Until when it may be given a new key; absent when install mode is closed.
    pub install_mode_until: Option<Timestamp>,
    /// Its doors, in the order of the configuration.
    pub doors: Vec<DoorView>,
}

impl ControllerView {
    /// The table holds what it should, by its own digest.
    pub fn is_proven(&self) -> bool {
        self.state == ControllerState::Online && self.table.as_ref().is_some_and(|table| table.proven)
    }
}

/// Who decides at a controller's doors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ControllerKind {
    /// It holds a card table and decides by itself.
    Panel,
    /// It holds none: the gateway decides.
    Reader,
}

/// How a controller is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ControllerState {
    /// Not heard yet since the service started.
    Starting,
    /// Talking, in a secure channel.
    Online,
    /// Install mode is open and it is being given its key.
    Enrolling,
    /// Doesn't answer.
    Offline,
    /// It answers, and nobody has enrolled it yet: it has the factory's key, or the gateway has none for it.
    NotEnrolled,
    /// It answers with another key than ours.
    WrongKey,
    /// Another device than the one enrolled answers at its address.
    Swapped,
    /// It talks, and doesn't know the card-table commands.
    Unsupported,
}

impl ControllerState {
    /// In a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Online => "online",
            Self::Enrolling => "enrolling",
            Self::Offline => "offline",
            Self::NotEnrolled => "not enrolled",
            Self::WrongKey => "wrong key",
            Self::Swapped => "another device answers",
            Self::Unsupported => "not a Gatehouse panel",
        }
    }

    /// What to do about it; empty when there is nothing to do.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Online | Self::Starting => "",
            Self::Enrolling => "Wait a moment; it is being given its key.",
            Self::Offline => {
                "Check its power, its address and the pair's wiring. Its doors go on by its own table."
            }
            Self::NotEnrolled => "Open install mode for it, and put the controller into its own.",
            Self::WrongKey => "Restore its key file, or reset the controller and open install mode.",
            Self::Swapped => "If it was replaced on purpose, open install mode to enrol the new one.",
            Self::Unsupported => "Update its firmware, or set kind = \"reader\" in the configuration.",
        }
    }

    /// How bad it is.
    pub const fn level(self) -> Level {
        match self {
            Self::Online => Level::Well,
            Self::Starting | Self::Enrolling => Level::Attention,
            Self::Offline | Self::NotEnrolled | Self::WrongKey | Self::Swapped | Self::Unsupported => {
                Level::Problem
            }
        }
    }
}

/// A card table: what is there and what should be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TableView {
    /// Rows that the controller says it holds; absent before it was asked.
    pub held: Option<u64>,
    /// Rows that it should hold.
    pub desired: u64,
    /// Rows that it can hold; absent before it was asked.
    pub capacity: Option<u64>,
    /// Its digest equals the desired one.
    pub proven: bool,
    /// Since when [`proven`](Self::proven) is as it is; absent before the table was first compared.
    pub since: Option<Timestamp>,
    /// Operations still to send or to be answered.
    pub pending: u64,
}

/// What went wrong, by cause. Zero everywhere on a good line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct FaultCounts {
    /// Commands that got no reply in time.
    pub timeouts: u64,
    /// Frames whose CRC or checksum is wrong.
    pub bad_check: u64,
    /// Frames whose authentication code is wrong.
    pub bad_mac: u64,
    /// Replies from another address, to another command, or against the protocol.
    pub foreign: u64,
    /// Commands that the controller refused (NAK).
    pub nak: u64,
}

impl FaultCounts {
    /// `3 timeouts, 1 frame with a wrong check`; `none` when there are none.
    pub fn words(&self) -> String {
        let causes = [
            (self.timeouts, "timeout", "timeouts"),
            (self.bad_check, "frame damaged", "frames damaged"),
            (
                self.bad_mac,
                "frame with a wrong authentication code",
                "frames with a wrong authentication code",
            ),
            (self.foreign, "reply out of place", "replies out of place"),
            (self.nak, "command not taken (NAK)", "commands not taken (NAK)"),
        ];
        let told: Vec<String> = causes
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        if told.is_empty() { "none".to_owned() } else { told.join(", ") }
    }
}

/// A door.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DoorView {
    /// Its id in the configuration.
    pub id: DoorId,
    /// What people call it.
    pub name: String,
    /// The controller's reader number at this door.
    pub reader: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_by_cause_and_only_those_that_happened() {
        let faults = FaultCounts { timeouts: 3, bad_check: 1, ..FaultCounts::default() };
        assert_eq!(faults.words(), "3 timeouts, 1 frame damaged");
        assert_eq!(FaultCounts::default().words(), "none");
    }
}
