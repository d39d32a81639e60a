//! Days of the calendar, as numbers and as people write them.

/// The last day that a second of [`UtcSeconds`](crate::time::UtcSeconds) falls on: 2106-02-07.
pub const LAST_DAY: u16 = 49_710;

/// Days in 400 years, after which the calendar repeats itself.
const ERA_DAYS: i32 = 146_097;

/// Days from the first of March of year 0 to 1970-01-01.
const EPOCH: i32 = 719_468;

/// A day as people write it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date {
    /// The year.
    pub year: i32,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl Date {
    /// The day with that number; 0 is 1970-01-01.
    pub const fn of_day(number: i32) -> Self {
        // Years are taken to begin on the first of March, so that a leap day is a year's last.
        let since = number + EPOCH;
        let era = since.div_euclid(ERA_DAYS);
        let of_era = since.rem_euclid(ERA_DAYS);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / (ERA_DAYS - 1)) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self { year: era * 400 + year + carry, month: month as u8, day: day as u8 }
    }

    /// Its number; 0 is 1970-01-01.
    pub const fn day_number(self) -> i32 {
        let (month, day) = (self.month as i32, self.day as i32);
        let (year, month) = if month > 2 { (self.year, month - 3) } else { (self.year - 1, month + 9) };
        let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * month + 2) / 5 + day - 1;
        era * ERA_DAYS + 365 * year + year / 4 - year / 100 + of_year - EPOCH
    }

    /// Whether some year has this month and day.
    pub const fn may_fall(month: u8, day: u8) -> bool {
        let last = match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        day >= 1 && day <= last
    }
}

/// The weekday of a day, from 0 for Monday.
pub(super) const fn weekday(day: i32) -> u8 {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7) as u8
}
