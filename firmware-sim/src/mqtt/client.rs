//! A device's connection to its broker: `rumqttc`, MQTT 5 and 3.1.1 behind one face.
//!
//! A [`Connection`] lives as long as its network does; a new one is made for every attempt, so nothing of an old session
//! can be repeated by the client. Its loop runs as a task of its own and tells what happens; whoever holds it never waits.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rumqttc::{NetworkOptions, TlsConfiguration, Transport, v5};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::message::{Message, Quality, Terms};
use crate::config::{BrokerConfig, Login, MqttVersion};
use crate::limits::{CONNECT_TIMEOUT_S, MAX_INFLIGHT, MAX_MESSAGE_LEN};

/// Requests that wait for the client's loop; more wait at the device.
const REQUESTS: usize = 64;

/// What happened and was not heard yet; the loop waits.
const UNHEARD: usize = 64;

/// How a broker is reached.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    host: String,
    port: u16,
    version: MqttVersion,
    tls: Option<Arc<rustls::ClientConfig>>,
}

/// What happened on a connection.
#[derive(Debug)]
pub(super) enum Happening {
    /// The broker has accepted the device.
    Connected,
    /// It has accepted all subscriptions.
    Subscribed,
    /// A message has come.
    Message(Message),
    /// There may be room for another message.
    Progress,
    /// The connection is gone, and why.
    Lost(String),
}

/// A connection, or an attempt at one; its network is gone when it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    happenings: mpsc::Receiver<Happening>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
enum Client {
    V5(v5::AsyncClient),
    V311(rumqttc::AsyncClient),
}

impl Peer {
    /// How to reach a broker.
    pub(super) fn new(config: &BrokerConfig) -> io::Result<Self> {
        let tls = config.ca.as_deref().map(tls).transpose()?;
        Ok(Self { host: config.host.clone(), port: config.port, version: config.version, tls })
    }

    fn transport(&self) -> Transport {
        match &self.tls {
            Some(tls) => Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(tls))),
            None => Transport::tcp(),
        }
    }
}

