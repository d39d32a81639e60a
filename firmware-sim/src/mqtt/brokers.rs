//! All devices on brokers by name, and what people do to them.
//!
//! Calls are short and wait for a device's task; a swipe at a reader for which the gateway decides waits for that.

use std::collections::HashMap;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::table::Pin;
use tokio::sync::mpsc::unbounded_channel;

use super::broker::{Broker, Handle, Inside};
use super::client::Peer;
use super::device::{Device, Request};
use super::esp_rfid::EspRfid;
use super::esphome::EspHome;
use super::firmware::{Firmware, Held, Input};
use super::native::Native;
use super::status::{BrokerStatus, MqttStatus, MqttSummary, MqttSwipe};
use super::swipes::Swiped;
use super::tasmota::Tasmota;
use super::way::{MqttCounters, MqttFaults};
use crate::config::{BrokerConfig, Dialect, MqttConfig, SimConfig};
use crate::error::SiteError;
use crate::panel::{Contact, Power};

/// The brokers of a site and what hangs on them.
#[derive(Debug)]
pub struct Brokers {
    brokers: Vec<Broker>,
    devices: Vec<Handle>,
    places: HashMap<String, usize>,
}

impl Brokers {
    /// Starts a thread for each broker and a task for each device.
    pub(crate) fn start(config: &SimConfig) -> Result<Self, SiteError> {
        let (mut devices, mut places) = (Vec::new(), HashMap::new());
        let mut brokers = Vec::new();
        for broker in &config.brokers {
            let failed = |error| SiteError::Broker { broker: broker.id.clone(), error };
            let peer = Peer::new(broker).map_err(failed)?;
            let mut tasks = Vec::new();
            for device in config.mqtt.iter().filter(|device| device.broker == broker.id) {
                let (requests, inbox) = unbounded_channel();
                let number = devices.len();
                let (firmware, pause) = firmware(device, number);
                let pause = device.reconnect.unwrap_or(pause);
                let shell = Device::new(device.clone(), number, peer.clone(), firmware, pause);
                tasks.push(shell.run(inbox));
                places.insert(device.id.clone(), number);
                devices.push(Handle { config: device.clone(), requests });
            }
            brokers.push(Broker::start(broker, tasks).map_err(failed)?);
        }
        Ok(Self { brokers, devices, places })
    }

