//! `[limits]`

use toml::Spanned;

use super::Limits;
use super::section::Section;

/// Fewer would make the page useless, more would fill a small box's disk.
const EVENTS: std::ops::Range<u64> = 1_000..100_000_001;

/// Ten years.
const DAYS: std::ops::Range<u64> = 1..3_651;

impl Default for Limits {
    /// A million events, 90 days; the audit log for a year.
    fn default() -> Self {
        Self { events: 1_000_000, event_days: 90, audit_days: 365 }
    }
}

/// Absent keys have their default; wrong ones have been noted.
pub(super) fn read(section: Option<&Section<'_, '_>>) -> Limits {
    let defaults = Limits::default();
    let Some(section) = section else { return defaults };
    let events = section.number("events", EVENTS).map_or(defaults.events, Spanned::into_inner);
    let days = |key| section.number(key, DAYS).and_then(|days| u32::try_from(days.into_inner()).ok());
    Limits {
        events,
        event_days: days("event_days").unwrap_or(defaults.event_days),
        audit_days: days("audit_days").unwrap_or(defaults.audit_days),
    }
}
