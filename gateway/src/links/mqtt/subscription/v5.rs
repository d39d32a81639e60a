//! MQTT 5.

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};

use super::super::connection::{Lost, Target, fault_of_v5, host, transport};
use super::super::limits::{KEEP_ALIVE, MAX_EVENT_PACKET_LEN, SESSION_EXPIRY, WAITING_MESSAGES};
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
            .set_connection_timeout(target.timeout.as_secs())
            .set_clean_start(false)
            .set_session_expiry_interval(u32::try_from(SESSION_EXPIRY.as_secs()).ok())
            .set_max_packet_size(u32::try_from(MAX_EVENT_PACKET_LEN).ok())
            .set_receive_maximum(Some(1))
            .set_manual_acks(true);
        if let Some((user, password)) = &target.login {
            options.set_credentials(user, password);
        }
        let (client, eventloop) = AsyncClient::new(options, WAITING_MESSAGES);
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
                Ok(Event::Incoming(Packet::Publish(publish))) => return Said::Message(delivery(publish)),
                Ok(_) => {}
                Err(error) => {
                    let fault = fault_of_v5(&error, self.is_connected);
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

fn delivery(publish: Publish) -> Delivery {
    let properties = publish.properties.clone().unwrap_or_default();
    Delivery {
        content_type: properties.content_type.unwrap_or_default(),
        properties: properties.user_properties,
        payload: publish.payload.to_vec(),
        token: Token::V5(Box::new(publish)),
    }
}
