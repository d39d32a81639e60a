//! `[alarms]`

use toml::Spanned;

use super::Alarms;
use super::section::Section;

/// Far more than any site has.
const PEOPLE: std::ops::Range<u64> = 1..1_000_001;

/// A year; 0 is never.
const SILENT_HOURS: std::ops::Range<u64> = 0..8_761;

impl Default for Alarms {
    /// A tenth of all people, and at least five of them; three days.
    fn default() -> Self {
        Self { mass_revocation_share: 0.1, mass_revocation_people: 5, source_silent_hours: 72 }
    }
}

/// Absent keys have their default; wrong ones have been noted.
pub(super) fn read(section: Option<&Section<'_, '_>>) -> Alarms {
    let defaults = Alarms::default();
    let Some(section) = section else { return defaults };
    let number = |key, range| {
        section.number(key, range).and_then(|number: Spanned<u64>| u32::try_from(number.into_inner()).ok())
    };
    Alarms {
        mass_revocation_share: section
            .share("mass_revocation_share")
            .unwrap_or(defaults.mass_revocation_share),
        mass_revocation_people: number("mass_revocation_people", PEOPLE)
            .unwrap_or(defaults.mass_revocation_people),
        source_silent_hours: number("source_silent_hours", SILENT_HOURS)
            .unwrap_or(defaults.source_silent_hours),
    }
}
