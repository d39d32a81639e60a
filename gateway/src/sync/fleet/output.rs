//! What the fleet has to say to the world.

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use panel_protocol::panel::{EventBody, PanelEvent};

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
        events: Vec<KeptRead>,
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

/// A card read that a panel decided and kept until it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeptRead {
    /// Its number: one more than the read before it, for as long as the panel keeps its epoch.
    pub sequence: u32,
    /// When, by the panel's clock; `None` if that was not set.
    pub at: Option<Timestamp>,
    /// At which of its readers.
    pub reader: u8,
    /// The card.
    pub credential: Credential,
    /// What the panel decided.
    pub reason: Reason,
}

impl From<PanelEvent> for KeptRead {
    fn from(PanelEvent { sequence, at, body }: PanelEvent) -> Self {
        let EventBody::CardRead { reader, credential, reason } = body;
        let at = at.and_then(|at| Timestamp::from_second(i64::from(at.0)).ok());
        Self { sequence, at, reader, credential, reason }
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::time::UtcSeconds;

    use super::*;

    #[test]
    fn what_a_panel_read_before_its_clock_was_set_has_no_time() {
        let body = EventBody::CardRead {
            reader: 1,
            credential: Credential::new(26, 7).unwrap(),
            reason: Reason::ClockNotSet,
        };
        let read = |at| KeptRead::from(PanelEvent { sequence: 4, at, body });
        let told = read(None);
        assert_eq!((told.sequence, told.reader, told.reason), (4, 1, Reason::ClockNotSet));
        assert_eq!(told.at, None);
        let noon = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(read(Some(UtcSeconds(1_800_000_000))).at, Some(noon));
    }
}
