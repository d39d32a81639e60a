//! Instants as people type them, in the site's time zone.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// What a date without a time of the day means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateMeans {
    /// The day's beginning.
    Begin,
    /// The day's end.
    End,
}

/// A text that is no instant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is no instant")]
pub struct InstantError(pub String);

impl InstantError {
    /// What would be right.
    pub const REMEDY: &str = "Write \"2027-01-31\", \"2027-01-31 18:00\" or \"2027-01-31T18:00:00+01:00\".";
}

/// The instant that `text` says: RFC 3339, or the date, or the date and the time of the day on the zone's wall clock. A time
/// that a clock change skips counts as that much later, one that comes twice as the first.
///
/// # Errors
/// When it is none.
pub fn parse_instant(text: &str, zone: &TimeZone, date: DateMeans) -> Result<Timestamp, InstantError> {
    let text = text.trim();
    let wrong = || InstantError(text.to_owned());
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let local = match text.len() {
        10 => {
            let day: Date = text.parse().map_err(|_| wrong())?;
            match date {
                DateMeans::Begin => day,
                DateMeans::End => day.tomorrow().map_err(|_| wrong())?,
            }
            .to_datetime(jiff::civil::Time::midnight())
        }
        16 | 19 if text.contains([' ', 'T']) => text.parse::<DateTime>().map_err(|_| wrong())?,
        _ => return Err(wrong()),
    };
    zone.to_timestamp(local).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_alone_ends_with_that_day() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let read = |text, date| parse_instant(text, &zone, date).unwrap().to_string();
        assert_eq!(read("2027-01-31", DateMeans::End), "2027-01-31T23:00:00Z");
        assert_eq!(read("2027-01-31", DateMeans::Begin), "2027-01-30T23:00:00Z");
        for date in [DateMeans::Begin, DateMeans::End] {
            assert_eq!(read("2027-01-31 18:00", date), "2027-01-31T17:00:00Z");
            assert_eq!(read("2027-01-31T18:00:30", date), "2027-01-31T17:00:30Z");
            assert_eq!(read("2027-01-31T18:00:00Z", date), "2027-01-31T18:00:00Z");
            assert_eq!(read("2027-07-31T18:00:00+05:30", date), "2027-07-31T12:30:00Z");
        }
        assert_eq!(read("2027-03-27", DateMeans::End), "2027-03-27T23:00:00Z", "the night of a clock change");
        assert_eq!(read("2027-03-28", DateMeans::End), "2027-03-28T22:00:00Z");
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for bad in ["", "tomorrow", "31.01.2027", "2027-02-29", "2027-01-31 25:00", "2027-01-31 18", "18:00"]
        {
            assert!(parse_instant(bad, &TimeZone::UTC, DateMeans::End).is_err(), "{bad}");
        }
    }
}
