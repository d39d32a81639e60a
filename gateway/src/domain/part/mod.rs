//! How the parts of the box itself are, in a fixed list: what must be well for changes to be kept and for time to be
//! right. Each condition has one sentence that says what is wrong, what that means and what to do.

mod certificate;
mod clock;
mod storage;

use std::mem::discriminant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::local_clock::LocalClock;
use super::site::ForwarderId;
use super::verdict::Level;

pub use certificate::CertificateCondition;
pub use clock::ClockCondition;
pub use storage::StorageCondition;

/// A part of the box.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The directory's writer and the disk under it.
    Storage,
    /// The event log.
    EventLog,
    /// The audit log.
    AuditLog,
    /// The box's clock.
    Clock,
    /// The certificate that clients are shown.
    Certificate,
    /// The page's accounts.
    Accounts,
    /// The data folder's permissions.
    DataFolder,
    /// Those whom events are forwarded to.
    Forwarding,
}

/// How a part is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PartCondition {
    /// As it should be.
    Well(Part),
    /// The directory's writer or its disk is not.
    Storage(StorageCondition),
    /// The event log can't be written.
    EventLogFailing {
        /// What the system says.
        why: String,
        /// Events that wait in memory.
        waiting: usize,
    },
    /// The audit log can't be written.
    AuditLogFailing {
        /// What the system says.
        why: String,
        /// Entries that wait in memory.
        waiting: usize,
    },
    /// The clock is not.
    Clock(ClockCondition),
    /// The certificate is not.
    Certificate(CertificateCondition),
    /// The accounts can't be read anew; those that were read before go on.
    AccountsUnreadable {
        /// What the system says.
        why: String,
    },
    /// Others on the box may read or change the data folder.
    DataFolderOpen {
        /// Its mode, such as 0o777.
        mode: u32,
    },
    /// Events don't arrive where they are forwarded to; which forwarders, each with why.
    ForwardingFailing {
        /// At least one.
        forwarders: Vec<(ForwarderId, String)>,
    },
}

impl PartCondition {
    /// Which part it is a condition of.
    pub const fn part(&self) -> Part {
        match self {
            Self::Well(part) => *part,
            Self::Storage(_) => Part::Storage,
            Self::EventLogFailing { .. } => Part::EventLog,
            Self::AuditLogFailing { .. } => Part::AuditLog,
            Self::Clock(_) => Part::Clock,
            Self::Certificate(_) => Part::Certificate,
            Self::AccountsUnreadable { .. } => Part::Accounts,
            Self::DataFolderOpen { .. } => Part::DataFolder,
            Self::ForwardingFailing { .. } => Part::Forwarding,
        }
    }

    /// How bad it is.
    pub const fn level(&self) -> Level {
        match self {
            Self::Well(_) => Level::Well,
            Self::Storage(storage) => storage.level(),
            Self::EventLogFailing { .. } | Self::AuditLogFailing { .. } => Level::Problem,
            Self::Clock(_) => ClockCondition::LEVEL,
            Self::Certificate(certificate) => certificate.level(),
            Self::AccountsUnreadable { .. }
            | Self::DataFolderOpen { .. }
            | Self::ForwardingFailing { .. } => Level::Attention,
        }
    }

