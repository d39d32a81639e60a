//! A card that stopped opening doors, by the organisation's word.

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use serde::{Deserialize, Serialize};

use super::cardholder::CardholderId;
use super::credential_text;
use super::origin::Origin;
use super::revision::Revision;

/// A credential that was some person's active card before a change and nobody's after it.
///
/// It says what happened then; the same credential may have been given out again since.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Revocation {
    /// The change that did it.
    pub revision: Revision,
    /// When that change was accepted.
    pub at: Timestamp,
    /// Who caused it; unknown of those that an older program remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Origin>,
    /// What opens nothing any more.
    #[serde(with = "credential_text::bare")]
    pub credential: Credential,
    /// Whose card it was; the person may be gone.
    pub holder: CardholderId,
    /// Their display name then.
    pub holder_name: String,
}
