//! What is on the disk: the journal is the truth, sled a derived directory, the event log beside them.
//!
//! Nothing here knows lines or HTTP, nor of doors more than their names. Everything that leaves this module as "done" has been fdatasync'd.

pub mod alarms;
pub mod audit;
mod condition;
pub mod dead_letters;
pub mod directory;
mod disk;
pub mod door_modes;
mod error;
pub mod events;
pub mod forward_progress;
pub mod journal;
pub mod limits;
mod secret_file;
pub mod sessions;
pub mod tokens;
pub mod users;

pub use audit::{AuditError, AuditLog, AuditReport, LoggedAudit};
pub use condition::DiskCondition;
pub use directory::{
    Applied, BeforeRead, CommitError, Committed, Counts, Directory, DirectoryStats, Incomplete, OpenReport,
    RebuildCause, View,
};
pub use error::StoreError;
pub use events::{EventLimits, EventLog, Found, LoggedEvent, PeopleWanted, Wanted};
pub use journal::{JournalStats, TornTail};
