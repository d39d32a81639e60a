//! How each client of a source fares: what it did last, how often it was refused and why, and the latest operations.
//!
//! In memory only. Who changed what is in the directory's journal for good, and when a token was last used in its file;
//! what is kept here answers "why did it not arrive just now". Pure: time comes with each operation.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::domain::{ClientKind, ScimExchange};

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

/// How many requests, and how many of them went wrong in which way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// All of them.
    pub requests: u64,
    /// Of those, the refused and failed. There are as many kinds as the endpoint has errors.
    pub errors: BTreeMap<ErrorKind, u64>,
}

/// In which way a request went wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ErrorKind {
    /// The HTTP status.
    pub status: u16,
    /// SCIM's keyword.
    pub scim_type: Option<&'static str>,
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

impl Traffic {
    /// How many went wrong.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    fn note(&mut self, operation: &ScimExchange) {
        self.requests += 1;
        if operation.is_error() {
            let kind = ErrorKind { status: operation.status, scim_type: operation.scim_type };
            *self.errors.entry(kind).or_default() += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        for (kind, count) in &other.errors {
            *self.errors.entry(*kind).or_default() += count;
        }
    }
}

/// The traffic of the last `N` stretches of `width_s` seconds, the one under way among them.
#[derive(Clone, Debug)]
struct Window<const N: usize> {
    width_s: i64,
    /// Each with the number of its stretch since 1970.
    stretches: VecDeque<(i64, Traffic)>,
}

impl<const N: usize> Window<N> {
    fn new(width_s: i64) -> Self {
        Self { width_s, stretches: VecDeque::new() }
    }

    fn at(&mut self, now: Timestamp) -> &mut Traffic {
        let number = now.as_second().div_euclid(self.width_s);
        if self.stretches.back().is_none_or(|(newest, _)| *newest < number) {
            if self.stretches.len() == N {
                self.stretches.pop_front();
            }
            self.stretches.push_back((number, Traffic::default()));
        }
        // A clock that was set back counts into the newest stretch.
        let newest = self.stretches.len() - 1;
        &mut self.stretches[newest].1
    }

    fn sum(&self, now: Timestamp) -> Traffic {
        let oldest = now.as_second().div_euclid(self.width_s) - i64::try_from(N).unwrap_or(i64::MAX) + 1;
        let mut sum = Traffic::default();
        for (_, traffic) in self.stretches.iter().filter(|(number, _)| *number >= oldest) {
            sum.add(traffic);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn operation(seconds: i64, token: Option<&str>, method: &'static str, status: u16) -> ScimExchange {
        ScimExchange {
            at: at(seconds),
            token: token.map(str::to_owned),
            client: None,
            address: "192.0.2.1".to_owned(),
            method,
            resource: "Users",
            id: None,
            attributes: Vec::new(),
            status,
            scim_type: (status == 409).then_some("uniqueness"),
            detail: None,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn a_connection_tells_what_it_did_last_and_how_it_was_refused() {
        let mut all = Connections::default();
        all.note(operation(10, Some("entra"), "GET", 200));
        all.note(operation(20, Some("entra"), "PATCH", 200));
        all.note(operation(30, Some("entra"), "POST", 409));
        all.note(operation(40, None, "GET", 401));
        let entra = all.of(Some("entra")).unwrap();
        assert_eq!(entra.last_request, at(30));
        assert_eq!((entra.last_success, entra.last_change), (Some(at(20)), Some(at(20))));
        assert_eq!(entra.last_error.as_ref().unwrap().status, 409);
        let kind = ErrorKind { status: 409, scim_type: Some("uniqueness") };
        assert_eq!(entra.total.errors, BTreeMap::from([(kind, 1)]));
        assert_eq!(all.of(None).unwrap().total.failed(), 1);
        assert!(all.of(Some("okta")).is_none());
    }

    #[test]
    fn hours_and_days_forget_and_the_total_does_not() {
        let mut all = Connections::default();
        for second in [0, 1_800, 3_599] {
            all.note(operation(second, Some("entra"), "GET", 200));
        }
        let entra = all.of(Some("entra")).unwrap();
        assert_eq!(entra.last_hour(at(3_599)).requests, 3);
        assert_eq!(entra.last_hour(at(3_600)).requests, 2, "to the minute");
        assert_eq!(entra.last_hour(at(90_000)).requests, 0);
        assert_eq!(entra.last_day(at(86_399)).requests, 3);
        assert_eq!(entra.last_day(at(86_400)).requests, 0);
        assert_eq!(entra.total.requests, 3);
    }

    #[test]
    fn the_log_keeps_the_newest_and_pages_without_gaps() {
        let mut all = Connections::default();
        for second in 0..1_500 {
            all.note(operation(second, Some("entra"), "GET", 200));
        }
        let numbers = |before| all.operations(before).map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(numbers(None).len(), MAX_OPERATIONS);
        assert_eq!(numbers(None)[..2], [1_500, 1_499]);
        assert_eq!(numbers(Some(600))[..2], [599, 598]);
        assert!(numbers(Some(501)).is_empty());
    }

    #[test]
    fn who_guesses_on_and_on_pushes_nothing_out_of_the_log() {
        let mut all = Connections::default();
        all.note(operation(0, Some("entra"), "PATCH", 200));
        for second in 1..2_000 {
            all.note(operation(second, None, "GET", 429));
        }
        assert_eq!(all.operations(None).count(), 1);
        assert_eq!(all.of(None).unwrap().total.requests, 1_999);
    }

    #[test]
    fn memory_is_bounded_however_many_tokens_come_and_go() {
        let mut all = Connections::default();
        for number in 0..1_000 {
            all.note(operation(number, Some(&format!("token{number}")), "GET", 200));
        }
        assert_eq!(all.clients.len(), MAX_CONNECTIONS);
        assert!(all.of(Some("token999")).is_some() && all.of(Some("token0")).is_none());
    }

    proptest! {
        #[test]
        fn a_window_counts_what_a_list_of_all_requests_counts(
            mut seconds in prop::collection::vec(0_i64..20_000, 0..60),
            later in 0_i64..8_000,
        ) {
            seconds.sort_unstable();
            let mut all = Connections::default();
            for second in &seconds {
                all.note(operation(*second, Some("entra"), "GET", if second % 3 == 0 { 400 } else { 200 }));
            }
            let Some(entra) = all.of(Some("entra")) else { return Ok(()) };
            let now = seconds.last().unwrap_or(&0) + later;
            let within = |second: &&i64| **second / 60 > now / 60 - 60;
            let hour = entra.last_hour(at(now));
            prop_assert_eq!(hour.requests, seconds.iter().filter(within).count() as u64);
            let failed = seconds.iter().filter(within).filter(|second| *second % 3 == 0).count() as u64;
            prop_assert_eq!(hour.failed(), failed);
        }
    }
}
