//! What people call a record of theirs: an access level, a schedule, a holiday calendar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One line of 1 to 100 characters, without blanks around it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordName(String);

/// A text that can't name a record.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("name is one line of 1 to {} characters", RecordName::MAX_LEN)]
pub struct RecordNameError;

impl RecordName {
    /// The longest, in characters.
    pub const MAX_LEN: usize = 100;

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RecordName {
    type Err = RecordNameError;

    fn from_str(text: &str) -> Result<Self, RecordNameError> {
        let name = text.trim();
        let fits = !name.is_empty() && name.chars().count() <= Self::MAX_LEN;
        if fits && !name.contains(char::is_control) {
            Ok(Self(name.to_owned()))
        } else {
            Err(RecordNameError)
        }
    }
}

impl TryFrom<String> for RecordName {
    type Error = RecordNameError;

    fn try_from(text: String) -> Result<Self, RecordNameError> {
        text.parse()
    }
}

impl From<RecordName> for String {
    fn from(name: RecordName) -> Self {
        name.0
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_without_blanks_around_it() {
        assert_eq!(" Staff, day ".parse::<RecordName>().unwrap().as_str(), "Staff, day");
        assert!("ä".repeat(100).parse::<RecordName>().is_ok());
        for bad in ["", "  ", "two\nlines", "ä".repeat(101).as_str()] {
            assert!(bad.parse::<RecordName>().is_err(), "{bad:?}");
        }
    }
}
