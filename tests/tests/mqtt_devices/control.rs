//! The control API of a simulator in a process of its own, for devices on a broker.

use std::fs;

use serde_json::{Value, json};
use tests::{Mosquitto, NativePeer, Simulator};

const SITE: &str = r#"
[[broker]]
id = "hall"
host = "127.0.0.1"
port = PORT

[[mqtt]]
id = "shed"
broker = "hall"
dialect = "native"
site = "harbour"

[[mqtt]]
id = "yard"
broker = "hall"
dialect = "esp-rfid"
ip = "192.0.2.31"
heartbeat_s = 30

[[mqtt]]
id = "gate"
broker = "hall"
dialect = "tasmota"

[[mqtt]]
id = "porch"
broker = "hall"
dialect = "esphome"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_works_as_for_panels_on_lines() {
    let broker = Mosquitto::start().await;
    let file = broker.folder().join("sim.toml");
    fs::write(&file, SITE.replace("PORT", &broker.port().to_string())).unwrap();
    let simulator = Simulator::start(&file).await;
    simulator.process().says(&format!("broker hall: devices connect to 127.0.0.1:{}", broker.port())).await;

    let all = simulator.get("/controllers").await;
    let column = |name: &str| all.as_array().unwrap().iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("id"), ["shed", "yard", "gate", "porch"]);
    assert_eq!(column("kind"), ["panel", "panel", "reader", "reader"]);
    assert_eq!(column("dialect"), ["native", "esp-rfid", "tasmota", "esphome"]);
    assert!(column("link").iter().all(|link| link == "hall"));

    let mut peer = NativePeer::listen(broker.port(), "harbour", "shed").await;
    peer.state(0, "online").await;
    peer.hello(*b"nonce  1").await;
    let swipe = simulator.swipe("shed", 7).await;
    assert_eq!((&swipe["granted"], &swipe["reason"]), (&json!(false), &json!("unknown_card")));
    assert_eq!(swipe["decided_by"], "panel");
    let shed = simulator.controller("shed").await;
    assert_eq!((&shed["online"], &shed["counts"]["events"]), (&json!(true), &json!(1)));
    assert_eq!(shed["digest"].as_str().unwrap().len(), 16);

    let post = async |path: &str, body: Value| simulator.post(path, &body).await;
    let mark = peer.client().mark();
    let door = json!({ "reader": 0, "contact": "open", "tamper": true });
    assert_eq!(post("/controllers/shed/door", door).await["contact"], "open");
    peer.from(mark, "itself", |flags| flags == [1]).await;
    let yard = simulator.controller("yard").await["clock"].as_u64().unwrap();
    let moved =
        post("/controllers/yard/clock", json!({ "offset_s": -3_600 })).await["clock"].as_u64().unwrap();
    assert!((3_590..=3_600).contains(&(yard - moved)), "{yard} {moved}");

    let mark = peer.client().mark();
    assert_eq!(simulator.power("shed", "off").await["power"], "off");
    peer.state(mark, "offline").await;
    let mark = peer.client().mark();
    assert_eq!(simulator.power("shed", "wiped").await["counts"]["events"], 0);
    peer.state(mark, "online").await;

    let faults = simulator.faults("hall", &json!({ "drop_rate": 0.5, "double_rate": 0.1, "seed": 7 })).await;
    assert_eq!((&faults["drop_rate"], &faults["delay_ms"]), (&json!(0.5), &json!(0)));
    let hall = simulator.line("hall").await;
    assert_eq!((&hall["protocol"], &hall["faults"]["seed"]), (&json!("mqtt"), &json!(7)));
    assert_eq!(simulator.get("/lines").await.as_array().unwrap().len(), 1);
}
