use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use firmware_sim::config::{BrokerConfig, Dialect, EspRfidConfig, MqttConfig, NativeConfig};
use firmware_sim::control::{self, ControlError};
use firmware_sim::{SimConfig, Site, limits};
use panel_protocol::wiegand::{FORMATS, Format, H10301};
use serde_json::{Value, json};

use crate::cp::Cp;
use crate::{KEY, config};

/// A site with its control API on a free port, for as long as the runtime lives.
pub(crate) struct Served {
    pub(crate) site: Arc<Site>,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

fn served() -> Served {
    serve(&config())
}

pub(crate) fn serve(config: &SimConfig) -> Served {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let site = Arc::new(Site::start(config).unwrap());
    let listener = runtime.block_on(control::listen("127.0.0.1:0".parse().unwrap())).unwrap();
    let address = listener.local_addr().unwrap();
    let router = control::router(Arc::clone(&site));
    runtime.spawn(async move { axum::serve(listener, router).await });
    Served { site, address, _runtime: runtime }
}

impl Served {
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        )
        .unwrap();
        // A server that refuses a long body may close before it has taken all of it.
        let _ = stream.write_all(body.as_bytes());
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}")))
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.request("GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.request("POST", path, &body.to_string())
    }
}

#[test]
fn controllers_are_listed_and_shown() {
    let served = served();
    let list = served.get("/controllers");
    assert_eq!(list[0]["id"], "lobby");
    assert_eq!(
        (&list[1]["id"], &list[1]["kind"], &list[1]["link"]),
        (&json!("garage"), &json!("panel"), &json!("north"))
    );
    let garage = served.get("/controllers/garage");
    assert_eq!(
        (&garage["online"], &garage["power"], &garage["key"]),
        (&json!(false), &json!("on"), &json!("factory"))
    );
    assert_eq!((&garage["counts"]["cards"], &garage["clock"]), (&json!(0), &Value::Null));
    assert!(garage["digest"].as_str().is_some_and(|digest| digest.len() == 16));
}

#[test]
fn a_card_in_the_panels_memory_is_shown_and_opens() {
    let served = served();
    let mut cp = Cp::open(&served.site, "north", 1);
    assert!(cp.secure_with(KEY));
    let raw = panel_protocol::credential::Credential::new(41, 0xDEAD_BEEF).unwrap();
    cp.load(&[H10301.encode(100, 1234).unwrap(), raw]);
    let cards = served.get("/controllers/lobby/cards");
    let plain = json!({"bits": 41, "raw": "0xdeadbeef", "profile": 0});
    let read = json!({"bits": 26, "raw": "0xc809a4", "format": "H10301", "facility": 100, "number": 1234, "profile": 0});
    let cards = cards.as_array().unwrap();
    assert!(cards.len() == 2 && cards.contains(&plain), "{cards:?}");
    let shown = cards.iter().find(|card| card["number"] == 1234).expect("its number is told");
    assert_eq!((&shown["bits"], &shown["facility"]), (&read["bits"], &read["facility"]));

    let card = json!({"format": "H10301", "facility": 100, "number": 1234});
    let (status, swiped) = served.post("/controllers/lobby/swipe", &json!({"reader": 0, "card": card}));
    assert_eq!((status, &swiped["granted"], &swiped["reason"]), (200, &json!(true), &json!("granted")));
    assert_eq!(swiped["decided_by"], "panel");
    assert!(swiped["latency_us"].as_u64().is_some_and(|latency| latency < 1_000_000));
    let raw = json!({"reader": 1, "card": {"bits": 41, "raw": "0xDEADBEEF"}});
    assert_eq!(served.post("/controllers/lobby/swipe", &raw).1["granted"], true);
    let unknown = json!({"reader": 0, "card": {"bits": 32, "raw": "0x1"}});
    assert_eq!(served.post("/controllers/lobby/swipe", &unknown).1["reason"], "unknown_card");
}

