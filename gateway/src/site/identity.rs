//! The identity providers' side of a site: who speaks through which token, how they fare, and whether they could.
//!
//! Everything is told to it as it happens; a task asks the SCIM endpoint now and then what a client would be answered.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::clock;
use super::running::Site;
use crate::access::mass_revocation::{MassRevocation, MassRevocationWatch, Output, Rule, Turnover};
use crate::config::{Config, Tls};
use crate::domain::{AlarmKind, Change, Level, LocalClock, ScimExchange};
use crate::health::Reach;
use crate::sources::connection::Connections;
use crate::sources::scim::{self, Scim};
use crate::store::Applied;
use crate::store::tokens::Tokens;
use crate::views::ConnectionTestView;

/// How often the endpoint is asked, and alarms are looked at that pass with time.
const EVERY: Duration = Duration::from_secs(30);

/// What is known of the identity providers. Its locks are leaves: nothing else is locked while one is held.
pub struct Identity {
    pub(super) tokens: Arc<Tokens>,
    pub(super) certificate_ends: OnceLock<Timestamp>,
    connections: Mutex<Connections>,
    losses: Mutex<MassRevocationWatch>,
    test: Mutex<Option<ConnectionTestView>>,
    reach: Mutex<Reach>,
}

impl Identity {
    /// Nobody has spoken yet.
    pub(super) fn new(config: &Config) -> Self {
        let rule =
            Rule { share: config.alarms.mass_revocation_share, people: config.alarms.mass_revocation_people };
        Self {
            tokens: Arc::new(Tokens::open(&config.site.data_dir)),
            certificate_ends: OnceLock::new(),
            connections: Mutex::default(),
            losses: Mutex::new(MassRevocationWatch::new(rule)),
            test: Mutex::default(),
            reach: Mutex::new(Reach::Unknown),
        }
    }

    /// The tokens of the site.
    pub fn tokens(&self) -> &Arc<Tokens> {
        &self.tokens
    }

    /// A SCIM client was answered.
    pub fn answered(&self, operation: ScimExchange) {
        self.connections().note(operation);
    }

    /// The certificate that clients are shown ends then.
    pub fn certificate_ends(&self, at: Timestamp) {
        // There is one for as long as the service runs.
        let _ = self.certificate_ends.set(at);
    }

    pub(super) fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn test(&self) -> MutexGuard<'_, Option<ConnectionTestView>> {
        self.test.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether sources can get through, as the endpoint last answered.
    pub(super) fn reach(&self) -> Reach {
        self.reach.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn reached(&self, asked: &Result<(), String>) {
        let reach = match asked {
            Ok(()) => Reach::Open,
            Err(why) => Reach::Shut(vec![why.clone()]),
        };
        *self.reach.lock().unwrap_or_else(PoisonError::into_inner) = reach;
    }

    fn losses(&self) -> MutexGuard<'_, MassRevocationWatch> {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the endpoint, ends alarms that have passed, and says once a day in the log what is about to expire. Until `stop`.
pub async fn identity(site: Arc<Site>, scim: Scim, mut stop: watch::Receiver<bool>) {
    let mut told: Option<Date> = None;
    loop {
        let asked = scim::probe(&scim).await;
        site.identity.reached(&asked);
        *site.identity.test() = Some(verdict(&site, asked, clock::now()));
        losses_pass(&site, clock::now());
        let today = clock::now().to_zoned(TimeZone::UTC).date();
        if told != Some(today) {
            told = Some(today);
            tell(&site);
        }
        site.bump();
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}

/// What a client would find, from what the endpoint answers and what stands in front of it.
fn verdict(site: &Site, asked: Result<(), String>, now: Timestamp) -> ConnectionTestView {
    let ended = site.identity.certificate_ends.get().is_some_and(|ends| *ends <= now);
    let expired = ended.then(|| "the TLS certificate has expired".to_owned());
    let failures: Vec<String> = asked.err().into_iter().chain(expired).collect();
    let passed = failures.is_empty();
    let web = &site.config.web;
    let caution = match (&web.tls, web.behind_proxy) {
        (Tls::SelfSigned, _) => Some(
            "the TLS certificate is self-signed: a cloud takes only one of a public authority, Entra ID's \
             provisioning agent one that its machine trusts",
        ),
        (Tls::Off, false) => Some("plain HTTP on this box alone: no cloud reaches it"),
        _ => None,
    };
    let reasons = failures.into_iter().chain(caution.map(str::to_owned)).collect();
    ConnectionTestView { at: now, passed, reasons }
}

fn tell(site: &Site) {
    let clock = LocalClock::new(site.time_zone(), clock::now());
    for finding in site.identity_view(clock.now()).findings() {
        match finding.level {
            Level::Problem => tracing::error!("{}", finding.text),
            Level::Attention => tracing::warn!("{}", finding.text),
            Level::Well => {}
        }
    }
}

/// Counts whom a change takes access from. Called on the directory's writer's thread: it tells, and waits for nothing.
pub(super) fn watch_losses(site: &Site, applied: &Applied<'_>, now: Timestamp) {
    let mut turnover = Turnover::default();
    for (change, before) in applied.record.changes.iter().zip(applied.before) {
        match change {
            Change::PutCardholder { cardholder } => turnover.note(before.as_ref(), Some(cardholder)),
            Change::DeleteCardholder { .. } => turnover.note(before.as_ref(), None),
            _ => {}
        }
    }
    if turnover != Turnover::default() {
        let (source, left) = (applied.record.origin.name(), applied.view.counts().active);
        let output = site.identity.losses().changed(now, source, &turnover, left);
        output.into_iter().for_each(|output| alarm(site, now, output));
    }
}

fn losses_pass(site: &Site, now: Timestamp) {
    let left = site.directory.stats().counts.active;
    let output = site.identity.losses().tick(now, left);
    output.into_iter().for_each(|output| alarm(site, now, output));
}

fn alarm(site: &Site, now: Timestamp, output: Output) {
    let alarms = {
        let mut health = site.health();
        let is_it = |what: &&AlarmKind| matches!(what, AlarmKind::MassRevocation { .. });
        let up = health.alarms().map(|(_, alarm)| &alarm.what).find(is_it).cloned();
        match output {
            Output::Raised(happened) => {
                let source = happened.by.first().cloned().unwrap_or_default();
                let what = up.unwrap_or(AlarmKind::MassRevocation { source });
                health.raise(now, what, words(&happened))
            }
            Output::Passed => up.map(|what| health.clear(&what)).unwrap_or_default(),
        }
    };
    site.log_alarms(now, alarms);
    site.bump();
}

fn words(happened: &MassRevocation) -> String {
    let MassRevocation { lost, of, by, .. } = happened;
    format!(
        "{lost} of {of} people have lost access within ten minutes, by the word of {}. Nothing was held back. If this \
         was not meant: stop provisioning there, assign the people again, and provision once more; cards and \
         memberships of those who were deactivated come back with them, those who were deleted are made anew.",
        by.join(" and ")
    )
}
