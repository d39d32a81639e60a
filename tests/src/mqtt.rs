//! A client at a broker, for tests: it remembers all that it hears.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tokio::task::JoinHandle;

use crate::waiting::eventually;

/// A message as it was heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
    /// Whether the broker had kept it.
    pub retained: bool,
}

/// A client that hears some topics. It is gone when this is dropped.
#[derive(Debug)]
pub struct MqttClient {
    client: AsyncClient,
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl MqttClient {
    /// Connects to a broker on this machine and hears what these filters let through, from now on.
    ///
    /// # Panics
    /// When the broker doesn't take it.
    pub async fn connect(port: u16, id: &str, filters: &[&str]) -> Self {
        Self::with(MqttOptions::new(id, "127.0.0.1", port), filters).await
    }

    /// The same, with these options.
    ///
    /// # Panics
    /// When the broker doesn't take it.
    pub async fn with(mut options: MqttOptions, filters: &[&str]) -> Self {
        options.set_keep_alive(Duration::from_secs(30));
        let (client, mut events) = AsyncClient::new(options, 1_000);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let subscriptions = Arc::new(Mutex::new(0));
        let (sink, acknowledged) = (Arc::clone(&heard), Arc::clone(&subscriptions));
        let task = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                match event {
                    Event::Incoming(Packet::SubAck(_)) => *acknowledged.lock().unwrap() += 1,
                    Event::Incoming(Packet::Publish(publish)) => sink.lock().unwrap().push(Heard {
                        topic: String::from_utf8_lossy(&publish.topic).into_owned(),
                        payload: publish.payload.to_vec(),
                        retained: publish.retain,
                    }),
                    _ => {}
                }
            }
        });
        for filter in filters {
            client.subscribe(*filter, QoS::AtLeastOnce).await.unwrap();
        }
        let look = async || *subscriptions.lock().unwrap();
        eventually("the broker takes all subscriptions", look, |count| *count == filters.len()).await;
        Self { client, heard, task }
    }

    /// Publishes a message at least once.
    ///
    /// # Panics
    /// When the client has lost its broker.
    pub async fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.client.publish(topic, QoS::AtLeastOnce, false, payload.into()).await.unwrap();
    }

    /// Publishes a message for the broker to keep.
    ///
    /// # Panics
    /// When the client has lost its broker.
    pub async fn retain(&self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.client.publish(topic, QoS::AtLeastOnce, true, payload.into()).await.unwrap();
    }

    /// All that it has heard.
    ///
    /// # Panics
    /// When its task has panicked.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// How much it has heard; what comes later can be [awaited](Self::after) from here.
    ///
    /// # Panics
    /// When its task has panicked.
    pub fn mark(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// Waits for a message on that topic that fits, among those heard since `mark`.
    ///
    /// # Panics
    /// When it doesn't come.
    pub async fn after(&self, mark: usize, topic: &str, fits: impl Fn(&Heard) -> bool) -> Heard {
        let find =
            |heard: &Vec<Heard>| heard.iter().skip(mark).find(|one| one.topic == topic && fits(one)).cloned();
        let look = async || find(&self.heard.lock().unwrap());
        let found = eventually(&format!("a message comes on {topic}"), look, Option::is_some).await;
        found.unwrap()
    }

    /// Waits for a message on that topic that fits.
    pub async fn hears(&self, topic: &str, fits: impl Fn(&Heard) -> bool) -> Heard {
        self.after(0, topic, fits).await
    }

    /// Waits for that text on that topic.
    pub async fn hears_text(&self, topic: &str, text: &str) -> Heard {
        self.hears(topic, |heard| heard.payload == text.as_bytes()).await
    }
}

impl Heard {
    /// Its payload as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.payload).unwrap()
    }
}

impl Drop for MqttClient {
    fn drop(&mut self) {
        self.task.abort();
    }
}
