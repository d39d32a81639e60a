//! From the data folder to a running site: event log, directory, fleet, lines.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use panel_protocol::table::{DIGEST_KEY_LEN, DigestKey};
use sha2::{Digest, Sha256};

use super::StartError;
use crate::access::{DoorPlan, HourNumbers, Learned};
use crate::config::{self, Attachment, Config, Controller, ControllerKind};
use crate::domain::{ControllerId, Level};
use crate::health::{DeviceKind, DeviceSetup, Health};
use crate::links::mqtt::Dialect;
use crate::site::{self, EventSources, Site, SiteParts};
use crate::store::{
    Applied, AuditLog, AuditReport, BeforeRead, Directory, EventLimits, EventLog, OpenReport, TornTail,
};
use crate::sync::{ControllerSpec, Fleet, Holds};
use crate::web::Metrics;

/// What serving needs.
pub(super) struct Opened {
    pub(super) site: Arc<Site>,
    pub(super) metrics: Arc<Metrics>,
}

/// Opens everything in the data folder. Blocks.
pub(super) fn open(config: &Arc<Config>, before_read: Option<BeforeRead>) -> Result<Opened, StartError> {
    let data = &config.site.data_dir;
    make_data_dir(data)?;
    let secret = site_secret(data)?;
    let metrics = Arc::new(Metrics::new());
    let (events, torn_events) = EventLog::open(&data.join("events"), event_limits(config))?;
    let (audit, audit_report) = AuditLog::open(&config.audit_dir(), audit_limits(config))?;
    let site: Arc<OnceLock<Arc<Site>>> = Arc::default();
    let observer = observer(Arc::clone(&site), Arc::clone(&metrics));
    let (directory, report) = Directory::open_with(&data.join("directory"), observer, before_read)?;
    let view = directory.read();
    let now = site::clock::now();
    let mut compiler = site::compiler(&view, config)?.numbered(HourNumbers::read(&directory.hour_numbers()?));
    let cards = site::active_cards(&view, &mut compiler, now)?;
    let news = compiler.news();
    let hours = compiler.hours(now).unwrap_or_default();
    let specs = specs(config, &secret, &directory.numbering()?, &news, compiler.numbers());
    if let Some(numbers) = compiler.take_numbering() {
        directory.set_hour_numbers(&numbers)?;
    }
    for ControllerSpec { id, plan, .. } in &specs {
        directory.set_numbering(id, &plan.numbering())?;
    }
    let mut fleet = Fleet::new(specs, view.revision(), cards);
    fleet.set_hours(hours);
    let health = Health::new(
        site::clock::now(),
        config.lines.iter().map(|line| line.id.clone()).collect(),
        config.controllers.iter().map(|controller| device(config, controller)).collect(),
    );
    let changed = tokio::sync::watch::Sender::new(0);
    let sources = EventSources::open(config, &directory, &changed)?;
    let parts = SiteParts {
        config: Arc::clone(config),
        compiler,
        fleet,
        health,
        directory,
        events,
        audit,
        sources,
        changed,
    };
    let running = Arc::clone(site.get_or_init(|| Arc::new(Site::new(parts))));
    site::resume(&running)?;
    site::restore_alarms(&running);
    site::restore_modes(&running);
    tell(&running, &report, [torn_events.as_ref(), audit_report.torn.as_ref()]);
    tell_of_audit(&running, &audit_report);
    running.audit_start();
    Ok(Opened { site: running, metrics })
}

fn event_limits(config: &Config) -> EventLimits {
    let age = Duration::from_secs(u64::from(config.limits.event_days) * 24 * 3600);
    EventLimits { max_events: config.limits.events, max_age: age }
}

fn audit_limits(config: &Config) -> EventLimits {
    EventLimits { max_events: u64::MAX, max_age: config.limits.audit_age() }
}

fn make_data_dir(data: &Path) -> Result<(), StartError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.map_err(|error| StartError::Io { what: "can't make the data folder", path: data.to_owned(), error })
}

/// The site's own secret, made at the first start: digest keys are derived from it, so that they differ between sites.
fn site_secret(data: &Path) -> Result<config::Key, StartError> {
    let path = data.join("digest.key");
    if let Some(secret) = config::read_key(&path)? {
        return Ok(secret);
    }
    let mut secret = config::Key::default();
    getrandom::fill(secret.as_mut()).map_err(|error| StartError::Io {
        what: "the system has no random numbers for",
        path: path.clone(),
        error: std::io::Error::other(error.to_string()),
    })?;
    let write = config::write_key(&path, &secret);
    write.map_err(|error| StartError::Io { what: "can't write", path, error })?;
    Ok(secret)
}

fn device(config: &Config, controller: &Controller) -> DeviceSetup {
    let link = config.lines.iter().position(|line| line.id == *controller.line());
    DeviceSetup {
        id: controller.id.clone(),
        link: link.unwrap_or(usize::MAX),
        kind: match controller.kind {
            ControllerKind::Panel => DeviceKind::Panel,
            ControllerKind::Reader => DeviceKind::Reader,
            ControllerKind::Io => DeviceKind::Board,
        },
        in_clear: knows_secrets(controller) && !config.is_secure(controller),
    }
}

