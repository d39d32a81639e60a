//! With which result a door was asked to open, as somebody looks for it in the log.

use std::str::FromStr;

use panel_protocol::decide::Reason;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

/// Which result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventResult {
    /// The door opened, for whatever reason.
    Granted,
    /// It did not, for whatever reason.
    Refused,
    /// For this very reason.
    For(Reason),
}

/// No result.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is no result; give {words}", words = words())]
pub struct EventResultError(pub String);

impl EventResult {
    /// Whether `reason` comes to it.
    pub fn is(self, reason: Reason) -> bool {
        match self {
            Self::Granted => reason.granted(),
            Self::Refused => !reason.granted(),
            Self::For(wanted) => reason == wanted,
        }
    }
}

impl FromStr for EventResult {
    type Err = EventResultError;

    /// `granted`, `refused`, or the word of a reason.
    fn from_str(text: &str) -> Result<Self, EventResultError> {
        match text {
            "granted" => Ok(Self::Granted),
            "refused" => Ok(Self::Refused),
            word => {
                let word: StrDeserializer<'_, Error> = word.into_deserializer();
                Reason::deserialize(word).map(Self::For).map_err(|_| EventResultError(text.to_owned()))
            }
        }
    }
}

/// All words for a result.
fn words() -> String {
    let word = |reason: &Reason| serde_json::to_value(reason).ok()?.as_str().map(str::to_owned);
    let reasons = Reason::ALL.iter().filter(|reason| **reason != Reason::Granted).filter_map(word);
    format!("granted, refused, or a reason: {}", reasons.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_all_that_opened_all_that_did_not_or_one_reason() {
        let is = |text: &str, reason| text.parse::<EventResult>().unwrap().is(reason);
        assert!(is("granted", Reason::Granted) && is("granted", Reason::GrantedUnderDuress));
        assert!(!is("granted", Reason::Expired) && is("refused", Reason::Expired));
        assert!(is("expired", Reason::Expired) && !is("expired", Reason::NoAccess));
        for wrong in ["", "denied", "Granted", "21"] {
            let told = wrong.parse::<EventResult>().unwrap_err().to_string();
            assert!(told.contains("granted, refused, or a reason: unknown_card, "), "{told}");
        }
    }
}
