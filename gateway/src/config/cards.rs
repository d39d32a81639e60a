//! `[cards]`

use panel_protocol::credential::MAX_BITS;
use panel_protocol::wiegand::{FORMATS, Field, Format, H10301};
use toml::Spanned;

use super::problem::Problem;
use super::section::Section;
use super::{Cards, WhenNumberRemoved};
use crate::domain::DEFAULT_BADGE_TYPE;

/// Most numbers that mean none.
const MAX_NONE_VALUES: usize = 32;

const WHEN_NUMBER_REMOVED: [(&str, WhenNumberRemoved); 2] =
    [("deactivate", WhenNumberRemoved::Deactivate), ("keep", WhenNumberRemoved::Keep)];

impl Default for Cards {
    /// Without a facility code, so that only numbers that carry one become cards.
    fn default() -> Self {
        Self {
            default_format: &H10301,
            default_facility: None,
            default_badge_type: DEFAULT_BADGE_TYPE.to_owned(),
            when_number_removed: WhenNumberRemoved::Deactivate,
            none_values: ["NONE", "0"].map(str::to_owned).to_vec(),
            strict: false,
        }
    }
}

/// Absent keys have their default; wrong ones have been noted.
pub(super) fn read(section: Option<&Section<'_, '_>>) -> Option<Cards> {
    let defaults = Cards::default();
    let Some(section) = section else { return Some(defaults) };
    let format = section.text("default_format").and_then(|id| format(section, &id));
    let facility = section.number("default_facility", 0..u64::MAX);
    if let (Some(format), Some(facility)) = (format.or(Some(defaults.default_format)), &facility) {
        check_facility(section, format, facility);
    }
    let removed = section.word("when_number_removed", &WHEN_NUMBER_REMOVED, &[]);
    Some(Cards {
        default_format: format.unwrap_or(defaults.default_format),
        default_facility: facility.map(Spanned::into_inner),
        default_badge_type: section.name("default_badge_type").unwrap_or(defaults.default_badge_type),
        when_number_removed: removed.unwrap_or(defaults.when_number_removed),
        none_values: section.texts("none_values", MAX_NONE_VALUES).unwrap_or(defaults.none_values),
        strict: section.flag("strict"),
    })
}

/// Similar names mean quite different formats, so none is suggested.
fn format(section: &Section<'_, '_>, id: &Spanned<&str>) -> Option<&'static Format> {
    let format = Format::by_id(id.get_ref());
    let fitting = format.filter(|format| format.fits_credential());
    if fitting.is_none() {
        let problem = Problem::at(id.span(), format!("`default_format` can't be \"{}\"", id.get_ref()));
        section.review.note(problem.help(match format {
            Some(long) => {
                format!("a credential has at most {MAX_BITS} bits, a card of {} {}", long.id, long.bits)
            }
            None => format!("this version reads {}", known_formats()),
        }));
    }
    fitting
}

/// All that credentials can have.
fn known_formats() -> String {
    let fitting = FORMATS.iter().filter(|format| format.fits_credential());
    fitting.map(|format| format.id).collect::<Vec<_>>().join(", ")
}

fn check_facility(section: &Section<'_, '_>, format: &Format, facility: &Spanned<u64>) {
    let (value, id) = (*facility.get_ref(), format.id);
    let message = match format.facility.map(Field::max) {
        None => format!("`default_facility` is {value}, and {id} has no facility code; leave it out"),
        Some(greatest) if value > greatest => {
            format!("`default_facility` is {value}; the facility code of {id} is 0 to {greatest}")
        }
        Some(_) => return,
    };
    section.review.note(Problem::at(facility.span(), message));
}
