//! How each client of a source fares: what it did last, how often it was refused and why, and the latest operations.
//!
//! In memory only. Who changed what is in the directory's journal for good, and when a token was last used in its file;
//! what is kept here answers "why did it not arrive just now". Pure: time comes with each operation.

mod traffic;

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::domain::{ClientKind, ScimExchange};
use traffic::Window;

pub use traffic::{ErrorKind, Traffic};

/// Operations that are kept, newest first.
pub const MAX_OPERATIONS: usize = 1_000;

/// Most clients that are told apart; one more forgets the one that has been silent longest.
pub const MAX_CONNECTIONS: usize = 257;

/// The answer to an address that has failed too often.
const TOO_MANY_REQUESTS: u16 = 429;

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;

/// All clients, and the log of their operations.
#[derive(Debug, Default)]
pub struct Connections {
    clients: BTreeMap<Option<String>, Connection>,
    log: VecDeque<(u64, ScimExchange)>,
    newest: u64,
}

/// One client, known by its token; those without a valid one count as one.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Who it is, by its token or by its own words.
    pub client: Option<ClientKind>,
    /// When it was last answered, whatever was answered.
    pub last_request: Timestamp,
    /// When it last succeeded.
    pub last_success: Option<Timestamp>,
    /// When it last changed something.
    pub last_change: Option<Timestamp>,
    /// The latest that it was refused or failed with.
    pub last_error: Option<ScimExchange>,
    /// Since the service started.
    pub total: Traffic,
    minutes: Window<60>,
    hours: Window<24>,
}

impl Connections {
    /// A request was answered. One that was told to wait is counted, and not kept in the log.
    pub fn note(&mut self, operation: ScimExchange) {
        self.make_room(operation.token.as_ref());
        let client = self.clients.entry(operation.token.clone());
        client.or_insert_with(|| Connection::new(operation.at)).note(&operation);
        // Who guesses on and on must not push out of the log what others did.
        if operation.status == TOO_MANY_REQUESTS {
            return;
        }
        self.newest += 1;
        self.log.push_front((self.newest, operation));
        self.log.truncate(MAX_OPERATIONS);
    }

    /// What is known of the client with this token, or of those with none that is valid.
    pub fn of(&self, token: Option<&str>) -> Option<&Connection> {
        self.clients.get(&token.map(str::to_owned))
    }

    /// Operations before number `before` (the newest for `None`), newest first, with their numbers: from 1, without gaps.
    pub fn operations(&self, before: Option<u64>) -> impl Iterator<Item = (u64, &ScimExchange)> {
        let older = move |number: u64| before.is_none_or(|before| number < before);
        self.log
            .iter()
            .filter(move |(number, _)| older(*number))
            .map(|(number, operation)| (*number, operation))
    }

    fn make_room(&mut self, token: Option<&String>) {
        if self.clients.len() >= MAX_CONNECTIONS && !self.clients.contains_key(&token.cloned()) {
            let silent = self.clients.iter().min_by_key(|(_, client)| client.last_request);
            let silent = silent.map(|(name, _)| name.clone());
            silent.and_then(|name| self.clients.remove(&name));
        }
    }
}

impl Connection {
    fn new(at: Timestamp) -> Self {
        Self {
            client: None,
            last_request: at,
            last_success: None,
            last_change: None,
            last_error: None,
            total: Traffic::default(),
            minutes: Window::new(MINUTE_S),
            hours: Window::new(HOUR_S),
        }
    }

    /// Within the hour that ends at `now`, to the minute.
    pub fn last_hour(&self, now: Timestamp) -> Traffic {
        self.minutes.sum(now)
    }

    /// Within the day that ends at `now`, to the hour.
    pub fn last_day(&self, now: Timestamp) -> Traffic {
        self.hours.sum(now)
    }

    fn note(&mut self, operation: &ScimExchange) {
        self.client = operation.client.or(self.client);
        self.last_request = operation.at;
        self.total.note(operation);
        self.minutes.at(operation.at).note(operation);
        self.hours.at(operation.at).note(operation);
        if operation.is_error() {
            self.last_error = Some(operation.clone());
            return;
        }
        self.last_success = Some(operation.at);
        if operation.is_write() {
            self.last_change = Some(operation.at);
        }
    }
}

#[cfg(test)]
mod tests;
