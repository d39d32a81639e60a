//! Instants in the words of the site's clock on the wall: the one form in which people are told a time, with its zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Turns instants into local time. An unknown zone name counts as UTC.
#[derive(Clone, Debug)]
pub struct LocalClock {
    zone: TimeZone,
    now: Timestamp,
}

impl LocalClock {
    /// For an IANA zone name such as `Europe/Berlin`, as seen at `now`.
    pub fn new(zone_name: &str, now: Timestamp) -> Self {
        Self::in_zone(TimeZone::get(zone_name).unwrap_or(TimeZone::UTC), now)
    }

    /// For a zone, as seen at `now`.
    pub const fn in_zone(zone: TimeZone, now: Timestamp) -> Self {
        Self { zone, now }
    }

    /// The instant that counts as now.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The zone that it shows the time of.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// `10:02 CET` today, `21 Nov 10:02 CET` on another day, with the year in another year.
    pub fn short(&self, at: &Timestamp) -> String {
        self.words(at, "%H:%M")
    }

    /// The whole of day and time, whatever today is: `30 Nov 2026 13:00 CET`.
    pub fn dated(&self, at: &Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%-d %b %Y %H:%M %Z").to_string()
    }

    /// As [`short`](Self::short), with seconds: `10:02:11 CET`.
    pub fn exact(&self, at: &Timestamp) -> String {
        self.words(at, "%H:%M:%S")
    }

    /// For programs and tool tips, with the zone's offset: `2026-11-22T10:02:11.250+01:00`.
    pub fn iso(&self, at: &Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
    }

    /// How long ago, in words: `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`; for what lies ahead, `in 5 min`.
    pub fn ago(&self, at: &Timestamp) -> String {
        let seconds = self.now.as_second().saturating_sub(at.as_second());
        match seconds {
            ..=-1 => format!("in {}", span(seconds.unsigned_abs())),
            0 => "just now".to_owned(),
            _ => format!("{} ago", span(seconds.unsigned_abs())),
        }
    }

    fn words(&self, at: &Timestamp, time_of_day: &str) -> String {
        let (then, now) = (at.to_zoned(self.zone.clone()), self.now.to_zoned(self.zone.clone()));
        let day = match (then.date() == now.date(), then.year() == now.year()) {
            (true, _) => "",
            (false, true) => "%-d %b ",
            (false, false) => "%-d %b %Y ",
        };
        then.strftime(&format!("{day}{time_of_day} %Z")).to_string()
    }
}

/// `12 s`, `5 min`, `3 h`, `2 d`; rounded down.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_told_in_the_sites_zone_and_other_days_are_named() {
        let clock = LocalClock::new("Europe/Berlin", at("2026-11-22T11:30:00Z"));
        assert_eq!(clock.short(&at("2026-11-22T09:02:11Z")), "10:02 CET");
        assert_eq!(clock.exact(&at("2026-11-22T09:02:11Z")), "10:02:11 CET");
        assert_eq!(clock.short(&at("2026-11-21T22:59:00Z")), "21 Nov 23:59 CET");
        assert_eq!(clock.short(&at("2026-11-21T23:01:00Z")), "00:01 CET", "already today in Berlin");
        assert_eq!(clock.short(&at("2025-07-01T10:00:00Z")), "1 Jul 2025 12:00 CEST", "summer time");
        assert_eq!(clock.dated(&at("2026-11-22T09:02:11Z")), "22 Nov 2026 10:02 CET");
        assert_eq!(clock.iso(&at("2026-11-22T09:02:11.25Z")), "2026-11-22T10:02:11.250+01:00");
    }

    #[test]
    fn an_unknown_zone_is_told_in_utc() {
        let clock = LocalClock::new("Mars/Olympus", at("2026-11-22T11:30:00Z"));
        assert_eq!(clock.short(&at("2026-11-22T09:02:11Z")), "09:02 UTC");
    }

    #[test]
    fn how_long_ago_is_told_in_the_largest_unit_that_fits() {
        let clock = LocalClock::new("UTC", at("2026-11-22T12:00:00Z"));
        let cases = [
            ("2026-11-22T12:00:00Z", "just now"),
            ("2026-11-22T11:59:48Z", "12 s ago"),
            ("2026-11-22T11:55:01Z", "4 min ago"),
            ("2026-11-22T08:59:00Z", "3 h ago"),
            ("2026-11-19T12:00:00Z", "3 d ago"),
            ("2026-11-22T12:09:30Z", "in 9 min"),
        ];
        for (then, words) in cases {
            assert_eq!(clock.ago(&at(then)), words);
        }
    }
}
