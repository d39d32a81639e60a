//! Events by HTTP, signed as Standard Webhooks 1.0 says.
//!
//! `secret` has who may send, `signature` looks whether they did, `routes` is the address. What events say, and what becomes
//! of it, stands in [`events`](super::events).

pub mod limits;
mod routes;
mod secret;
mod signature;

pub use routes::{Asked, Observer, Webhook, router};
pub use secret::{SecretError, Secrets};
