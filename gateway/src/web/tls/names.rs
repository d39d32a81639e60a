//! By which names clients are likely to call this box.

use std::fs;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Names and addresses by which this box is likely to be called: its host name, loopback, and the address that it
/// listens on or, where that is all of them, the one it would reach the internet from.
pub fn local_names(listen: SocketAddr) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(Into::into).into();
    if let Some(host) = host_name() {
        if !host.contains('.') {
            names.push(format!("{host}.local"));
        }
        names.push(host);
    }
    let address = if listen.ip().is_unspecified() { outgoing_address() } else { Some(listen.ip()) };
    names.extend(address.map(|address| address.to_string()));
    names.sort();
    names.dedup();
    names
}

fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    let usable = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    (usable && !name.is_empty()).then(|| name.to_owned())
}

/// Connecting a datagram socket sends nothing: it only asks the routing table. 192.0.2.1 is nobody's (RFC 5737).
fn outgoing_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}
