//! What installers want of one device: that it shows itself, moves, takes a new key or a file.

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use schemars::JsonSchema;
use serde::Serialize;

use super::Actor;
use crate::domain::ControllerId;

/// Tends devices.
pub trait TendDevice: Send + Sync {
    /// Does what is wanted of a device, and answers when it is certain.
    ///
    /// # Errors
    /// When it was not done, or nobody knows whether it was.
    fn tend_device(
        &self,
        controller: &ControllerId,
        wish: DeviceWish,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<DeviceTended, TendDeviceError>>;

    /// Sends a device a file, beside polls and revocations. The stream ends with how it went.
    ///
    /// # Errors
    /// When it can't be begun.
    fn send_file(
        &self,
        controller: &ControllerId,
        file: DeviceFile,
        actor: &Actor,
    ) -> Result<BoxStream<'static, FileProgress>, TendDeviceError>;
}

/// What is wanted of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeviceWish {
    /// That somebody who stands before it can tell it from others.
    Identify,
    /// That it listens at another address.
    SetAddress(u8),
    /// That it and its line have another speed, in bits a second.
    SetSpeed(u32),
    /// That it has a new key.
    RotateKey,
}

/// A file for a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceFile {
    /// What kind of file, by its maker's numbers; 1 is opaque.
    pub kind: u8,
    /// All of it.
    pub content: Vec<u8>,
}

/// It is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "done")]
pub enum DeviceTended {
    /// It shows itself for some seconds.
    Identified {
        /// By its light.
        light: bool,
        /// By a tone.
        tone: bool,
    },
    /// It has been spoken to anew where it is now.
    Moved {
        /// Its address.
        address: u8,
        /// Its speed, in bits a second.
        baud: u32,
        /// What is to be changed in the configuration, so that it is found after the next start.
        configuration: String,
    },
    /// It has a new key, which has worked and is in its file.
    KeyRotated,
}

/// How far a file has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct FileProgress {
    /// Bytes that the device has taken.
    pub sent: u64,
    /// Bytes that there are.
    pub total: u64,
    /// Whether this is the end.
    pub ended: bool,
    /// The device starts anew to use the file.
    pub restarts: bool,
    /// Why it has not taken the file; absent where it has, and before the end.
    pub error: Option<String>,
}

/// Why it was not done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TendDeviceError {
    /// The configuration names no such controller.
    #[error("there is no controller {controller}")]
    Unknown {
        /// The name.
        controller: ControllerId,
        /// The controller that was probably meant.
        near: Option<String>,
    },
    /// What is wanted makes no sense.
    #[error("{why}")]
    Senseless {
        /// Which field.
        field: &'static str,
        /// What was in it.
        value: String,
        /// Why.
        why: String,
        /// What would be right.
        remedy: String,
    },
    /// It can't be done now, or the device refused it.
    #[error("{controller}: {why}")]
    NotDone {
        /// Which controller.
        controller: ControllerId,
        /// Why.
        why: String,
        /// What to do about it.
        remedy: String,
    },
}
