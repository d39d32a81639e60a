//! Messages of a broker elsewhere that no device sends: a session that the broker keeps while we are away, and messages
//! that are acknowledged when they have been dealt with, not before.
//!
//! [`Subscription::next`] connects, in MQTT 5 or 3.1.1, and goes on connecting; whoever calls it has no rule to follow but to
//! call it again. A message that was not acknowledged comes again, so what is done with it must bear being done twice.

mod v4;
mod v5;

use std::time::Duration;

use super::connection::{Fault, Lost, Target, Version};
use super::limits::{RECONNECT_CAP, RECONNECT_FIRST};
use super::reach::{self, Versions};
use super::setup::Elsewhere;

/// Where to listen, and to what.
#[derive(Clone, Debug)]
pub struct SubscriptionSetup {
    /// The broker.
    pub broker: Elsewhere,
    /// What the broker knows the session by, behind the name of our user.
    pub session: String,
    /// What is listened to.
    pub filter: String,
}

/// What happens.
#[derive(Debug)]
pub enum Heard {
    /// Connected and subscribed.
    Up,
    /// A message came.
    Message(Delivery),
    /// It is not connected, for that reason, which says what to do; it is tried again by itself.
    Lost(String),
}

/// A message that waits for its acknowledgement.
#[derive(Debug)]
pub struct Delivery {
    /// Its media type; empty where none was said.
    pub content_type: String,
    /// Its user properties.
    pub properties: Vec<(String, String)>,
    /// What is in it.
    pub payload: Vec<u8>,
    token: Token,
}

#[derive(Debug)]
enum Token {
    V5(Box<rumqttc::v5::mqttbytes::v5::Publish>),
    V311(rumqttc::Publish),
}

/// A subscription. It holds no connection before it is first asked.
pub struct Subscription {
    setup: SubscriptionSetup,
    versions: Versions,
    pause: Duration,
    session: Option<Session>,
}

enum Session {
    V5(Box<v5::Session>),
    V311(Box<v4::Session>),
}

/// What a session says.
enum Said {
    Up,
    Message(Delivery),
    Lost(Lost),
}

impl Subscription {
    /// Of this setup.
    pub fn new(setup: SubscriptionSetup) -> Self {
        Self { setup, versions: Versions::default(), pause: Duration::ZERO, session: None }
    }

    /// What happens next. May be abandoned at any time; nothing is lost by that.
    pub async fn next(&mut self) -> Heard {
        loop {
            let Some(session) = &mut self.session else {
                if let Err(why) = self.connect().await {
                    return Heard::Lost(why);
                }
                continue;
            };
            let said = match session {
                Session::V5(session) => session.next().await,
                Session::V311(session) => session.next().await,
            };
            match said {
                Said::Up => {
                    self.pause = Duration::ZERO;
                    return Heard::Up;
                }
                Said::Message(delivery) => return Heard::Message(delivery),
                Said::Lost(lost) => {
                    self.session = None;
                    if self.versions.lost(lost.fault) {
                        continue;
                    }
                    self.pause = (self.pause * 2).clamp(RECONNECT_FIRST, RECONNECT_CAP);
                    return Heard::Lost(format!("{} ({})", lost.fault.remedy(), lost.said));
                }
            }
        }
    }

    /// A message has been dealt with. If that can't be said now, the message comes again.
    pub fn acknowledge(&self, delivery: Delivery) {
        match (&self.session, delivery.token) {
            (Some(Session::V5(session)), Token::V5(publish)) => session.acknowledge(&publish),
            (Some(Session::V311(session)), Token::V311(publish)) => session.acknowledge(&publish),
            _ => {}
        }
    }

    async fn connect(&mut self) -> Result<(), String> {
        tokio::time::sleep(self.pause).await;
        let setup = self.setup.clone();
        let target = tokio::task::spawn_blocking(move || target(&setup)).await;
        let target = target.map_err(|error| error.to_string()).and_then(|target| target);
        let target = target.inspect_err(|_| self.pause = RECONNECT_CAP)?;
        self.session = Some(match self.versions.next() {
            Version::V5 => Session::V5(Box::new(v5::Session::open(&target))),
            Version::V311 => Session::V311(Box::new(v4::Session::open(&target))),
        });
        Ok(())
    }
}

fn target(setup: &SubscriptionSetup) -> Result<Target, String> {
    let target =
        reach::target("", vec![setup.filter.clone()], &setup.broker).map_err(|error| error.to_string())?;
    let client_id = format!("{}-{}", target.client_id, setup.session);
    Ok(Target { client_id, own_state: String::new(), ..target })
}

fn refused(said: &dyn std::fmt::Debug) -> Said {
    let said = format!("it refuses what is listened to: {said:?}");
    Said::Lost(Lost { fault: Fault::Subscription, said })
}
