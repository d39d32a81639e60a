//! From when to when a card that was given opens something, as its source writes it.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::domain::{CardRefusal, GivenCard};

/// Whether the validity of a card that was given has ended. One that can't be read has no end.
pub(super) fn has_ended(given: &GivenCard, now: Timestamp) -> bool {
    validity(given).is_ok_and(|(_, until)| until.is_some_and(|until| until <= now))
}

/// The instants between which a card opens something.
///
/// # Errors
/// When one can't be read, or the end is not after the beginning.
pub(super) fn validity(given: &GivenCard) -> Result<(Option<Timestamp>, Option<Timestamp>), CardRefusal> {
    let refused = |detail| CardRefusal::Validity { number: given.number.clone(), detail };
    let read = |name: &str, text: &Option<String>| {
        let read = |text: &str| {
            let wrong =
                || refused(format!("{name} {text:?} must be an instant such as 2027-01-31T18:00:00Z"));
            instant(text.trim()).ok_or_else(wrong)
        };
        text.as_deref().map(read).transpose()
    };
    let from = read("validFrom", &given.valid_from)?;
    let until = read("validUntil", &given.valid_until)?;
    match (from, until) {
        (Some(from), Some(until)) if until <= from => {
            Err(refused("validUntil must be after validFrom".into()))
        }
        both => Ok(both),
    }
}

/// The instant in a text. Directories write `9999-12-31T23:59:59Z` for never, which is later than the latest that
/// there is here, and becomes that.
fn instant(text: &str) -> Option<Timestamp> {
    const LAST_DAY: &str = "9999-12-31T";
    let is_last =
        || text.starts_with(LAST_DAY) && text.trim_end_matches(['Z', 'z']).parse::<DateTime>().is_ok();
    text.parse().ok().or_else(|| is_last().then_some(Timestamp::MAX))
}
