//! What people order of forwarders.

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Actor;
use crate::domain::ForwarderId;

/// Takes orders for forwarders.
pub trait OrderForwarder: Send + Sync {
    /// Does it.
    ///
    /// # Errors
    /// When it was not done, or the test did not arrive.
    fn order_forwarder(
        &self,
        forwarder: &ForwarderId,
        action: ForwarderAction,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<ForwarderOrdered, ForwarderOrderError>>;
}

/// What to do with a forwarder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForwarderAction {
    /// Send a test, which says that it is one.
    Test,
    /// Offer all events again that its receiver refused.
    Resend,
    /// Try at once, though it waits, or was told that nothing is wanted any more.
    Resume,
}

/// It is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ForwarderOrdered {
    /// By which forwarder.
    pub forwarder: ForwarderId,
    /// Events that are offered again.
    pub offered: usize,
}

/// Why it was not done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ForwarderOrderError {
    /// The configuration names no such forwarder.
    #[error("there is no forwarder {forwarder}")]
    Unknown {
        /// The name.
        forwarder: ForwarderId,
        /// The forwarder that was probably meant.
        near: Option<String>,
    },
    /// A test did not arrive.
    #[error("the test of {forwarder} did not arrive: {why}")]
    NotArrived {
        /// Of which.
        forwarder: ForwarderId,
        /// What its receiver or the system said.
        why: String,
    },
    /// It is busy with other orders, or the service stops.
    #[error("{0} can't take orders now")]
    Unavailable(ForwarderId),
}
