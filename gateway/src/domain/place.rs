//! Where doors are: a path of names, such as `Harbour Street / Dock`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A place. It takes in the places below it: `Harbour Street` has the doors of `Harbour Street / Dock`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(Vec<String>);

/// A text that is no place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is no place")]
pub struct PlaceError(pub String);

impl PlaceError {
    /// What would be right.
    pub const REMEDY: &str = "Write names with \" / \" between them, such as \"Harbour Street / Dock\", in one line of at most 200 characters.";
}

impl Place {
    /// The longest, in characters.
    pub const MAX_LEN: usize = 200;

    /// This place and every one that takes it in.
    pub fn with_those_above(&self) -> impl Iterator<Item = Self> {
        (1..=self.0.len()).filter_map(|depth| self.0.get(..depth)).map(|names| Self(names.to_vec()))
    }

    /// Whether `other` is this place or lies in it.
    pub fn takes_in(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let names: Vec<String> = text.split('/').map(|name| name.trim().to_owned()).collect();
        let fits = text.chars().count() <= Self::MAX_LEN && !text.contains(char::is_control);
        if fits && names.iter().all(|name| !name.is_empty()) {
            Ok(Self(names))
        } else {
            Err(PlaceError(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Place {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Self, PlaceError> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" / "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_takes_in_what_lies_below_it_and_nothing_that_is_only_called_alike() {
        let place = |text: &str| text.parse::<Place>().unwrap();
        assert_eq!(place(" Harbour Street/Dock ").to_string(), "Harbour Street / Dock");
        assert!(place("Harbour Street").takes_in(&place("Harbour Street / Dock")));
        assert!(place("Harbour Street").takes_in(&place("Harbour Street")));
        assert!(!place("Harbour").takes_in(&place("Harbour Street")));
        assert!(!place("Harbour Street / Dock").takes_in(&place("Harbour Street")));
        for bad in ["", " ", "a /", "/ a", "a // b", "a\nb"] {
            assert!(bad.parse::<Place>().is_err(), "{bad:?}");
        }
    }
}
