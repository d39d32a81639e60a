//! What installers want of one device: checked by the configuration, done by its link.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use tokio::sync::{oneshot, watch};

use super::running::Site;
use crate::config::{Attachment, BAUD_RATES, Controller, HIGHEST_ADDRESS};
use crate::domain::{ControllerId, closest};
use crate::links::{TendError, Tended, Wish};
use crate::operator::{
    Actor, DeviceFile, DeviceTended, DeviceWish, FileProgress, TendDevice, TendDeviceError,
};

/// How far a file has come is told so often at the most.
const TOLD_EVERY: Duration = Duration::from_millis(250);

impl TendDevice for Site {
    fn tend_device(
        &self,
        controller: &ControllerId,
        wish: DeviceWish,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<DeviceTended, TendDeviceError>> {
        let (controller, actor) = (controller.clone(), actor.clone());
        Box::pin(async move {
            let at = self.device_of(&controller)?;
            self.check_wish(at, wish)?;
            let wanted = match wish {
                DeviceWish::Identify => Wish::Identify,
                DeviceWish::SetAddress(address) => Wish::Address(address),
                DeviceWish::SetSpeed(baud) => Wish::Speed(baud),
                DeviceWish::RotateKey => Wish::NewKey,
            };
            let answer = self.begin_tending(at, wanted).map_err(|error| not_done(&controller, &error))?;
            let answer = answer.await.unwrap_or(Err(TendError::Busy));
            tracing::warn!(%controller, %actor, ?wish, ?answer, "a device was tended");
            let tended = answer.map_err(|error| not_done(&controller, &error))?;
            self.bump();
            Ok(self.described(at, tended))
        })
    }

    fn send_file(
        &self,
        controller: &ControllerId,
        file: DeviceFile,
        actor: &Actor,
    ) -> Result<BoxStream<'static, FileProgress>, TendDeviceError> {
        let at = self.device_of(controller)?;
        if file.content.is_empty() {
            let remedy = "Send the file's bytes as the body.".to_owned();
            let (why, value) = ("the file has no bytes".to_owned(), String::new());
            return Err(TendDeviceError::Senseless { field: "file", value, why, remedy });
        }
        let total = file.content.len() as u64;
        let (progress, sent) = watch::channel(0);
        let wish = Wish::File { kind: file.kind, content: Arc::from(file.content), progress };
        let answer = self.begin_tending(at, wish).map_err(|error| not_done(controller, &error))?;
        tracing::warn!(%controller, %actor, total, "a file is sent to a device");
        let begun = Some(Sending { total, sent, answer, controller: controller.clone() });
        Ok(stream::unfold(begun, |sending| async move { Some(sending?.next().await) }).boxed())
    }
}

impl Site {
    fn device_of(&self, controller: &ControllerId) -> Result<usize, TendDeviceError> {
        let known = || self.config.controllers.iter().map(|known| known.id.as_str());
        let at = known().position(|known| known == controller.as_str());
        at.ok_or_else(|| TendDeviceError::Unknown {
            controller: controller.clone(),
            near: closest(controller.as_str(), known().collect::<Vec<_>>()).map(str::to_owned),
        })
    }

    fn begin_tending(
        &self,
        at: usize,
        wish: Wish,
    ) -> Result<oneshot::Receiver<Result<Tended, TendError>>, TendError> {
        self.link_of(at).ok_or(TendError::Busy)?.tend(at, wish)
    }

    /// What the configuration alone can tell is wrong.
    fn check_wish(&self, at: usize, wish: DeviceWish) -> Result<(), TendDeviceError> {
        let controller = &self.config.controllers[at];
        let others = || {
            let on_line = self.config.controllers_on(controller.line());
            on_line.filter(|other| other.id != controller.id)
        };
        match wish {
            DeviceWish::Identify | DeviceWish::RotateKey => Ok(()),
            DeviceWish::SetAddress(address) => {
                let wrong = |why: String, remedy: &str| {
                    let (value, remedy) = (address.to_string(), remedy.to_owned());
                    Err(TendDeviceError::Senseless { field: "address", value, why, remedy })
                };
                if address > HIGHEST_ADDRESS {
                    return wrong(
                        "a device's address is 0 to 126".to_owned(),
                        "Give a number from 0 to 126.",
                    );
                }
                match others().find(|other| address_of(other) == Some(address)) {
                    Some(other) => {
                        let why = format!("the configuration gives address {address} to {}", other.id);
                        wrong(why, "Choose an address that nobody has; `gateway scan` shows those in use.")
                    }
                    None => Ok(()),
                }
            }
            DeviceWish::SetSpeed(baud) if !BAUD_RATES.contains(&baud) => {
                let why = format!("OSDP has no line rate of {baud} baud");
                let rates = BAUD_RATES.map(|rate| rate.to_string()).join(", ");
                let remedy = format!("Use one of {rates}.");
                Err(TendDeviceError::Senseless { field: "baud", value: baud.to_string(), why, remedy })
            }
            DeviceWish::SetSpeed(_) => match others().count() {
                0 => Ok(()),
                count => Err(not_done(&controller.id, &TendError::NotAlone(count))),
            },
        }
    }

