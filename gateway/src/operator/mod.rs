//! What people do to a site, from the page, the API or the command line: one small trait for each concern.
//!
//! [`site`](crate::site) implements them, [`web`](crate::web) calls them. Each order names its [`Actor`], whom whoever
//! does it records. What people are shown stands in [`views`](crate::views); nothing here reads or writes by itself.

mod access;
mod alarms;
mod audit;
mod capture;
mod cards;
mod doors;
mod install_mode;
mod sources;
mod tending;
mod token;

pub use access::{AccessEditError, EditAccess};
pub use alarms::{AlarmError, HandleAlarm};
pub use audit::Audit;
pub use capture::{CaptureError, CaptureLine};
pub use cards::{CardAction, CardOrder, CardOrderDone, CardOrderError, ChangeCard};
pub use doors::{DoorAction, DoorOrder, DoorOrderError, DoorOrdered, OrderDoor};
pub use install_mode::{
    InstallMinutes, InstallMinutesError, InstallModeError, InstallModeOpened, OpenInstallMode,
};
pub use sources::{OperateSource, SourceCheck, SourceOrderError, SourceResynced, SourceTested};
pub use tending::{DeviceFile, DeviceTended, DeviceWish, FileProgress, TendDevice, TendDeviceError};
pub use token::{ReAuthenticate, ReAuthenticateError, ReAuthenticated, ShownOnce};

use std::fmt;

/// All that people can do.
pub trait Operator:
    OpenInstallMode
    + CaptureLine
    + ReAuthenticate
    + ChangeCard
    + EditAccess
    + OrderDoor
    + HandleAlarm
    + Audit
    + TendDevice
    + OperateSource
{
}

impl<T> Operator for T where
    T: OpenInstallMode
        + CaptureLine
        + ReAuthenticate
        + ChangeCard
        + EditAccess
        + OrderDoor
        + HandleAlarm
        + Audit
        + TendDevice
        + OperateSource
{
}

/// Who does something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// An account of the page.
    Account(String),
    /// Somebody at the box itself.
    LocalOperator,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(name) => f.write_str(name),
            Self::LocalOperator => f.write_str("the command line"),
        }
    }
}
