//! Names that the installer gives to hardware.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest name of a line, controller or door, in characters.
const MAX_NAME_LEN: usize = 64;

/// Why a text can't name a line, controller or door.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// Nothing in it.
    #[error("is empty")]
    Empty,
    /// Longer than 64 characters.
    #[error("has {0} characters; at most {MAX_NAME_LEN} are allowed")]
    TooLong(usize),
    /// A character outside `a-z A-Z 0-9 - _ .`.
    #[error("contains {0:?}; use letters, digits, '-', '_' and '.'")]
    Character(char),
}

/// Whether a text can name something here: 1 to 64 letters, digits, `-`, `_` and `.`.
///
/// # Errors
/// With what is wrong with it.
pub fn check_name(text: &str) -> Result<(), NameError> {
    checked(text).map(|_| ())
}

fn checked(text: &str) -> Result<Arc<str>, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_NAME_LEN {
        return Err(NameError::TooLong(text.chars().count()));
    }
    match text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        Some(bad) => Err(NameError::Character(bad)),
        None => Ok(text.into()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as the installer wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                checked(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// One RS-485 pair.
    LineId
}
name! {
    /// A device with doors and its own card table, or a reader for which the gateway decides.
    ControllerId
}
name! {
    /// Where people and cards come from.
    SourceId
}
name! {
    /// Lock output, reader, contact and request-to-exit, as one.
    DoorId
}
