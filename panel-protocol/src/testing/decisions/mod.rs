//! The table of decisions: who, which card, which door, when, in which state → outcome and reason.
//!
//! `decisions.txt` beside this file is for people to read and to add to; whatever decides (a gateway for its readers, a
//! panel, an explanation) can be run against it, and has to say the same. [`Site::question`] makes a row into a
//! [`Question`]; what a decision leaves behind is in the row, too.

mod cases;
mod site;
mod words;

pub use cases::{Case, cases};
pub use site::{Card, Door, Site};

use crate::decide::{Decision, Question, decide};

/// The table itself.
pub const TEXT: &str = include_str!("decisions.txt");

impl Site {
    /// The site that the table begins with.
    ///
    /// # Panics
    /// When the table can't be read; the line is told.
    pub fn of_the_table() -> Self {
        Self::read(TEXT)
    }

    /// What a row of the table asks.
    pub fn question<'a>(&'a self, case: &'a Case) -> Question<'a> {
        let card = case.card.map(|at| &self.cards[at]);
        let door = &self.doors[case.door];
        Question {
            row: card.map(|card| &card.row),
            profile: card.map(|card| &card.profile),
            reader: door.reader,
            door: &door.settings,
            mode: case.mode.unwrap_or(door.settings.mode),
            hours: self.hours(),
            pin: case.pin_given(card, &self.key),
            at: case.at,
            now: Case::NOW,
            open_doors: case.open_doors,
            card_state: case.card_before,
            door_state: case.door_before,
        }
    }

    /// What is decided in a row of the table.
    pub fn decide(&self, case: &Case) -> Decision {
        decide(&self.question(case))
    }
}
