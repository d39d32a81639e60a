//! Why an event of a source was not taken: which field, what stands there, what is wrong, and what would be right.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest value that is repeated, in characters.
const MAX_VALUE_CHARS: usize = 128;

/// What is wrong with one event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EventFault {
    /// Which field, as a path such as `data.cards[0].number`.
    pub field: String,
    /// What stands there, its beginning at least; empty where nothing does.
    pub value: String,
    /// What is wrong with it.
    pub message: String,
    /// What would be right.
    pub remedy: String,
}

impl EventFault {
    /// A fault of that field.
    pub fn new(field: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { field: field.into(), value: String::new(), message: message.into(), remedy: remedy.into() }
    }

    /// With what stands there.
    #[must_use]
    pub fn with(mut self, value: &str) -> Self {
        self.value = value.chars().take(MAX_VALUE_CHARS).collect();
        self
    }
}

impl fmt::Display for EventFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, message, remedy } = self;
        match value.is_empty() {
            true => write!(f, "{field} {message}; {remedy}"),
            false => write!(f, "{field} is {value:?} and {message}; {remedy}"),
        }
    }
}
