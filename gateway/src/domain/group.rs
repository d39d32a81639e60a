//! A group, as the identity provider sends it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cardholder::Attributes;
use super::identifier::identifier;
use super::revision::Revision;

identifier! {
    /// The gateway's own identifier of a group; the SCIM `id`. Rules refer to it, so renames keep access.
    GroupId
}

/// A group without its members: those are relations of their own, so that one more member is a small change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Stable for life.
    pub id: GroupId,
    /// Unique without regard to case among all groups.
    pub display_name: String,
    /// The identity provider's own identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// All else, as the identity provider sent it.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// When first seen.
    pub created: Timestamp,
    /// When last changed, members included.
    pub modified: Timestamp,
    /// The revision that changed it last, members included.
    pub revision: Revision,
}
