//! MQTT 5, by `rumqttc`.

use rumqttc::NetworkOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAckProperties, ConnectReturnCode, Filter, LastWill, Packet, PubAckReason, Publish, PublishProperties,
    SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event as Polled, EventLoop, MqttOptions, StateError};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use super::fault::{Fault, Lost, of_socket};
use super::options::{OFFLINE, ONLINE, host, transport};
use super::{Event, Incoming, Outgoing, Target};
use crate::links::mqtt::limits::{KEEP_ALIVE, MAX_IN_FLIGHT, MAX_PACKET_LEN, WAITING_MESSAGES};
use crate::links::mqtt::message::Quality;

pub(super) fn open(target: &Target, to: Sender<Event>) -> (AsyncClient, JoinHandle<()>) {
    let mut options = MqttOptions::new(&target.client_id, host(target), target.port);
    options
        .set_transport(transport(target))
        .set_keep_alive(KEEP_ALIVE)
        .set_connection_timeout(target.timeout.as_secs())
        .set_clean_start(true)
        .set_max_packet_size(u32::try_from(MAX_PACKET_LEN).ok())
        .set_outgoing_inflight_upper_limit(MAX_IN_FLIGHT)
        .set_last_will(LastWill::new(&target.own_state, OFFLINE, QoS::AtLeastOnce, true, None));
    if let Some((user, password)) = &target.login {
        options.set_credentials(user, password);
    }
    // An operation is one short packet, and its answer another: neither waits for more to fill a segment.
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    let (client, eventloop) = AsyncClient::new(options, WAITING_MESSAGES);
    let task = tokio::spawn(poll(eventloop, client.clone(), target.clone(), to));
    (client, task)
}

pub(super) fn publish(client: &AsyncClient, message: &Outgoing) -> bool {
    let (response_topic, correlation) = message.answer.clone().unzip();
    let properties = PublishProperties {
        message_expiry_interval: u32::try_from(message.expiry.as_secs()).ok(),
        response_topic,
        correlation_data: correlation.map(|bytes| bytes.to_vec().into()),
        ..PublishProperties::default()
    };
    let Outgoing { topic, payload, quality, .. } = message;
    client.try_publish_with_properties(topic, qos(*quality), false, payload.clone(), properties).is_ok()
}

const fn qos(quality: Quality) -> QoS {
    match quality {
        Quality::NowOrNever => QoS::AtMostOnce,
        Quality::AtLeastOnce => QoS::AtLeastOnce,
        Quality::ExactlyOnce => QoS::ExactlyOnce,
    }
}

/// Polls until the connection is lost, or nobody listens any more.
async fn poll(mut eventloop: EventLoop, client: AsyncClient, target: Target, to: Sender<Event>) {
    let mut is_connected = false;
    loop {
        let event = match eventloop.poll().await {
            Ok(Polled::Incoming(packet)) => match packet {
                Packet::ConnAck(ack) => {
                    is_connected = true;
                    let filters = target.filters.iter().map(|filter| Filter::new(filter, QoS::AtLeastOnce));
                    let asked = client.try_subscribe_many(filters);
                    asked.err().map(|error| lost(Fault::Broken, &error)).or_else(|| too_small(ack.properties))
                }
                Packet::SubAck(ack) => match ack.return_codes.iter().find(|code| !is_taken(code)) {
                    None => {
                        let state = target.own_state.clone();
                        let said = client.try_publish(state, QoS::AtLeastOnce, true, ONLINE);
                        Some(said.map_or_else(|error| lost(Fault::Broken, &error), |()| Event::Up))
                    }
                    refused => Some(lost(Fault::Subscription, &format_args!("{refused:?}"))),
                },
                Packet::Publish(publish) => incoming(&publish),
                Packet::PubAck(ack) => refused(ack.reason),
                _ => None,
            },
            Ok(Polled::Outgoing(_)) => None,
            Err(error) => {
                Some(Event::Lost(Lost { fault: fault(&error, is_connected), said: error.to_string() }))
            }
        };
        let Some(event) = event else { continue };
        let is_last = matches!(event, Event::Lost(_));
        if to.send(event).await.is_err() || is_last {
            return;
        }
    }
}

const fn is_taken(code: &SubscribeReasonCode) -> bool {
    matches!(code, SubscribeReasonCode::Success(_))
}

fn lost(fault: Fault, said: &impl ToString) -> Event {
    Event::Lost(Lost { fault, said: said.to_string() })
}

/// A broker that takes shorter packets than operations need.
fn too_small(properties: Option<ConnAckProperties>) -> Option<Event> {
    let max = properties?.max_packet_size?;
    ((max as usize) < MAX_PACKET_LEN / 2)
        .then(|| lost(Fault::Full, &format_args!("it takes packets of {max} bytes, and 8 KiB are needed")))
}

/// A topic that is no text is nobody's.
fn incoming(publish: &Publish) -> Option<Event> {
    let topic = String::from_utf8(publish.topic.to_vec()).ok()?;
    Some(Event::Message(Incoming { topic, payload: publish.payload.to_vec(), retained: publish.retain }))
}

fn refused(reason: PubAckReason) -> Option<Event> {
    match reason {
        PubAckReason::Success | PubAckReason::NoMatchingSubscribers => None,
        PubAckReason::NotAuthorized => {
            Some(Event::Refused("let the gateway's user send what its controllers receive".to_owned()))
        }
        other => Some(Event::Refused(format!("it says {other:?}"))),
    }
}

pub(in crate::links::mqtt) fn fault(error: &ConnectionError, is_connected: bool) -> Fault {
    match error {
        _ if is_connected => Fault::Broken,
        ConnectionError::Timeout(_) => Fault::Silent,
        ConnectionError::Tls(_) => Fault::Tls,
        ConnectionError::Io(error) => of_socket(error),
        ConnectionError::MqttState(StateError::Io(error)) => of_socket(error),
        ConnectionError::ConnectionRefused(code)
        | ConnectionError::MqttState(StateError::ConnFail { reason: code }) => match code {
            ConnectReturnCode::BadUserNamePassword
            | ConnectReturnCode::NotAuthorized
            | ConnectReturnCode::Banned
            | ConnectReturnCode::BadClientId
            | ConnectReturnCode::ClientIdentifierNotValid => Fault::Credentials,
            ConnectReturnCode::ServerBusy
            | ConnectReturnCode::ServerUnavailable
            | ConnectReturnCode::QuotaExceeded
            | ConnectReturnCode::ConnectionRateExceeded => Fault::Full,
            _ => Fault::Version,
        },
        _ => Fault::Version,
    }
}
