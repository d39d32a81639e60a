//! Hours of a day as panels count them.

use panel_protocol::schedule::MINUTES_PER_DAY;

use crate::domain;

/// From a minute of the day until another; over midnight if that is earlier.
pub(super) type Minutes = (u16, u16);

/// An interval as panels count it: midnight is the end of the day on which it begins.
pub(super) const fn minutes(interval: domain::Interval) -> Minutes {
    let until = interval.to().minutes();
    (interval.from().minutes(), if until == 0 { MINUTES_PER_DAY } else { until })
}
