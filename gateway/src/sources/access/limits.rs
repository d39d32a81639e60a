//! Every bound of an edit, in one place.

/// Most mistakes that one edit is told. An edit is checked where all changes are written, and the search for what was
/// probably meant takes time there.
pub(super) const MAX_REFUSALS: usize = 50;

/// Most groups that a refusal names.
pub(super) const MAX_GROUPS_NAMED: usize = 10;
