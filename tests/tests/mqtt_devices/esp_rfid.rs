//! An esp-rfid board as a gateway drives it: orders, silent acknowledgements, read-back.

use std::net::Ipv4Addr;

use firmware_sim::config::{Dialect, EspRfidConfig};
use firmware_sim::mqtt::Held;
use firmware_sim::site::Power;
use serde_json::json;
use tests::{Mosquitto, MqttClient};

use crate::{card, site};

const IP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 31);

fn board(ip: Ipv4Addr) -> Dialect {
    Dialect::EspRfid(EspRfidConfig::new("/esprfid", ip))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_boards_share_a_topic_and_each_takes_its_own_orders() {
    let broker = Mosquitto::start().await;
    let peer = MqttClient::connect(broker.port(), "peer", &["/esprfid/send"]).await;
    let other = Ipv4Addr::new(192, 0, 2, 32);
    let site = site(broker.port(), vec![("left", board(IP)), ("right", board(other))]);
    for hostname in ["left", "right"] {
        let boot = peer.hears("/esprfid/send", |heard| heard.json()["hostname"] == hostname).await;
        assert!(boot.json()["type"] == "boot" && !boot.retained, "{boot:?}");
    }
    let order = |ip: Ipv4Addr| {
        json!({
            "cmd": "adduser", "doorip": ip, "uid": "6404d2", "user": "Ada", "acctype": 1,
            "validuntil": 4_102_444_800_u32,
        })
    };
    peer.publish("/esprfid/cmd", order(IP).to_string()).await;
    let ack = peer.hears("/esprfid/send", |heard| heard.json()["type"] == "adduser").await;
    assert_eq!(ack.json(), json!({ "type": "adduser", "ip": IP, "hostname": "left" }));
    peer.publish("/esprfid/cmd", json!({ "cmd": "getuserlist", "doorip": IP }).to_string()).await;
    let listed = peer.hears("/esprfid/send", |heard| heard.json()["cmd"] == "adduser").await;
    assert_eq!(listed.json(), order(IP));
    assert!(site.brokers().cards("right").unwrap().is_empty());
    let held = site.brokers().cards("left").unwrap();
    assert!(matches!(&held[..], [Held::User { card: Some(held), .. }] if *held == card(1_234)), "{held:?}");

    let swipe = site.brokers().swipe("left", 0, card(1_234)).unwrap();
    assert_eq!((swipe.granted, swipe.reason.as_deref(), swipe.by_itself), (Some(true), Some("Always"), true));
    let access = peer.hears("/esprfid/send", |heard| heard.json()["type"] == "access").await.json();
    assert_eq!((&access["access"], &access["isKnown"]), (&json!("Always"), &json!("true")));
    assert_eq!(site.brokers().swipe("right", 0, card(1_234)).unwrap().reason.as_deref(), Some("Denied"));

    site.brokers().power("left", Power::Off).unwrap();
    site.brokers().power("left", Power::On).unwrap();
    assert_eq!(site.brokers().cards("left").unwrap().len(), 1, "its files outlive a loss of power");
    site.brokers().power("left", Power::Wiped).unwrap();
    assert!(site.brokers().cards("left").unwrap().is_empty());
}