    /// Whether a controller of that name hangs on a broker.
    pub fn has(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    /// Whether there is a broker of that name.
    pub fn has_broker(&self, id: &str) -> bool {
        self.brokers.iter().any(|broker| broker.config.id == id)
    }

    /// Every device in brief, by broker and then in the order of the configuration.
    ///
    /// # Errors
    /// When a broker's thread has ended.
    pub fn controllers(&self) -> Result<Vec<MqttSummary>, SiteError> {
        self.devices
            .iter()
            .map(|handle| {
                handle.ask(|device| device.firmware.readers()).map(|readers| handle.summary(readers))
            })
            .collect()
    }

    /// A device as it stands.
    ///
    /// # Errors
    /// When there is none of that name, or its thread has ended.
    pub fn controller(&self, id: &str) -> Result<MqttStatus, SiteError> {
        let handle = self.handle(id)?;
        handle.ask(Inside::of).map(|inside| handle.status(inside))
    }

    /// What a device's memory holds, whether it has power or not.
    ///
    /// # Errors
    /// When there is no device of that name, or its thread has ended.
    pub fn cards(&self, id: &str) -> Result<Vec<Held>, SiteError> {
        self.handle(id)?.ask(|device| device.firmware.held())
    }

    /// Carries out an operation of the card-table command set in a native panel's memory: at once, past the broker.
    ///
    /// # Errors
    /// When there is no native panel of that name, or its thread has ended.
    pub fn operate(&self, id: &str, request: &[u8]) -> Result<Vec<u8>, SiteError> {
        let request = request.to_vec();
        let answer = self.handle(id)?.ask(move |device| {
            let at = device.moment();
            device.firmware.operate(at, &request)
        })?;
        answer.ok_or_else(|| SiteError::NoCardTable(id.into()))
    }

    /// Presents a card at a device's reader. Waits up to 5 s for the gateway where that decides.
    ///
    /// # Errors
    /// When there is no such device or reader, the device has no power, or its reader can't read such a card.
    pub fn swipe(&self, id: &str, reader: u8, card: Credential) -> Result<MqttSwipe, SiteError> {
        self.swipe_with_pin(id, reader, card, None)
    }

    /// The same, and a PIN is entered. Only native panels know of PINs.
    ///
    /// # Errors
    /// When there is no such device or reader, the device has no power, or its reader can't read such a card.
    pub fn swipe_with_pin(
        &self,
        id: &str,
        reader: u8,
        card: Credential,
        pin: Option<Pin>,
    ) -> Result<MqttSwipe, SiteError> {
        let (answer, answered) = sync_channel(1);
        let work: Request = Box::new(move |device| device.swipe(reader, card, pin.as_ref(), answer));
        self.handle(id)?.requests.send(work).map_err(|_| SiteError::Stopped)?;
        let panel = || id.to_owned();
        let swipe = |granted, reason, by_itself, latency| MqttSwipe { granted, reason, by_itself, latency };
        Ok(match answered.recv().map_err(|_| SiteError::Stopped)? {
            Swiped::Own(verdict, took) => {
                swipe(Some(verdict.granted()), Some(verdict.word()), true, Some(took))
            }
            Swiped::Opened(took) => swipe(Some(true), None, false, Some(took)),
            Swiped::Unanswered => swipe(None, None, false, None),
            Swiped::Unread => return Err(SiteError::Unreadable { panel: panel(), bits: card.bits() }),
            Swiped::NoPower => return Err(SiteError::NoPower(panel())),
            Swiped::NoSuchReader(readers) => {
                return Err(SiteError::NoSuchReader { panel: panel(), reader, readers });
            }
        })
    }

    /// Switches a device on or off, or erases its memory and switches it on.
    ///
    /// # Errors
    /// When there is none of that name, or its thread has ended.
    pub fn power(&self, id: &str, power: Power) -> Result<MqttStatus, SiteError> {
        tracing::info!(device = id, ?power, "power");
        self.change(id, move |device| device.set_power(power))
    }

    /// Opens or closes a device's door.
    ///
    /// # Errors
    /// When there is none of that name, or its thread has ended.
    pub fn door(&self, id: &str, contact: Contact) -> Result<MqttStatus, SiteError> {
        self.change(id, move |device| device.tell(Input::Contact(contact)))
    }

    /// Presses a device's button to leave, or lets it go.
    ///
    /// # Errors
    /// When there is none of that name, or its thread has ended.
    pub fn request_to_exit(&self, id: &str, pressed: bool) -> Result<MqttStatus, SiteError> {
        self.change(id, move |device| device.tell(Input::RequestToExit(pressed)))
    }

    /// Opens a device's housing, or puts it right.
    ///
    /// # Errors
    /// When there is none of that name, or its thread has ended.
    pub fn tamper(&self, id: &str, tampered: bool) -> Result<MqttStatus, SiteError> {
        self.change(id, move |device| device.tell(Input::Tamper(tampered)))
    }

    /// Sets a device's clock wrong by so many seconds, or right with 0.
    ///
    /// # Errors
    /// When there is none of that name, or its thread has ended.
    pub fn clock(&self, id: &str, offset_s: i64) -> Result<MqttStatus, SiteError> {
        self.change(id, move |device| device.set_clock_off(offset_s))
    }

    /// From now on these faults befall the devices of a broker, from the beginning of their seed.
    ///
    /// # Errors
    /// When there is no broker of that name, or its thread has ended.
    pub fn set_faults(&self, broker: &str, faults: MqttFaults) -> Result<MqttFaults, SiteError> {
        self.broker(broker)?;
        tracing::info!(broker, seed = faults.seed, ?faults, "faults set");
        for handle in self.on(broker) {
            handle.ask(move |device| device.set_faults(faults))?;
        }
        Ok(faults)
    }

    /// Every broker.
    ///
    /// # Errors
    /// When a broker's thread has ended.
    pub fn brokers(&self) -> Result<Vec<BrokerStatus>, SiteError> {
        self.brokers.iter().map(|broker| self.status(broker)).collect()
    }

    /// One broker.
    ///
    /// # Errors
    /// When there is none of that name, or its thread has ended.
    pub fn one_broker(&self, id: &str) -> Result<BrokerStatus, SiteError> {
        self.status(self.broker(id)?)
    }

    fn status(&self, broker: &Broker) -> Result<BrokerStatus, SiteError> {
        let BrokerConfig { id, host, port, .. } = &broker.config;
        let mut status = BrokerStatus {
            id: id.clone(),
            address: format!("{host}:{port}"),
            faults: MqttFaults::default(),
            counters: MqttCounters::default(),
            online: 0,
        };
        for handle in self.on(id) {
            let (faults, counters, online) =
                handle.ask(|device| (device.way.faults(), device.way.counters, device.is_online()))?;
            status.faults = faults;
            status.counters = status.counters.and(counters);
            status.online += usize::from(online);
        }
        Ok(status)
    }

    fn on<'a>(&'a self, broker: &'a str) -> impl Iterator<Item = &'a Handle> {
        self.devices.iter().filter(move |handle| handle.config.broker == broker)
    }

    fn broker(&self, id: &str) -> Result<&Broker, SiteError> {
        let found = self.brokers.iter().find(|broker| broker.config.id == id);
        found.ok_or_else(|| SiteError::UnknownLine(id.into()))
    }

    fn handle(&self, id: &str) -> Result<&Handle, SiteError> {
        self.places
            .get(id)
            .map(|place| &self.devices[*place])
            .ok_or_else(|| SiteError::UnknownPanel(id.into()))
    }

    fn change(
        &self,
        id: &str,
        work: impl FnOnce(&mut Device) + Send + 'static,
    ) -> Result<MqttStatus, SiteError> {
        let handle = self.handle(id)?;
        let inside = handle.ask(|device| {
            work(device);
            Inside::of(device)
        })?;
        Ok(handle.status(inside))
    }
}

/// A device's firmware, and the longest pause before it connects again: what each firmware has by default.
fn firmware(config: &MqttConfig, number: usize) -> (Box<dyn Firmware>, Duration) {
    match &config.dialect {
        Dialect::Native(native) => (Box::new(Native::new(native)), Duration::from_secs(5)),
        Dialect::EspRfid(board) => (Box::new(EspRfid::new(board, &config.id)), Duration::from_secs(60)),
        Dialect::Tasmota(board) => (Box::new(Tasmota::new(board, number)), Duration::from_secs(10)),
        Dialect::EspHome(node) => (Box::new(EspHome::new(node)), Duration::from_secs(10)),
    }
}
