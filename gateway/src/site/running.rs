//! What runs: the fleet and its health, the directory and the event log beside them.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use tokio::sync::{Notify, Semaphore, watch};

use super::access::AccessRules;
use super::alarms::state::SiteAlarms;
use super::clock::{self, Monotonic};
use super::doors::state::SiteDoors;
use super::forwarding::state::Forwarding;
use super::providers::Providers;
use super::sources::EventSources;
use crate::access::{Compiler, Concern};
use crate::config::Config;
use crate::domain::{Alarm, Event, EventKind, Receipt};
use crate::health::Health;
use crate::links::{LinkHandle, LinkStatus};
use crate::store::limits::MAX_EVENT_SEARCHES;
use crate::store::users::Users;
use crate::store::{AuditLog, Directory, EventLog};
use crate::sync::Fleet;

/// Where a controller hangs: its line, by the order of the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ControllerPlace {
    /// The line.
    pub line: usize,
}

/// What a [`Site`] is put together from.
pub struct SiteParts {
    /// What the installer wrote.
    pub config: Arc<Config>,
    /// What the directory's access comes to.
    pub compiler: Compiler,
    /// Every controller of the configuration, in its order; it has learned all that the compiler has to say.
    pub fleet: Fleet,
    /// The same lines and controllers, in the same order.
    pub health: Health,
    /// The directory.
    pub directory: Directory,
    /// The event log.
    pub events: EventLog,
    /// The audit log.
    pub audit: AuditLog,
    /// The sources of the configuration.
    pub sources: EventSources,
    /// Counts what pages show anew; whoever else changes that counts as well.
    pub changed: watch::Sender<u64>,
}

/// What is compiled, and whom the pass under way concerns.
pub(super) struct Compiling {
    pub(super) compiler: Compiler,
    pub(super) concern: Concern,
}

/// The running site. Its locks are held for microseconds and never across a wait.
pub struct Site {
    pub(super) config: Arc<Config>,
    pub(super) directory: Directory,
    pub(super) access: AccessRules,
    pub(super) events: Arc<EventLog>,
    pub(super) audit: Arc<AuditLog>,
    /// Whose turn it is to search the event log.
    pub(super) searches: Arc<Semaphore>,
    pub(super) providers: Providers,
    pub(super) sources: EventSources,
    pub(super) started: Timestamp,
    pub(super) running: Monotonic,
    pub(super) places: Vec<ControllerPlace>,
    compiling: Mutex<Compiling>,
    fleet: Mutex<Fleet>,
    health: Mutex<Health>,
    changed: watch::Sender<u64>,
    pub(super) accounts: Arc<Users>,
    /// One for each link, in the order of the configuration, once its task is there.
    links: Vec<OnceLock<LinkHandle>>,
    pub(super) doors: SiteDoors,
    pub(super) forwarding: Forwarding,
    pub(super) alarms: SiteAlarms,
    /// The fleet has something to say.
    pub(super) news: Notify,
    /// Cards are to be compiled anew.
    pub(super) recompile: Notify,
}

impl Site {
    /// Puts it together.
    pub fn new(parts: SiteParts) -> Self {
        let (config, started) = (parts.config, clock::now());
        let line_of = |controller: &crate::config::Controller| ControllerPlace {
            line: config.lines.iter().position(|line| line.id == *controller.line()).unwrap_or(0),
        };
        Self {
            places: config.controllers.iter().map(line_of).collect(),
            links: config.lines.iter().map(|_| OnceLock::new()).collect(),
            access: AccessRules::new(parts.directory.clone(), AccessRules::surroundings_of(&config)),
            directory: parts.directory,
            events: Arc::new(parts.events),
            audit: Arc::new(parts.audit),
            searches: Arc::new(Semaphore::new(MAX_EVENT_SEARCHES)),
            providers: Providers::new(&config),
            sources: parts.sources,
            doors: SiteDoors::of(&config, started),
            forwarding: Forwarding::of(&config),
            alarms: SiteAlarms::default(),
            started,
            running: Monotonic::start(),
            compiling: Mutex::new(Compiling { compiler: parts.compiler, concern: Concern::default() }),
            fleet: Mutex::new(parts.fleet),
            health: Mutex::new(parts.health),
            changed: parts.changed,
            accounts: Arc::new(Users::open(&config.site.data_dir)),
            news: Notify::new(),
            recompile: Notify::new(),
            config,
        }
    }

