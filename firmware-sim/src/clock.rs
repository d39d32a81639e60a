//! Clocks that are wrong.

use panel_protocol::time::UtcSeconds;

/// Calendar time moved by some seconds, within what 32 bits hold.
pub(crate) fn shifted(utc: UtcSeconds, offset_s: i64) -> UtcSeconds {
    let moved = i64::from(utc.0).saturating_add(offset_s).clamp(0, i64::from(u32::MAX));
    UtcSeconds(u32::try_from(moved).unwrap_or(u32::MAX))
}
