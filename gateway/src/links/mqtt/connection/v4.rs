//! MQTT 3.1.1, by `rumqttc`.

use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event as Polled, EventLoop, LastWill, MqttOptions,
    Packet, QoS, StateError, SubscribeFilter, SubscribeReasonCode,
};
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
        .set_clean_session(true)
        .set_max_packet_size(MAX_PACKET_LEN, MAX_PACKET_LEN)
        .set_inflight(MAX_IN_FLIGHT)
        .set_last_will(LastWill::new(&target.own_state, OFFLINE, QoS::AtLeastOnce, true));
    if let Some((user, password)) = &target.login {
        options.set_credentials(user, password);
    }
    let (client, mut eventloop) = AsyncClient::new(options, WAITING_MESSAGES);
    eventloop.network_options.set_connection_timeout(target.timeout.as_secs());
    // An operation is one short packet, and its answer another: neither waits for more to fill a segment.
    eventloop.network_options.set_tcp_nodelay(true);
    let task = tokio::spawn(poll(eventloop, client.clone(), target.clone(), to));
    (client, task)
}

/// What 3.1.1 doesn't know stays behind: expiry, response topic and correlation stand in the payload as well.
pub(super) fn publish(client: &AsyncClient, message: &Outgoing) -> bool {
    let quality = match message.quality {
        Quality::NowOrNever => QoS::AtMostOnce,
        Quality::AtLeastOnce => QoS::AtLeastOnce,
        Quality::ExactlyOnce => QoS::ExactlyOnce,
    };
    client.try_publish(&message.topic, quality, false, message.payload.clone()).is_ok()
}

/// Polls until the connection is lost, or nobody listens any more.
async fn poll(mut eventloop: EventLoop, client: AsyncClient, target: Target, to: Sender<Event>) {
    let mut is_connected = false;
    loop {
        let event = match eventloop.poll().await {
            Ok(Polled::Incoming(packet)) => match packet {
                Packet::ConnAck(_) => {
                    is_connected = true;
                    let filter = |filter: &String| SubscribeFilter::new(filter.clone(), QoS::AtLeastOnce);
                    let asked = client.try_subscribe_many(target.filters.iter().map(filter));
                    asked.err().map(|error| lost(Fault::Broken, &error))
                }
                Packet::SubAck(ack) => match ack.return_codes.iter().find(|code| !is_taken(code)) {
                    None => {
                        let state = target.own_state.clone();
                        let said = client.try_publish(state, QoS::AtLeastOnce, true, ONLINE);
                        Some(said.map_or_else(|error| lost(Fault::Broken, &error), |()| Event::Up))
                    }
                    refused => Some(lost(Fault::Subscription, &format_args!("{refused:?}"))),
                },
                Packet::Publish(publish) => Some(Event::Message(Incoming {
                    topic: publish.topic,
                    payload: publish.payload.to_vec(),
                    retained: publish.retain,
                })),
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

pub(in crate::links::mqtt) fn fault(error: &ConnectionError, is_connected: bool) -> Fault {
    match error {
        _ if is_connected => Fault::Broken,
        ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => Fault::Silent,
        ConnectionError::Tls(_) => Fault::Tls,
        ConnectionError::Io(error) | ConnectionError::MqttState(StateError::Io(error)) => of_socket(error),
        ConnectionError::ConnectionRefused(code) => match code {
            ConnectReturnCode::BadUserNamePassword
            | ConnectReturnCode::NotAuthorized
            | ConnectReturnCode::BadClientId => Fault::Credentials,
            ConnectReturnCode::ServiceUnavailable => Fault::Full,
            _ => Fault::Version,
        },
        _ => Fault::Version,
    }
}
