//! What the shell around alarms has. No rules, and no site.

use tokio::sync::{Mutex, Notify};

/// What is known of the alarms' file.
#[derive(Debug, Default)]
pub(in crate::site) struct SiteAlarms {
    /// An alarm may have opened or closed.
    pub(in crate::site) moved: Notify,
    /// What of them is on the disk. Whoever writes holds it.
    pub(super) kept: Mutex<u64>,
}