    /// Whether it is the same condition, whatever its figures.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Well(one), Self::Well(other)) => one == other,
            (Self::Storage(one), Self::Storage(other)) => discriminant(one) == discriminant(other),
            (Self::Clock(one), Self::Clock(other)) => discriminant(one) == discriminant(other),
            (Self::Certificate(one), Self::Certificate(other)) => discriminant(one) == discriminant(other),
            _ => discriminant(self) == discriminant(other),
        }
    }

    /// The one sentence; empty while all is well.
    pub fn sentence(&self, clock: &LocalClock) -> String {
        match self {
            Self::Well(_) => String::new(),
            Self::Storage(storage) => storage.sentence(),
            Self::Clock(condition) => condition.sentence(clock),
            Self::Certificate(certificate) => certificate.sentence(clock),
            Self::ForwardingFailing { forwarders } => format!(
                "Events don't arrive where they are forwarded to: {}. They stay in the log and are sent later.",
                forwarders.iter().map(|(id, why)| format!("{id} ({why})")).collect::<Vec<_>>().join(", ")
            ),
            Self::EventLogFailing { why, waiting } => format!(
                "The event log can't be written: {why}. {waiting} events wait in memory and would be lost with the \
                 power; look at the disk of the data folder."
            ),
            Self::AuditLogFailing { why, waiting } => format!(
                "The audit log can't be written: {why}. {waiting} entries wait in memory and would be lost with the \
                 power; what people do goes on. Look at the disk of the data folder."
            ),
            Self::AccountsUnreadable { why } => {
                format!("The page's accounts can't be read anew: {why}. Those that were read before go on.")
            }
            Self::DataFolderOpen { mode } => format!(
                "Others on this box may use the data folder: its mode is {mode:o}. Run chmod 700 on it."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn every_condition_but_well_has_a_sentence_that_says_what_to_do_or_what_goes_on() {
        let at: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let clock = LocalClock::new("Europe/Berlin", at);
        let why = || "Input/output error".to_owned();
        let by = SignedDuration::from_hours(-3);
        for (condition, words) in [
            (
                PartCondition::Storage(StorageCondition::DiskLow { free_bytes: 140_000_000 }),
                "140.0 MB are free",
            ),
            (PartCondition::Storage(StorageCondition::DiskFull { free_bytes: 4096 }), "4096 bytes are free"),
            (PartCondition::Storage(StorageCondition::WriterFailing { why: why() }), "revocations too"),
            (PartCondition::Storage(StorageCondition::Unknown { why: why() }), "ends now"),
            (PartCondition::Storage(StorageCondition::DirectoryBehind { why: why() }), "tried again"),
            (
                PartCondition::Storage(StorageCondition::DirectoryIncomplete { why: "60 of 200".into() }),
                "60 of 200",
            ),
            (PartCondition::EventLogFailing { why: why(), waiting: 3 }, "3 events wait"),
            (PartCondition::AuditLogFailing { why: why(), waiting: 3 }, "3 entries wait"),
            (PartCondition::Clock(ClockCondition::Behind { latest: at }), "30 Nov 2026 13:00"),
            (PartCondition::Clock(ClockCondition::Ahead { by: -by }), "3 h more"),
            (PartCondition::Clock(ClockCondition::Jumped { by }), "back by 3 h"),
            (
                PartCondition::Clock(ClockCondition::Disagrees {
                    controller: "dock".parse().unwrap(),
                    ahead: -by,
                }),
                "3 h less",
            ),
            (PartCondition::Clock(ClockCondition::NotSynchronised), "time server"),
            (PartCondition::Certificate(CertificateCondition::NotYetValid { from: at }), "not before"),
            (PartCondition::Certificate(CertificateCondition::Ends { at }), "renew it"),
            (PartCondition::Certificate(CertificateCondition::Expired { at }), "clients refuse"),
            (PartCondition::AccountsUnreadable { why: why() }, "go on"),
            (PartCondition::DataFolderOpen { mode: 0o777 }, "777"),
            (
                PartCondition::ForwardingFailing { forwarders: vec![("siem".parse().unwrap(), why())] },
                "siem (Input/output error)",
            ),
        ] {
            let sentence = condition.sentence(&clock);
            assert!(sentence.contains(words) && condition.level() > Level::Well, "{sentence}");
        }
        assert_eq!(PartCondition::Well(Part::Clock).sentence(&clock), "");
    }

    #[test]
    fn conditions_are_alike_whatever_their_figures_and_only_then() {
        let low = |free_bytes| PartCondition::Storage(StorageCondition::DiskLow { free_bytes });
        let full = PartCondition::Storage(StorageCondition::DiskFull { free_bytes: 1 });
        assert!(low(1).is_like(&low(2)) && !low(1).is_like(&full));
        let well = PartCondition::Well;
        assert!(
            well(Part::Clock).is_like(&well(Part::Clock)) && !well(Part::Clock).is_like(&well(Part::Storage))
        );
        assert!(!well(Part::Storage).is_like(&full));
        let open = |mode| PartCondition::DataFolderOpen { mode };
        assert!(open(0o777).is_like(&open(0o755)));
    }
}
