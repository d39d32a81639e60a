//! Texts from outside, cut to what a log shows.

use crate::domain::ScimExchange;

/// The last part of an attribute's name, without its schema; cut to what a log shows.
pub(super) fn short_name(name: &str) -> String {
    cut(name.rsplit(':').next().unwrap_or(name), ScimExchange::MAX_NAME_CHARS)
}

/// A text of no more characters than this, or as many of a longer one with a mark at their end.
pub(super) fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_without_their_schema_and_never_at_length() {
        assert_eq!(
            short_name("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:cardNumber"),
            "cardNumber"
        );
        assert_eq!(short_name("name.givenName"), "name.givenName");
        assert_eq!(short_name(&"é".repeat(1_000)).chars().count(), ScimExchange::MAX_NAME_CHARS + 1);
    }
}
