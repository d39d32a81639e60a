//! Days of the week.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The days by their names, from Monday on.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// One or more days of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Weekdays(u8);

/// Names that are no days of the week.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WeekdaysError {
    /// There are none.
    #[error("an interval without days never comes")]
    None,
    /// One of them is none.
    #[error("{0:?} is no day of the week")]
    Unknown(String),
    /// One is there twice.
    #[error("{0:?} is named twice")]
    Twice(String),
}

impl WeekdaysError {
    /// What would be right.
    pub const REMEDY: &str = "The days are \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\".";
}

impl Weekdays {
    /// The days with these names.
    ///
    /// # Errors
    /// When there are none, or a name is none or is there twice.
    pub fn named<T: AsRef<str>>(names: &[T]) -> Result<Self, WeekdaysError> {
        let mut days = 0;
        for name in names.iter().map(AsRef::as_ref) {
            let at = WEEKDAYS.iter().position(|day| *day == name);
            let day = 1 << at.ok_or_else(|| WeekdaysError::Unknown(name.to_owned()))?;
            if days & day != 0 {
                return Err(WeekdaysError::Twice(name.to_owned()));
            }
            days |= day;
        }
        if days == 0 { Err(WeekdaysError::None) } else { Ok(Self(days)) }
    }

    /// Their names, from Monday on.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        WEEKDAYS.iter().enumerate().filter(move |(at, _)| self.0 & (1 << at) != 0).map(|(_, name)| *name)
    }

    /// Whether the day of that number, Monday being 0, is one of them.
    pub const fn contains(self, day: u8) -> bool {
        day < 7 && self.0 & (1 << day) != 0
    }
}

impl TryFrom<Vec<String>> for Weekdays {
    type Error = WeekdaysError;

    fn try_from(names: Vec<String>) -> Result<Self, WeekdaysError> {
        Self::named(&names)
    }
}

impl From<Weekdays> for Vec<String> {
    fn from(days: Weekdays) -> Self {
        days.names().map(str::to_owned).collect()
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_a_set_that_is_never_empty() {
        let days = Weekdays::named(&["sun", "mon"]).unwrap();
        assert_eq!(days.to_string(), "mon, sun");
        assert!(days.contains(0) && days.contains(6) && !days.contains(3) && !days.contains(7));
        assert_eq!(Weekdays::named::<&str>(&[]), Err(WeekdaysError::None));
        assert_eq!(Weekdays::named(&["mon", "monday"]), Err(WeekdaysError::Unknown("monday".to_owned())));
        assert_eq!(Weekdays::named(&["mon", "mon"]), Err(WeekdaysError::Twice("mon".to_owned())));
        assert_eq!(serde_json::to_string(&days).unwrap(), r#"["mon","sun"]"#);
        assert!(serde_json::from_str::<Weekdays>("[]").is_err());
    }
}
