//! The connection to each identity provider, as its administrator wants to know it.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::masking::Masked;
use crate::domain::{ClientKind, Level, LocalClock, ScimExchange, span};

/// From so long before its end on, a token or a certificate is spoken of.
pub const EXPIRY_WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);

/// All identity providers, and the endpoint that they speak to.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct IdentityView {
    /// What a client would be answered if it tested its connection; absent until the gateway has asked itself.
    pub test: Option<ConnectionTestView>,
    /// When the certificate that clients are shown ends; absent where TLS doesn't end here.
    pub certificate_ends: Option<Timestamp>,
    /// A source that was silent for so long, in seconds, is worth a look; absent: never.
    pub silent_after_s: Option<u64>,
    /// One for each token, the oldest first.
    pub sources: Vec<IdentitySourceView>,
    /// Requests without a valid token.
    pub strangers: Option<StrangersView>,
}

/// What the gateway was answered when it asked itself what a client asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConnectionTestView {
    /// When it asked.
    pub at: Timestamp,
    /// Whether a client's test would pass, its token apart.
    pub passed: bool,
    /// Why not, and what may stop some clients.
    pub reasons: Vec<String>,
}

/// One token, and who speaks through it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct IdentitySourceView {
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
    /// Within the last hour.
    pub hour: TrafficView,
    /// Within the last day.
    pub day: TrafficView,
    /// Since the service started.
    pub total: TrafficView,
}

/// Requests without a valid token, from anywhere.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StrangersView {
    /// The latest.
    pub last: Timestamp,
    /// Within the last day.
    pub day: TrafficView,
}

/// A refusal or failure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
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
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct TrafficView {
    /// All of them.
    pub requests: u64,
    /// Of those, the refused and failed, by kind.
    pub errors: Vec<ErrorCountView>,
}

/// How many of one kind of error.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ErrorCountView {
    /// The HTTP status.
    pub status: u16,
    /// SCIM's keyword, where there is one.
    pub scim_type: Option<&'static str>,
    /// How many.
    pub count: u64,
}

/// One line of the log of operations.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct OperationView {
    /// From 1 since the service started, without gaps.
    pub number: u64,
    /// What was asked and answered.
    #[serde(flatten)]
    pub operation: ScimExchange,
}

impl IdentityView {
    /// What somebody should know, with how bad it is.
    pub(super) fn findings(&self, clock: &LocalClock) -> Vec<(Level, String)> {
        let mut findings = Vec::new();
        if let Some(test) = self.test.as_ref().filter(|test| !test.passed) {
            findings.push((
                Level::Problem,
                format!("Identity providers can't reach the directory: {}.", test.reasons.join("; ")),
            ));
        }
        if let Some(ends) = self.certificate_ends.filter(|ends| *ends > clock.now() && is_near(*ends, clock))
        {
            let text = format!("The TLS certificate ends on {}; renew it.", clock.short(&ends));
            findings.push((Level::Attention, text));
        }
        findings.extend(self.sources.iter().flat_map(|source| source.findings(self.silent_after_s, clock)));
        findings
    }
}

impl Masked for IdentityView {
    fn masked(mut self) -> Self {
        for error in self.sources.iter_mut().filter_map(|source| source.last_error.as_mut()) {
            error.detail = None;
        }
        self
    }
}

fn is_near(end: Timestamp, clock: &LocalClock) -> bool {
    end.duration_since(clock.now()) < EXPIRY_WARNING
}

impl IdentitySourceView {
    /// What somebody should know of this one, with how bad it is.
    pub fn findings(&self, silent_after_s: Option<u64>, clock: &LocalClock) -> Vec<(Level, String)> {
        let expiry = self.expiry(clock);
        // Who is refused is silent by force.
        let silence = if self.is_expired(clock.now()) { None } else { self.silence(silent_after_s, clock) };
        expiry.into_iter().chain(silence.map(|text| (Level::Attention, text))).collect()
    }

