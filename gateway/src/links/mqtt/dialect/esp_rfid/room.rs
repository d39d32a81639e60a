//! Room for one command: a card's file, a deletion, or the question after all files.

use panel_protocol::credential::Credential;
use panel_protocol::table::{Profile, Row};
use serde_json::{Value, json};

use super::EspRfid;
use crate::sync::{Operation, Room};

/// What is to be told to the board.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Command {
    Add(Value),
    /// By its number as the board writes it.
    Delete(String),
    List,
}

/// One command on its way into a message.
#[derive(Debug)]
pub(super) struct OneCommand<'a> {
    board: &'a EspRfid,
    pub(super) command: Option<Command>,
}

impl<'a> OneCommand<'a> {
    pub(super) const fn of(board: &'a EspRfid) -> Self {
        Self { board, command: None }
    }

    fn take(&mut self, command: Option<Command>) -> bool {
        let fits = self.command.is_none() && command.is_some();
        if fits {
            self.command = command;
        }
        fits
    }
}

impl Room for OneCommand<'_> {
    fn delete(&mut self, card: Credential) -> bool {
        let uid = self.board.uid(card);
        self.take(uid.map(Command::Delete))
    }

    fn put(&mut self, row: &Row) -> bool {
        let file = self.board.file(row);
        self.take(file.map(Command::Add))
    }

    fn stage_profiles(&mut self, _: u16, _: &[Profile]) -> usize {
        0
    }

    fn operation(&mut self, operation: &Operation) -> bool {
        self.take((*operation == Operation::List).then_some(Command::List))
    }

    fn delete_named(&mut self, name: &str) -> bool {
        self.take(Some(Command::Delete(name.to_owned())))
    }
}

impl Command {
    /// Its word, which is also the acknowledgement's.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Add(_) => "adduser",
            Self::Delete(_) => "deletuid",
            Self::List => "getuserlist",
        }
    }

    /// Its message.
    pub(super) fn message(&self, board: &EspRfid) -> Vec<u8> {
        let message = match self {
            Self::Add(file) => file.clone(),
            Self::Delete(uid) => json!({ "cmd": self.word(), "doorip": board.ip, "uid": uid }),
            Self::List => json!({ "cmd": self.word(), "doorip": board.ip }),
        };
        message.to_string().into_bytes()
    }
}
