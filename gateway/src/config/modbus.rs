//! `[[line]]` with `protocol = "modbus"` or `"modbus-tcp"`, and the I/O boards on it.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::controller::{Controller, Protocol};
use super::peer::{PEER_EXAMPLE, peer};
use super::problem::Problem;
use super::section::Section;
use super::taken::Once;
use crate::links::modbus::limits::{REPLY_GAP, RESPONSE_TIMEOUT, SHORTEST_PRESS};
use crate::links::modbus::map::RegisterMap;
use crate::links::modbus::{Reach, pace};

/// Line rates that boards have, in bits a second.
pub(super) const BAUD_RATES: [u32; 8] = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];

/// Addresses of boards (Modbus over serial line, 2.2: 0 is the broadcast, above 247 none are given out).
pub(super) const ADDRESSES: Range<u64> = 1..248;

/// Longest rest after a reply, in milliseconds.
const MAX_GAP_MS: u64 = 1000;

/// How long a board may be given to answer, in milliseconds.
const TIMEOUTS_MS: Range<u64> = 50..10_001;

/// RTU, on a port or through a network adapter that passes bytes on.
pub(super) fn rtu(
    section: &Section<'_, '_>,
    port: impl FnOnce(&Section<'_, '_>) -> Option<PathBuf>,
    baud: impl FnOnce(&Section<'_, '_>) -> Option<u32>,
    peers: &mut Once<String>,
) -> Option<Protocol> {
    let gap = gap(section, REPLY_GAP);
    let reach = if section.value("peer").is_some() {
        section.unused(
            &["port", "baud"],
            "beside `peer`",
            "keep one of the two: `port` and `baud`, or `peer`",
        );
        Reach::RtuOverTcp { peer: peer(section, peers)? }
    } else {
        let (path, baud) = (port(section), baud(section));
        Reach::Port { path: path?, baud: baud? }
    };
    Some(Protocol::Modbus { reach, gap: gap? })
}

/// Modbus TCP.
pub(super) fn tcp(section: &Section<'_, '_>, peers: &mut Once<String>) -> Option<Protocol> {
    section.unused(&["port", "baud"], "where Modbus TCP is spoken", "remove it; such a line has a `peer`");
    if section.value("peer").is_none() {
        section.missing("peer", PEER_EXAMPLE);
    }
    let gap = gap(section, Duration::ZERO);
    Some(Protocol::Modbus { reach: Reach::Tcp { peer: peer(section, peers)? }, gap: gap? })
}

fn gap(section: &Section<'_, '_>, usual: Duration) -> Option<Duration> {
    if section.value("gap_ms").is_none() {
        return Some(usual);
    }
    Some(Duration::from_millis(section.number("gap_ms", 0..MAX_GAP_MS + 1)?.into_inner()))
}

/// How long a board may take to answer.
pub(super) fn timeout(section: &Section<'_, '_>) -> Option<Duration> {
    if section.value("timeout_ms").is_none() {
        return Some(RESPONSE_TIMEOUT);
    }
    Some(Duration::from_millis(section.number("timeout_ms", TIMEOUTS_MS)?.into_inner()))
}

/// Notes a line that asks its boards so slowly that a button would be missed.
pub(super) fn refuse_slow(section: &Section<'_, '_>, protocol: &Protocol, boards: &[&Controller]) {
    let Protocol::Modbus { reach: Reach::Port { baud, .. }, gap } = protocol else { return };
    let maps: Vec<Arc<RegisterMap>> = boards.iter().filter_map(|board| board.register_map()).collect();
    let cycle = pace::cycle(maps.iter().map(AsRef::as_ref), *baud, *gap);
    if cycle <= SHORTEST_PRESS || maps.iter().all(|map| map.inputs.is_none()) {
        return;
    }
    let message = format!(
        "the line needs {} ms to ask its {} boards once, and a button is pressed for {} ms",
        cycle.as_millis(),
        maps.len(),
        SHORTEST_PRESS.as_millis()
    );
    let help = "raise `baud` at the boards and here, lower `gap_ms`, or put some boards on another line";
    section.review.note(Problem::at(section.header.clone(), message).help(help));
}
