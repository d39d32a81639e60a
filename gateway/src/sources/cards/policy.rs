//! What a site wants of card numbers.

use super::number::CardDefaults;
use crate::domain::BadgeType;

/// How card numbers become cards.
#[derive(Clone, Debug)]
pub struct CardPolicy {
    /// What a bare number means.
    pub defaults: CardDefaults,
    /// What kind of card one is that comes without a badge type.
    pub default_badge_type: BadgeType,
    /// What happens when the number is taken away.
    pub when_removed: WhenRemoved,
    /// Numbers that mean none at all, compared without regard to case and space.
    pub none_values: Vec<String>,
    /// Refuse the request, not just the card.
    pub strict: bool,
}

/// What happens to a card when the identity provider takes its number away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenRemoved {
    /// It opens nothing any more.
    Deactivate,
    /// It stays, and so does its number.
    Keep,
}

impl CardPolicy {
    /// Whether a number stands for no card at all.
    pub fn means_none(&self, number: &str) -> bool {
        let number = folded(number);
        number.is_empty() || self.none_values.iter().any(|none| folded(none) == number)
    }
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
