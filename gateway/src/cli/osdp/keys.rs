//! The keys that the operator gives for decoding.

use std::path::Path;

use panel_protocol::osdp::frame::BROADCAST;
use panel_protocol::osdp::monitor::KeyRing;
use panel_protocol::osdp::secure::Scbk;
use zeroize::Zeroizing;

use super::Failure;
use crate::domain::osdpcap::read_hex;
use crate::links::osdp::key_file;

/// Most keys that are tried.
pub(super) const MAX_KEYS: usize = 64;

/// The keys of `--scbk` and `--scbk-file`. A key never gets into a complaint.
pub(super) fn ring(keys: &[String], files: &[String]) -> Result<KeyRing<MAX_KEYS>, Failure> {
    let mut ring = KeyRing::new().learning();
    for given in keys {
        let (address, digits) = of_address(given);
        let key = key(digits).ok_or_else(|| {
            Failure::Usage(
                "--scbk takes 32 hexadecimal digits, or ADDRESS=DIGITS; this one has others".into(),
            )
        })?;
        add(&mut ring, "--scbk", address, key)?;
    }
    for given in files {
        let (address, path) = of_address(given);
        let key = match key_file::read(Path::new(path)) {
            Ok(Some(key)) => Scbk::new(*key),
            Ok(None) => return Err(Failure::Usage(format!("--scbk-file: there is no file {path}"))),
            Err(error) => return Err(Failure::Usage(format!("--scbk-file: {error}; {}", error.remedy()))),
        };
        add(&mut ring, "--scbk-file", address, key)?;
    }
    Ok(ring)
}

fn key(digits: &str) -> Option<Scbk> {
    let bytes = Zeroizing::new(read_hex(digits).ok()?);
    Some(Scbk::new(bytes.as_slice().try_into().ok()?))
}

/// `5=…` is for address 5, anything else for all addresses.
fn of_address(given: &str) -> (Option<&str>, &str) {
    match given.split_once('=') {
        Some((address, rest)) => (Some(address), rest),
        None => (None, given),
    }
}

fn add(ring: &mut KeyRing<MAX_KEYS>, option: &str, address: Option<&str>, key: Scbk) -> Result<(), Failure> {
    let address = address.map(|text| {
        let address = text.parse().ok().filter(|address| *address < BROADCAST);
        address.ok_or_else(|| {
            Failure::Usage(format!("{option}: \"{text}\" is no address; OSDP's are 0 to {}", BROADCAST - 1))
        })
    });
    let full = |_| Failure::Usage(format!("{option}: at most {MAX_KEYS} keys are tried"));
    ring.add(address.transpose()?, key).map_err(full)
}
