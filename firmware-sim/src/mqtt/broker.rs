//! A broker's thread, and a hand on each device that hangs on it.

use std::io;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::device::{Device, Request};
use super::firmware::Insides;
use super::status::{MqttStatus, MqttSummary};
use crate::config::{BrokerConfig, Dialect, MqttConfig};
use crate::error::SiteError;
use crate::panel::Contact;

/// A broker's thread; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) config: BrokerConfig,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
pub(super) struct Handle {
    pub(super) config: MqttConfig,
    /// Whoever asks waits for the answer, so no more wait here than there are askers.
    pub(super) requests: UnboundedSender<Request>,
}

/// What a device's task tells of it.
pub(super) struct Inside {
    readers: u8,
    powered: bool,
    online: bool,
    boots: u16,
    contact: Contact,
    insides: Insides,
}

impl Inside {
    pub(super) fn of(device: &mut Device) -> Self {
        let insides = device.firmware.insides(device.moment());
        let clock = insides.clock.filter(|_| device.powered);
        Self {
            readers: device.firmware.readers(),
            powered: device.powered,
            online: device.is_online(),
            boots: device.boots,
            contact: device.contact,
            insides: Insides { clock, ..insides },
        }
    }
}

impl Handle {
    /// Runs `work` on the device's task and waits for its answer.
    pub(super) fn ask<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Device) -> R + Send + 'static,
    ) -> Result<R, SiteError> {
        let (answer, answered) = sync_channel(1);
        let request: Request = Box::new(move |device| drop(answer.send(work(device))));
        self.requests.send(request).map_err(|_| SiteError::Stopped)?;
        answered.recv().map_err(|_| SiteError::Stopped)
    }

    pub(super) fn summary(&self, readers: u8) -> MqttSummary {
        MqttSummary {
            id: self.config.id.clone(),
            broker: self.config.broker.clone(),
            dialect: self.config.dialect.name(),
            decides: matches!(self.config.dialect, Dialect::Native(_) | Dialect::EspRfid(_)),
            topic: self.config.dialect.topic().to_owned(),
            readers,
        }
    }

    pub(super) fn status(&self, inside: Inside) -> MqttStatus {
        let Inside { readers, powered, online, boots, contact, insides } = inside;
        MqttStatus { summary: self.summary(readers), powered, online, boots, contact, insides }
    }
}

impl Broker {
    pub(super) fn start(
        config: &BrokerConfig,
        tasks: Vec<impl Future<Output = ()> + Send + 'static>,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let name = format!("broker {}", config.id.chars().take(8).collect::<String>());
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(async move {
                tasks.into_iter().for_each(|task| drop(tokio::spawn(task)));
                // Both ways to hear of it mean the end.
                let _ = stopped.await;
            });
        })?;
        Ok(Self { config: config.clone(), stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Broker {
    /// Cuts all connections without a word.
    fn drop(&mut self) {
        self.stop = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(broker = self.config.id, "the broker's thread had panicked");
        }
    }
}
