//! What a change of the directory means for one card, and the receipt that it begins with.

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use crate::access::CardAccess;
use crate::domain::{CardholderId, ControllerId, Landing, Receipt, ReceiptAction, Revision};

/// What a change of the directory means for one card.
#[derive(Clone, PartialEq, Debug)]
pub struct CardChange {
    /// The change.
    pub revision: Revision,
    /// When it was durable.
    pub committed: Timestamp,
    /// The card.
    pub credential: Credential,
    /// What it may do from now on; `None`: nothing.
    pub access: Option<CardAccess>,
    /// Whose card it is, or was.
    pub holder: CardholderId,
    /// Their name.
    pub holder_name: String,
}

impl CardChange {
    /// Its receipt, before anything has happened at these controllers.
    pub(super) fn receipt(self, action: ReceiptAction, landings: Vec<Landing>) -> Receipt {
        Receipt {
            revision: self.revision,
            action,
            credential: self.credential,
            holder: Some(self.holder),
            holder_name: self.holder_name,
            committed: self.committed,
            landings,
        }
    }
}

/// A controller that the change has still to get to.
pub(super) fn landing(controller: ControllerId, now: Timestamp) -> Landing {
    Landing { controller, compiled: now, sent: None, acknowledged: None, proven: None }
}
