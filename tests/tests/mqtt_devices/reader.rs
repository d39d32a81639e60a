//! Boards that decide nothing: a gateway hears a card, and opens or doesn't.

use std::process::{Command, Stdio};
use std::sync::Arc;

use firmware_sim::Site;
use firmware_sim::config::{Dialect, EspHomeConfig, TasmotaConfig};
use firmware_sim::mqtt::MqttSwipe;
use firmware_sim::site::Contact;
use tests::{Mosquitto, MqttClient, Process, workspace};

use crate::{card, site};

/// Presents a card where waiting for the gateway holds nobody up.
fn swipe(site: &Arc<Site>, id: &'static str) -> tokio::task::JoinHandle<MqttSwipe> {
    let site = Arc::clone(site);
    tokio::task::spawn_blocking(move || site.brokers().swipe(id, 0, card(1_234)).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn tasmota_tells_a_card_and_its_relay_goes_off_by_itself() {
    let broker = Mosquitto::start().await;
    let site = site(broker.port(), vec![("gate", Dialect::Tasmota(TasmotaConfig::new("gate")))]);
    let peer = MqttClient::connect(broker.port(), "peer", &["tele/#", "stat/#", "tasmota/#"]).await;
    peer.hears_text("tele/gate/LWT", "Online").await;
    peer.publish("cmnd/gate/PulseTime1", "5").await;
    peer.hears("stat/gate/RESULT", |heard| heard.json()["PulseTime1"]["Set"] == 5).await;
    let swiped = swipe(&site, "gate");
    let read = peer.hears("tele/gate/SENSOR", |heard| heard.json()["Wiegand"]["Size"] == 26).await;
    assert_eq!(read.json()["Wiegand"]["UID"], 100 << 16 | 1_234);
    peer.publish("cmnd/gate/POWER1", "ON").await;
    peer.hears_text("stat/gate/POWER", "ON").await;
    peer.hears_text("stat/gate/POWER", "OFF").await;
    let swipe = swiped.await.unwrap();
    assert!(swipe.granted == Some(true) && !swipe.by_itself && swipe.latency.is_some(), "{swipe:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_programs_schema_takes_the_discovery_of_our_tasmota() {
    let broker = Mosquitto::start().await;
    let mut config = TasmotaConfig::new("gate");
    config.relays = 2;
    let _site = site(broker.port(), vec![("gate", Dialect::Tasmota(config))]);
    let peer = MqttClient::connect(broker.port(), "peer", &["tasmota/discovery/#"]).await;
    let topic = "tasmota/discovery/02A500000001";
    let config = peer.hears(&format!("{topic}/config"), |_| true).await;
    let sensors = peer.hears(&format!("{topic}/sensors"), |_| true).await;
    let mut command = Command::new(workspace().join("target/venv/bin/python"));
    command.arg(workspace().join("tests/peers/tasmota_schema.py")).stdin(Stdio::piped());
    let mut judge = Process::start(command);
    for message in [config, sensors] {
        judge.tell(&String::from_utf8(message.payload).unwrap());
    }
    assert!(judge.ended().await.success(), "{:?} {:?}", judge.output(), judge.errors());
    assert_eq!(judge.output(), ["relays 2", "switches 2", "availability tele/gate/LWT", "sensors Wiegand"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn esphome_tells_a_card_and_its_inputs_and_opens_when_told() {
    let broker = Mosquitto::start().await;
    let site = site(broker.port(), vec![("porch", Dialect::EspHome(EspHomeConfig::new("porch")))]);
    let peer = MqttClient::connect(broker.port(), "peer", &["porch/#"]).await;
    peer.hears_text("porch/status", "online").await;
    let swiped = swipe(&site, "porch");
    let read = peer.hears("porch/wiegand/raw", |_| true).await.json();
    assert_eq!((read["bits"].as_u64(), read["value"].as_u64()), (Some(26), Some(card(1_234).raw())));
    peer.publish("porch/lock/door/command", "OPEN").await;
    peer.hears_text("porch/lock/door/state", "UNLOCKED").await;
    assert_eq!(swiped.await.unwrap().granted, Some(true));
    site.brokers().door("porch", Contact::Open).unwrap();
    peer.hears_text("porch/binary_sensor/contact/state", "ON").await;
    drop(site);
    peer.hears_text("porch/status", "offline").await;
}
