//! From the event log to others: webhooks and syslog receivers, each from where it stopped.
//!
//! At least once, in the order of the log. A [`Forwarder`] says to whom; [`forward`] is its task, which reads the log, has
//! each event put into words by its [`Outgoing`] and sends it. What comes of that is for [`deliveries`] to judge, which knows no
//! clock and no socket. A receiver that is away holds up nobody: each forwarder has a task of its own, and the log forgets nothing
//! because of it.
//!
//! Never: a secret in an error or a log; a redirect that is followed; an event that was never in the log, but for a test.

mod cloud_event;
pub mod deliveries;
pub mod limits;
mod receiver;
mod syslog;
mod task;
mod told;
mod webhook;

pub use receiver::{Forwarder, Receiver, ShownCards, SyslogReceiver, TlsFiles, WebhookReceiver};
pub use syslog::framing::Framing;
pub use task::{ForwardOrder, ForwardStatus, Outgoing, Setup, forward};
pub use told::{Told, Weight};
pub use webhook::address::{Place as WebhookPlace, PlaceError as WebhookPlaceError};
pub use webhook::mode::Mode as WebhookMode;
pub use webhook::signature::{Secret, SecretError};
