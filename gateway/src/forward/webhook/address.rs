//! Where a webhook is, and which addresses it may never be: what a name leads to is looked at each time, so that nobody
//! makes the gateway talk to itself, or to what listens beside it, by a name of their own.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Where a webhook is.
#[derive(Clone, PartialEq, Eq)]
pub struct Place(Url);

/// Why a text is no place of a webhook.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlaceError {
    /// It is no URL with a host.
    #[error("it is no address of a web server")]
    NotAUrl,
    /// Secrets in a URL end up in logs.
    #[error("it holds a user or password, which belong into no address")]
    HasCredentials,
    /// In clear over a network.
    #[error("plain http is for this box alone")]
    InClear,
}

impl Place {
    /// Whether it has TLS.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Its host and port, without a path: a path may hold a secret.
    pub fn host(&self) -> String {
        let port = self.0.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }

    /// Whether it is on this box by its very address.
    pub fn is_loopback(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_loopback()) || self.0.host_str() == Some("localhost")
    }

    pub(super) fn url(&self) -> Url {
        self.0.clone()
    }

    /// Its address, where it is one and no name.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        let host = self.0.host_str()?;
        host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let url = Url::parse(text).map_err(|_| PlaceError::NotAUrl)?;
        if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none_or(str::is_empty) {
            return Err(PlaceError::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PlaceError::HasCredentials);
        }
        let place = Self(url);
        if place.is_secure() || place.is_loopback() { Ok(place) } else { Err(PlaceError::InClear) }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host())
    }
}

/// Whether a webhook may be at that address, if it was not named as being on this box: no loopback, no link-local address
/// (clouds tell secrets there), nothing that is no single host.
pub(super) fn is_outside(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            !(ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip == Ipv4Addr::BROADCAST)
        }
        IpAddr::V6(ip) => {
            let tells_secrets = ip == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
            !(ip.is_loopback()
                || ip.is_unicast_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || tells_secrets)
        }
    }
}

/// Resolves names, and forgets the addresses that a webhook may not have.
pub(super) struct Outside;

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let outside: Vec<SocketAddr> = found.filter(|address| is_outside(address.ip())).collect();
            if outside.is_empty() {
                return Err(
                    "the name leads to this box or to a link-local address, and to nothing else".into()
                );
            }
            Ok(Box::new(outside.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_web_server_with_tls_or_on_this_box() {
        for right in [
            "https://hooks.example.org/a?b=c",
            "http://127.0.0.1:8080/",
            "http://[::1]/",
            "http://localhost:1",
        ] {
            assert!(right.parse::<Place>().is_ok(), "{right}");
        }
        for (wrong, why) in [
            ("hooks.example.org", PlaceError::NotAUrl),
            ("ftp://hooks.example.org/", PlaceError::NotAUrl),
            ("https://ada:secret@hooks.example.org/", PlaceError::HasCredentials),
            ("http://192.0.2.7/", PlaceError::InClear),
        ] {
            assert_eq!(wrong.parse::<Place>(), Err(why), "{wrong}");
        }
    }

    #[test]
    fn a_place_is_shown_without_what_may_be_secret() {
        let place: Place = "https://hooks.example.org:8443/services/T00/B00/token".parse().unwrap();
        assert_eq!(
            (place.host(), format!("{place:?}")),
            ("https://hooks.example.org:8443".into(), place.host())
        );
    }

    #[test]
    fn no_name_leads_to_this_box_or_to_what_tells_secrets() {
        for inside in [
            "127.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "fd00:ec2::254",
            "224.0.0.1",
        ] {
            assert!(!is_outside(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["192.0.2.7", "10.0.0.8", "2001:db8::1", "fd12::1"] {
            assert!(is_outside(outside.parse().unwrap()), "{outside}");
        }
    }
}
