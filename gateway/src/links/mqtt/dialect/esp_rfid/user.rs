//! A card's file on the board, which is the very message that made it.

use panel_protocol::credential::Credential;
use panel_protocol::table::Row;
use panel_protocol::time::UtcSeconds;
use serde_json::{Map, Value, json};

use super::{EspRfid, Numbers};
use crate::domain::{bare_number, with_parity};

/// The account type that opens while the card is valid.
const ALWAYS: u64 = 1;

/// "Until further notice": a card without an end counts as expired. 2100-01-01.
const FAR: u32 = 4_102_444_800;

/// Who it says that the card is; names of people are not given away.
const NOBODY: &str = "card";

impl EspRfid {
    /// A card's number as the board writes it; `None` if its reader can't read such a card.
    pub(super) fn uid(&self, card: Credential) -> Option<String> {
        (card.bits() == self.bits).then(|| bare_number(card))?.map(|number| self.written(number))
    }

    fn written(&self, number: u64) -> String {
        match self.numbers {
            Numbers::Hexadecimal => format!("{number:x}"),
            Numbers::Decimal => number.to_string(),
        }
    }

    /// The number that a board has written; `None` if it would have written it otherwise.
    fn number(&self, uid: &str) -> Option<u64> {
        let radix = match self.numbers {
            Numbers::Hexadecimal => 16,
            Numbers::Decimal => 10,
        };
        u64::from_str_radix(uid, radix).ok().filter(|number| self.written(*number) == uid)
    }

    /// The card of this number; `None` if its reader reads no such card.
    pub(super) fn card(&self, uid: &str) -> Option<Credential> {
        with_parity(self.bits, self.number(uid)?)
    }

    /// The same of a card that was presented, of whatever length.
    pub(super) fn presented(&self, uid: &str) -> Option<Credential> {
        let number = self.number(uid)?;
        let longer = || (1..=64).find_map(|bits| Credential::new(bits, number).ok());
        with_parity(self.bits, number).or_else(longer)
    }

    /// The message that makes a card's file.
    pub(super) fn file(&self, row: &Row) -> Option<Value> {
        let since = row.valid_from.map_or(0, |from| from.0);
        // The last second in which it opens, not the first in which it doesn't.
        let until = row.valid_until.map_or(FAR, |until| until.0.saturating_sub(1));
        Some(json!({
            "cmd": "adduser", "doorip": self.ip, "uid": self.uid(row.credential)?, "user": NOBODY,
            "acctype": ALWAYS, "validsince": since, "validuntil": until,
        }))
    }

    /// The row of a file, if it is one that [`file`](Self::file) makes; whatever else stands in it may open more.
    pub(super) fn row(&self, card: Credential, file: &Map<String, Value>) -> Option<Row> {
        let number =
            |name: &str| file.get(name)?.as_u64().and_then(|it| u32::try_from(it).ok()).map(UtcSeconds);
        let (since, until) = (number("validsince")?, number("validuntil")?);
        let valid_from = (since.0 > 0).then_some(since);
        let valid_until = (until.0 != FAR).then_some(UtcSeconds(until.0.saturating_add(1)));
        let row = Row { valid_from, valid_until, ..Row::new(card, 0) };
        (self.file(&row)?.as_object() == Some(file)).then_some(row)
    }
}
