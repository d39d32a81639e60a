//! How the parts of the box itself are, in a fixed list: what must be well for changes to be kept and for time to be
//! right. Each condition has one sentence that says what is wrong, what that means and what to do.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::local_clock::{LocalClock, span};
use super::site::ControllerId;
use super::verdict::Level;

/// A part of the box.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The directory's writer and the disk under it.
    Storage,
    /// The event log.
    EventLog,
    /// The box's clock.
    Clock,
    /// The certificate that clients are shown.
    Certificate,
    /// The page's accounts.
    Accounts,
    /// The data folder's permissions.
    DataFolder,
}

/// How a part is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PartCondition {
    /// As it should be.
    Well(Part),
    /// The disk is nearly full.
    DiskLow {
        /// What is left.
        free_bytes: u64,
    },
    /// The disk has no room: no change can be kept.
    DiskFull {
        /// What is left.
        free_bytes: u64,
    },
    /// The directory's writer can't keep changes for another reason.
    WriterFailing {
        /// What the system says.
        why: String,
    },
    /// Whether the last changes were kept can't be told: the service ends, so that it is started anew.
    StorageUnknown {
        /// What the system says.
        why: String,
    },
    /// Changes are kept, and what is read may be older.
    DirectoryBehind {
        /// What the system says.
        why: String,
    },
    /// A part of the directory was lost and could not be brought back.
    DirectoryIncomplete {
        /// What is known of the loss, and how to accept it.
        why: String,
    },
    /// The event log can't be written.
    EventLogFailing {
        /// What the system says.
        why: String,
        /// Events that wait in memory.
        waiting: usize,
    },
    /// The clock shows a time before the latest that the box has seen.
    ClockBehind {
        /// The latest instant that was seen.
        latest: Timestamp,
    },
    /// The clock shows much more time since the box last ran than a box is off for.
    ClockAhead {
        /// By so much.
        by: SignedDuration,
    },
    /// The clock was set by so much while the service ran.
    ClockJumped {
        /// Forward, or backward if negative.
        by: SignedDuration,
    },
    /// A controller's clock showed something else than the box's, and was set to it.
    ClocksDisagree {
        /// Whose.
        controller: ControllerId,
        /// The box's clock was ahead by so much, or behind if negative.
        ahead: SignedDuration,
    },
    /// No time server sets the clock.
    ClockNotSynchronised,
    /// The certificate is not valid yet: clients refuse to connect.
    CertificateNotYetValid {
        /// From when it is.
        from: Timestamp,
    },
    /// The certificate ends soon.
    CertificateEnds {
        /// When.
        at: Timestamp,
    },
    /// The certificate has ended: clients refuse to connect.
    CertificateExpired {
        /// When.
        at: Timestamp,
    },
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
}

impl PartCondition {
    /// Which part it is a condition of.
    pub const fn part(&self) -> Part {
        match self {
            Self::Well(part) => *part,
            Self::DiskLow { .. }
            | Self::DiskFull { .. }
            | Self::WriterFailing { .. }
            | Self::StorageUnknown { .. }
            | Self::DirectoryBehind { .. }
            | Self::DirectoryIncomplete { .. } => Part::Storage,
            Self::EventLogFailing { .. } => Part::EventLog,
            Self::ClockBehind { .. }
            | Self::ClockAhead { .. }
            | Self::ClockJumped { .. }
            | Self::ClocksDisagree { .. }
            | Self::ClockNotSynchronised => Part::Clock,
            Self::CertificateNotYetValid { .. }
            | Self::CertificateEnds { .. }
            | Self::CertificateExpired { .. } => Part::Certificate,
            Self::AccountsUnreadable { .. } => Part::Accounts,
            Self::DataFolderOpen { .. } => Part::DataFolder,
        }
    }

    /// How bad it is.
    pub const fn level(&self) -> Level {
        match self {
            Self::Well(_) => Level::Well,
            Self::DiskLow { .. }
            | Self::ClockBehind { .. }
            | Self::ClockAhead { .. }
            | Self::ClockJumped { .. }
            | Self::ClocksDisagree { .. }
            | Self::ClockNotSynchronised
            | Self::CertificateEnds { .. }
            | Self::AccountsUnreadable { .. }
            | Self::DataFolderOpen { .. } => Level::Attention,
            Self::DiskFull { .. }
            | Self::WriterFailing { .. }
            | Self::StorageUnknown { .. }
            | Self::DirectoryBehind { .. }
            | Self::DirectoryIncomplete { .. }
            | Self::EventLogFailing { .. }
            | Self::CertificateNotYetValid { .. }
            | Self::CertificateExpired { .. } => Level::Problem,
        }
    }

