//! Instants as people type them: a day, a time by the site's clock, or RFC 3339.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Which end of a day a day alone stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// It begins.
    Start,
    /// It ends.
    End,
}

/// Reads one.
///
/// # Errors
/// With what would be right.
pub fn read(text: &str, zone: &TimeZone, edge: Edge) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let wrong = || "give 2027-01-31, \"2027-01-31 18:00\" or 2027-01-31T18:00:00Z".to_owned();
    let local = if text.len() == "2027-01-31".len() {
        let day: Date = text.parse().map_err(|_| wrong())?;
        let day = if edge == Edge::End { day.checked_add(1.day()).map_err(|_| wrong())? } else { day };
        day.at(0, 0, 0, 0)
    } else {
        text.parse::<DateTime>().map_err(|_| wrong())?
    };
    zone.to_timestamp(local).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_itself_by_the_sites_clock_and_an_instant_is_itself() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (text, edge, instant) in [
            ("2027-01-31", Edge::End, "2027-01-31T23:00:00Z"),
            ("2027-01-31", Edge::Start, "2027-01-30T23:00:00Z"),
            ("2027-07-31 18:00", Edge::End, "2027-07-31T16:00:00Z"),
            ("2027-01-31T18:00:00+02:00", Edge::End, "2027-01-31T16:00:00Z"),
        ] {
            assert_eq!(read(text, &zone, edge), Ok(instant.parse().unwrap()), "{text}");
        }
        for wrong in ["", "soon", "2027-02-30", "31.01.2027", "2027-01-31 25:00", "9999-12-31"] {
            assert!(read(wrong, &zone, Edge::End).unwrap_err().contains("2027-01-31"), "{wrong}");
        }
    }
}
