//! A device as the CP knows it, in the words of any link.

use jiff::Timestamp;
use panel_protocol::osdp::cp::{PdCounters, PdStatus};
use panel_protocol::osdp::reply::DeviceId;
use panel_protocol::time::Micros;

use crate::domain::{DeviceCondition, FaultCounts};
use crate::links::DeviceStatus;

/// How a device is at `now` of the line's clock, which is `at` of the world's.
pub(super) fn device(
    device: usize,
    condition: DeviceCondition,
    status: &PdStatus,
    now: Micros,
    at: Timestamp,
) -> DeviceStatus {
    let PdStatus { about, last_heard, counters, .. } = status;
    DeviceStatus {
        device,
        condition,
        identity: about.as_ref().map(|(id, _)| identity(id)),
        last_heard: last_heard.and_then(|heard| at.checked_sub(now.since(heard)).ok()),
        faults: faults(counters),
        frames_sent: counters.frames_sent.into(),
        frames_received: counters.replies.into(),
    }
}

fn faults(counters: &PdCounters) -> FaultCounts {
    FaultCounts {
        timeouts: counters.timeouts.into(),
        bad_check: counters.bad_check.into(),
        bad_mac: counters.bad_mac.into(),
        foreign: u64::from(counters.foreign_address)
            + u64::from(counters.stale)
            + u64::from(counters.violations),
        nak: counters.naks.into(),
    }
}

fn identity(device: &DeviceId) -> String {
    let [a, b, c] = device.vendor;
    let [major, minor, build] = device.firmware;
    format!(
        "vendor {a:02X}-{b:02X}-{c:02X}, model {} version {}, serial {}, firmware {major}.{minor}.{build}",
        device.model, device.version, device.serial
    )
}
