//! The connection to each identity provider, as its administrator wants to know it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{ClientKind, Finding, Level, ScimExchange};

/// All identity providers, and the endpoint that they speak to.
#[derive(Clone, PartialEq, Debug, Default, Serialize, JsonSchema)]
pub struct IdentityProvidersView {
    /// What a client would be answered if it tested its connection; absent until the gateway has asked itself.
    pub test: Option<ConnectionTestView>,
    /// When the certificate that clients are shown ends; absent where TLS doesn't end here.
    pub certificate_ends: Option<Timestamp>,
    /// A source that was silent for so long, in seconds, is worth a look; absent: never.
    pub silent_after_s: Option<u64>,
    /// One for each token, the oldest first.
    pub sources: Vec<SourceView>,
    /// Requests without a valid token.
    pub strangers: Option<StrangersView>,
}

/// What the gateway was answered when it asked itself what a client asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ConnectionTestView {
    /// When it asked.
    pub at: Timestamp,
    /// Whether a client's test would pass, its token apart.
    pub passed: bool,
    /// Why not, and what may stop some clients.
    pub reasons: Vec<String>,
}

/// One token, and who speaks through it.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct SourceView {
    /// What the operator calls it.
    pub name: String,
    /// Who speaks; absent when nothing is known of them.
    pub client: Option<ClientKind>,
    /// Whether that was guessed from what requests say.
    pub client_guessed: bool,
    /// When the token was made or last rotated.
    pub created: Timestamp,
    /// From when on it is refused.
    pub expires: Option<Timestamp>,
    /// Until when the token before it is taken as well, if that is still ahead.
    pub previous_until: Option<Timestamp>,
    /// When this token was last shown, to the hour across restarts.
    pub last_used: Option<Timestamp>,
    /// When it was last answered, since the service started.
    pub last_request: Option<Timestamp>,
    /// When a request last succeeded, since the service started.
    pub last_success: Option<Timestamp>,
    /// When it last changed something, since the service started.
    pub last_change: Option<Timestamp>,
    /// The latest refusal or failure, since the service started.
    pub last_error: Option<OperationErrorView>,
    /// The worst of its findings.
    pub level: Level,
    /// What somebody should know of it, one sentence each.
    pub findings: Vec<Finding>,
    /// Within the last hour.
    pub hour: TrafficView,
    /// Within the last day.
    pub day: TrafficView,
    /// Since the service started.
    pub total: TrafficView,
}

/// Requests without a valid token, from anywhere.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct StrangersView {
    /// The latest.
    pub last: Timestamp,
    /// Within the last day.
    pub day: TrafficView,
}

/// A refusal or failure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct OperationErrorView {
    /// When.
    pub at: Timestamp,
    /// The HTTP status.
    pub status: u16,
    /// SCIM's keyword, where there is one.
    pub scim_type: Option<&'static str>,
    /// In words; absent for those who need not see card numbers, which it may quote.
    pub detail: Option<String>,
}

/// How many requests, and how many went wrong in which way.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
pub struct TrafficView {
    /// All of them.
    pub requests: u64,
    /// Of those, the refused and failed, by kind.
    pub errors: Vec<ErrorCountView>,
}

/// How many of one kind of error.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ErrorCountView {
    /// The HTTP status.
    pub status: u16,
    /// SCIM's keyword, where there is one.
    pub scim_type: Option<&'static str>,
    /// How many.
    pub count: u64,
}

/// One line of the log of operations.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct OperationView {
    /// From 1 since the service started, without gaps.
    pub number: u64,
    /// What was asked and answered.
    #[serde(flatten)]
    pub operation: ScimExchange,
}

impl IdentityProvidersView {
    /// What somebody should know of all sources.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.sources.iter().flat_map(|source| &source.findings)
    }
}

impl SourceView {
    /// Whether the token is refused.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// When it was last heard with success, across restarts to the hour.
    pub fn heard(&self) -> Option<Timestamp> {
        self.last_success.max(self.last_used)
    }

    /// What it is called on the page: `Entra ID`, or what all are.
    pub fn client_title(&self) -> &'static str {
        self.client.map_or("SCIM client", ClientKind::title)
    }
}

impl TrafficView {
    /// How many went wrong.
    pub fn failed(&self) -> u64 {
        self.errors.iter().map(|error| error.count).sum()
    }

    /// `12 requests, 2 refused (409 uniqueness 2)`.
    pub fn words(&self) -> String {
        let requests = format!("{} request{}", self.requests, if self.requests == 1 { "" } else { "s" });
        if self.errors.is_empty() {
            return requests;
        }
        let kinds: Vec<String> = self
            .errors
            .iter()
            .map(|error| {
                let keyword = error.scim_type.map(|keyword| format!(" {keyword}")).unwrap_or_default();
                format!("{}{keyword}: {}", error.status, error.count)
            })
            .collect();
        format!("{requests}, {} refused or failed ({})", self.failed(), kinds.join(", "))
    }
}

impl OperationView {
    /// `1.4 ms`.
    pub fn took(&self) -> String {
        format!("{:.1} ms", self.operation.took.as_secs_f64() * 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_told_with_the_kinds_of_its_errors() {
        let errors = vec![ErrorCountView { status: 409, scim_type: Some("uniqueness"), count: 2 }];
        let traffic = TrafficView { requests: 12, errors };
        assert_eq!(traffic.words(), "12 requests, 2 refused or failed (409 uniqueness: 2)");
        assert_eq!(TrafficView { requests: 1, errors: Vec::new() }.words(), "1 request");
    }
}
