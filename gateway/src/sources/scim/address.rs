//! Addresses: where the endpoint is, how clients reach it, and what they mean by what they write.

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use uuid::Uuid;

/// Where the endpoint is mounted.
pub const MOUNT: &str = "/scim/v2";

/// How clients reach the endpoint, for the addresses in answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// At this address, without a slash at its end, such as `https://gate.example.org/scim/v2`.
    Fixed(String),
    /// At the host that each request names.
    FromHost {
        /// `http` or `https`.
        scheme: &'static str,
    },
}

impl Address {
    /// The endpoint's own address, as a request's sender knows it.
    pub(super) fn base(&self, headers: &HeaderMap) -> String {
        match self {
            Self::Fixed(address) => address.clone(),
            Self::FromHost { scheme } => match host(headers) {
                Some(host) => format!("{scheme}://{host}{MOUNT}"),
                None => MOUNT.to_owned(),
            },
        }
    }
}

/// The host a request names, if it is one that may stand in an address.
fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
    (plain && !host.is_empty() && host.len() <= 255).then_some(host)
}

/// The request at the address that is meant: clients append to a base address that ends in a slash.
pub(super) fn tidied(mut request: Request) -> Request {
    let uri = request.uri();
    let segments = uri.path().split('/').filter(|segment| !segment.is_empty());
    let mut address: String = segments.flat_map(|segment| ["/", segment]).collect();
    if address.is_empty() {
        address.push('/');
    }
    if address == uri.path() {
        return request;
    }
    if let Some(query) = uri.query() {
        address = format!("{address}?{query}");
    }
    // Of parts of a valid address, so that it is one.
    if let Ok(address) = address.parse() {
        *request.uri_mut() = address;
    }
    request
}

/// What an address is about that is none of ours.
const UNKNOWN: &str = "other";

/// What an address is about, and the one resource that it names. Knows our own addresses only, so that nothing that a
/// stranger writes into one is kept.
pub(super) fn target(path: &str) -> (&'static str, Option<Uuid>) {
    const KNOWN: [&str; 8] =
        ["Users", "Groups", "Bulk", "Me", "ServiceProviderConfig", "ResourceTypes", "Schemas", "search"];
    let mut segments = path.trim_start_matches(MOUNT).split('/').filter(|segment| !segment.is_empty());
    let first = segments.next().unwrap_or_default().trim_start_matches('.');
    let second = segments.next().unwrap_or_default();
    let resource = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(first)).unwrap_or(UNKNOWN);
    if second == ".search" { ("search", None) } else { (resource, second.parse().ok()) }
}

/// Whether an address is one of ours, or of what might be there.
pub(super) fn is_known(path: &str) -> bool {
    target(path).0 != UNKNOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_ours_are_kept() {
        let id = Uuid::from_u128(7);
        assert_eq!(target(&format!("/scim/v2/Users/{id}")), ("Users", Some(id)));
        assert_eq!(target(&format!("/Groups/{id}")), ("Groups", Some(id)));
        assert_eq!(target("/Users/.search"), ("search", None));
        assert_eq!(target("/.search"), ("search", None));
        for strange in ["/ghs_secret", "/Users/ghs_secret", "/", "", "//"] {
            let (resource, id) = target(strange);
            assert!(id.is_none() && ["other", "Users"].contains(&resource), "{strange}");
        }
    }
}
