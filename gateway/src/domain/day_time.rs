//! A time of the day on the wall clock, and a stretch between two of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A minute of the day, `00:00` to `24:00`, which is its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DayTime(u16);

/// A text that is no time of the day.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is no time of the day")]
pub struct DayTimeError(pub String);

impl DayTimeError {
    /// What would be right.
    pub const REMEDY: &str = "Write hours and minutes, \"00:00\" to \"24:00\", which ends the day.";
}

impl DayTime {
    /// How many minutes after the day's beginning.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl FromStr for DayTime {
    type Err = DayTimeError;

    fn from_str(text: &str) -> Result<Self, DayTimeError> {
        let two = |digits: &str| {
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse::<u16>().ok()).flatten()
        };
        text.split_once(':')
            .and_then(|(hours, minutes)| Some((two(hours)?, two(minutes)?)))
            .filter(|(hours, minutes)| *minutes < 60 && hours * 60 + minutes <= DAY)
            .map(|(hours, minutes)| Self(hours * 60 + minutes))
            .ok_or_else(|| DayTimeError(text.to_owned()))
    }
}

impl TryFrom<String> for DayTime {
    type Error = DayTimeError;

    fn try_from(text: String) -> Result<Self, DayTimeError> {
        text.parse()
    }
}

impl From<DayTime> for String {
    fn from(time: DayTime) -> Self {
        time.to_string()
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// From one time of the day until another; where that is earlier, until then of the next day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "KeptInterval", into = "KeptInterval")]
pub struct Interval {
    from: DayTime,
    to: DayTime,
}

/// Two times of the day that bound no stretch.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IntervalError {
    /// It begins when it ends.
    #[error("an interval from {0} to {0} is empty")]
    Empty(DayTime),
    /// It begins when the day is over.
    #[error("an interval can't begin at 24:00")]
    AtDaysEnd,
}

impl IntervalError {
    /// What would be right.
    pub const REMEDY: &str =
        "For the whole day write from = \"00:00\", to = \"24:00\"; the day's first minute is \"00:00\".";
}

impl Interval {
    /// Between these two.
    ///
    /// # Errors
    /// When nothing lies between them.
    pub fn new(from: DayTime, to: DayTime) -> Result<Self, IntervalError> {
        match (from, to) {
            (DayTime(DAY), _) => Err(IntervalError::AtDaysEnd),
            (from, to) if from == to => Err(IntervalError::Empty(from)),
            (from, to) => Ok(Self { from, to }),
        }
    }

    /// When it begins.
    pub const fn from(self) -> DayTime {
        self.from
    }

    /// When it is over.
    pub const fn to(self) -> DayTime {
        self.to
    }

    /// Whether it ends on the day after that on which it begins.
    pub fn is_over_midnight(self) -> bool {
        self.to < self.from
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

#[derive(Serialize, Deserialize)]
struct KeptInterval {
    from: DayTime,
    to: DayTime,
}

impl TryFrom<KeptInterval> for Interval {
    type Error = IntervalError;

    fn try_from(kept: KeptInterval) -> Result<Self, IntervalError> {
        Self::new(kept.from, kept.to)
    }
}

impl From<Interval> for KeptInterval {
    fn from(Interval { from, to }: Interval) -> Self {
        Self { from, to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_the_minutes_that_a_clock_shows_and_an_end() {
        for text in ["00:00", "07:05", "23:59", "24:00"] {
            assert_eq!(text.parse::<DayTime>().unwrap().to_string(), text);
        }
        for bad in ["", "7:00", "24:01", "07:60", "+7:00", "07:0", "0700", "25:00", "07:00:00"] {
            assert!(bad.parse::<DayTime>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_interval_has_a_length_and_may_go_over_midnight() {
        let interval = |from: &str, to: &str| Interval::new(from.parse().unwrap(), to.parse().unwrap());
        assert!(!interval("07:00", "19:00").unwrap().is_over_midnight());
        assert!(!interval("00:00", "24:00").unwrap().is_over_midnight());
        assert!(interval("22:00", "02:00").unwrap().is_over_midnight());
        assert_eq!(
            interval("07:00", "07:00").unwrap_err().to_string(),
            "an interval from 07:00 to 07:00 is empty"
        );
        assert_eq!(interval("24:00", "02:00"), Err(IntervalError::AtDaysEnd));
        assert!(serde_json::from_str::<Interval>(r#"{"from":"07:00","to":"07:00"}"#).is_err());
    }
}
