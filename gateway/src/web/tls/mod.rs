//! The certificate and key that the gateway shows to its clients: the operator's own, or one made at the first start; both
//! renewed while the service runs.
//!
//! Private keys never leave this module except inside rustls, and are never part of an error.

mod certificate;
mod error;
mod names;
mod pair;
mod served;
mod validity;

pub use certificate::Certificate;
pub use error::TlsError;
pub use names::local_names;
pub use served::{Origin, Served};
pub use validity::Validity;

#[cfg(test)]
mod tests;