#[test]
fn a_card_of_every_format_is_swiped_by_its_numbers() {
    let served = served();
    let mut cp = Cp::open(&served.site, "north", 1);
    assert!(cp.secure_with(KEY));
    let formats = || FORMATS.iter().filter(|format| format.fits_credential());
    let facility = |format: &Format| format.facility.map(|field| field.max().min(5));
    let cards: HashSet<_> =
        formats().map(|format| format.encode(facility(format).unwrap_or(0), 77).unwrap()).collect();
    cp.load(&cards.into_iter().collect::<Vec<_>>());
    for format in formats() {
        let mut card = json!({"format": format.id, "number": 77});
        if let Some(facility) = facility(format) {
            card["facility"] = json!(facility);
        }
        let (_, swiped) = served.post("/controllers/lobby/swipe", &json!({"reader": 0, "card": card}));
        assert_eq!(swiped["granted"], true, "{card}: {swiped}");
    }
}

#[test]
fn power_door_and_faults_are_ordered() {
    let served = served();
    let power = |state: &str| served.post("/controllers/lobby/power", &json!({ "state": state })).1;
    assert_eq!(power("off")["power"], "off");
    let card = json!({"reader": 0, "card": {"bits": 26, "raw": "0x1"}});
    let (status, refused) = served.post("/controllers/lobby/swipe", &card);
    assert_eq!((status, &refused["error"]), (409, &json!("controller \"lobby\" has no power")));
    assert_eq!(power("on")["boots"], 1);
    assert_ne!(power("wiped")["key"], "factory");
    assert_eq!(power("factory")["key"], "factory");
    let (_, door) = served.post("/controllers/lobby/door", &json!({"contact": "open"}));
    assert_eq!(door["contact"], "open");
    let (_, set) = served.post("/lines/north/faults", &json!({"drop_rate": 0.5, "delay_ms": 3, "seed": 7}));
    assert_eq!(
        (&set["drop_rate"], &set["seed"], &set["bit_error_rate"]),
        (&json!(0.5), &json!(7), &json!(0.0))
    );
    assert_eq!(served.get("/lines")[0]["faults"], set);
    let (_, drawn) = served.post("/lines/north/faults", &json!({}));
    assert!(drawn["seed"].is_u64() && drawn["drop_rate"] == 0.0, "a seed is drawn and told: {drawn}");
    assert_eq!(served.get("/lines/north")["counters"]["gateway_bytes"], 0);
}

#[test]
fn bad_requests_name_field_value_and_remedy_and_change_nothing() {
    let served = served();
    let swipe = |card: Value| ("/controllers/lobby/swipe", json!({"reader": 0, "card": card}));
    let cases = [
        (("/controllers/lobby/power", json!({"state": "asleep"})), "state", json!("asleep")),
        (("/controllers/lobby/power", json!({"state": "off", "now": 1})), "now", json!(1)),
        (("/controllers/lobby/door", json!({})), "contact", Value::Null),
        (("/lines/north/faults", json!({"drop_rate": 1.5})), "drop_rate", json!(1.5)),
        (("/lines/north/faults", json!({"delay_ms": -1})), "delay_ms", json!(-1)),
        (swipe(json!({"format": "H10301", "facility": 256, "number": 1})), "card.facility", json!(256)),
        (swipe(json!({"format": "H99999", "facility": 1, "number": 1})), "card.format", json!("H99999")),
        (swipe(json!({"format": "UID66", "number": 1})), "card.format", json!("UID66")),
        (swipe(json!({"format": "H10302", "facility": 1, "number": 1})), "card.facility", json!(1)),
        (swipe(json!({"format": "C1K35", "number": 1})), "card.facility", Value::Null),
        (swipe(json!({"bits": 26, "raw": "0x4000000"})), "card.raw", json!("0x4000000")),
        (swipe(json!(17)), "card", json!(17)),
        (
            ("/controllers/lobby/swipe", json!({"reader": 2, "card": {"bits": 26, "raw": "0x1"}})),
            "reader",
            json!(2),
        ),
        (("/controllers/lobby/swipe", json!([])), "body", json!([])),
    ];
    for ((path, body), field, value) in cases {
        let (status, refused) = served.post(path, &body);
        assert_eq!((status, &refused["field"], &refused["value"]), (400, &json!(field), &value), "{body}");
        assert!(refused["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{refused}");
    }
    assert_eq!(served.get("/controllers/lobby")["power"], "on");
    assert_eq!(served.get("/lines/north")["faults"]["drop_rate"], 0.0);
}

#[test]
fn what_is_not_there_is_404_and_what_is_too_long_413() {
    let served = served();
    for path in ["/controllers/nobody", "/controllers/nobody/cards", "/lines/none", "/nothing"] {
        assert_eq!(served.request("GET", path, "").0, 404, "{path}");
    }
    let power = json!({"state": "on"});
    assert_eq!(served.post("/controllers/nobody/power", &power).0, 404);
    assert_eq!(served.request("DELETE", "/controllers", "").0, 405);
    assert_eq!(served.request("POST", "/controllers/lobby/power", "not JSON").0, 400);
    let long = " ".repeat(limits::MAX_CONTROL_BODY + 1);
    assert_eq!(served.request("POST", "/controllers/lobby/power", &long).0, 413);
}

#[test]
fn the_control_api_is_offered_on_loopback_only() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let refused = runtime.block_on(control::listen("0.0.0.0:0".parse().unwrap()));
    assert!(matches!(refused, Err(ControlError::NotLoopback(_))));
    assert!(runtime.block_on(control::listen("[::1]:0".parse().unwrap())).is_ok());
}

