//! Words that sentences share.

use jiff::Timestamp;

use super::limits::MAX_NAMED;
use crate::domain::{ControllerId, LocalClock};

/// ` since 10:02`; nothing for what was always so.
pub(super) fn since(at: Option<Timestamp>, clock: &LocalClock) -> String {
    at.map(|at| format!(" since {}", clock.short(&at))).unwrap_or_default()
}

/// `dock`, `dock and roof`, `dock, roof, lobby and 2 more`.
pub(super) fn named<'a>(ids: impl Iterator<Item = &'a ControllerId>) -> String {
    let ids: Vec<&str> = ids.map(ControllerId::as_str).collect();
    match ids.as_slice() {
        [first @ .., last] if ids.len() <= MAX_NAMED && !first.is_empty() => {
            format!("{} and {last}", first.join(", "))
        }
        _ if ids.len() > MAX_NAMED => {
            format!("{} and {} more", ids[..MAX_NAMED].join(", "), ids.len() - MAX_NAMED)
        }
        _ => ids.join(", "),
    }
}

/// `1 card`, `2 cards`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
