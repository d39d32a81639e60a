//! Many devices at once.

use firmware_sim::config::{Dialect, NativeConfig};
use tests::{Mosquitto, eventually};

use crate::{BROKER, site};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_panels_come_back_after_their_broker_was_restarted() {
    let mut broker = Mosquitto::start().await;
    let names: Vec<_> = (0..200).map(|number| format!("panel-{number}")).collect();
    let panel = |name: &'_ String| Dialect::Native(NativeConfig::new("harbour", name.clone()));
    let site = site(broker.port(), names.iter().map(|name| (name.as_str(), panel(name))).collect());
    let online = async || site.brokers().one_broker(BROKER).unwrap().online;
    eventually("all are online", online, |online| *online == 200).await;
    broker.kill();
    eventually("all have lost their broker", online, |online| *online == 0).await;
    broker.restart().await;
    eventually("all are online again", online, |online| *online == 200).await;
    assert_eq!(site.brokers().one_broker(BROKER).unwrap().counters.connections, 400);
}
