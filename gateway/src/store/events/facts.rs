//! What of an event people search the log by.

use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;

use crate::domain::{CardholderId, DoorId, Event, EventKind};

/// What happened at a door, as far as somebody may ask for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) door: Option<&'a DoorId>,
    pub(super) holder: Option<CardholderId>,
    pub(super) holder_name: Option<&'a str>,
    pub(super) card: Credential,
    pub(super) reason: Reason,
}

impl<'a> Facts<'a> {
    /// Those of an event; `None` for kinds that the log for people doesn't list. Whoever changes what a kind gives here
    /// changes [`INDEX_VERSION`](super::index::INDEX_VERSION) with it.
    pub(super) fn of(event: &'a Event) -> Option<Self> {
        match &event.kind {
            EventKind::CardRead(read) => Some(Self {
                door: read.door.as_ref(),
                holder: read.holder,
                holder_name: read.holder_name.as_deref(),
                card: read.credential,
                reason: read.reason,
            }),
            EventKind::Receipt(_) | EventKind::Alarm(_) | EventKind::RuleDropped(_) | EventKind::Door(_) => {
                None
            }
        }
    }
}
