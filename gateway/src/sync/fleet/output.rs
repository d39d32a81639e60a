//! What the fleet has to say to the world.

use panel_protocol::panel::PanelEvent;

use crate::domain::{Receipt, Revision};

/// What the fleet has to say to the world.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// A change has been proven at every controller that it concerns.
    Finished(Receipt),
    /// Events to keep; confirm by [`Fleet::events_stored`](super::Fleet::events_stored).
    Events {
        /// Which controller.
        controller: usize,
        /// Its epoch.
        epoch: u32,
        /// The number after the last of them.
        before: u32,
        /// In order.
        events: Vec<PanelEvent>,
    },
    /// A controller made more events than it has room for, and forgot the oldest before they could be fetched.
    EventsLost {
        /// Which controller.
        controller: usize,
        /// How many.
        count: u64,
    },
    /// A controller has proven everything up to this revision.
    Proven {
        /// Which controller.
        controller: usize,
        /// Up to and including this one.
        revision: Revision,
    },
    /// A controller's table has no room for what it should hold.
    Full {
        /// Which controller.
        controller: usize,
    },
    /// A controller's answers make no sense.
    Violation {
        /// Which controller.
        controller: usize,
        /// In words.
        what: &'static str,
    },
}
