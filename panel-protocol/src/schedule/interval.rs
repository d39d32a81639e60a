//! Minutes of the wall clock, on weekdays or on holidays.

use core::fmt;

/// Minutes of a day's wall clock, 24:00 among them as the end.
pub const MINUTES_PER_DAY: u16 = 24 * 60;

/// Added to a calendar's number where an interval is for its holidays.
const HOLIDAYS: u8 = 0x80;

/// Some of the seven weekdays, at least one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Weekdays(u8);

impl Weekdays {
    /// All seven.
    pub const ALL: Self = Self(0x7F);

    /// The days whose bits are set; bit 0 is Monday.
    ///
    /// # Errors
    /// When none is set, or one beyond Sunday's.
    pub const fn new(bits: u8) -> Result<Self, IntervalError> {
        if matches!(bits, 1..HOLIDAYS) { Ok(Self(bits)) } else { Err(IntervalError::Weekdays(bits)) }
    }

    /// The bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the weekday is among them, 0 for Monday.
    pub const fn has(self, weekday: u8) -> bool {
        self.0 >> weekday & 1 == 1
    }
}

/// The days on which an interval begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum On {
    /// These weekdays, if they are no holiday of the schedule's.
    Weekdays(Weekdays),
    /// The holidays of the calendar with this number, 0 to 127.
    Holidays(u8),
}

/// A span of the wall clock, on the days on which it begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Interval {
    on: On,
    from: u16,
    until: u16,
}

/// Why hours are no interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntervalError {
    /// No weekday, or an eighth.
    Weekdays(u8),
    /// The calendar's number is greater than 127.
    Calendar(u8),
    /// It begins at 24:00 or later.
    From(u16),
    /// It ends before 00:01 or after 24:00.
    Until(u16),
    /// It ends when it begins. A whole day is 00:00 to 24:00.
    Empty(u16),
}

impl Interval {
    /// From a minute to another, counted from 00:00; 1440 is 24:00. An end before the beginning is on the next day.
    ///
    /// # Errors
    /// When there are no such hours.
    pub const fn new(on: On, from: u16, until: u16) -> Result<Self, IntervalError> {
        match on {
            On::Holidays(calendar) if calendar >= HOLIDAYS => Err(IntervalError::Calendar(calendar)),
            _ if from >= MINUTES_PER_DAY => Err(IntervalError::From(from)),
            _ if until == 0 || until > MINUTES_PER_DAY => Err(IntervalError::Until(until)),
            _ if from == until => Err(IntervalError::Empty(from)),
            on => Ok(Self { on, from, until }),
        }
    }

    /// No hours at all on the holidays of a calendar.
    ///
    /// # Errors
    /// When the calendar's number is greater than 127.
    pub const fn closed(calendar: u8) -> Result<Self, IntervalError> {
        if calendar < HOLIDAYS {
            Ok(Self { on: On::Holidays(calendar), from: 0, until: 0 })
        } else {
            Err(IntervalError::Calendar(calendar))
        }
    }

    /// The days on which it begins.
    pub const fn on(&self) -> On {
        self.on
    }

    /// The minute in which it begins.
    pub const fn from(&self) -> u16 {
        self.from
    }

    /// The first minute after it; before [`from`](Self::from) if that is on the next day. 0 where it is closed.
    pub const fn until(&self) -> u16 {
        self.until
    }

    /// Whether it ends on the day after.
    pub(super) const fn is_over_midnight(&self) -> bool {
        self.until < self.from
    }

    /// Whether a minute of the day on which it begins lies in it.
    pub(super) const fn has(&self, minute: u16) -> bool {
        self.from <= minute && (minute < self.until || self.is_over_midnight())
    }

    /// Whether a minute of the day after lies in it.
    pub(super) const fn has_next_day(&self, minute: u16) -> bool {
        self.is_over_midnight() && minute < self.until
    }

    /// Its bytes on the wire and in digests: the weekdays' bits, or 0x80 and the calendar; from; until.
    pub const fn to_bytes(self) -> [u8; 5] {
        let on = match self.on {
            On::Weekdays(days) => days.0,
            On::Holidays(calendar) => HOLIDAYS | calendar,
        };
        let ([from, from_high], [until, until_high]) = (self.from.to_le_bytes(), self.until.to_le_bytes());
        [on, from, from_high, until, until_high]
    }

    /// The interval in those bytes.
    ///
    /// # Errors
    /// When they are none.
    pub const fn from_bytes(
        [on, from, from_high, until, until_high]: [u8; 5],
    ) -> Result<Self, IntervalError> {
        let (from, until) = (u16::from_le_bytes([from, from_high]), u16::from_le_bytes([until, until_high]));
        if on & HOLIDAYS == 0 {
            return match Weekdays::new(on) {
                Ok(days) => Self::new(On::Weekdays(days), from, until),
                Err(error) => Err(error),
            };
        }
        let calendar = on & !HOLIDAYS;
        if from == 0 && until == 0 {
            Self::closed(calendar)
        } else {
            Self::new(On::Holidays(calendar), from, until)
        }
    }
}

impl fmt::Display for IntervalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekdays(bits) => {
                write!(f, "weekdays 0x{bits:02X}; one to seven of 0x01 (Monday) to 0x40 (Sunday)")
            }
            Self::Calendar(number) => write!(f, "calendar {number}; 0 to 127"),
            Self::From(minute) => write!(f, "begins in minute {minute}; 0 to 1439"),
            Self::Until(minute) => write!(f, "ends before minute {minute}; 1 to 1440"),
            Self::Empty(minute) => write!(f, "begins and ends in minute {minute}; a whole day is 0 to 1440"),
        }
    }
}

impl core::error::Error for IntervalError {}
