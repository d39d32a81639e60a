//! The identity providers as people are shown them.

use jiff::Timestamp;

use super::super::clock;
use super::super::running::Site;
use crate::domain::{ClientKind, Finding, LocalClock, TokenInfo};
use crate::health::{SourceFacts, source_findings};
use crate::sources::connection::{Connection, Traffic};
use crate::views::{
    ErrorCountView, IdentityProvidersView, OperationErrorView, OperationView, ShowIdentityProviders,
    SourceView, StrangersView, TrafficView,
};

impl ShowIdentityProviders for Site {
    fn identity_providers(&self) -> IdentityProvidersView {
        self.identity_providers_at(clock::now())
    }

    fn operations(&self, before: Option<u64>, count: usize) -> Vec<OperationView> {
        let connections = self.providers.connections();
        let operations = connections.operations(before).take(count);
        operations.map(|(number, operation)| OperationView { number, operation: operation.clone() }).collect()
    }
}

impl Site {
    /// All identity providers at `now`.
    pub(in super::super) fn identity_providers_at(&self, now: Timestamp) -> IdentityProvidersView {
        let tokens = self.providers.tokens.list().unwrap_or_else(|error| {
            tracing::error!(%error, "the tokens can't be listed");
            Vec::new()
        });
        let test = self.providers.test().clone();
        let connections = self.providers.connections();
        let silent_hours = u64::from(self.config.alarms.source_silent_hours);
        let silent_after_s = (silent_hours > 0).then_some(silent_hours * 3_600);
        let clock = LocalClock::new(self.time_zone(), now);
        IdentityProvidersView {
            test,
            certificate_ends: self.providers.certificate_validity().map(|validity| validity.until),
            silent_after_s,
            sources: tokens
                .into_iter()
                .map(|token| source(connections.of(Some(&token.name)), token, silent_after_s, &clock))
                .collect(),
            strangers: connections
                .of(None)
                .map(|them| StrangersView { last: them.last_request, day: traffic(&them.last_day(now)) }),
        }
    }
}

fn source(
    connection: Option<&Connection>,
    token: TokenInfo,
    silent_after_s: Option<u64>,
    clock: &LocalClock,
) -> SourceView {
    let now = clock.now();
    let seen = connection.and_then(|connection| connection.client);
    let error = connection.and_then(|connection| connection.last_error.as_ref());
    let client = token.client.or(seen);
    let last_success = connection.and_then(|connection| connection.last_success);
    let facts = SourceFacts {
        name: token.name.clone(),
        title: client.map_or("SCIM client", ClientKind::title),
        expires: token.expires,
        heard: last_success.max(token.last_used),
    };
    let findings = source_findings(&facts, silent_after_s, clock);
    SourceView {
        level: Finding::worst(&findings),
        findings,
        name: token.name,
        client,
        client_guessed: token.client.is_none() && seen.is_some(),
        created: token.created,
        expires: token.expires,
        previous_until: token.previous_until.filter(|until| *until > now),
        last_used: token.last_used,
        last_request: connection.map(|connection| connection.last_request),
        last_success,
        last_change: connection.and_then(|connection| connection.last_change),
        last_error: error.map(|error| OperationErrorView {
            at: error.at,
            status: error.status,
            scim_type: error.scim_type,
            detail: error.detail.clone(),
        }),
        hour: connection.map(|connection| traffic(&connection.last_hour(now))).unwrap_or_default(),
        day: connection.map(|connection| traffic(&connection.last_day(now))).unwrap_or_default(),
        total: connection.map(|connection| traffic(&connection.total)).unwrap_or_default(),
    }
}

fn traffic(traffic: &Traffic) -> TrafficView {
    let count = |(kind, count): (&crate::sources::connection::ErrorKind, &u64)| ErrorCountView {
        status: kind.status,
        scim_type: kind.scim_type,
        count: *count,
    };
    TrafficView { requests: traffic.requests, errors: traffic.errors.iter().map(count).collect() }
}
