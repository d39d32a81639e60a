//! Holidays, in the calendars that they stand in.

use core::fmt;

use heapless::Vec;

use super::date::{Date, LAST_DAY};
use crate::limits::MAX_HOLIDAYS;

/// Added to month × 32 + day on the wire, where other holidays have the number of a day.
const YEARLY: u16 = 0xF000;

/// A holiday.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Holiday {
    /// A day of every year that has it.
    Yearly {
        /// The month, from 1.
        month: u8,
        /// The day of the month, from 1.
        day: u8,
    },
    /// All days from one to another.
    Days {
        /// The first, counted from 1970-01-01.
        first: u16,
        /// The last.
        last: u16,
    },
}

/// Why something is no holiday.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HolidayError {
    /// No year has such a day.
    NoSuchDay {
        /// The month.
        month: u8,
        /// The day.
        day: u8,
    },
    /// It ends before it begins, or after 2106-02-07.
    Span {
        /// The first day.
        first: u16,
        /// The last day.
        last: u16,
    },
    /// A span of days of every year; each is a holiday of its own.
    YearlySpan,
    /// There are more than [`MAX_HOLIDAYS`] in one calendar.
    TooMany,
}

impl Holiday {
    /// Whether the day with that number is one of its days.
    pub fn has(&self, day: i32) -> bool {
        match *self {
            Self::Yearly { month, day: of_month } => {
                let date = Date::of_day(day);
                (date.month, date.day) == (month, of_month)
            }
            Self::Days { first, last } => (i32::from(first)..=i32::from(last)).contains(&day),
        }
    }

    /// The holiday itself.
    ///
    /// # Errors
    /// When there is no such day or span.
    pub const fn checked(self) -> Result<Self, HolidayError> {
        match self {
            Self::Yearly { month, day } if !Date::may_fall(month, day) => {
                Err(HolidayError::NoSuchDay { month, day })
            }
            Self::Days { first, last } if first > last || last > LAST_DAY => {
                Err(HolidayError::Span { first, last })
            }
            sound => Ok(sound),
        }
    }

    /// Its bytes on the wire and in digests: first and last, each a day's number or 0xF000 + month × 32 + day.
    pub const fn to_bytes(self) -> [u8; 4] {
        let (first, last) = match self {
            Self::Yearly { month, day } => {
                let yearly = YEARLY | (month as u16) << 5 | day as u16;
                (yearly, yearly)
            }
            Self::Days { first, last } => (first, last),
        };
        let ([first, first_high], [last, last_high]) = (first.to_le_bytes(), last.to_le_bytes());
        [first, first_high, last, last_high]
    }

    /// The holiday in those bytes.
    ///
    /// # Errors
    /// When they are none.
    pub const fn from_bytes([first, first_high, last, last_high]: [u8; 4]) -> Result<Self, HolidayError> {
        let (first, last) = (u16::from_le_bytes([first, first_high]), u16::from_le_bytes([last, last_high]));
        if first < YEARLY {
            return Self::Days { first, last }.checked();
        }
        if first != last {
            return Err(HolidayError::YearlySpan);
        }
        Self::Yearly { month: (first >> 5 & 0x7F) as u8, day: (first & 0x1F) as u8 }.checked()
    }
}

/// The holidays that a schedule names by one number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calendar {
    /// As their bytes: four, where [`Holiday`] takes six.
    holidays: Vec<[u8; 4], MAX_HOLIDAYS, u8>,
}

impl Calendar {
    /// These holidays.
    ///
    /// # Errors
    /// When one of them is none, or there are more than [`MAX_HOLIDAYS`].
    pub fn new(holidays: impl IntoIterator<Item = Holiday>) -> Result<Self, HolidayError> {
        let mut calendar = Self::default();
        for holiday in holidays {
            let bytes = holiday.checked()?.to_bytes();
            calendar.holidays.push(bytes).map_err(|_| HolidayError::TooMany)?;
        }
        Ok(calendar)
    }

    /// Its holidays.
    pub fn holidays(&self) -> impl Iterator<Item = Holiday> + Clone + '_ {
        self.holidays.iter().filter_map(|bytes| Holiday::from_bytes(*bytes).ok())
    }

    /// Whether the day with that number is a holiday.
    pub fn has(&self, day: i32) -> bool {
        self.holidays().any(|holiday| holiday.has(day))
    }
}

impl fmt::Display for HolidayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchDay { month, day } => write!(f, "no year has a {month:02}-{day:02}"),
            Self::Span { first, last } => {
                write!(f, "days {first} to {last}; first to last, none after {LAST_DAY}")
            }
            Self::TooMany => write!(f, "more than {MAX_HOLIDAYS} holidays in one calendar"),
            Self::YearlySpan => f.write_str("a span of every year; each day is a holiday of its own"),
        }
    }
}

impl core::error::Error for HolidayError {}
