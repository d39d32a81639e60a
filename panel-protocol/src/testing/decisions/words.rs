//! The words of the table: instants, hours, days, names of reasons.

use std::format;
use std::string::String;
use std::vec::Vec;

use crate::schedule::{Date, Holiday};
use crate::time::UtcSeconds;

/// Two halves of a text, without spaces around them.
pub(super) fn halves<'a>(text: &'a str, by: &str) -> (&'a str, &'a str) {
    let (one, other) = text.split_once(by).unwrap_or_else(|| panic!("{text:?} has no {by:?}"));
    (one.trim(), other.trim())
}

/// The parts of a list, without spaces around them.
pub(super) fn parts(text: &str, by: char) -> impl Iterator<Item = &str> {
    text.split(by).map(str::trim).filter(|part| !part.is_empty())
}

pub(super) fn number<T: core::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

/// `2026-11-30T08:00Z`, or with seconds.
pub(super) fn instant(text: &str) -> UtcSeconds {
    let utc = text.strip_suffix('Z').unwrap_or_else(|| panic!("{text:?} is not in UTC"));
    let (day, time) = halves(utc, "T");
    let of_day: Vec<u32> = parts(time, ':').map(number).collect();
    let seconds = of_day.iter().zip([3600, 60, 1]).map(|(value, unit)| value * unit).sum::<u32>();
    UtcSeconds(u32::from(day_number(day)) * 86_400 + seconds)
}

/// `07:30` as a minute of the day.
pub(super) fn minute(text: &str) -> u16 {
    let (hour, minute) = halves(text, ":");
    number::<u16>(hour) * 60 + number::<u16>(minute)
}

/// `12-25`, `2027-04-02` or `2027-07-26..2027-08-06`.
pub(super) fn holiday(text: &str) -> Holiday {
    if let Some((first, last)) = text.split_once("..") {
        return Holiday::Days { first: day_number(first), last: day_number(last) };
    }
    if text.matches('-').count() == 1 {
        let (month, day) = halves(text, "-");
        return Holiday::Yearly { month: number(month), day: number(day) };
    }
    Holiday::Days { first: day_number(text), last: day_number(text) }
}

fn day_number(text: &str) -> u16 {
    let date: Vec<i32> = parts(text, '-').map(number).collect();
    let [year, month, day] = date[..] else { panic!("{text:?} is no day") };
    let date = Date { year, month: month as u8, day: day as u8 };
    u16::try_from(date.day_number()).unwrap_or_else(|_| panic!("{text:?} is out of range"))
}

/// `GrantedByRank` as `granted_by_rank`.
pub(super) fn snake(value: impl core::fmt::Debug) -> String {
    let mut name = String::new();
    for letter in format!("{value:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
