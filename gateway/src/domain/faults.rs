//! What went wrong on the way to a device, counted by cause.

use schemars::JsonSchema;
use serde::Serialize;

/// What went wrong, by cause. Zero everywhere on a good line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
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
