//! The broker inside the gateway: `mqtt5`'s, on a port of loopback that nobody is told, behind a door of our own.
//!
//! [`access`] says who may connect and which topics are his; `front` is the door: TLS, and bounds on connections and
//! pace before anybody has said who he is. Nothing is kept on the disk: nothing of ours needs the broker's memory.

mod access;
mod front;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mqtt5::broker::config::{BrokerConfig, StorageConfig};
use mqtt5::broker::{MqttBroker, server::BrokerShutdownHandle};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::connection::Target;
use super::limits::{CONNECT_TIMEOUT, MAX_PACKET_LEN};
use super::passwords;
use super::setup::{BrokerSetup, Embedded};
use super::topic;
use access::Access;

/// Most clients at once, those who haven't said who they are included.
const MAX_CLIENTS: usize = 256;

/// How long what is meant for a client that is away may wait; sessions of ours begin clean and need none.
const SESSION_EXPIRY: Duration = Duration::from_secs(300);

/// Messages that wait for one client; the oldest are dropped.
const WAITING_FOR_CLIENT: usize = 512;

/// Filters of one client: the gateway has some for each device.
const MAX_SUBSCRIPTIONS: usize = 512;

/// Messages that are kept for whoever subscribes: the states of all controllers, and some.
const MAX_RETAINED: usize = 512;

/// Bytes of one of them: boards describe themselves in such messages.
const MAX_RETAINED_LEN: usize = 4096;

/// The broker as it runs. It ends with this value.
pub(super) struct Running {
    target: Target,
    shutdown: BrokerShutdownHandle,
    tasks: JoinSet<()>,
}

/// Why the broker could not be started.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error("{listen}: {error}; free the port, or choose another `listen`")]
    Listen { listen: SocketAddr, error: io::Error },
    #[error("the broker can't start: {0}")]
    Broker(String),
}

impl Running {
    /// Starts it; controllers can connect from then on.
    pub(super) async fn start(all: &BrokerSetup, setup: &Embedded) -> Result<Self, StartError> {
        let listen = |listen| move |error| StartError::Listen { listen, error };
        let broken = |error: &dyn ToString| StartError::Broker(error.to_string());
        let tls = setup.tls.clone().map_err(StartError::Broker)?;
        let door = TcpListener::bind(setup.listen).await.map_err(listen(setup.listen))?;
        let plain = match setup.plain {
            Some(at) => Some(TcpListener::bind(at).await.map_err(listen(at))?),
            None => None,
        };
        let own_secret = passwords::new_secret().map_err(|error| broken(&error))?;
        let access = Access::new(all, setup.passwords.clone(), own_secret.as_bytes());
        let broker = MqttBroker::with_config(config()).await.map_err(|error| broken(&error))?;
        let mut broker = broker.with_auth_provider(std::sync::Arc::new(access));
        let inside = broker.local_addr().ok_or_else(|| broken(&"it has no port"))?;
        let shutdown = broker.shutdown_handle();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            if let Err(error) = broker.run().await {
                tracing::error!(%error, "the broker has ended");
            }
        });
        tasks.spawn(front::serve(door, inside, tls));
        if let Some(plain) = plain {
            tasks.spawn(front::serve(plain, inside, None));
        }
        let target = Target {
            host: inside.ip().to_string(),
            port: inside.port(),
            tls: None,
            login: Some((topic::GATEWAY.to_owned(), own_secret.as_str().to_owned())),
            client_id: topic::GATEWAY.to_owned(),
            filters: all.filters(),
            own_state: topic::from(&all.site, topic::GATEWAY, "state"),
            timeout: CONNECT_TIMEOUT,
        };
        Ok(Self { target, shutdown, tasks })
    }

    /// How the gateway itself connects.
    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    /// Whether it still serves.
    pub(super) fn is_sound(&mut self) -> bool {
        self.tasks.try_join_next().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.shutdown();
    }
}

fn config() -> BrokerConfig {
    let inside = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut config = BrokerConfig::new()
        .with_bind_address(inside)
        .with_max_clients(MAX_CLIENTS)
        .with_session_expiry(SESSION_EXPIRY)
        .with_max_packet_size(MAX_PACKET_LEN)
        .with_max_subscriptions_per_client(MAX_SUBSCRIPTIONS)
        .with_max_retained_messages(MAX_RETAINED)
        .with_max_retained_message_size(MAX_RETAINED_LEN)
        .with_storage(StorageConfig::new().with_persistence(false));
    config.shared_subscription_available = false;
    config.sys_topics_enabled = false;
    config.topic_alias_maximum = 0;
    config.client_channel_capacity = WAITING_FOR_CLIENT;
    // Of its own ways to let somebody in none is used: `Access` takes their place before it serves anybody.
    config
}
