//! Every bound of an edit, in one place.

/// Most mistakes that one edit is told. An edit is checked where all changes are written, and the search for what was
/// probably meant takes time there.
pub(super) const MAX_REFUSALS: usize = 50;

/// Most groups that a refusal names.
pub(super) const MAX_GROUPS_NAMED: usize = 10;

/// Most holiday calendars.
pub(super) const MAX_HOLIDAY_CALENDARS: u64 = 100;

/// Most schedules: as many as a controller can hold.
pub(super) const MAX_SCHEDULES: u64 = 255;

/// Most holds.
pub(super) const MAX_HOLDS: usize = 10_000;
