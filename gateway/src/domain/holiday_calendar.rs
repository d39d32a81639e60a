//! A holiday calendar: the days on which schedules don't go by the day of the week.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::identifier::identifier;
use super::record_name::RecordName;
use super::revision::Revision;

identifier! {
    /// The gateway's own identifier of a holiday calendar. Schedules refer to it, so renames keep their meaning.
    HolidayCalendarId
}

/// A year with a 29th of February.
const LEAP_YEAR: i16 = 2000;

/// A holiday.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "KeptHoliday", into = "KeptHoliday")]
pub enum Holiday {
    /// Every year on this day.
    Yearly {
        /// The month.
        month: i8,
        /// The day of the month; the 29th of February comes in leap years.
        day: i8,
    },
    /// Once, or from a day to another, both included.
    Span {
        /// The first day.
        from: Date,
        /// The last day; not before the first.
        to: Date,
    },
}

/// What is no holiday.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HolidayError {
    /// It is no day.
    #[error("{0:?} is no day")]
    NoDay(String),
    /// It ends before it begins.
    #[error("it ends on {to}, before it begins on {from}")]
    Reversed {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
    },
}

impl HolidayError {
    /// What would be right.
    pub const REMEDY: &str = "Write \"12-25\" for every year, \"2027-04-02\" for once, or { from = \"2027-07-26\", to = \"2027-08-06\" }.";
}

impl Holiday {
    /// From a day to another, both included.
    ///
    /// # Errors
    /// When a text is no day, or the last comes before the first.
    pub fn span(from: &str, to: &str) -> Result<Self, HolidayError> {
        let (from, to) = (date(from)?, date(to)?);
        if to < from { Err(HolidayError::Reversed { from, to }) } else { Ok(Self::Span { from, to }) }
    }

    /// Whether it falls on `date`.
    pub fn falls_on(self, date: Date) -> bool {
        match self {
            Self::Yearly { month, day } => (date.month(), date.day()) == (month, day),
            Self::Span { from, to } => (from..=to).contains(&date),
        }
    }

    /// Whether some day is a holiday by both.
    pub fn overlaps(self, other: Self) -> bool {
        match (self, other) {
            (Self::Span { from, to }, Self::Span { from: begin, to: end }) => from <= end && begin <= to,
            (Self::Yearly { month, day }, Self::Yearly { month: other_month, day: other_day }) => {
                (month, day) == (other_month, other_day)
            }
            (Self::Yearly { month, day }, Self::Span { from, to })
            | (Self::Span { from, to }, Self::Yearly { month, day }) => {
                // A day of February in leap years alone is met within eight years, or never is.
                let last = to.year().min(from.year().saturating_add(8));
                (from.year()..=last)
                    .filter_map(|year| Date::new(year, month, day).ok())
                    .any(|date| (from..=to).contains(&date))
            }
        }
    }
}

fn date(text: &str) -> Result<Date, HolidayError> {
    let shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| shaped).ok_or_else(|| HolidayError::NoDay(text.to_owned()))
}

impl FromStr for Holiday {
    type Err = HolidayError;

    /// `12-25` or `2027-04-02`.
    fn from_str(text: &str) -> Result<Self, HolidayError> {
        if text.len() != 5 {
            return date(text).map(|day| Self::Span { from: day, to: day });
        }
        let day = date(&format!("{LEAP_YEAR}-{text}")).map_err(|_| HolidayError::NoDay(text.to_owned()))?;
        Ok(Self::Yearly { month: day.month(), day: day.day() })
    }
}

impl fmt::Display for Holiday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yearly { month, day } => write!(f, "{month:02}-{day:02}"),
            Self::Span { from, to } if from == to => from.fmt(f),
            Self::Span { from, to } => write!(f, "{from} to {to}"),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum KeptHoliday {
    Day(String),
    Span { from: String, to: String },
}

impl TryFrom<KeptHoliday> for Holiday {
    type Error = HolidayError;

    fn try_from(kept: KeptHoliday) -> Result<Self, HolidayError> {
        match kept {
            KeptHoliday::Day(text) => text.parse(),
            KeptHoliday::Span { from, to } => Self::span(&from, &to),
        }
    }
}

impl From<Holiday> for KeptHoliday {
    fn from(holiday: Holiday) -> Self {
        match holiday {
            Holiday::Span { from, to } if from != to => {
                Self::Span { from: from.to_string(), to: to.to_string() }
            }
            day => Self::Day(day.to_string()),
        }
    }
}

/// Days that are holidays.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HolidayCalendar {
    /// Stable for life.
    pub id: HolidayCalendarId,
    /// Unique without regard to case among all holiday calendars.
    pub name: RecordName,
    /// The holidays; no day is one of them twice.
    pub days: Vec<Holiday>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The revision that changed it last.
    pub revision: Revision,
}

impl HolidayCalendar {
    /// Most holidays of one calendar: those of a region for ten years.
    pub const MAX_DAYS: usize = 256;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holiday(text: &str) -> Holiday {
        text.parse().unwrap()
    }

    #[test]
    fn holidays_are_written_as_people_write_them() {
        for (json, shown) in [
            (r#""12-25""#, "12-25"),
            (r#""02-29""#, "02-29"),
            (r#""2027-04-02""#, "2027-04-02"),
            (r#"{"from":"2027-07-26","to":"2027-08-06"}"#, "2027-07-26 to 2027-08-06"),
        ] {
            let holiday: Holiday = serde_json::from_str(json).unwrap();
            assert_eq!(
                (serde_json::to_string(&holiday).unwrap().as_str(), holiday.to_string().as_str()),
                (json, shown)
            );
        }
        for bad in ["", "13-01", "02-30", "2027-02-29", "2027-4-2", "25.12.", "20270402", "2027-04-02T00:00"]
        {
            assert!(bad.parse::<Holiday>().is_err(), "{bad}");
        }
        assert!(Holiday::span("2027-08-06", "2027-07-26").is_err());
    }

    #[test]
    fn days_that_are_holidays_twice_are_found() {
        let span = Holiday::span("2027-12-20", "2028-01-05").unwrap();
        for (one, other, both) in [
            (holiday("12-25"), span, true),
            (holiday("01-05"), span, true),
            (holiday("01-06"), span, false),
            (holiday("02-29"), Holiday::span("2025-01-01", "2027-12-31").unwrap(), false),
            (holiday("02-29"), Holiday::span("2025-01-01", "2028-12-31").unwrap(), true),
            (holiday("2027-12-24"), span, true),
            (holiday("2027-12-24"), holiday("2028-12-24"), false),
            (holiday("12-24"), holiday("12-24"), true),
        ] {
            assert_eq!((one.overlaps(other), other.overlaps(one)), (both, both), "{one} {other}");
        }
        assert!(
            span.falls_on("2028-01-01".parse().unwrap())
                && holiday("12-25").falls_on("2031-12-25".parse().unwrap())
        );
    }
}
