//! The list of a board's files as it comes in: no count, no end, and perhaps lines of others who share the topic.

use std::net::Ipv4Addr;

use panel_protocol::time::Micros;
use serde_json::{Map, Value};

use super::EspRfid;
use crate::links::mqtt::limits::{LIST_SILENCE, LIST_TIMEOUT};
use crate::sync::limits::{MAX_LISTED_ROWS, MAX_LISTED_STRAYS};
use crate::sync::{Answer, ListedRow};

/// A list that is coming in.
#[derive(Debug)]
pub(super) struct List {
    rows: Vec<ListedRow>,
    strays: Vec<String>,
    /// When the last line came, or the list was asked for.
    last: Micros,
    until: Micros,
    /// Something harmless was sent behind it, whose acknowledgement comes after the last line.
    pub(super) is_closing: bool,
}

impl List {
    pub(super) fn new(now: Micros) -> Self {
        let (rows, strays) = (Vec::new(), Vec::new());
        Self { rows, strays, last: now, until: now + LIST_TIMEOUT, is_closing: false }
    }

    /// A line; false if there are too many. A file that was made for a neighbour is his line. One that doesn't say whose it
    /// is counts for everybody who is being asked: nobody is harmed by the deletion of what he doesn't hold.
    pub(super) fn line(
        &mut self,
        now: Micros,
        board: &EspRfid,
        of: Option<Ipv4Addr>,
        uid: &str,
        file: &Map<String, Value>,
    ) -> bool {
        if of.is_some_and(|ip| board.neighbours.contains(&ip)) {
            return true;
        }
        self.last = now;
        if self.rows.len() >= MAX_LISTED_ROWS || self.strays.len() >= MAX_LISTED_STRAYS {
            return false;
        }
        match board.card(uid) {
            Some(credential) => {
                let row = board.row(credential, file);
                self.rows.push(ListedRow { credential, row });
            }
            None => self.strays.push(uid.to_owned()),
        }
        true
    }

    /// No line has come for so long that the last probably has.
    pub(super) fn silent_at(&self) -> Micros {
        self.last + LIST_SILENCE
    }

    pub(super) const fn until(&self) -> Micros {
        self.until
    }

    pub(super) fn answer(self) -> Answer {
        Answer::Listed { rows: self.rows, strays: self.strays }
    }
}
