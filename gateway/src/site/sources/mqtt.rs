//! Sources that send through a broker elsewhere: one subscription each. A message is acknowledged when all that it says is
//! durable, or when it is kept among those that could not be followed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::super::running::Site;
use super::{EventSource, now};
use crate::config::{BrokerElsewhere, SourceKind};
use crate::domain::SourceCondition;
use crate::links::mqtt::subscription::{Delivery, Heard, Subscription, SubscriptionSetup};
use crate::links::mqtt::{ClientTls, Elsewhere};
use crate::sources::events::{NotTaken, Sent};

/// A message that the directory could not take is tried again after this.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Listens to all of them, until `stop`.
pub async fn subscriptions(site: Arc<Site>, stop: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    for (at, source) in site.sources.0.iter().enumerate() {
        let SourceKind::Mqtt { broker, topic } = &source.config.kind else { continue };
        let setup = SubscriptionSetup {
            broker: elsewhere(broker),
            session: format!("{}-{}", level(&site.config.site.name), source.config.id),
            filter: topic.clone(),
        };
        let (site, mut stop) = (Arc::clone(&site), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = listen(&site.sources.0[at], Subscription::new(setup)) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}

fn level(name: &str) -> String {
    crate::links::mqtt::topic::level_of(name).unwrap_or_default()
}

fn elsewhere(broker: &BrokerElsewhere) -> Elsewhere {
    let BrokerElsewhere { host, port, tls, credentials_file } = broker.clone();
    let tls = tls.map(|tls| ClientTls { ca: tls.ca, client: tls.client });
    Elsewhere { host, port, tls, credentials_file }
}

async fn listen(source: &EventSource, mut subscription: Subscription) {
    loop {
        match subscription.next().await {
            Heard::Up => source.keeper.became(SourceCondition::Connected { since: now() }),
            Heard::Lost(why) => source.keeper.became(SourceCondition::Disconnected { since: now(), why }),
            Heard::Message(delivery) => {
                source.keeper.received(now());
                take(source, &delivery).await;
                subscription.acknowledge(delivery);
            }
        }
    }
}

/// Returns when the message needn't come again.
async fn take(source: &EventSource, delivery: &Delivery) {
    let sent = Sent {
        content_type: delivery.content_type.clone(),
        attributes: delivery.properties.clone(),
        body: delivery.payload.clone(),
    };
    while source.intake.take(&sent).await == Err(NotTaken::Unavailable) {
        tokio::time::sleep(RETRY_AFTER).await;
    }
}
