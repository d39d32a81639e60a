//! How many requests within a while, and how many of them went wrong in which way.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::domain::ScimExchange;

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

impl Traffic {
    /// How many went wrong.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    pub(super) fn note(&mut self, operation: &ScimExchange) {
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
pub(super) struct Window<const N: usize> {
    width_s: i64,
    /// Each with the number of its stretch since 1970.
    stretches: VecDeque<(i64, Traffic)>,
}

impl<const N: usize> Window<N> {
    pub(super) fn new(width_s: i64) -> Self {
        Self { width_s, stretches: VecDeque::new() }
    }

    /// The stretch of `now`.
    pub(super) fn at(&mut self, now: Timestamp) -> &mut Traffic {
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

    /// All of them, up to `now`.
    pub(super) fn sum(&self, now: Timestamp) -> Traffic {
        let oldest = now.as_second().div_euclid(self.width_s) - i64::try_from(N).unwrap_or(i64::MAX) + 1;
        let mut sum = Traffic::default();
        for (_, traffic) in self.stretches.iter().filter(|(number, _)| *number >= oldest) {
            sum.add(traffic);
        }
        sum
    }
}
