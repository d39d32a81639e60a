//! Failed attempts to show who one is, counted by address and by account, so that nobody tries passwords or tokens by
//! the thousand.
//!
//! An attempt counts as failed before it is looked at; success takes back what that account has failed at that address,
//! and nothing else: who guesses another's password gains nothing by signing in between.

use core::net::{IpAddr, Ipv6Addr};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most failed attempts of one address within [`FAILURE_WINDOW`].
pub const MAX_FAILURES: u32 = 10;

/// Most failed attempts at one account within [`FAILURE_WINDOW`], from all addresses together.
pub const MAX_FAILURES_OF_ACCOUNT: u32 = 50;

/// Most accounts whose failures are remembered. One more forgets the oldest.
pub const MAX_FAILING_ACCOUNTS: usize = 1024;

/// Failed attempts are forgotten after this time.
pub const FAILURE_WINDOW: Duration = Duration::from_secs(5 * 60);

/// Most addresses whose failures are remembered. One more forgets the oldest.
pub const MAX_FAILING_ADDRESSES: usize = 1024;

/// Failures of each address, and of each account. An IPv6 address counts as its /64, which one subscriber has whole.
#[derive(Default)]
pub struct Attempts(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    addresses: HashMap<IpAddr, Failures>,
    accounts: HashMap<String, Failures>,
}

struct Failures {
    count: u32,
    first: Instant,
    /// Of an address: which accounts were tried, and how often. As bounded as the count is.
    accounts: HashMap<String, u32>,
}

impl Failures {
    fn none(now: Instant) -> Self {
        Self { count: 0, first: now, accounts: HashMap::new() }
    }

    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.first) >= FAILURE_WINDOW
    }

    fn wait(&self, most: u32, now: Instant) -> Result<(), Duration> {
        if self.count < most {
            return Ok(());
        }
        match FAILURE_WINDOW.checked_sub(now.saturating_duration_since(self.first)) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }
}

impl Attempts {
    /// Whether `address` may try.
    ///
    /// # Errors
    /// How long it has to wait, when it has failed too often.
    pub fn allowed(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let counts = self.lock();
        counts.addresses.get(&subscriber(address)).map_or(Ok(()), |failures| failures.wait(MAX_FAILURES, now))
    }

    /// Whether anybody may try to be `account`.
    ///
    /// # Errors
    /// How long that has to wait, when too many have failed.
    pub fn allowed_for(&self, account: &str, now: Instant) -> Result<(), Duration> {
        let counts = self.lock();
        counts.accounts.get(account).map_or(Ok(()), |failures| failures.wait(MAX_FAILURES_OF_ACCOUNT, now))
    }

    /// `address` has failed.
    pub fn failed(&self, address: IpAddr, now: Instant) {
        count(&mut self.lock().addresses, &subscriber(address), MAX_FAILING_ADDRESSES, now);
    }

    /// `address` has failed to be `account`.
    pub fn failed_as(&self, address: IpAddr, account: &str, now: Instant) {
        let mut counts = self.lock();
        let of_address = count(&mut counts.addresses, &subscriber(address), MAX_FAILING_ADDRESSES, now);
        *of_address.accounts.entry(account.to_owned()).or_default() += 1;
        count(&mut counts.accounts, &account.to_owned(), MAX_FAILING_ACCOUNTS, now);
    }

