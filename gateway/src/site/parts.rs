//! Looks at the parts of the box every few seconds and tells health how they are. What can't heal without a new start is
//! told to whoever runs the service.

use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::clock;
use super::running::Site;
use crate::domain::{EventKind, LocalClock, Part, PartCondition};
use crate::health::{ClockWatch, limits::EXPIRY_WARNING};
use crate::store::DiskCondition;

/// How often the parts are looked at.
const EVERY: Duration = Duration::from_secs(5);

/// Logged events that are looked at for the latest instant on record.
const LOOKED_AT: usize = 1000;

/// Until `stop`.
pub async fn parts(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    let mut watch = ClockWatch::new(latest_on_record(&site));
    loop {
        let looking = Arc::clone(&site);
        let mut found = spawn_blocking(move || on_disk(&looking)).await.unwrap_or_default();
        found.push(watch.look(clock::now(), site.running.micros()));
        found.push(certificate(&site, clock::now()));
        found.into_iter().for_each(|condition| site.part_became(condition));
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}

impl Site {
    /// A part of the box is so.
    pub(super) fn part_became(&self, condition: PartCondition) {
        if let PartCondition::StorageUnknown { why } = &condition {
            self.fatal.send_replace(Some(why.clone()));
        }
        let clock = LocalClock::new(self.time_zone(), clock::now());
        let mut health = self.health();
        let is_news = health.part(condition.part()).is_none_or(|known| known.condition != condition);
        let alarms = health.part_became(&clock, condition);
        drop(health);
        if is_news {
            self.log_alarms(clock.now(), alarms);
            self.bump();
        }
    }

    /// Becomes the reason once the service can't go on without a new start.
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.fatal.subscribe()
    }
}

/// What only the disk tells. Blocks.
fn on_disk(site: &Site) -> Vec<PartCondition> {
    let storage = match site.directory.disk() {
        DiskCondition::Well => match site.directory.incomplete() {
            Some(lacking) => PartCondition::DirectoryIncomplete { why: lacking.text() },
            None => PartCondition::Well(Part::Storage),
        },
        DiskCondition::Low { free_bytes } => PartCondition::DiskLow { free_bytes },
        DiskCondition::Full { free_bytes } => PartCondition::DiskFull { free_bytes },
        DiskCondition::Failing { why } => PartCondition::WriterFailing { why },
        DiskCondition::Behind { why } => PartCondition::DirectoryBehind { why },
        DiskCondition::Fatal { why } => PartCondition::StorageUnknown { why },
    };
    vec![storage, site.events.condition(), folder(site)]
}

fn folder(site: &Site) -> PartCondition {
    let mode = std::fs::metadata(&site.config.site.data_dir).map_or(0, |found| found.mode() & 0o777);
    if mode & 0o077 == 0 {
        PartCondition::Well(Part::DataFolder)
    } else {
        PartCondition::DataFolderOpen { mode }
    }
}

fn certificate(site: &Site, now: Timestamp) -> PartCondition {
    match site.identity.certificate_ends.get().copied() {
        Some(at) if at <= now => PartCondition::CertificateExpired { at },
        Some(at) if at.duration_since(now) < EXPIRY_WARNING => PartCondition::CertificateEnds { at },
        _ => PartCondition::Well(Part::Certificate),
    }
}

/// The latest instant that the gateway's own clock has shown, as far as the event log tells.
fn latest_on_record(site: &Site) -> Option<Timestamp> {
    let by_our_clock = |kind: &EventKind| !matches!(kind, EventKind::CardRead(_));
    let recent = site.events.recent(LOOKED_AT);
    recent.iter().filter(|logged| by_our_clock(&logged.event.kind)).map(|logged| logged.event.at).max()
}
