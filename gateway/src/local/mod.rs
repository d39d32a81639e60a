//! How commands on the box talk to the running service: HTTP over a Unix socket in the data folder.
//!
//! The socket has mode 0600. Whoever can open it could as well read every file of the service, so nothing else is
//! asked of them. No data but the API's own passes here.

mod client;
mod socket;

pub use client::{Client, ClientError, Incoming, Wrong};
pub use socket::Socket;

#[cfg(test)]
mod tests;
