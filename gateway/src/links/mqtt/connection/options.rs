//! What both versions' options have alike.

use rumqttc::{TlsConfiguration, Transport};

use super::Target;

pub(super) const ONLINE: &[u8] = b"online";
pub(super) const OFFLINE: &[u8] = b"offline";

/// The host as `rumqttc` joins it with a port.
pub(in crate::links::mqtt) fn host(target: &Target) -> String {
    if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() }
}

pub(in crate::links::mqtt) fn transport(target: &Target) -> Transport {
    match &target.tls {
        Some(config) => Transport::tls_with_config(TlsConfiguration::Rustls(config.clone())),
        None => Transport::tcp(),
    }
}
