//! One connection to a broker, in MQTT 5 or 3.1.1: begun clean, and never mended. Whoever loses it makes another.
//!
//! `rumqttc` would reconnect by itself and send again what it had not seen acknowledged. Here nothing may travel twice
//! that way, and its known faults lie there too; so each connection is a client of its own, in a task of its own, which
//! ends with it. Nothing blocks on its queues: a message that finds no room is not sent.

mod fault;
mod options;
mod v4;
mod v5;

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

pub(super) use fault::{Fault, Lost};
pub(super) use options::{host, transport};
pub(super) use v4::fault as fault_of_v4;
pub(super) use v5::fault as fault_of_v5;

use super::limits::WAITING_MESSAGES;
use super::message::{Incoming, Outgoing};

/// Which MQTT is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Version {
    V5,
    V311,
}

/// Where to connect, as whom, and for what.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// User and password.
    pub(super) login: Option<(String, String)>,
    pub(super) client_id: String,
    /// What is subscribed to.
    pub(super) filters: Vec<String>,
    /// Longest time for connecting, in whole seconds.
    pub(super) timeout: Duration,
    /// Where the gateway says that it is there, and its will that it is not.
    pub(super) own_state: String,
}

/// What happens on a connection.
#[derive(Debug)]
pub(super) enum Event {
    /// Connected and subscribed.
    Up,
    /// A message came.
    Message(Incoming),
    /// The broker took a message and will not deliver it.
    Refused(String),
    /// It is over; the last event.
    Lost(Lost),
}

/// A connection, or one that is being made.
pub(super) struct Connection {
    client: Client,
    events: mpsc::Receiver<Event>,
    task: AbortHandle,
}

enum Client {
    V5(rumqttc::v5::AsyncClient),
    V311(rumqttc::AsyncClient),
}

impl Connection {
    /// Begins to connect.
    pub(super) fn open(target: &Target, version: Version) -> Self {
        let (to, events) = mpsc::channel(WAITING_MESSAGES);
        let (client, task) = match version {
            Version::V5 => {
                let (client, task) = v5::open(target, to);
                (Client::V5(client), task)
            }
            Version::V311 => {
                let (client, task) = v4::open(target, to);
                (Client::V311(client), task)
            }
        };
        Self { client, events, task: task.abort_handle() }
    }

    /// What happens next. `None` only if its task has failed, which counts as the loss of the connection.
    pub(super) async fn event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Publishes a message, not retained; false: there is no room for it now.
    pub(super) fn publish(&self, message: &Outgoing) -> bool {
        match &self.client {
            Client::V5(client) => v5::publish(client, message),
            Client::V311(client) => v4::publish(client, message),
        }
    }
}

impl Drop for Connection {
    /// The connection ends with its handle, as a broken one does: the broker publishes the will.
    fn drop(&mut self) {
        self.task.abort();
    }
}