    fn described(&self, at: usize, tended: Tended) -> DeviceTended {
        let controller = &self.config.controllers[at];
        match tended {
            Tended::Shown { light, tone } => DeviceTended::Identified { light, tone },
            Tended::NewKey | Tended::FileTaken { .. } => DeviceTended::KeyRotated,
            Tended::Moved { address, baud } => {
                let file = self.config.file.display();
                let change = if address_of(controller) == Some(address) {
                    format!("baud = {baud} at [[line]] \"{}\"", controller.line())
                } else {
                    format!("address = {address} at [[controller]] \"{}\"", controller.id)
                };
                let configuration = format!("write {change} in {file}, before the service is started again");
                DeviceTended::Moved { address, baud, configuration }
            }
        }
    }
}

const fn address_of(controller: &Controller) -> Option<u8> {
    match &controller.attachment {
        Attachment::Osdp { address, .. } => Some(*address),
        Attachment::Modbus { .. } | Attachment::WiegandSerial { .. } | Attachment::Mqtt { .. } => None,
    }
}

/// A file on its way.
struct Sending {
    total: u64,
    sent: watch::Receiver<u64>,
    answer: oneshot::Receiver<Result<Tended, TendError>>,
    controller: ControllerId,
}

impl Sending {
    /// What is to be told next, and what goes on after it; nothing after the end.
    async fn next(mut self) -> (FileProgress, Option<Self>) {
        let on_its_way =
            |sent, total| FileProgress { sent, total, ended: false, restarts: false, error: None };
        tokio::select! {
            biased;
            answer = &mut self.answer => {
                let ended = on_its_way(*self.sent.borrow(), self.total);
                let ended = match answer.unwrap_or(Err(TendError::Busy)) {
                    Ok(tended) => {
                        let restarts = tended == Tended::FileTaken { restarts: true };
                        FileProgress { sent: self.total, ended: true, restarts, ..ended }
                    }
                    Err(error) => {
                        let error = Some(not_done(&self.controller, &error).to_string());
                        FileProgress { ended: true, error, ..ended }
                    }
                };
                (ended, None)
            }
            () = tokio::time::sleep(TOLD_EVERY) => {
                let sent = *self.sent.borrow_and_update();
                (on_its_way(sent, self.total), Some(self))
            }
        }
    }
}

fn not_done(controller: &ControllerId, error: &TendError) -> TendDeviceError {
    let remedy = match error {
        TendError::NotOnline | TendError::Busy => "See on the page how it is, and try again.",
        TendError::NotThisKind | TendError::Unknown => "Do it at the device itself.",
        TendError::NothingToShow => "Look for the address that is set at the device itself.",
        TendError::NoKey => "Run `gateway enrol` for it.",
        TendError::Taken(_) => "Choose an address that nobody has; `gateway scan` shows those in use.",
        TendError::NotAlone(_) => {
            "Connect it alone to a line of its own for this, or set the speed at each device by its maker's tool."
        }
        TendError::Refused(_) | TendError::Senseless(_) => {
            "Nothing has changed; its maker's manual may say why."
        }
        TendError::Unconfirmed(_) => "Look at the device before you go on.",
        TendError::Otherwise { .. } => "Write that into the configuration, or choose what the device can do.",
        TendError::Key(_) => "Make room or give the right to write where its key file is.",
    };
    TendDeviceError::NotDone {
        controller: controller.clone(),
        why: error.to_string(),
        remedy: remedy.to_owned(),
    }
}
