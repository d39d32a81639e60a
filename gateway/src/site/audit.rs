//! What people, tokens, sources and time do to the site goes into the audit log, and is read from it.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};

use super::clock;
use super::running::Site;
use crate::domain::{AuditEntry, AuditOutcome, Origin, ScimExchange};
use crate::operator::Audit;
use crate::store::audit::hex;
use crate::store::{Applied, LoggedAudit};
use crate::views::{AuditView, ShowAudit, Unreadable};

impl Audit for Site {
    fn audit(&self, entry: AuditEntry) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            if let Err(error) = self.audit.append(entry).await {
                tracing::error!(%error, "what somebody did is not in the audit log yet");
            }
        })
    }
}

impl ShowAudit for Site {
    fn audit_log(
        &self,
        before: Option<u64>,
        count: usize,
    ) -> BoxFuture<'_, Result<Vec<AuditView>, Unreadable>> {
        let audit = Arc::clone(&self.audit);
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || audit.page(before, count));
            let read = read.await.map_err(|error| Unreadable(error.to_string()))?;
            let entries = read.map_err(|error| {
                tracing::error!(%error, "the audit log can't be read");
                Unreadable(error.to_string())
            })?;
            let shown = |LoggedAudit { number, previous, hash, entry }| {
                AuditView::of(number, entry, hex(&previous), hex(&hash))
            };
            Ok(entries.into_iter().map(shown).collect())
        })
    }
}

impl Site {
    /// A SCIM client was answered. What changes nothing is not written down.
    pub fn audit_scim(&self, exchange: &ScimExchange) {
        let Some(token) = exchange.token.clone().filter(|_| exchange.is_write()) else { return };
        let id = exchange.id.map(|id| format!("/{id}")).unwrap_or_default();
        let attributes = match exchange.attributes.is_empty() {
            true => String::new(),
            false => format!("attributes: {}; ", exchange.attributes.join(", ")),
        };
        self.post_audit(AuditEntry {
            at: exchange.at,
            by: Some(Origin::Scim { token }),
            from: exchange.address.clone(),
            action: format!("SCIM {} {}{id}", exchange.method, exchange.resource),
            what: format!("{attributes}answered {}", exchange.status),
            person: None,
            outcome: AuditOutcome::of_status(exchange.status),
        });
    }

    /// A source of the configuration, or time itself, has changed the directory. What came by SCIM, page or command line is
    /// written down where it came in.
    pub(super) fn audit_source(&self, applied: &Applied<'_>) {
        let origin = &applied.record.origin;
        if !matches!(origin, Origin::Source { .. } | Origin::Gateway) {
            return;
        }
        let changes = applied.record.changes.len();
        let revision = applied.record.revision;
        self.post_audit(AuditEntry {
            at: applied.record.at,
            by: Some(origin.clone()),
            from: AuditEntry::THE_BOX.to_owned(),
            action: "change of the directory".to_owned(),
            what: format!("changes: {changes}; revision {revision}"),
            person: None,
            outcome: AuditOutcome::Done,
        });
    }

    /// The service has started, by this configuration and this clock.
    pub fn audit_start(&self) {
        let file = std::fs::read(&self.config.file).unwrap_or_default();
        let digest = hex(Sha256::digest(&file).as_slice());
        let (zone, version) = (self.time_zone(), env!("CARGO_PKG_VERSION"));
        let (file, digest) = (self.config.file.display(), digest.get(..16).unwrap_or_default());
        self.post_audit(AuditEntry {
            at: clock::now(),
            by: Some(Origin::Gateway),
            from: AuditEntry::THE_BOX.to_owned(),
            action: "start".to_owned(),
            what: format!("version {version}; configuration {file}, SHA-256 {digest}…; time zone {zone}"),
            person: None,
            outcome: AuditOutcome::Done,
        });
    }

    fn post_audit(&self, entry: AuditEntry) {
        if let Err(error) = self.audit.post(entry) {
            tracing::error!(%error, "what was done to the site is not in the audit log");
        }
    }
}