    /// The worst of its findings.
    pub fn level(&self, silent_after_s: Option<u64>, clock: &LocalClock) -> Level {
        self.findings(silent_after_s, clock).iter().map(|(level, _)| *level).max().unwrap_or(Level::Well)
    }

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

    fn expiry(&self, clock: &LocalClock) -> Option<(Level, String)> {
        let expires = self.expires.filter(|expires| is_near(*expires, clock))?;
        let (name, end) = (&self.name, clock.short(&expires));
        let remedy = "re-authenticate it, or revoke it if it is no longer used";
        Some(if self.is_expired(clock.now()) {
            (
                Level::Problem,
                format!("The token {name} has expired on {end}: nothing arrives through it; {remedy}."),
            )
        } else {
            let left = span(expires.duration_since(clock.now()).as_secs().unsigned_abs());
            (Level::Attention, format!("The token {name} expires in {left}, on {end}; {remedy}."))
        })
    }

    fn silence(&self, silent_after_s: Option<u64>, clock: &LocalClock) -> Option<String> {
        let heard = self.heard()?;
        let silent = clock.now().duration_since(heard).as_secs().unsigned_abs();
        let is_silent = heard < clock.now() && silent_after_s.is_some_and(|after| silent > after);
        let (title, name) = (self.client_title(), &self.name);
        is_silent.then(|| {
            format!(
                "{title} ({name}) has been silent for {}; look whether provisioning is still on there.",
                span(silent)
            )
        })
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

impl Masked for OperationView {
    /// The detail may quote a card number.
    fn masked(mut self) -> Self {
        self.operation.detail = None;
        self
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
    use super::super::fixture::{before_noon, noon, source};
    use super::*;

    fn clock() -> LocalClock {
        LocalClock::new("Europe/Berlin", noon())
    }

    fn levels(source: &IdentitySourceView) -> Vec<(Level, String)> {
        source.findings(Some(3 * 86_400), &clock())
    }

    #[test]
    fn a_token_is_spoken_of_from_thirty_days_before_its_end() {
        let in_days = |days: i64| {
            let mut entra = source("entra");
            entra.expires = Some(before_noon(-days * 86_400));
            levels(&entra)
        };
        assert!(in_days(30).is_empty());
        let [(Level::Attention, text)] = &in_days(29)[..] else { panic!("{:?}", in_days(29)) };
        assert!(text.contains("expires in 29 d") && text.contains("re-authenticate"), "{text}");
        let [(Level::Problem, text)] = &in_days(0)[..] else { panic!("{:?}", in_days(0)) };
        assert!(text.contains("has expired"), "{text}");
    }

    #[test]
    fn a_silent_source_is_spoken_of_and_one_that_never_spoke_is_not() {
        let mut entra = source("entra");
        entra.last_success = None;
        entra.last_used = Some(before_noon(3 * 86_400 + 1));
        let [(Level::Attention, text)] = &levels(&entra)[..] else { panic!("{:?}", levels(&entra)) };
        assert!(text.starts_with("Entra ID (entra) has been silent for 3 d"), "{text}");
        assert!(entra.findings(None, &clock()).is_empty());
        entra.last_used = None;
        assert!(levels(&entra).is_empty());
    }

    #[test]
    fn an_expired_source_is_not_called_silent_as_well() {
        let mut entra = source("entra");
        entra.expires = Some(before_noon(40 * 86_400));
        (entra.last_success, entra.last_used) = (None, Some(before_noon(50 * 86_400)));
        assert_eq!(levels(&entra).len(), 1);
    }

    #[test]
    fn traffic_is_told_with_the_kinds_of_its_errors() {
        let errors = vec![ErrorCountView { status: 409, scim_type: Some("uniqueness"), count: 2 }];
        let traffic = TrafficView { requests: 12, errors };
        assert_eq!(traffic.words(), "12 requests, 2 refused or failed (409 uniqueness: 2)");
        assert_eq!(TrafficView { requests: 1, errors: Vec::new() }.words(), "1 request");
    }
}
