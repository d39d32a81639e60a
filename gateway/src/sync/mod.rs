//! What each controller should hold, what it has proven, and the shortest way between. Pure: no clock, no tokio.
//!
//! [`Fleet`] is the whole site's: it takes the directory's changes, and for each controller one operation at a time is
//! fetched from it and its answer given back. Nothing is queued: what to send is computed when the line is free, so a
//! deactivation overtakes everything but the frame on the wire. What a controller should hold is computed, what it
//! holds is asked, and only the difference travels.
//!
//! No bytes are made here: a link's [`Room`] is filled with operations as values, and answers come back as values.

mod decided_here;
mod digesting;
mod events;
mod fleet;
mod listing;
mod machine;
mod receipts;
mod room;

use std::time::Duration;

use jiff::Timestamp;

pub use fleet::{CardChange, Chunk, ControllerSpec, Fleet, Holds, KeptRead, Output, Past};
pub use machine::{ControllerStatus, Demand, SyncState, Work};
pub use receipts::OpenReceipts;
pub use room::{Answer, EventsWaiting, Failure, ListedRow, Operation, Room};

/// Every bound of this module.
pub mod limits {
    use std::time::Duration;

    /// Most controllers of a gateway.
    pub const MAX_CONTROLLERS: usize = 64;

    /// Most differing rows of one controller that are remembered one by one; beyond, reading its buckets waits.
    pub const MAX_DIRTY: usize = 4096;

    /// Most cards that change at once, in one go with the fleet: a larger change is applied in pieces, and a revocation
    /// gets in between two of them.
    pub const MAX_CHANGES_AT_ONCE: usize = 256;

    /// Most cards that are looked at for one operation that loads an empty table, be they of the controller or not.
    pub const MAX_CARDS_LOOKED_AT: usize = 8192;

    /// Most rows of one bucket that a controller may claim to hold.
    pub const MAX_BUCKET_ROWS: usize = 65_536;

    /// Most rows that a panel without a digest may list.
    pub const MAX_LISTED_ROWS: usize = 20_000;

    /// Most names in its list that are no card's.
    pub const MAX_LISTED_STRAYS: usize = 1024;

    /// Most receipts of activations and updates under way at once; what comes beyond travels without a receipt.
    pub const MAX_OPEN_ACTIVATIONS: usize = 20_000;

    /// Most receipts of deactivations under way at once.
    pub const MAX_OPEN_DEACTIVATIONS: usize = 100_000;

    /// Finished receipts that are kept at hand.
    pub const MAX_RECENT_RECEIPTS: usize = 200;

    /// A controller that has nothing to do is asked for its digest and clock this often.
    pub const VERIFY_INTERVAL: Duration = Duration::from_secs(600);

    /// After an answer that makes no sense, the controller is left alone this long.
    pub const RETRY_AFTER: Duration = Duration::from_secs(10);

    /// How far a controller's clock may be off before it is set again, in seconds.
    pub const CLOCK_TOLERANCE_S: u32 = 2;
}

fn later(now: Timestamp, span: Duration) -> Timestamp {
    now.saturating_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
