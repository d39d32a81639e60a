//! Failed attempts to show who one is, counted by address, so that nobody tries passwords or tokens by the thousand.

use core::net::{IpAddr, Ipv6Addr};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most failed attempts of one address within [`FAILURE_WINDOW`].
pub const MAX_FAILURES: u32 = 10;

/// Failed attempts are forgotten after this time.
pub const FAILURE_WINDOW: Duration = Duration::from_secs(5 * 60);

/// Most addresses whose failures are remembered. One more forgets the oldest.
pub const MAX_FAILING_ADDRESSES: usize = 1024;

/// Failures of each address. An IPv6 address counts as its /64, which one subscriber has whole.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<IpAddr, Failures>>);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    first: Instant,
}

impl Attempts {
    /// Whether `address` may try.
    ///
    /// # Errors
    /// How long it has to wait, when it has failed too often.
    pub fn allowed(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let failures = self.lock().get(&subscriber(address)).copied();
        match failures {
            Some(Failures { count, first }) if count >= MAX_FAILURES => {
                match FAILURE_WINDOW.checked_sub(now.saturating_duration_since(first)) {
                    Some(wait) if !wait.is_zero() => Err(wait),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// `address` has failed.
    pub fn failed(&self, address: IpAddr, now: Instant) {
        let mut all = self.lock();
        let key = subscriber(address);
        if !all.contains_key(&key) && all.len() >= MAX_FAILING_ADDRESSES {
            let oldest = all.iter().min_by_key(|(_, failures)| failures.first).map(|(address, _)| *address);
            oldest.and_then(|address| all.remove(&address));
        }
        let failures = all.entry(key).or_insert(Failures { count: 0, first: now });
        if now.saturating_duration_since(failures.first) >= FAILURE_WINDOW {
            *failures = Failures { count: 0, first: now };
        }
        failures.count = failures.count.saturating_add(1);
    }

    /// `address` has shown who it is.
    pub fn succeeded(&self, address: IpAddr) {
        self.lock().remove(&subscriber(address));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    fn signing_in_forgives() {
        let now = Instant::now();
        let attempts = exhausted(now);
        attempts.succeeded(HERE);
        assert_eq!(attempts.allowed(HERE, now), Ok(()));
    }

    #[test]
    fn memory_is_bounded_however_many_addresses_fail() {
        let now = Instant::now();
        let attempts = Attempts::default();
        for host in 0..u32::try_from(MAX_FAILING_ADDRESSES).unwrap() + 10 {
            attempts.failed(IpAddr::V4(host.into()), now + Duration::from_millis(u64::from(host)));
        }
        assert_eq!(attempts.lock().len(), MAX_FAILING_ADDRESSES);
        assert!(!attempts.lock().contains_key(&IpAddr::V4(0.into())), "the oldest went first");
    }
}
