//! The address that a request counts for, where attempts and connections are counted by address.

use core::net::{IpAddr, Ipv4Addr};

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

impl Transport {
    /// The address that a request counts for, from the connection's other end and the last line of `X-Forwarded-For`.
    /// Behind a proxy it is the last address there, the one that the proxy itself has seen: all before it are the
    /// client's own words. Elsewhere the header means nothing.
    pub fn counted(self, connected: Option<IpAddr>, forwarded_for: Option<&str>) -> IpAddr {
        let forwarded = || forwarded_for?.rsplit(',').next()?.trim().parse().ok();
        match self {
            Self::BehindProxy => {
                forwarded().map_or_else(|| other_end(connected), |ip: IpAddr| ip.to_canonical())
            }
            Self::Tls | Self::PlainLoopback => other_end(connected),
        }
    }
}

/// The address at a connection's other end. Unknown ones share 0.0.0.0: those are on the box's own socket.
pub fn other_end(connected: Option<IpAddr>) -> IpAddr {
    connected.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_proxy_the_last_forwarded_address_counts_and_elsewhere_none_does() {
        let connected = Some(IpAddr::from([127, 0, 0, 1]));
        let forwarded = Some("203.0.113.9, 192.0.2.7");
        assert_eq!(Transport::BehindProxy.counted(connected, forwarded), IpAddr::from([192, 0, 2, 7]));
        assert_eq!(Transport::Tls.counted(connected, forwarded), IpAddr::from([127, 0, 0, 1]));
        for nothing in [None, Some(""), Some("unknown"), Some("192.0.2.7, ")] {
            assert_eq!(Transport::BehindProxy.counted(connected, nothing), IpAddr::from([127, 0, 0, 1]));
        }
    }

    #[test]
    fn who_comes_by_no_address_shares_one() {
        assert_eq!(Transport::Tls.counted(None, None), IpAddr::from([0, 0, 0, 0]));
    }
}
