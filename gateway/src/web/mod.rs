//! The status page, the JSON API, live events, metrics and sign-in.

mod expiry;
pub mod tls;
