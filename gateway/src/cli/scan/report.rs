//! The devices that a scan found, as text and as JSON.

use panel_protocol::osdp::frame::Check;
use panel_protocol::osdp::reply::{DeviceId, NakReason};
use serde_json::{Value, json};

use crate::cli::table::Table;
use crate::links::osdp::scan::Device;

/// For what a device doesn't tell.
const UNKNOWN: &str = "?";

/// What a device says of the secure channel.
#[derive(Clone, Copy)]
enum Security {
    /// It has none.
    ClearOnly,
    /// It has one, and answers without.
    Channel,
    /// It tells nothing without.
    KeyRequired,
    Unknown,
}

impl Security {
    fn of(device: &Device) -> Self {
        match (device.refusal, device.capabilities) {
            (Some(NakReason::Security), _) => Self::KeyRequired,
            (_, Some(known)) if known.secure_channel => Self::Channel,
            (_, Some(_)) => Self::ClearOnly,
            (_, None) => Self::Unknown,
        }
    }

    /// For people, and for programs.
    const fn words(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::ClearOnly => ("clear only", Some("clear_only")),
            Self::Channel => ("secure channel", Some("secure_channel")),
            Self::KeyRequired => ("key required", Some("key_required")),
            Self::Unknown => (UNKNOWN, None),
        }
    }
}

/// One device in a few words.
pub(super) fn line(device: &Device) -> String {
    let place = format!("address {} at {} baud", device.address, device.baud);
    if let Some(len) = device.malformed {
        return format!(
            "{place}: something answers, with a malformed identity ({len} bytes, where there are 12)"
        );
    }
    match (&device.id, device.refusal) {
        (Some(id), _) => format!(
            "{place}: vendor {}, model {}, serial {}, firmware {}",
            vendor(id),
            model(id),
            id.serial,
            firmware(id)
        ),
        (None, Some(reason)) => format!("{place}: it does not say who it is: {reason}"),
        (None, None) => place,
    }
}

pub(super) fn table(devices: &[Device]) -> Table<12> {
    let mut table = Table::new([
        "ADDRESS", "BAUD", "VENDOR", "MODEL", "SERIAL", "FIRMWARE", "CHECK", "SECURITY", "READERS",
        "OUTPUTS", "BUFFER", "OSDP",
    ]);
    for device in devices {
        let id = |shown: fn(&DeviceId) -> String| device.id.as_ref().map_or(UNKNOWN.into(), shown);
        let known = device.capabilities;
        let count = |count: Option<u8>| count.map_or(UNKNOWN.into(), |count| count.to_string());
        table.row([
            device.address.to_string(),
            device.baud.to_string(),
            id(vendor),
            id(model),
            id(|id| id.serial.to_string()),
            id(firmware),
            check(device.check).into(),
            Security::of(device).words().0.into(),
            count(known.map(|known| known.readers)),
            count(known.map(|known| known.outputs)),
            known.and_then(|known| known.receive_buffer).map_or(UNKNOWN.into(), |bytes| bytes.to_string()),
            version(known.map(|known| known.version)),
        ]);
    }
    table
}

pub(super) fn as_json(devices: &[Device]) -> Value {
    devices.iter().map(one_as_json).collect()
}

fn one_as_json(device: &Device) -> Value {
    let id = device.id.as_ref();
    let known = device.capabilities;
    json!({
        "address": device.address,
        "baud": device.baud,
        "vendor": id.map(vendor),
        "model": id.map(|id| id.model),
        "version": id.map(|id| id.version),
        "serial": id.map(|id| id.serial),
        "firmware": id.map(firmware),
        "check": check(device.check).to_lowercase(),
        "security": Security::of(device).words().1,
        "readers": known.map(|known| known.readers),
        "outputs": known.map(|known| known.outputs),
        "receive_buffer": known.and_then(|known| known.receive_buffer),
        "malformed_identity": device.malformed,
        "osdp_version": known.map(|known| known.version).filter(|version| *version != 0),
    })
}

fn vendor(id: &DeviceId) -> String {
    let [a, b, c] = id.vendor;
    format!("{a:02X}-{b:02X}-{c:02X}")
}

fn model(id: &DeviceId) -> String {
    format!("{} v{}", id.model, id.version)
}

fn firmware(id: &DeviceId) -> String {
    id.firmware.map(|part| part.to_string()).join(".")
}

const fn check(check: Check) -> &'static str {
    match check {
        Check::Checksum => "checksum",
        Check::Crc => "CRC",
    }
}

/// Capability 16.
fn version(number: Option<u8>) -> String {
    match number {
        Some(1) => "IEC".into(),
        Some(2) => "2.2".into(),
        Some(0) | None => UNKNOWN.into(),
        Some(other) => other.to_string(),
    }
}
