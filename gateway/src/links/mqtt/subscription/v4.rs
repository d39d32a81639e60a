//! MQTT 3.1.1, which knows neither media types nor properties.

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS, SubscribeReasonCode};

use super::super::connection::{Lost, Target, fault_of_v4, host, transport};
use super::super::limits::{KEEP_ALIVE, MAX_LOOSE_PACKET_LEN, WAITING_MESSAGES};
use super::{Delivery, Said, Token, refused};

pub(super) struct Session {
    client: AsyncClient,
    eventloop: EventLoop,
    filter: String,
    is_connected: bool,
}

impl Session {
    pub(super) fn open(target: &Target) -> Self {
        let mut options = MqttOptions::new(&target.client_id, host(target), target.port);
        options
            .set_transport(transport(target))
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_session(false)
            .set_max_packet_size(MAX_LOOSE_PACKET_LEN, MAX_LOOSE_PACKET_LEN)
            .set_manual_acks(true);
        if let Some((user, password)) = &target.login {
            options.set_credentials(user, password);
        }
        let (client, mut eventloop) = AsyncClient::new(options, WAITING_MESSAGES);
        eventloop.network_options.set_connection_timeout(target.timeout.as_secs());
        Self {
            client,
            eventloop,
            filter: target.filters.first().cloned().unwrap_or_default(),
            is_connected: false,
        }
    }

    pub(super) async fn next(&mut self) -> Said {
        loop {
            match self.eventloop.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    self.is_connected = true;
                    if let Err(error) = self.client.try_subscribe(&self.filter, QoS::AtLeastOnce) {
                        return Said::Lost(Lost::broken(&error.to_string()));
                    }
                }
                Ok(Event::Incoming(Packet::SubAck(ack))) => match ack.return_codes.first() {
                    Some(SubscribeReasonCode::Success(_)) => return Said::Up,
                    other => return refused(&other),
                },
                Ok(Event::Incoming(Packet::Publish(publish))) => {
                    return Said::Message(Delivery {
                        content_type: String::new(),
                        properties: Vec::new(),
                        payload: publish.payload.to_vec(),
                        token: Token::V311(publish),
                    });
                }
                Ok(_) => {}
                Err(error) => {
                    let fault = fault_of_v4(&error, self.is_connected);
                    return Said::Lost(Lost { fault, said: error.to_string() });
                }
            }
        }
    }

    pub(super) fn acknowledge(&self, publish: &Publish) {
        // Without room the message comes again.
        let _ = self.client.try_ack(publish);
    }
}
