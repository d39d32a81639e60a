//! The rules for brokers and what hangs on them.

use std::collections::HashMap;

use panel_protocol::limits::MAX_READERS;

use super::mqtt::{BrokerConfig, Dialect, EspRfidConfig, MqttConfig, NativeConfig, TasmotaConfig};
use super::problem::{Place, Problem};
use crate::limits::{
    MAX_BROKERS, MAX_CAPACITY, MAX_MQTT_DEVICES, MAX_OPERATION_LEN, MAX_RECONNECT, MAX_RELAYS,
    MAX_TASMOTA_RELAYS, MAX_TOPIC_LEN, MIN_OPERATION_LEN, MIN_RECONNECT,
};

/// All that is wrong with brokers and their devices, names apart.
pub(super) fn check(brokers: &[BrokerConfig], devices: &[MqttConfig], problems: &mut Vec<Problem>) {
    number("[[broker]]", brokers.len(), MAX_BROKERS, problems);
    number("[[mqtt]]", devices.len(), MAX_MQTT_DEVICES, problems);
    for (index, broker) in brokers.iter().enumerate() {
        if broker.host.is_empty() {
            let place = Place { table: "broker", index, key: "host" };
            problems.push(Problem::at(place, "host = \"\" is no host", "a name or an address"));
        }
    }
    let mut clients = HashMap::new();
    for (index, device) in devices.iter().enumerate() {
        let place = |key| Place { table: "mqtt", index, key };
        if !brokers.iter().any(|broker| broker.id == device.broker) {
            let known: Vec<_> = brokers.iter().map(|broker| format!("\"{}\"", broker.id)).collect();
            let message = format!("broker = \"{}\" is not a broker of this site", device.broker);
            let remedy = if known.is_empty() {
                "add a [[broker]]".into()
            } else {
                format!("there is {}", known.join(", "))
            };
            problems.push(Problem::at(place("broker"), message, remedy));
        }
        if let Some(other) = clients.insert((&device.broker, device.client_id()), &device.id) {
            let message = format!("client_id \"{}\" is that of \"{other}\" too", device.client_id());
            let remedy = "give each device of a broker its own: a broker drops the older of two";
            problems.push(Problem::at(place("client_id"), message, remedy));
        }
        check_device(device, place, problems);
    }
}

fn number(table: &str, count: usize, most: usize, problems: &mut Vec<Problem>) {
    if count > most {
        problems.push(Problem {
            place: None,
            position: None,
            message: format!("there are {count} {table} tables"),
            remedy: format!("give at most {most}"),
        });
    }
}

fn check_device(device: &MqttConfig, place: impl Fn(&'static str) -> Place, problems: &mut Vec<Problem>) {
    if let Some(pause) = device.reconnect.filter(|pause| !(MIN_RECONNECT..=MAX_RECONNECT).contains(pause)) {
        let message = format!("reconnect_ms = {} is out of range", pause.as_millis());
        let range = format!("{} to {}", MIN_RECONNECT.as_millis(), MAX_RECONNECT.as_millis());
        problems.push(Problem::at(place("reconnect_ms"), message, range));
    }
    let mut topic = |key, text: &str, most: usize, allowed: &dyn Fn(u8) -> bool, words: &str| {
        if text.is_empty() || text.len() > most || !text.bytes().all(allowed) {
            problems.push(Problem::at(place(key), format!("{key} = {text:?} can't be"), words));
        }
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let level = |byte: u8| byte.is_ascii_graphic() && !b"+#".contains(&byte);
    match &device.dialect {
        Dialect::Native(native) => {
            for (key, text) in [("site", &native.site), ("topic", &native.topic)] {
                topic(key, text, 32, &plain, "1 to 32 of a to z, 0 to 9 and '-'");
            }
        }
        other => topic("topic", other.topic(), MAX_TOPIC_LEN, &level, "a topic without '+' and '#'"),
    }
    let mut range = |key, value: u64, from: u64, to: u64| {
        if !(from..=to).contains(&value) {
            let message = format!("{key} = {value} is out of range");
            problems.push(Problem::at(place(key), message, format!("{from} to {to}")));
        }
    };
    match &device.dialect {
        Dialect::Native(NativeConfig { readers, capacity, receive, .. }) => {
            range("readers", u64::from(*readers), 1, MAX_READERS as u64);
            range("capacity", u64::from(*capacity), 1, MAX_CAPACITY.into());
            range("receive", u64::from(*receive), MIN_OPERATION_LEN as u64, MAX_OPERATION_LEN as u64);
        }
        Dialect::EspRfid(EspRfidConfig { relays, heartbeat, .. }) => {
            range("relays", u64::from(*relays), 1, MAX_RELAYS.into());
            range("heartbeat_s", heartbeat.as_secs(), 1, 86_400);
        }
        Dialect::Tasmota(TasmotaConfig { relays, .. }) => {
            range("relays", u64::from(*relays), 1, MAX_TASMOTA_RELAYS.into());
        }
        Dialect::EspHome(_) => {}
    }
}