/// Devices whose broker isn't there: they wait for it, and people can work with them.
fn waiting() -> Served {
    let native = Dialect::Native(NativeConfig::new("harbour", "shed"));
    let esp_rfid = Dialect::EspRfid(EspRfidConfig::new("/esprfid", Ipv4Addr::new(192, 0, 2, 31)));
    let devices = [("shed", native), ("yard", esp_rfid)];
    serve(&SimConfig {
        brokers: vec![BrokerConfig::new("hall", "127.0.0.1", 1)],
        mqtt: devices.map(|(id, dialect)| MqttConfig::new(id, "hall", dialect)).to_vec(),
        ..SimConfig::default()
    })
}

#[test]
fn devices_without_their_broker_decide_and_can_be_worked_with() {
    let served = waiting();
    let card = json!({"format": "H10301", "facility": 100, "number": 7});
    for (id, reason) in [("shed", "unknown_card"), ("yard", "Denied")] {
        let (status, swiped) = served.post(&format!("/controllers/{id}/swipe"), &json!({"card": card}));
        assert_eq!((status, &swiped["granted"], &swiped["reason"]), (200, &json!(false), &json!(reason)));
        assert_eq!(served.get(&format!("/controllers/{id}"))["online"], false);
    }
    assert_eq!(served.get("/controllers/shed")["counts"]["events"], 1);
    let long = json!({"card": {"bits": 37, "raw": "0x1"}});
    let (status, told) = served.post("/controllers/yard/swipe", &long);
    assert_eq!((status, &told["error"]), (409, &json!("controller \"yard\" can't read a card of 37 bits")));
}

#[test]
fn what_a_device_on_a_broker_is_wrongly_asked_changes_nothing_and_names_the_field() {
    let served = waiting();
    let before = (served.get("/controllers/shed"), served.get("/lines/hall"));
    for (path, body, field) in [
        ("/controllers/shed/door", json!({"contact": "ajar"}), "contact"),
        ("/controllers/shed/door", json!({"rex": "yes"}), "rex"),
        ("/controllers/shed/door", json!({"window": true}), "window"),
        ("/controllers/shed/clock", json!({}), "offset_s"),
        ("/controllers/shed/clock", json!({"offset_s": 400_000_000}), "offset_s"),
        ("/controllers/shed/power", json!({"state": "dim"}), "state"),
        ("/controllers/shed/swipe", json!({"reader": 300, "card": {"bits": 1, "raw": "0x1"}}), "reader"),
        ("/controllers/shed/swipe", json!({"card": {"bits": 1, "raw": "0x1"}, "pin": "12"}), "pin"),
        ("/lines/hall/faults", json!({"bit_error_rate": 0.1}), "bit_error_rate"),
        ("/lines/hall/faults", json!({"double_rate": 2}), "double_rate"),
        ("/lines/hall/faults", json!({"delay_ms": 1e9}), "delay_ms"),
    ] {
        let (status, told) = served.post(path, &body);
        assert_eq!((status, &told["field"]), (400, &json!(field)), "{path}: {told}");
        assert!(told["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{told}");
        assert!(field != "pin" || told["value"] == "(not shown)", "{told}");
    }
    let (status, told) = served.post("/controllers/lobby/clock", &json!({"offset_s": 1}));
    assert_eq!((status, &told["field"]), (404, &json!("id")));
    assert_eq!((served.get("/controllers/shed"), served.get("/lines/hall")), before);
}
