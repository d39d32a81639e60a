//! Commands that change the store themselves, and how they leave their entry in the audit log: through the running service,
//! which has the log, and otherwise in the log itself.

use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde_json::json;

use super::client::{Client, ClientError};
use super::{Failure, SiteFile};
use crate::config::{Config, NamedFiles};
use crate::domain::{AuditEntry, AuditOutcome, Origin};
use crate::store::{AuditError, AuditLog, EventLimits, StoreError};

/// How often the log is tried for while a service is just starting or stopping.
const TRIES: usize = 5;

/// Writes down what a command did.
///
/// # Errors
/// When that can't be kept; the command's work stays done.
pub(super) fn audited(site: &SiteFile, action: &str, what: &str) -> Result<(), Failure> {
    let config = site.load(NamedFiles::Ignored)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the asynchronous runtime can't start")?;
    let kept = runtime.block_on(keep(&config, action, what));
    kept.with_context(|| format!("{what}, and that can't be written into the audit log"))
        .map_err(Failure::from)
}

async fn keep(config: &Config, action: &str, what: &str) -> anyhow::Result<()> {
    let body = json!({ "action": action, "what": what });
    for _ in 0..TRIES {
        let client = Client::new(config.socket_path())?;
        match client.post("/api/v1/audit", &body).await {
            Ok(_) => return Ok(()),
            Err(ClientError::NotRunning(_)) => {}
            Err(error) => return Err(error.into()),
        }
        match directly(config, action, what).await {
            Err(error) if is_in_use(&error) => tokio::time::sleep(Duration::from_millis(200)).await,
            kept => return kept,
        }
    }
    Err(anyhow!("another process has it, and no service answers"))
}

async fn directly(config: &Config, action: &str, what: &str) -> anyhow::Result<()> {
    let (log, _) = AuditLog::open(&config.audit_dir(), limits(config))?;
    let entry = AuditEntry {
        at: Timestamp::now(),
        by: Some(Origin::CommandLine),
        from: AuditEntry::THE_BOX.to_owned(),
        action: action.to_owned(),
        what: what.to_owned(),
        person: None,
        outcome: AuditOutcome::Done,
    };
    let kept: Result<u64, AuditError> = log.append(entry).await;
    Ok(kept.map(drop)?)
}

fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::InUse { .. }))
}

/// How long entries are kept.
fn limits(config: &Config) -> EventLimits {
    EventLimits { max_events: u64::MAX, max_age: config.limits.audit_age() }
}
