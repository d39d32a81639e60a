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

/// Two instants between which something is looked for; either may be left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// From this one on.
    pub from: Option<Timestamp>,
    /// Until before this one.
    pub until: Option<Timestamp>,
}

/// Why two texts are no span.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpanError {
    /// The end that is wrong: `from` or `to`.
    pub end: &'static str,
    /// What was given for it.
    pub value: String,
    /// What is wrong.
    pub what: &'static str,
    /// What would be right.
    pub remedy: String,
}

impl Span {
    /// Reads one; a day alone as `to` ends with that day.
    ///
    /// # Errors
    /// When an end is no instant, or the second is not after the first.
    pub fn read(from: Option<&str>, to: Option<&str>, zone: &TimeZone) -> Result<Self, SpanError> {
        let end = |end: &'static str, text: Option<&str>, edge| {
            let wrong =
                |text: &str, remedy| SpanError { end, value: text.to_owned(), what: "no instant", remedy };
            text.map(|text| read(text, zone, edge).map_err(|remedy| wrong(text, remedy))).transpose()
        };
        let span = Self { from: end("from", from, Edge::Start)?, until: end("to", to, Edge::End)? };
        match (span.from, span.until) {
            (Some(from), Some(until)) if from >= until => Err(SpanError {
                end: "to",
                value: to.unwrap_or_default().to_owned(),
                what: "not after from",
                remedy: format!(
                    "give an instant after {}",
                    from.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M")
                ),
            }),
            _ => Ok(span),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_begins_before_it_ends() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let read = |from, to| Span::read(from, to, &zone);
        let day = read(Some("2027-01-31"), Some("2027-01-31")).unwrap();
        assert_eq!(day.until.unwrap().duration_since(day.from.unwrap()).as_hours(), 24);
        assert_eq!(read(None, None), Ok(Span::default()));
        for (from, to, end, remedy) in [
            ("2027-02-01", "2027-01-31", "to", "after 2027-02-01 00:00"),
            ("2027-01-31 18:00", "2027-01-31T18:00:00+01:00", "to", "after 2027-01-31 18:00"),
            ("soon", "2027-01-31", "from", "2027-01-31"),
            ("2027-01-31", "later", "to", "2027-01-31"),
        ] {
            let wrong = read(Some(from), Some(to)).unwrap_err();
            assert_eq!((wrong.end, wrong.value.as_str()), (end, if end == "to" { to } else { from }));
            assert!(wrong.remedy.contains(remedy), "{wrong:?}");
        }
    }

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