/// Boards and adapters have none, and nobody can give them one.
const fn knows_secrets(controller: &Controller) -> bool {
    matches!(controller.attachment, Attachment::Osdp { .. } | Attachment::Mqtt { .. })
}

fn specs(
    config: &Config,
    secret: &config::Key,
    numbering: &BTreeMap<ControllerId, Vec<u8>>,
    learned: &[Learned],
    hours: &HourNumbers,
) -> Vec<ControllerSpec> {
    let spec = |(at, controller): (usize, &Controller)| {
        let mut plan = DoorPlan::new(controller.doors.iter().filter_map(|door| door.reader));
        let lists = match &controller.attachment {
            Attachment::Mqtt { dialect: Dialect::EspRfid(board), .. } => {
                plan = plan.reading(board.bits);
                true
            }
            _ => false,
        };
        let remembered = numbering.get(&controller.id).map_or(&[][..], Vec::as_slice);
        let mut plan = plan.numbered(remembered, |number| hours.knows(number));
        for learned in learned {
            plan.learn(learned.clearance, learned.opens[at]);
        }
        let holds = match controller.kind {
            ControllerKind::Panel if lists => Holds::Listed,
            ControllerKind::Panel => Holds::Digested(digest_key(secret, controller.id.as_str())),
            ControllerKind::Reader | ControllerKind::Io => Holds::Nothing,
        };
        ControllerSpec { id: controller.id.clone(), plan, holds }
    };
    config.controllers.iter().enumerate().map(spec).collect()
}

fn digest_key(secret: &config::Key, controller: &str) -> DigestKey {
    let hash = Sha256::new().chain_update(secret.as_ref()).chain_update(controller.as_bytes()).finalize();
    let mut key = [0; DIGEST_KEY_LEN];
    key.copy_from_slice(&hash[..DIGEST_KEY_LEN]);
    DigestKey::new(key)
}

/// What the directory's writer calls for every change. Changes come only once the site is there.
fn observer(site: Arc<OnceLock<Arc<Site>>>, metrics: Arc<Metrics>) -> Box<dyn FnMut(&Applied<'_>) + Send> {
    let mut flushes = 0;
    Box::new(move |applied| {
        let Some(site) = site.get() else { return };
        site::observe(site, applied);
        let stats = site.directory().stats().journal;
        if stats.flushes != flushes {
            flushes = stats.flushes;
            metrics.journal_flushed(stats.last_batch, stats.last_sync);
        }
    })
}

/// Puts on the page what was found and done at the start.
fn tell(site: &Site, report: &OpenReport, torn_logs: [Option<&TornTail>; 2]) {
    tracing::info!(revision = %report.revision, replayed = report.replayed, took = ?report.took, "directory open");
    if let Some(rebuilt) = &report.rebuilt
        && (rebuilt.quarantine.is_some() || report.revision.0 > 0)
    {
        let kept = rebuilt.quarantine.as_ref().map(|path| format!(" The old one is in {}.", path.display()));
        let text = format!(
            "The directory's copy in sled was built anew from the journal, complete to revision {}: {}.{}",
            report.revision,
            rebuilt.cause,
            kept.unwrap_or_default()
        );
        tracing::warn!("{text}");
        site.notice(Level::Attention, text);
    }
    if let Some(mended) = &report.mended {
        let text = format!(
            "The journal ended at revision {}, and changes up to {} were missing from it; sled, checked row by row, \
             still had them, so nothing is lost. The journal's old files are in {}.",
            mended.journal,
            mended.sled,
            mended.quarantine.display()
        );
        tracing::warn!("{text}");
        site.notice(Level::Problem, text);
    }
    // What a journal that was mended had lost of its end was answered.
    let torn = report.torn.as_ref().filter(|_| report.mended.is_none());
    for torn in torn.into_iter().chain(torn_logs.into_iter().flatten()) {
        let text = format!(
            "A write that a crash interrupted was cut off {} ({} bytes); nobody had been told that it was done.",
            torn.path.display(),
            torn.bytes
        );
        tracing::warn!("{text}");
        site.notice(Level::Attention, text);
    }
    for path in &report.damaged_snapshots {
        let text = format!("A damaged snapshot was set aside: {}.", path.display());
        tracing::warn!("{text}");
        site.notice(Level::Attention, text);
    }
}

/// An audit log that was changed doesn't keep the box from starting, and somebody should know.
fn tell_of_audit(site: &Site, report: &AuditReport) {
    if let Some((aside, why)) = &report.damaged {
        let text = format!(
            "The audit log could not be gone on with, and a new one was begun: {why}. The old one is in {}.",
            aside.display()
        );
        tracing::error!("{text}");
        site.notice(Level::Problem, text);
    }
}
