//! Letting a controller be given a new key.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Actor;
use crate::domain::ControllerId;

/// Opens install mode.
pub trait OpenInstallMode: Send + Sync {
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
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
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
