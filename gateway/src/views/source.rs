//! What the page and the API need from the rest of the gateway.

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

use super::access::AccessSource;
use super::identity::{OperationView, ReAuthenticateError, ReAuthenticated};
use super::site::SiteView;
use crate::domain::osdpcap::Record;
use crate::domain::{BadgeType, CardNumber, ControllerId, LineId, Revision};

/// Where views come from, and where the few actions of the page go. No method blocks for longer than a short lock.
pub trait SiteSource: Send + Sync {
    /// The site now, unmasked.
    fn site(&self) -> SiteView;

    /// Changes its value whenever [`site`](Self::site) would tell something new. May skip values.
    fn changed(&self) -> watch::Receiver<u64>;

    /// Whether the service can do its work.
    fn readiness(&self) -> Readiness;

    /// Its access levels and rules.
    fn access(&self) -> &dyn AccessSource;

    /// Allows a controller to be given a new key, for some minutes. Whoever implements this also records `actor`.
    ///
    /// # Errors
    /// When there is no such controller, or it can't be done now.
    fn open_install_mode(
        &self,
        controller: &ControllerId,
        minutes: InstallMinutes,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<InstallModeOpened, InstallModeError>>;

    /// Everything that passes on a line from now on, but for keys; never ends by itself. Whoever implements this also
    /// records `actor`.
    ///
    /// # Errors
    /// When there is no such line, or nothing passes on it yet.
    fn capture(&self, line: &LineId, actor: &Actor) -> Result<BoxStream<'static, Record>, CaptureError>;

    /// Operations of SCIM clients before number `before` (the newest for `None`), newest first, unmasked.
    fn operations(&self, before: Option<u64>, count: usize) -> Vec<OperationView>;

    /// Gives a source a new token; the one before it lives on for an hour. Whoever implements this also records
    /// `actor`.
    ///
    /// # Errors
    /// When there is no such source, or it can't be done now.
    fn re_authenticate(
        &self,
        source: &str,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<ReAuthenticated, ReAuthenticateError>>;

    /// Adds a person's card by hand, or deactivates one that was. When it is done, it is durable.
    ///
    /// # Errors
    /// When it can't be done; nothing was changed then.
    fn change_card(
        &self,
        order: CardOrder,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<CardOrderDone, CardOrderError>>;
}

/// What shall become of a person's card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardOrder {
    /// The person's user name, in any case.
    pub user_name: String,
    /// The card's number, in any way that one may be written.
    pub number: CardNumber,
    /// What to do.
    pub action: CardAction,
}

/// What to do with a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CardAction {
    /// The person shall have it.
    Add {
        /// What kind of card; absent: the site's default.
        badge_type: Option<BadgeType>,
        /// Opens nothing before this instant.
        valid_from: Option<Timestamp>,
        /// Opens nothing from this instant on.
        valid_until: Option<Timestamp>,
    },
    /// It shall open nothing any more.
    Deactivate,
}

/// A card is as it was ordered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CardOrderDone {
    /// Whose card; a display name.
    pub holder_name: String,
    /// The directory's revision since which it is so.
    pub revision: Revision,
}

/// Why a card is not as it was ordered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CardOrderError {
    /// Nobody has the user name.
    #[error("nobody has the user name {0:?}")]
    UnknownPerson(String),
    /// The number is no card.
    #[error("{0}")]
    NotACard(String),
    /// The person, or somebody else, or the identity provider is in the way.
    #[error("{0}")]
    Conflict(String),
    /// The directory takes no changes now.
    #[error("the directory can't take changes now")]
    Unavailable,
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

/// Who does something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// An account of the page.
    Account(String),
    /// Somebody at the box itself.
    LocalOperator,
}

/// How long install mode stays open: 1 to 60 minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InstallMinutes(u8);

impl InstallMinutes {
    /// The longest.
    pub const MAX: u8 = 60;

    /// That many minutes.
    ///
    /// # Errors
    /// When `minutes` is 0 or more than 60.
    pub fn new(minutes: u64) -> Result<Self, InstallMinutesError> {
        match u8::try_from(minutes) {
            Ok(checked @ 1..=Self::MAX) => Ok(Self(checked)),
            _ => Err(InstallMinutesError(minutes)),
        }
    }

    /// In minutes.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A time for which install mode is not opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("install mode stays open for 1 to {max} minutes, not {0}", max = InstallMinutes::MAX)]
pub struct InstallMinutesError(pub u64);

/// Install mode is open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InstallModeOpened {
    /// For which controller.
    pub controller: ControllerId,
    /// Until when.
    pub until: Timestamp,
}

/// Why install mode was not opened.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InstallModeError {
    /// The configuration names no such controller.
    #[error("there is no controller {0}")]
    UnknownController(ControllerId),
    /// The line that the controller hangs on has no task to do it.
    #[error("controller {controller} can't be enrolled now: {why}")]
    Unavailable {
        /// Which controller.
        controller: ControllerId,
        /// Why, with the remedy.
        why: String,
    },
}

/// Why a line can't be recorded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CaptureError {
    /// The configuration names no such line.
    #[error("there is no line {0}")]
    UnknownLine(LineId),
    /// Its task is not there yet.
    #[error("line {0} has not started")]
    NotStarted(LineId),
}