    /// The configuration it runs by.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The IANA name of the site's time zone.
    pub(super) fn time_zone(&self) -> &str {
        self.config.site.time_zone.iana_name().unwrap_or("UTC")
    }

    /// The directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The identity providers' side.
    pub fn providers(&self) -> &Providers {
        &self.providers
    }

    /// The page's accounts.
    pub fn accounts(&self) -> &Arc<Users> {
        &self.accounts
    }

    /// The event log.
    pub fn events(&self) -> &EventLog {
        &self.events
    }

    /// Taken before the fleet, where both are.
    pub(super) fn compiling(&self) -> MutexGuard<'_, Compiling> {
        self.compiling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the fleet what the compiler has come to call by new numbers, before any card has them, and what schedules are
    /// now; whether that has changed. Numbers are remembered for the next start.
    pub(super) fn learn(&self, compiling: &mut Compiling, now: Timestamp) -> bool {
        let news = compiling.compiler.news();
        let hours = compiling.compiler.hours(now);
        let hours_changed = hours.is_some();
        if news.is_empty() && !hours_changed {
            return false;
        }
        let mut fleet = self.fleet();
        hours.into_iter().for_each(|hours| fleet.set_hours(hours));
        news.iter().for_each(|learned| fleet.learn(learned));
        let grown = fleet.take_numbering();
        drop(fleet);
        if let Some(numbers) = compiling.compiler.take_numbering()
            && let Err(error) = self.directory.set_hour_numbers(&numbers)
        {
            tracing::warn!(%error, "the numbers of hours could not be remembered");
        }
        for (controller, numbering) in grown {
            if let Err(error) = self.directory.set_numbering(&controller, &numbering) {
                tracing::warn!(%error, %controller, "its profiles' numbers could not be remembered");
            }
        }
        hours_changed
    }

    pub(super) fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.fleet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wake_lines(&self) {
        self.links.iter().filter_map(OnceLock::get).for_each(LinkHandle::wake);
    }

    pub(super) fn wake_line_of(&self, controller: usize) {
        if let Some(line) = self.link_of(controller) {
            line.wake();
        }
    }

    /// From now on the link of that number, in the order of the configuration, is reached through this handle.
    pub fn attach(&self, link: usize, handle: LinkHandle) {
        if let Some(place) = self.links.get(link) {
            place.get_or_init(|| handle);
        }
    }

    /// A link, once its task is there.
    pub(super) fn link(&self, link: usize) -> Option<&LinkHandle> {
        self.links.get(link)?.get()
    }

    /// The link that a controller hangs on, once its task is there.
    pub(super) fn link_of(&self, controller: usize) -> Option<&LinkHandle> {
        self.link(self.places.get(controller)?.line)
    }

    /// How each link stands that has controllers, once its task is there.
    pub(super) fn statuses(&self) -> Vec<watch::Receiver<LinkStatus>> {
        let has_devices = |link: usize| self.places.iter().any(|place| place.line == link);
        let links = (0..self.links.len()).filter(|link| has_devices(*link));
        links.filter_map(|link| self.link(link)).map(LinkHandle::status).collect()
    }

    /// The latest change of a card that is proven everywhere, if it is among the finished receipts kept at hand.
    pub fn finished_receipt(&self, card: Credential) -> Option<Receipt> {
        self.fleet().receipts().recent().find(|receipt| receipt.credential == card).cloned()
    }

    /// What pages show has changed.
    pub fn bump(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Something that somebody should know, on the page.
    pub fn notice(&self, level: crate::domain::Level, text: String) {
        self.health().notice(clock::now(), level, text);
        self.bump();
    }

    /// Puts alarms that were raised or cleared into the event log.
    pub(super) fn log_alarms(&self, now: Timestamp, alarms: Vec<Alarm>) {
        if !alarms.is_empty() {
            self.alarms.moved.notify_one();
        }
        for alarm in alarms {
            if alarm.cleared {
                tracing::info!("over: {}", alarm.text);
            } else {
                tracing::warn!("{}", alarm.text);
            }
            if let Err(error) = self.events.post(Event { at: now, kind: EventKind::Alarm(alarm) }) {
                tracing::error!(%error, "an alarm could not be logged");
            }
        }
    }
}
