//! SCIM 2.0 (RFC 7643, RFC 7644): an identity provider pushes people and groups, and learns what became of them.
//!
//! [`router`] is the whole endpoint. A request passes `auth`, then `routes` reads it; `document`, `patch` and `filter`
//! work on JSON by the tables of `schema`; `resource` turns documents into the directory's words and back; every
//! change is one plan that the directory runs alone, and is answered when it is durable. Never knows doors or
//! controllers, and never keeps, logs or echoes a token or a password.

mod address;
mod auth;
mod body;
mod brief;
mod bulk;
mod cards;
mod client;
mod coerce;
mod discovery;
mod document;
mod endpoint;
mod error;
mod exchange;
mod filter;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod limits;
mod list;
mod notes;
mod patch;
mod path;
mod probe;
mod project;
mod resource;
mod routes;
mod schema;
mod sent;
#[cfg(test)]
mod tests;

pub use address::{Address, MOUNT};
pub use auth::{Gate, Observer, TokenCheck};
pub use endpoint::Scim;
pub use error::ScimError;
pub use probe::probe;
pub use routes::router;