    /// `address` has shown that it is `account`: what it had failed at that is taken back.
    pub fn succeeded_as(&self, address: IpAddr, account: &str) {
        let mut counts = self.lock();
        let Some(of_address) = counts.addresses.get_mut(&subscriber(address)) else { return };
        let own = of_address.accounts.remove(account).unwrap_or_default();
        of_address.count = of_address.count.saturating_sub(own);
        if let Some(of_account) = counts.accounts.get_mut(account) {
            of_account.count = of_account.count.saturating_sub(own);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one more failure of `key`, among `most` that are remembered.
fn count<'a, K: Clone + Eq + std::hash::Hash>(
    all: &'a mut HashMap<K, Failures>,
    key: &K,
    most: usize,
    now: Instant,
) -> &'a mut Failures {
    if !all.contains_key(key) && all.len() >= most {
        let oldest = all.iter().min_by_key(|(_, failures)| failures.first).map(|(key, _)| key.clone());
        oldest.and_then(|key| all.remove(&key));
    }
    let failures = all.entry(key.clone()).or_insert_with(|| Failures::none(now));
    if failures.is_over(now) {
        *failures = Failures::none(now);
    }
    failures.count = failures.count.saturating_add(1);
    failures
}

fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(192, 0, 2, 1));

    fn exhausted(now: Instant) -> Attempts {
        let attempts = Attempts::default();
        for _ in 0..MAX_FAILURES {
            assert_eq!(attempts.allowed(HERE, now), Ok(()));
            attempts.failed(HERE, now);
        }
        attempts
    }

    #[test]
    fn an_address_that_fails_too_often_waits_until_the_window_is_over() {
        let now = Instant::now();
        let attempts = exhausted(now);
        let later = now + Duration::from_secs(60);
        assert_eq!(attempts.allowed(HERE, later), Err(FAILURE_WINDOW - Duration::from_secs(60)));
        assert_eq!(attempts.allowed(HERE, now + FAILURE_WINDOW), Ok(()));
    }

    #[test]
    fn others_are_not_made_to_wait() {
        let now = Instant::now();
        assert_eq!(exhausted(now).allowed("192.0.2.2".parse().unwrap(), now), Ok(()));
    }

    #[test]
    fn a_new_address_within_the_same_subscribers_block_is_no_way_around() {
        let now = Instant::now();
        let attempts = Attempts::default();
        for host in 0..MAX_FAILURES {
            attempts.failed(format!("2001:db8:1:2::{host:x}").parse().unwrap(), now);
        }
        assert!(attempts.allowed("2001:db8:1:2:ffff::1".parse().unwrap(), now).is_err());
        assert!(attempts.allowed("2001:db8:1:3::1".parse().unwrap(), now).is_ok());
    }

    #[test]
    fn signing_in_forgives_what_the_same_account_failed_at_the_same_address() {
        let now = Instant::now();
        let attempts = Attempts::default();
        for _ in 0..MAX_FAILURES {
            attempts.failed_as(HERE, "ann", now);
        }
        assert!(attempts.allowed(HERE, now).is_err());
        attempts.succeeded_as(HERE, "ann");
        assert_eq!(attempts.allowed(HERE, now), Ok(()));
    }

    #[test]
    fn ones_own_success_forgives_no_guesses_at_another() {
        let now = Instant::now();
        let attempts = Attempts::default();
        for _ in 0..MAX_FAILURES {
            assert_eq!(attempts.allowed(HERE, now), Ok(()));
            attempts.failed_as(HERE, "ida", now);
            attempts.failed_as(HERE, "vera", now);
            attempts.succeeded_as(HERE, "vera");
        }
        assert!(attempts.allowed(HERE, now).is_err());
    }

    #[test]
    fn an_account_that_is_guessed_at_from_everywhere_is_shut_for_a_while() {
        let now = Instant::now();
        let attempts = Attempts::default();
        for host in 0..MAX_FAILURES_OF_ACCOUNT {
            assert_eq!(attempts.allowed_for("ida", now), Ok(()));
            attempts.failed_as(IpAddr::V4((0xC633_6400 + host).into()), "ida", now);
        }
        assert!(attempts.allowed_for("ida", now).is_err());
        assert_eq!(attempts.allowed_for("ida", now + FAILURE_WINDOW), Ok(()));
        assert_eq!(attempts.allowed_for("ann", now), Ok(()));
    }

    #[test]
    fn memory_is_bounded_however_many_addresses_fail() {
        let now = Instant::now();
        let attempts = Attempts::default();
        for host in 0..u32::try_from(MAX_FAILING_ADDRESSES).unwrap() + 10 {
            attempts.failed(IpAddr::V4(host.into()), now + Duration::from_millis(u64::from(host)));
        }
        assert_eq!(attempts.lock().addresses.len(), MAX_FAILING_ADDRESSES);
        assert!(!attempts.lock().addresses.contains_key(&IpAddr::V4(0.into())), "the oldest went first");
    }
}
