//! What devices at a broker speak, one room a dialect.

pub(super) mod esp_rfid;
pub(super) mod esphome;
pub(super) mod native;
pub(super) mod tasmota;
