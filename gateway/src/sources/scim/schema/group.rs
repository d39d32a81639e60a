//! The table of a group: RFC 7643, 4.2.

use super::attribute::{Attribute, Held, ResourceType, Schema};

/// A group of people.
pub(in super::super) static GROUP: ResourceType = ResourceType {
    name: "Group",
    endpoint: "Groups",
    description: "People who are given access together.",
    schema: &CORE_GROUP,
    extensions: &[],
    held_as: Held::Groups,
    dropped: &[],
};

static CORE_GROUP: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "People who are given access together.",
    attributes: &GROUP_ATTRIBUTES,
};

static GROUP_ATTRIBUTES: [Attribute; 2] = [
    Attribute::text("displayName", "Unique name of the group, in any letter case.").required().unique(),
    Attribute::complex("members", &MEMBERS, "The people who belong to the group.").many(),
];

static MEMBERS: [Attribute; 3] = [
    Attribute::text("value", "The member's id.").exact().immutable(),
    Attribute::reference("$ref", &["User"], "The member's address.").immutable(),
    Attribute::text("type", "The member's resource type.").canonical(&["User"]).immutable(),
];
