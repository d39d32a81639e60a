//! Devices that hang on a broker: native panels, esp-rfid boards, Tasmota and ESPHome nodes.
//!
//! Code map, from the device outwards:
//! - `firmware`: what a device is to the simulator; `native`, `esp_rfid`, `tasmota`, `esphome` are such machines.
//! - `way`: what is lost, late or doubled between a device and its broker.
//! - `client`: the connection; `device`: the task that joins a firmware, a way and a connection to the clock.
//! - `broker`: the thread that a broker's devices share; [`Brokers`]: all of them by name; `status`: what is told of them.
//!
//! The simulator runs no broker: it hangs on one that is there, and waits for one that isn't.

#[cfg(test)]
mod bench;
mod broker;
mod brokers;
mod calendar;
mod client;
mod device;
mod esp_rfid;
mod esphome;
mod firmware;
mod message;
mod native;
mod status;
mod swipes;
mod tasmota;
mod way;
mod wiegand;

pub use brokers::Brokers;
pub use firmware::{Held, Insides};
pub use status::{BrokerStatus, MqttStatus, MqttSummary, MqttSwipe};
pub use way::{MqttCounters, MqttFaults};
