//! Devices that know the checksum alone, and those that know both.

use core::time::Duration;
use std::boxed::Box;

use super::site::{Site, key, line_bytes};
use crate::osdp::cp::{PdConfig, PdState};
use crate::osdp::frame::{Check, Frame, Header};
use crate::osdp::reply::{Capability, NakReason, Reply, function};

const SECOND: Duration = Duration::from_secs(1);

fn site_with(seed: u64, check: Option<Check>, deaf_to_crc: bool) -> Site {
    let mut site = Site::new(seed, 115_200);
    site.add_as(PdConfig { check, ..Site::config(0) }, Some(key(1)));
    site.devices[0].deaf_to_crc = deaf_to_crc;
    site
}

fn is_ready(site: &Site) -> bool {
    site.status(0).state == PdState::Ready
}

/// Whether all frames from there on end with `check`.
fn all_end_with(site: &Site, from: usize, check: Check) -> bool {
    let header = |bytes: &[u8]| Frame::parse(&bytes[1..]).unwrap().header();
    site.sent[from..].iter().all(|(_, bytes)| header(bytes).check == check)
}

#[test]
fn a_pd_that_knows_only_checksums_is_found_and_gets_a_secure_session() {
    let mut site = site_with(100, None, true);
    site.run_to(5 * SECOND, is_ready);
    assert_eq!((site.status(0).check, site.status(0).counters.check_changes), (Check::Checksum, 1));
    let from = site.sent.len();
    let numbers = [site.job(0, 4, true), site.job(0, 900, false)];
    site.run_for(2 * SECOND);
    assert_eq!(site.logs[0].answered, numbers);
    site.devices[0].powered = false;
    site.run_for(60 * SECOND);
    site.devices[0].powered = true;
    site.run_to(15 * SECOND, is_ready);
    assert!(all_end_with(&site, from, Check::Checksum), "what was answered does not stay");
    assert_eq!(site.status(0).counters.check_changes, 1);
}

#[test]
fn a_pd_that_finds_the_crc_damaged_is_asked_with_a_checksum() {
    let mut site = site_with(101, None, false);
    site.tamper = Some(Box::new(|bytes| {
        let header = Frame::parse(&bytes[1..]).unwrap().header();
        if header.check == Check::Crc {
            *bytes = line_bytes(Header { check: Check::Checksum, ..header }, &Reply::nak(NakReason::Check));
        }
        true
    }));
    site.run_to(5 * SECOND, is_ready);
    assert_eq!(site.status(0).check, Check::Checksum);
}

#[test]
fn a_pd_that_was_found_with_a_checksum_and_knows_the_crc_gets_the_crc() {
    let mut site = site_with(102, None, false);
    site.devices[0].powered = false;
    site.devices[0].handler.add_capability(Capability { function: function::CHECK, compliance: 1, count: 0 });
    site.run_to(30 * SECOND, |site| site.status(0).check == Check::Checksum);
    site.devices[0].powered = true;
    site.run_to(15 * SECOND, is_ready);
    assert_eq!(site.status(0).check, Check::Crc);
    assert!(site.status(0).about.is_some_and(|(_, capabilities)| capabilities.crc));
}

#[test]
fn a_configured_check_is_never_left() {
    for (check, other) in [(Check::Crc, true), (Check::Checksum, false)] {
        let mut site = site_with(103, Some(check), other);
        site.run_for(30 * SECOND);
        assert!(all_end_with(&site, 0, check));
        assert_eq!(is_ready(&site), check == Check::Checksum);
    }
}
