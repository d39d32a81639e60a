//! Whether a card opens a door for which the gateway decides: the same function as at panels, over rows that are computed at
//! that moment and never stored.

use panel_protocol::credential::Credential;
use panel_protocol::decide::{self, Question, Reason};
use panel_protocol::schedule::Hours;
use panel_protocol::time::UtcSeconds;

use super::plan::DesiredTable;
use crate::domain::CardholderId;

/// What was decided, and of whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Granted, or why not.
    pub reason: Reason,
    /// Whose card it is, if it is an active one.
    pub holder: Option<CardholderId>,
}

/// Decides at a reader of the controller that should hold this table, if it held one, by these schedules.
pub fn decide(
    table: DesiredTable<'_>,
    hours: Hours<'_>,
    reader: u8,
    card: Credential,
    now: UtcSeconds,
) -> Decision {
    let row = table.row(card);
    let profile = row.as_ref().and_then(|row| table.profile(row.profile));
    let question = Question { hours, ..Question::plain(row.as_ref(), profile, reader, Some(now)) };
    Decision { reason: decide::decide(&question).reason, holder: table.holder(card) }
}
