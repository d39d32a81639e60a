//! The address that a request to the page or the API counts for.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

use crate::domain::remote::{Transport, other_end};

/// The address that a request counts for.
pub(super) fn counted(parts: &Parts, transport: Transport) -> IpAddr {
    let lines = parts.headers.get_all("x-forwarded-for");
    transport.counted(peer(parts), lines.iter().next_back().and_then(|line| line.to_str().ok()))
}

/// The address at the connection's other end.
pub(super) fn connected(parts: &Parts) -> IpAddr {
    other_end(peer(parts))
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip())
}