fn tls(pem: &[u8]) -> io::Result<Arc<rustls::ClientConfig>> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    if roots.is_empty() {
        return Err(io::Error::other("the file of certificate authorities holds no certificate"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
    Ok(Arc::new(config))
}

impl Connection {
    /// Begins to connect.
    pub(super) fn open(peer: &Peer, client_id: &str, login: Option<&Login>, terms: Terms) -> Self {
        let (teller, happenings) = mpsc::channel(UNHEARD);
        match peer.version {
            MqttVersion::V5 => {
                let (client, events) = open_v5(peer, client_id, login, &terms);
                let task = tokio::spawn(run_v5(events, client.clone(), terms, teller));
                Self { client: Client::V5(client), happenings, task }
            }
            MqttVersion::V311 => {
                let (client, events) = open_v311(peer, client_id, login, &terms);
                let task = tokio::spawn(run_v311(events, client.clone(), terms, teller));
                Self { client: Client::V311(client), happenings, task }
            }
        }
    }

    /// The next thing that happens.
    pub(super) async fn next(&mut self) -> Happening {
        self.happenings.recv().await.unwrap_or_else(|| Happening::Lost("the client has ended".into()))
    }

    /// Sends a message, unless there is no room now.
    pub(super) fn send(&self, message: &Message) -> bool {
        let Message { topic, payload, quality, retain } = message;
        let (topic, payload) = (topic.as_str(), payload.as_slice());
        match &self.client {
            Client::V5(client) => client.try_publish(topic, v5(*quality), *retain, payload.to_vec()).is_ok(),
            Client::V311(client) => client.try_publish(topic, v311(*quality), *retain, payload).is_ok(),
        }
    }
}

impl Drop for Connection {
    /// Cuts the connection without a word: the broker says the will.
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn network() -> NetworkOptions {
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(CONNECT_TIMEOUT_S);
    network
}

fn open_v5(
    peer: &Peer,
    client_id: &str,
    login: Option<&Login>,
    terms: &Terms,
) -> (v5::AsyncClient, v5::EventLoop) {
    let mut options = v5::MqttOptions::new(client_id, peer.host.as_str(), peer.port);
    options.set_transport(peer.transport());
    options.set_keep_alive(Duration::from_secs(terms.keep_alive_s.into()));
    options.set_connection_timeout(CONNECT_TIMEOUT_S);
    options.set_network_options(network());
    options.set_clean_start(true);
    options.set_max_packet_size(u32::try_from(MAX_MESSAGE_LEN).ok());
    options.set_outgoing_inflight_upper_limit(MAX_INFLIGHT);
    if let Some(Login { user, password }) = login {
        options.set_credentials(user.as_str(), password.as_str());
    }
    if let Some(Message { topic, payload, quality, retain }) = &terms.will {
        let (topic, payload) = (topic.as_str(), payload.clone());
        options.set_last_will(v5::mqttbytes::v5::LastWill::new(topic, payload, v5(*quality), *retain, None));
    }
    v5::AsyncClient::new(options, REQUESTS)
}

fn open_v311(
    peer: &Peer,
    client_id: &str,
    login: Option<&Login>,
    terms: &Terms,
) -> (rumqttc::AsyncClient, rumqttc::EventLoop) {
    let mut options = rumqttc::MqttOptions::new(client_id, peer.host.as_str(), peer.port);
    options.set_transport(peer.transport());
    options.set_keep_alive(Duration::from_secs(terms.keep_alive_s.into()));
    options.set_clean_session(true);
    options.set_max_packet_size(MAX_MESSAGE_LEN, MAX_MESSAGE_LEN);
    options.set_inflight(MAX_INFLIGHT);
    if let Some(Login { user, password }) = login {
        options.set_credentials(user.as_str(), password.as_str());
    }
    if let Some(Message { topic, payload, quality, retain }) = &terms.will {
        let (topic, payload) = (topic.as_str(), payload.clone());
        options.set_last_will(rumqttc::LastWill::new(topic, payload, v311(*quality), *retain));
    }
    let (client, mut events) = rumqttc::AsyncClient::new(options, REQUESTS);
    events.set_network_options(network());
    (client, events)
}

/// Polls the client's loop until the connection is gone, or nobody listens.
async fn run_v5(
    mut events: v5::EventLoop,
    client: v5::AsyncClient,
    terms: Terms,
    teller: mpsc::Sender<Happening>,
) {
    use v5::mqttbytes::v5::{Filter, Packet, SubscribeReasonCode};
    loop {
        let happening = match events.poll().await {
            Ok(v5::Event::Incoming(Packet::ConnAck(_))) => {
                let filters = terms.filters.iter();
                let filters = filters.map(|(filter, quality)| Filter::new(filter.as_str(), v5(*quality)));
                match client.try_subscribe_many(filters) {
                    Ok(()) => Happening::Connected,
                    Err(error) => Happening::Lost(error.to_string()),
                }
            }
            Ok(v5::Event::Incoming(Packet::SubAck(answer))) => {
                let taken = |code: &SubscribeReasonCode| matches!(code, SubscribeReasonCode::Success(_));
                match answer.return_codes.iter().find(|code| !taken(code)) {
                    None => Happening::Subscribed,
                    Some(code) => Happening::Lost(format!("a subscription was refused: {code:?}")),
                }
            }
            Ok(v5::Event::Incoming(Packet::Publish(publish))) => Happening::Message(Message {
                topic: String::from_utf8_lossy(&publish.topic).into_owned(),
                payload: publish.payload.to_vec(),
                quality: Quality::default(),
                retain: publish.retain,
            }),
            Ok(_) => Happening::Progress,
            Err(error) => Happening::Lost(error.to_string()),
        };
        let over = matches!(happening, Happening::Lost(_));
        if teller.send(happening).await.is_err() || over {
            return;
        }
    }
}

/// Polls the client's loop until the connection is gone, or nobody listens.
async fn run_v311(
    mut events: rumqttc::EventLoop,
    client: rumqttc::AsyncClient,
    terms: Terms,
    teller: mpsc::Sender<Happening>,
) {
    use rumqttc::{Packet, SubscribeFilter, SubscribeReasonCode};
    loop {
        let happening = match events.poll().await {
            Ok(rumqttc::Event::Incoming(Packet::ConnAck(_))) => {
                let filters = terms.filters.iter();
                let filters =
                    filters.map(|(filter, quality)| SubscribeFilter::new(filter.clone(), v311(*quality)));
                match client.try_subscribe_many(filters) {
                    Ok(()) => Happening::Connected,
                    Err(error) => Happening::Lost(error.to_string()),
                }
            }
            Ok(rumqttc::Event::Incoming(Packet::SubAck(answer))) => {
                match answer.return_codes.iter().find(|code| **code == SubscribeReasonCode::Failure) {
                    None => Happening::Subscribed,
                    Some(_) => Happening::Lost("a subscription was refused".into()),
                }
            }
            Ok(rumqttc::Event::Incoming(Packet::Publish(publish))) => Happening::Message(Message {
                topic: publish.topic,
                payload: publish.payload.to_vec(),
                quality: Quality::default(),
                retain: publish.retain,
            }),
            Ok(_) => Happening::Progress,
            Err(error) => Happening::Lost(error.to_string()),
        };
        let over = matches!(happening, Happening::Lost(_));
        if teller.send(happening).await.is_err() || over {
            return;
        }
    }
}

const fn v5(quality: Quality) -> v5::mqttbytes::QoS {
    match quality {
        Quality::Hoped => v5::mqttbytes::QoS::AtMostOnce,
        Quality::Acknowledged => v5::mqttbytes::QoS::AtLeastOnce,
        Quality::Exact => v5::mqttbytes::QoS::ExactlyOnce,
    }
}

const fn v311(quality: Quality) -> rumqttc::QoS {
    match quality {
        Quality::Hoped => rumqttc::QoS::AtMostOnce,
        Quality::Acknowledged => rumqttc::QoS::AtLeastOnce,
        Quality::Exact => rumqttc::QoS::ExactlyOnce,
    }
}