    /// Whether it is the same condition, whatever its figures.
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other) && self.part() == other.part()
    }

    /// The one sentence; empty while all is well.
    pub fn sentence(&self, clock: &LocalClock) -> String {
        match self {
            Self::Well(_) => String::new(),
            Self::DiskLow { free_bytes } => format!(
                "The disk of the data folder is nearly full: {} are free. Make room before changes can't be kept.",
                size(*free_bytes)
            ),
            Self::DiskFull { free_bytes } => format!(
                "The disk of the data folder is full: {} are free. Changes are refused, revocations too, until there \
                 is room; it goes on by itself then.",
                size(*free_bytes)
            ),
            Self::WriterFailing { why } => format!(
                "The directory can't keep changes: {why}. Changes are refused, revocations too, until it can; look at \
                 the disk of the data folder."
            ),
            Self::StorageUnknown { why } => format!(
                "Whether the last changes are on the disk can't be told: {why}. The service ends now, so that it is \
                 started anew; nobody was told that they are kept. Look at the disk of the data folder."
            ),
            Self::DirectoryBehind { why } => format!(
                "Changes are kept, and pages and identity providers may read older ones: {why}. It is tried again; a \
                 restart rebuilds it."
            ),
            Self::DirectoryIncomplete { why } => why.clone(),
            Self::EventLogFailing { why, waiting } => format!(
                "The event log can't be written: {why}. {waiting} events wait in memory and would be lost with the \
                 power; look at the disk of the data folder."
            ),
            Self::ClockBehind { latest } => format!(
                "The box's clock shows {}, and it showed {} before: it is wrong now, or was then. Cards with a validity \
                 may open at the wrong time; look whether the clock is right, and have a time server set it.",
                clock.dated(&clock.now()),
                clock.dated(latest)
            ),
            Self::ClockAhead { by } => format!(
                "The box's clock shows {} more than when the box last ran: it was off for so long, or the clock is wrong. \
                 Old events are kept until it has gone on like this for a week; look whether it is right.",
                span(by.unsigned_abs().as_secs())
            ),
            Self::ClockJumped { by } => {
                let way = if by.is_negative() { "back" } else { "forward" };
                format!(
                    "The box's clock was set {way} by {}. Look whether it is right now.",
                    span(by.unsigned_abs().as_secs())
                )
            }
            Self::ClocksDisagree { controller, ahead } => {
                let way = if ahead.is_negative() { "more" } else { "less" };
                format!(
                    "The clock of {controller} showed {} {way} than the box's, and was set to it. Look whether the box's clock \
                     is right.",
                    span(ahead.unsigned_abs().as_secs())
                )
            }
            Self::ClockNotSynchronised => "No time server sets the box's clock. It will drift, and cards with a validity will \
                                           open at the wrong time: name a time server in the network settings of the box."
                .to_owned(),
            Self::CertificateNotYetValid { from } => format!(
                "The TLS certificate is valid from {} on, and not before: clients refuse to connect. Set the clock right, or \
                 give another certificate.",
                clock.dated(from)
            ),
            Self::CertificateEnds { at } => {
                format!("The TLS certificate ends on {}; renew it.", clock.short(at))
            }
            Self::CertificateExpired { at } => format!(
                "The TLS certificate has ended on {}: clients refuse to connect. Renew it, or set the clock right.",
                clock.short(at)
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

/// `12.3 GB`, `140.0 MB`, `0 bytes`.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000_000 => format!("{bytes} bytes"),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_but_well_has_a_sentence_that_says_what_to_do_or_what_goes_on() {
        let at: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let clock = LocalClock::new("Europe/Berlin", at);
        let why = || "Input/output error".to_owned();
        let by = SignedDuration::from_hours(-3);
        for (condition, words) in [
            (PartCondition::DiskLow { free_bytes: 140_000_000 }, "140.0 MB are free"),
            (PartCondition::DiskFull { free_bytes: 4096 }, "4096 bytes are free"),
            (PartCondition::WriterFailing { why: why() }, "revocations too"),
            (PartCondition::StorageUnknown { why: why() }, "ends now"),
            (PartCondition::DirectoryBehind { why: why() }, "tried again"),
            (PartCondition::DirectoryIncomplete { why: "60 of 200".into() }, "60 of 200"),
            (PartCondition::EventLogFailing { why: why(), waiting: 3 }, "3 events wait"),
            (PartCondition::ClockBehind { latest: at }, "30 Nov 2026 13:00"),
            (PartCondition::ClockAhead { by: -by }, "3 h more"),
            (PartCondition::ClockJumped { by }, "back by 3 h"),
            (PartCondition::ClocksDisagree { controller: "dock".parse().unwrap(), ahead: -by }, "3 h less"),
            (PartCondition::ClockNotSynchronised, "time server"),
            (PartCondition::CertificateNotYetValid { from: at }, "not before"),
            (PartCondition::CertificateEnds { at }, "renew it"),
            (PartCondition::CertificateExpired { at }, "clients refuse"),
            (PartCondition::AccountsUnreadable { why: why() }, "go on"),
            (PartCondition::DataFolderOpen { mode: 0o777 }, "777"),
        ] {
            let sentence = condition.sentence(&clock);
            assert!(sentence.contains(words) && condition.level() > Level::Well, "{sentence}");
        }
        assert_eq!(PartCondition::Well(Part::Clock).sentence(&clock), "");
    }

    #[test]
    fn sizes_are_told_to_a_tenth_of_their_unit() {
        assert_eq!([size(999), size(1_250_000), size(12_345_000_000)], ["999 bytes", "1.2 MB", "12.3 GB"]);
    }
}
