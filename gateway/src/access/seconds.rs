//! Instants as controllers know them: whole seconds of 32 bits, 1970 to 2106. Rounding never widens what is granted.

use jiff::Timestamp;
use panel_protocol::time::UtcSeconds;

/// The first second that is not before `from`; `None`: from the first on.
pub(super) fn begin(from: Option<Timestamp>) -> Option<UtcSeconds> {
    from.map(|from| UtcSeconds(first_whole_second(from))).filter(|from| from.0 > 0)
}

/// The first second that is over; `Some(None)`: it doesn't end, `None`: it was over before time began.
pub(super) fn end(until: Option<Timestamp>) -> Option<Option<UtcSeconds>> {
    match until {
        Some(until) if until <= Timestamp::UNIX_EPOCH => None,
        Some(until) => Some(u32::try_from(until.as_second()).ok().map(UtcSeconds)),
        None => Some(None),
    }
}

fn first_whole_second(instant: Timestamp) -> u32 {
    let begun = i64::from(instant.subsec_nanosecond() > 0);
    u32::try_from((instant.as_second() + begun).max(0)).unwrap_or(u32::MAX)
}
