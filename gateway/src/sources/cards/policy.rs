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
    /// Numbers that mean none at all, compared without regard to case, space and leading zeros.
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
    let text: String = text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text;
    }
    match text.trim_start_matches('0') {
        "" => "0".to_owned(),
        number => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::wiegand::H10301;

    use super::*;

    #[test]
    fn a_number_that_means_none_means_it_padded_and_in_any_letter_case() {
        let policy = CardPolicy {
            defaults: CardDefaults { format: &H10301, facility: Some(100) },
            default_badge_type: "Standard".to_owned(),
            when_removed: WhenRemoved::Deactivate,
            none_values: vec!["NONE".to_owned(), "0".to_owned(), "0099".to_owned()],
            strict: false,
        };
        for none in ["", " ", "0", "000000", " 0 0 ", "none", "N one", "99", "00099"] {
            assert!(policy.means_none(none), "{none:?}");
        }
        for card in ["1", "10", "0010", "100:0", "none1", "0x0", "990"] {
            assert!(!policy.means_none(card), "{card:?}");
        }
    }
}
