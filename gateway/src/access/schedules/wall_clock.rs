//! What the site's wall clock shows, for controllers that have no database of time zones.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use panel_protocol::schedule::{ClockChange, ClockChanges};
use panel_protocol::time::UtcSeconds;

use super::first_day;

/// The changes of a zone that count in a year, and as many of those after it as a controller keeps.
pub(super) fn changes(zone: &TimeZone, year: i16) -> ClockChanges {
    let begin = TimeZone::UTC
        .to_timestamp(first_day(year).to_datetime(jiff::civil::Time::midnight()))
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .max(Timestamp::UNIX_EPOCH);
    let mut changes = ClockChanges::new();
    let later = zone.following(begin).map(|change| (change.timestamp(), change.offset()));
    for (at, offset) in std::iter::once((begin, zone.to_offset(begin))).chain(later) {
        let Some(change) = change(at, offset) else { break };
        let is_new = changes.last().is_none_or(|last: &ClockChange| last.ahead != change.ahead);
        if is_new && changes.push(change).is_err() {
            break;
        }
    }
    changes
}

/// `None` beyond what controllers' clocks can show.
fn change(at: Timestamp, offset: Offset) -> Option<ClockChange> {
    let at = UtcSeconds(u32::try_from(at.as_second()).ok()?);
    Some(ClockChange { at, ahead: i16::try_from(offset.seconds().div_euclid(60)).ok()? })
}
