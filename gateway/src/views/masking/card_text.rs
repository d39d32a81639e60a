//! A card number as people read it, whole or hidden.

use std::fmt;

use panel_protocol::credential::Credential;
use panel_protocol::wiegand::Format;
use schemars::JsonSchema;
use serde::Serialize;

/// Most characters of a card number that are shown; what is longer ends in `…`.
const MAX_SHOWN_CHARS: usize = 64;
/// Most characters that masking leaves.
const KEPT_CHARS: usize = 2;
const MASK: char = '•';

/// A card number or credential for display.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct CardText(String);

impl CardText {
    /// As it shall be read by those who may; cut at 64 characters.
    pub fn new(text: &str) -> Self {
        match text.char_indices().nth(MAX_SHOWN_CHARS) {
            Some((end, _)) => Self(format!("{}…", &text[..end])),
            None => Self(text.to_owned()),
        }
    }

    /// A credential as `format` reads it, facility code and number: `100-1234`, or the number alone where the format
    /// has no facility code; one for which that leaves something out as the reader sees it: `37:0x0123456789`.
    pub fn of_credential(credential: Credential, format: &Format) -> Self {
        Self::new(&told(credential, format).unwrap_or_else(|| credential.to_string()))
    }

    /// The same with all but the last two letters and digits hidden; separators stay.
    #[must_use]
    pub fn masked(&self) -> Self {
        let is_symbol = |c: &char| c.is_alphanumeric() || *c == MASK;
        let symbols = self.0.chars().filter(is_symbol).count();
        let hidden = symbols - KEPT_CHARS.min(symbols / 2);
        let mut seen = 0;
        let hide = |c: char| {
            seen += usize::from(is_symbol(&c));
            if is_symbol(&c) && seen <= hidden { MASK } else { c }
        };
        Self(self.0.chars().map(hide).collect())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Facility code and number, if they are all that the card says.
fn told(card: Credential, format: &Format) -> Option<String> {
    let reading = format.decode(card).ok()?;
    let whole = format.encode(reading.facility.unwrap_or(0), reading.number) == Ok(card);
    whole.then(|| match reading.facility {
        Some(facility) => format!("{facility}-{}", reading.number),
        None => reading.number.to_string(),
    })
}

impl fmt::Display for CardText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::wiegand::H10301;
    use panel_protocol::wiegand::table::{H10302, KASTLE32};

    use super::*;

    #[test]
    fn two_characters_stay_and_never_more_than_half() {
        let cases = [
            ("100-1234", "•••-••34"),
            ("26:0x2F623AE", "••:•••••••AE"),
            ("123", "••3"),
            ("7", "•"),
            ("", ""),
        ];
        for (number, masked) in cases {
            assert_eq!(CardText::new(number).masked().as_str(), masked);
        }
    }

    #[test]
    fn a_credential_is_told_as_its_format_reads_it_and_any_other_as_it_came() {
        let card = H10301.encode(100, 1234).unwrap();
        assert_eq!(CardText::of_credential(card, &H10301).as_str(), "100-1234");
        for other in [Credential::new(26, card.raw() ^ 1), Credential::new(37, 0x1234)] {
            let other = other.unwrap();
            assert_eq!(CardText::of_credential(other, &H10301).as_str(), other.to_string());
        }
    }

    #[test]
    fn two_cards_are_never_told_alike() {
        let told = |raw| CardText::of_credential(Credential::new(32, raw).unwrap(), &KASTLE32);
        assert_eq!(told(0x4054_008A).as_str(), "42-69");
        assert_eq!(told(0xC254_008A).as_str(), "32:0xC254008A", "the second card of that number");
        let bare = H10302.encode(0, 69).unwrap();
        assert_eq!(CardText::of_credential(bare, &H10302).as_str(), "69");
    }

    #[test]
    fn masking_twice_is_masking_once() {
        let once = CardText::new("100-1234").masked();
        assert_eq!(once.masked().as_str(), "•••-••34");
    }

    #[test]
    fn a_long_number_is_cut_at_a_character() {
        let text = CardText::new(&"é".repeat(1_000));
        assert_eq!(text.as_str().chars().count(), MAX_SHOWN_CHARS + 1);
    }
}
