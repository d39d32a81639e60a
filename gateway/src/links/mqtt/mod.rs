//! Controllers at an MQTT broker: inside the gateway, or the site's own.
//!
//! [`broker_link`] makes the link's task and the handle to it. `task` is the loop, `driver` joins devices and client, `dialect`
//! what they speak, `talk` how the driver knows them. `connection` is one connection to a broker, `reach` how it is
//! begun, `tls` whom it believes; [`subscription`] listens where no device speaks; `broker` is the one inside, [`passwords`] who may connect to it. [`topic`] has the names of
//! all, `tap` lets others watch.
//!
//! A broker sees and may forge everything, so it is trusted as a line in clear is: it belongs to the site, and the way to it
//! has TLS. What a broker delivers late, twice, or from before a restart changes nothing.

mod broker;
mod connection;
mod dialect;
mod driver;
pub mod limits;
mod message;
pub mod passwords;
mod reach;
mod setup;
pub mod subscription;
mod talk;
mod tap;
mod task;
mod tls;
pub mod topic;
pub mod topics;

use std::sync::Arc;

pub use dialect::esp_rfid::{EspRfid, Numbers};
pub use dialect::esphome::{Component, ComponentError, EspHome};
pub use dialect::tasmota::Tasmota;
pub use setup::{BrokerSetup, ClientTls, DeviceSetup, Dialect, Elsewhere, Embedded, Place};
pub use task::BrokerTask;
pub use topics::Topics;

use super::{DeviceClient, LinkHandle};

/// The task of a broker's link, and the handle to it.
pub fn broker_link(setup: BrokerSetup, client: Arc<dyn DeviceClient>) -> (LinkHandle, BrokerTask) {
    let (handle, end) = LinkHandle::new(setup.id.clone());
    (handle, BrokerTask::new(setup, client, end))
}

#[cfg(test)]
mod tests;
