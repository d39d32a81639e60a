//! Why a card opens a door or does not, for people: the reason, where it comes from, and what would have to change.
//!
//! Its sentences name groups, rules, access levels, schedules and who did what; never a person who carries a card, and no card
//! number.

use panel_protocol::decide::Reason;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Whether a card opens a door, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Whether it does.
    pub granted: bool,
    /// Why, in one word for programs.
    pub reason: Why,
    /// Why, in sentences: first the reason, then where it comes from.
    pub because: Vec<String>,
    /// What would have to change for the door to open; null where it opens.
    #[serde(default)]
    pub remedy: Option<String>,
}

/// Why a card opens a door or does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Why {
    /// The card is blocked before any door decides.
    Blocked(Blocked),
    /// As a door decides.
    Decided(Reason),
}

/// Why a card opens no door at all, though somebody has it or had it. A door only sees that its table has no such card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocked {
    /// Somebody on site has put a hold on the card or its holder.
    OnHold,
    /// Its holder is not active.
    PersonSuspended,
    /// Its source gives it, and says that it opens nothing for now.
    CardSuspended,
    /// Its source gives it no more.
    CardWithdrawn,
}

impl Blocked {
    /// Every one of them.
    pub const ALL: [Self; 4] =
        [Self::OnHold, Self::PersonSuspended, Self::CardSuspended, Self::CardWithdrawn];

    /// For people, in a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::OnHold => "blocked: a hold is on the card",
            Self::PersonSuspended => "blocked: its holder is suspended",
            Self::CardSuspended => "blocked: the card is suspended",
            Self::CardWithdrawn => "blocked: the card was taken back",
        }
    }
}

impl JsonSchema for Why {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Why".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let word = |word: Result<serde_json::Value, serde_json::Error>| word.unwrap_or_default();
        let blocked = Blocked::ALL.iter().map(|it| word(serde_json::to_value(it)));
        let words: Vec<_> =
            Reason::ALL.iter().map(|it| word(serde_json::to_value(it))).chain(blocked).collect();
        let described =
            "Why a card opens a door or does not: the door's own word, or how the card is blocked.";
        json_schema!({ "type": "string", "description": described, "enum": words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_word_and_read_back_as_what_it_was() {
        let all = Reason::ALL.map(Why::Decided).into_iter().chain(Blocked::ALL.map(Why::Blocked));
        for why in all {
            let word = serde_json::to_string(&why).unwrap();
            assert_eq!(serde_json::from_str::<Why>(&word).unwrap(), why, "{word}");
        }
        assert_eq!(serde_json::to_string(&Why::Blocked(Blocked::OnHold)).unwrap(), r#""on_hold""#);
    }
}
