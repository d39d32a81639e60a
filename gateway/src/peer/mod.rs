//! Who is at the other end of a connection, and how often it has failed to show who it is.
//!
//! Signing in at the page and SCIM's bearer tokens go by this alike. Reads no clock.

mod attempts;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;

pub use attempts::{Attempts, FAILURE_WINDOW, MAX_FAILING_ADDRESSES, MAX_FAILURES};

/// How requests come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// TLS ends here.
    Tls,
    /// Plain HTTP, on loopback only.
    PlainLoopback,
    /// A proxy, named in the configuration, ends TLS and appends the client's address to `X-Forwarded-For`.
    BehindProxy,
}

/// The address that a request counts for. Behind a proxy it is the last of `X-Forwarded-For`, the one that the proxy
/// itself has seen: all before it are the client's own words. Elsewhere the header means nothing.
pub fn address(parts: &Parts, transport: Transport) -> IpAddr {
    let forwarded = || {
        let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    match transport {
        Transport::BehindProxy => forwarded().unwrap_or_else(|| connected(parts)),
        Transport::Tls | Transport::PlainLoopback => connected(parts),
    }
}

/// The address at the connection's other end. Unknown ones share 0.0.0.0: those are on the box's own socket.
pub fn connected(parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::extract::Request;

    use super::*;

    #[test]
    fn behind_a_proxy_the_last_forwarded_address_counts_and_elsewhere_none_does() {
        let mut request =
            Request::builder().header("x-forwarded-for", "203.0.113.9, 192.0.2.7").body(()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        let (parts, ()) = request.into_parts();
        assert_eq!(address(&parts, Transport::BehindProxy), IpAddr::from([192, 0, 2, 7]));
        assert_eq!(address(&parts, Transport::Tls), IpAddr::from([127, 0, 0, 1]));
    }
}
