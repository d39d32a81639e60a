//! Looks at the parts of the box every few seconds and tells health how they are.

use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::clock;
use super::running::Site;
use super::time_server;
use crate::domain::{
    CertificateCondition, ClockCondition, EventKind, LocalClock, Part, PartCondition, StorageCondition,
};
use crate::health::{ClockWatch, limits::EXPIRY_WARNING};
use crate::store::DiskCondition;
use crate::web::tls::Validity;

/// How often the parts are looked at.
const EVERY: Duration = Duration::from_secs(5);

/// From so much on, a clock that went on while the box was off is told of. Nobody leaves a door's box off for so long.
const CLOCK_AHEAD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Logged events that are looked at for the latest instant on record.
const LOOKED_AT: usize = 1000;

/// Until `stop`.
pub async fn parts(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    let mut watch = ClockWatch::new(latest_on_record(&site));
    let by_server = time_server::watch(stop.clone());
    loop {
        compare_clocks(&site, &mut watch);
        watch.synchronised(*by_server.borrow(), site.running.micros());
        let looking = Arc::clone(&site);
        let mut found = spawn_blocking(move || on_disk(&looking)).await.unwrap_or_default();
        found.push(match clock_ahead(&site) {
            Some(ahead) => ahead,
            None => watch.look(clock::now(), site.running.micros()),
        });
        found.push(certificate(&site, clock::now()));
        found.push(site.forwarding.condition(clock::now()));
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

    /// Returns why, once the service can't go on without a new start.
    pub async fn fatal(&self) -> String {
        tokio::select! {
            why = self.directory.fatal() => why,
            why = self.events.fatal() => why,
        }
    }
}

/// What the controllers' clocks say of the box's.
fn compare_clocks(site: &Site, watch: &mut ClockWatch) {
    let steady = site.running.micros();
    for (device, controller) in site.config.controllers.iter().enumerate() {
        let status = site.fleet().status(device);
        if let Some(ahead) = status.and_then(|status| status.clock_apart) {
            watch.compared(&controller.id, ahead, steady);
        }
    }
}

/// What only the disk tells. Blocks.
fn on_disk(site: &Site) -> Vec<PartCondition> {
    let storage = storage(site).map_or(PartCondition::Well(Part::Storage), PartCondition::Storage);
    vec![storage, site.events.condition(), site.audit.condition(), accounts(site), folder(site)]
}

fn storage(site: &Site) -> Option<StorageCondition> {
    Some(match site.directory.disk() {
        DiskCondition::Well => {
            let lacking = site.directory.incomplete()?;
            StorageCondition::DirectoryIncomplete { why: lacking.text() }
        }
        DiskCondition::Low { free_bytes } => StorageCondition::DiskLow { free_bytes },
        DiskCondition::Full { free_bytes } => StorageCondition::DiskFull { free_bytes },
        DiskCondition::Failing { why } => StorageCondition::WriterFailing { why },
        DiskCondition::Behind { why } => StorageCondition::DirectoryBehind { why },
        DiskCondition::Fatal { why } => StorageCondition::Unknown { why },
    })
}

fn folder(site: &Site) -> PartCondition {
    let mode = std::fs::metadata(&site.config.site.data_dir).map_or(0, |found| found.mode() & 0o777);
    if mode & 0o077 == 0 {
        PartCondition::Well(Part::DataFolder)
    } else {
        PartCondition::DataFolderOpen { mode }
    }
}

fn accounts(site: &Site) -> PartCondition {
    let trouble = site.accounts.trouble();
    trouble.map_or(PartCondition::Well(Part::Accounts), |why| PartCondition::AccountsUnreadable { why })
}

/// The clock shows much more than the time that was seen to pass since the box last ran.
fn clock_ahead(site: &Site) -> Option<PartCondition> {
    let by = site.events.clock_apart();
    (by >= CLOCK_AHEAD).then_some(PartCondition::Clock(ClockCondition::Ahead { by }))
}

fn certificate(site: &Site, now: Timestamp) -> PartCondition {
    let condition = match site.providers.certificate_validity() {
        Some(Validity { from, .. }) if from > now => CertificateCondition::NotYetValid { from },
        Some(Validity { until, .. }) if until <= now => CertificateCondition::Expired { at: until },
        Some(Validity { until, .. }) if until.duration_since(now) < EXPIRY_WARNING => {
            CertificateCondition::Ends { at: until }
        }
        _ => return PartCondition::Well(Part::Certificate),
    };
    PartCondition::Certificate(condition)
}

/// The latest instant that the gateway's own clock has shown, as far as the event log tells.
fn latest_on_record(site: &Site) -> Option<Timestamp> {
    let by_our_clock = |kind: &EventKind| !matches!(kind, EventKind::CardRead(_));
    let recent = site.events.recent(LOOKED_AT);
    recent.iter().filter(|logged| by_our_clock(&logged.event.kind)).map(|logged| logged.event.at).max()
}
