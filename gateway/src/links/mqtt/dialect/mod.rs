//! What devices at a broker speak, one room a dialect; [`talk`] is what the driver says to each of them.

pub(super) mod esp_rfid;
pub(super) mod esphome;
mod lateness;
pub(super) mod native;
mod pending;
mod presence;
pub(super) mod talk;
pub(super) mod tasmota;
pub mod topics;
