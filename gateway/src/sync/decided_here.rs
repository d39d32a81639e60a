//! A controller that holds no card table: the gateway decides at its doors, by what is durable at that moment.
//!
//! Nothing is ever sent to it and nothing asked of it, so a change is proven there as soon as it is compiled.

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::table::Row;

use super::events::EventCursor;
use super::machine::{ControllerStatus, Demand, Machine, Outcome};
use super::room::{Answer, Failure, Room};
use crate::access::DesiredTable;

/// The machine of such a controller: it has no state.
#[derive(Debug)]
pub(super) struct DecidedHere;

impl Machine for DecidedHere {
    fn desire(&mut self, _: Credential, _: Option<Row>, _: Option<Row>) {}

    fn revoke(&mut self, _: Credential) {}

    fn may_hold(&self, _: Credential, _: Option<Row>) -> bool {
        false
    }

    fn demand(&self, _: Timestamp) -> Demand {
        Demand::None
    }

    fn next(&mut self, _: Timestamp, _: DesiredTable<'_>, _: &mut dyn Room) -> Option<Vec<Credential>> {
        None
    }

    fn answered(&mut self, _: Timestamp, _: DesiredTable<'_>, _: &Answer) -> Outcome {
        Outcome::Quiet
    }

    fn failed(&mut self, _: Timestamp, _: Failure) -> Outcome {
        Outcome::Quiet
    }

    fn resync(&mut self) {}

    fn proven_among(&self, of: &[Credential], _: DesiredTable<'_>) -> Vec<Credential> {
        of.to_vec()
    }

    fn is_proven(&self) -> bool {
        true
    }

    fn is_full(&self) -> bool {
        false
    }

    fn events(&mut self) -> Option<&mut EventCursor> {
        None
    }

    fn status(&self) -> Option<ControllerStatus> {
        None
    }
}
