//! Where views come from: one small trait for each concern, so that who asks for events takes no other lock and lists
//! nothing else.
//!
//! What is answered at once holds a short lock at the most; what reads the directory or the event log is awaited.

use futures_util::future::BoxFuture;
use serde::Serialize;

use super::access::{AccessView, GroupView, HoldView};
use super::alarm::AlarmView;
use super::audit::ShowAudit;
use super::controller::ControllerView;
use super::event::{EventsError, EventsFound, EventsWanted};
use super::forwarder::ForwarderView;
use super::identity_providers::{IdentityProvidersView, OperationView};
use super::receipt::{ExposureView, ReceiptView};
use super::site::{Figures, SiteView};
use super::source::{ConfiguredSourceView, DeadLetterView};
use super::unreadable::Unreadable;
use super::why::ShowWhy;
use crate::domain::LocalClock;

/// All that people are shown, unmasked.
pub trait Views:
    ShowSite
    + ShowControllers
    + ShowReceipts
    + ShowEvents
    + ShowIdentityProviders
    + ShowSources
    + ShowAccess
    + ShowHolds
    + ShowForwarders
    + ShowWhy
    + ShowAudit
    + ShowAlarms
{
}

impl<T> Views for T where
    T: ShowSite
        + ShowControllers
        + ShowReceipts
        + ShowEvents
        + ShowIdentityProviders
        + ShowSources
        + ShowAccess
        + ShowHolds
        + ShowForwarders
        + ShowWhy
        + ShowAudit
        + ShowAlarms
{
}

/// The site as such.
pub trait ShowSite: Send + Sync {
    /// What the installer calls it.
    fn name(&self) -> &str;

    /// Its clock, now.
    fn clock(&self) -> LocalClock;

    /// A number that is another whenever any view would tell something new. It may skip some.
    fn change(&self) -> u64;

    /// Waits until that number is another than `seen`.
    fn changed_since(&self, seen: u64) -> BoxFuture<'_, ()>;

    /// Whether the service can do its work.
    fn readiness(&self) -> Readiness;

    /// What is counted, without a name in it.
    fn figures(&self) -> Figures;

    /// Everything, with the verdict that it amounts to.
    fn site(&self) -> BoxFuture<'_, SiteView>;
}

/// To whom events are forwarded.
pub trait ShowForwarders: Send + Sync {
    /// In the order of the configuration.
    fn forwarders(&self) -> Vec<ForwarderView>;
}

/// Controllers and what they hold.
pub trait ShowControllers: Send + Sync {
    /// In the order of the configuration.
    fn controllers(&self) -> Vec<ControllerView>;
}

/// What became of changes.
pub trait ShowReceipts: Send + Sync {
    /// Those under way first, then the finished; newest first in both.
    fn receipts(&self) -> Vec<ReceiptView>;

    /// Every revoked card at every controller that has not proven it, oldest first.
    fn exposed(&self) -> Vec<ExposureView>;
}

/// What happened at the doors.
pub trait ShowEvents: Send + Sync {
    /// The events that are wanted, the newest in the log first, with where older ones begin.
    ///
    /// # Errors
    /// When they can't be read, or what is asked for makes no sense.
    fn events(&self, wanted: EventsWanted) -> BoxFuture<'_, Result<EventsFound, EventsError>>;
}

/// The identity providers.
pub trait ShowIdentityProviders: Send + Sync {
    /// How each fares.
    fn identity_providers(&self) -> IdentityProvidersView;

    /// Operations of SCIM clients before number `before` (the newest for `None`), newest first.
    fn operations(&self, before: Option<u64>, count: usize) -> Vec<OperationView>;
}

/// The sources of the configuration.
pub trait ShowSources: Send + Sync {
    /// In the order of the configuration.
    fn sources(&self) -> Vec<ConfiguredSourceView>;

    /// Messages of a source that could not be followed, the newest first; `None`: there is no such source.
    fn dead_letters(&self, source: &str) -> Option<Vec<DeadLetterView>>;
}

/// Access levels, rules and groups.
pub trait ShowAccess: Send + Sync {
    /// All access levels and rules.
    ///
    /// # Errors
    /// When they can't be read.
    fn access(&self) -> BoxFuture<'_, Result<AccessView, Unreadable>>;

    /// All groups.
    ///
    /// # Errors
    /// When they can't be read.
    fn groups(&self) -> BoxFuture<'_, Result<Vec<GroupView>, Unreadable>>;
}

/// Whether the service can do its work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Readiness {
    /// The directory is open.
    pub directory_open: bool,
    /// Every line has its task.
    pub links_started: bool,
}

impl Readiness {
    /// Both.
    pub const fn is_ready(self) -> bool {
        self.directory_open && self.links_started
    }
}

/// The holds.
pub trait ShowHolds: Send + Sync {
    /// All holds, oldest first, those that are over too.
    fn holds(&self) -> BoxFuture<'_, Result<Vec<HoldView>, Unreadable>>;
}

/// The alarms.
pub trait ShowAlarms: Send + Sync {
    /// The open ones first, then those that are over and that somebody should still see; newest first in both.
    fn alarms(&self) -> Vec<AlarmView>;
}
