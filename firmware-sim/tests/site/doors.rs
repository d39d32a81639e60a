//! Readers, boards and adapters: what a gateway finds on their lines, and a person at the control API.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use firmware_sim::config::{
    AdapterConfig, BoardConfig, Follow, Frames, LineConfig, LineProtocol, LockPlace, Model, PanelKey,
    ReaderConfig,
};
use firmware_sim::{SimConfig, Site};
use panel_protocol::osdp::command::{
    Color, Command, LedControl, OutputAction, OutputControl, Pattern, PermanentAction, TemporaryAction,
};
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::Reply;
use panel_protocol::wiegand::H10301;
use serde_json::{Value, json};

use crate::KEY;
use crate::control::{Served, serve};
use crate::cp::Cp;

/// One of each.
fn site() -> SimConfig {
    let boards = vec![
        BoardConfig {
            contacts: vec![Follow { input: 0, output: 1 }],
            ..BoardConfig::new("relays", "annex", 1, Model::WaveshareRelay8Inputs)
        },
        BoardConfig::new("roof-relays", "roof", 1, Model::Standard8),
    ];
    let lock = Some(LockPlace { controller: "relays".into(), output: 1 });
    let adapter = AdapterConfig { lock, ..AdapterConfig::new("gate-reader", "gate", Frames::default()) };
    let key = PanelKey::Scbk(KEY);
    SimConfig {
        lines: vec![
            LineConfig::new("north", 115_200),
            LineConfig::of(LineProtocol::Modbus, "annex", 115_200),
            LineConfig::modbus_tcp("roof", "127.0.0.1:0".parse().unwrap()),
            LineConfig::of(LineProtocol::WiegandSerial, "gate", 115_200),
        ],
        readers: vec![ReaderConfig { key, ..ReaderConfig::new("turnstile", "north", 4) }],
        boards,
        adapters: vec![adapter],
        ..SimConfig::default()
    }
}

fn port(site: &Site, line: &str) -> File {
    OpenOptions::new().read(true).write(true).open(site.port(line).unwrap()).unwrap()
}

fn ask<const N: usize>(port: &mut (impl Read + Write), request: &[u8]) -> [u8; N] {
    port.write_all(request).unwrap();
    let mut answer = [0; N];
    port.read_exact(&mut answer).unwrap();
    answer
}

fn swipe(served: &Arc<Served>, id: &'static str, body: Value) -> thread::JoinHandle<Value> {
    let served = Arc::clone(served);
    thread::spawn(move || {
        let (status, swiped) = served.post(&format!("/controllers/{id}/swipe"), &body);
        assert_eq!(status, 200, "{swiped}");
        swiped
    })
}

fn card(number: u64) -> Value {
    json!({ "format": "H10301", "facility": 100, "number": number })
}

/// Polls until something is told that `looked_for` recognises.
fn poll_for(cp: &mut Cp, looked_for: impl Fn(&Reply<'_>) -> bool) {
    loop {
        let (code, data) = cp.ask(&Command::Poll).unwrap();
        if looked_for(&Reply::parse(code, &data).unwrap()) {
            return;
        }
    }
}

fn light(color: Color) -> LedControl {
    LedControl {
        reader: 0,
        led: 0,
        temporary: TemporaryAction::Set,
        temporary_pattern: Pattern::steady(color),
        timer_100ms: 50,
        permanent: PermanentAction::Keep,
        permanent_pattern: Pattern::steady(Color::Black),
    }
}

#[test]
fn all_of_them_are_listed_with_their_kind_and_link() {
    let served = serve(&site());
    let all = served.get("/controllers");
    let told: Vec<_> =
        all.as_array().unwrap().iter().map(|it| [&it["id"], &it["kind"], &it["link"]]).collect();
    assert_eq!(
        told,
        [
            ["turnstile", "reader", "north"],
            ["relays", "io", "annex"],
            ["roof-relays", "io", "roof"],
            ["gate-reader", "reader", "gate"]
        ]
    );
    assert_eq!(served.get("/lines/roof")["address"], json!(served.site.address("roof").unwrap()));
    assert_eq!(served.get("/controllers/gate-reader")["online"], Value::Null, "nobody can know");
}

#[test]
fn a_swipe_at_a_reader_is_answered_by_what_the_reader_is_told() {
    let served = Arc::new(serve(&site()));
    let mut cp = Cp::open(&served.site, "north", 4);
    assert!(cp.secure_with(KEY));
    let swiped = swipe(&served, "turnstile", json!({ "reader": 0, "card": card(1234), "pin": "4711" }));
    let expected = H10301.encode(100, 1234).unwrap();
    poll_for(&mut cp, |reply| matches!(reply, Reply::Raw(raw) if raw.credential() == Ok(expected)));
    poll_for(&mut cp, |reply| matches!(reply, Reply::Keypad(keypad) if keypad.keys == b"4711\x0D"));
    let pulse = [OutputControl { output: 0, action: OutputAction::OnFor, timer_100ms: 1 }];
    let (code, data) = cp.ask(&Command::Output(Records::of(&pulse))).unwrap();
    assert_eq!(Reply::parse(code, &data), Ok(Reply::Ack));
    let swiped = swiped.join().unwrap();
    assert_eq!((&swiped["granted"], &swiped["decided_by"]), (&json!(true), &json!("gateway")));
    assert!(swiped["latency_us"].as_u64().is_some_and(|latency| latency > 0));
    assert_eq!(served.get("/controllers/turnstile")["switched_on"], json!([1]));
    while served.get("/controllers/turnstile")["outputs"] != json!([false]) {
        thread::yield_now(); // its own timer ends it
    }

    let refused = swipe(&served, "turnstile", json!({ "card": card(1235) }));
    poll_for(&mut cp, |reply| matches!(reply, Reply::Raw(_)));
    cp.ask(&Command::Led(Records::of(&[light(Color::Red)]))).unwrap();
    let refused = refused.join().unwrap();
    assert_eq!(json!([refused["granted"], refused["reason"]]), json!([false, null]), "it is never told why");
    assert_eq!(served.get("/controllers/turnstile")["led"], "red");
}

#[test]
fn a_reader_tells_of_its_door_its_button_and_its_case() {
    let served = serve(&site());
    let mut cp = Cp::open(&served.site, "north", 4);
    assert!(cp.secure_with(KEY));
    let (status, shown) = served
        .post("/controllers/turnstile/door", &json!({ "contact": "open", "rex": true, "tamper": true }));
    assert_eq!((status, &shown["inputs"], &shown["contact"]), (200, &json!([true, true]), &json!("open")));
    poll_for(&mut cp, |reply| matches!(reply, Reply::InputStatus(_)));
    poll_for(&mut cp, |reply| matches!(reply, Reply::LocalStatus(status) if status.tamper));
    let (status, refused) = served.post("/controllers/turnstile/inputs", &json!({ "2": true }));
    assert_eq!((status, &refused["remedy"]), (400, &json!("0 to 1")), "{refused}");
    assert_eq!(served.post("/controllers/turnstile/inputs", &json!({ "1": false })).1["inputs"][1], false);
}

#[test]
fn a_board_does_what_it_is_told_and_loses_it_with_its_power() {
    let served = serve(&site());
    let mut line = port(&served.site, "annex");
    let pulse = [1, 5, 2, 1, 0, 50, 0x1C, 0x67];
    assert_eq!(ask::<8>(&mut line, &pulse), pulse, "five seconds, by its own timer");
    let shown = served.get("/controllers/relays");
    assert_eq!((&shown["outputs"][1], &shown["online"]), (&json!(true), &json!(true)), "{shown}");
    served.post("/controllers/relays/power", &json!({ "state": "off" }));
    let (_, shown) = served.post("/controllers/relays/power", &json!({ "state": "on" }));
    assert_eq!((&shown["outputs"][1], &shown["boots"]), (&json!(false), &json!(1)));
    served.post("/controllers/relays/inputs", &json!({ "3": true }));
    let read = [1, 2, 0, 0, 0, 8, 0x79, 0xCC];
    assert_eq!(ask::<6>(&mut line, &read)[..4], [1, 2, 1, 0b1000]);
}

#[test]
fn a_board_in_the_network_answers_there_and_refuses_what_it_does_not_know() {
    let served = serve(&site());
    let mut peer = TcpStream::connect(served.site.address("roof").unwrap()).unwrap();
    let pulse = [0, 7, 0, 0, 0, 6, 1, 5, 2, 0, 0, 50];
    assert_eq!(ask::<9>(&mut peer, &pulse), [0, 7, 0, 0, 0, 3, 1, 0x85, 2]);
    let on = [0, 8, 0, 0, 0, 6, 1, 5, 0, 0, 0xFF, 0];
    assert_eq!(ask::<12>(&mut peer, &on), on);
    assert_eq!(served.get("/controllers/roof-relays")["outputs"][0], true);
}

#[test]
fn an_adapter_writes_cards_down_and_a_swipe_is_answered_by_the_lock() {
    let served = Arc::new(serve(&site()));
    let (mut gate, mut annex) = (port(&served.site, "gate"), port(&served.site, "annex"));
    let swiped = swipe(&served, "gate-reader", json!({ "card": card(1234), "pin": "4711" }));
    let mut heard = [0; 13];
    gate.read_exact(&mut heard).unwrap();
    assert_eq!(heard[..], *b"6404D2\r\n4711#");
    let pulse = [1, 5, 2, 1, 0, 50, 0x1C, 0x67];
    assert_eq!(ask::<8>(&mut annex, &pulse), pulse);
    let swiped = swiped.join().unwrap();
    assert_eq!(json!([swiped["granted"], swiped["decided_by"]]), json!([true, "gateway"]));
    let long = json!({ "card": { "bits": 34, "raw": "0x1" } });
    let (status, refused) = served.post("/controllers/gate-reader/swipe", &long);
    assert_eq!((status, &refused["remedy"]), (409, &json!("present a 26 bit card")));
}

#[test]
fn a_faulty_adapter_repeats_or_mixes_frames_and_says_nothing_without_power() {
    let served = Arc::new(serve(&site()));
    let mut gate = port(&served.site, "gate");
    let mut hear = |len: usize| {
        let mut heard = vec![0; len];
        gate.read_exact(&mut heard).unwrap();
        String::from_utf8(heard).unwrap()
    };
    let (_, set) = served.post("/lines/gate/faults", &json!({ "repeat_rate": 1.0, "seed": 7 }));
    assert_eq!((&set["repeat_rate"], &set["seed"]), (&json!(1.0), &json!(7)));
    let first = swipe(&served, "gate-reader", json!({ "card": card(1234) }));
    assert_eq!(hear(16), "6404D2\r\n6404D2\r\n");
    served.post("/lines/gate/faults", &json!({ "mix_rate": 1.0 }));
    let second = swipe(&served, "gate-reader", json!({ "card": card(1235) }));
    assert_eq!(hear(16), "64046404D2\r\nD3\r\n", "the card before, in the middle of this one");
    for swiped in [first, second] {
        let nothing = json!({ "granted": null, "reason": null, "decided_by": null, "latency_us": null });
        assert_eq!(swiped.join().unwrap(), nothing, "the lock did nothing");
    }
    served.post("/controllers/gate-reader/power", &json!({ "state": "off" }));
    let (status, _) = served.post("/controllers/gate-reader/swipe", &json!({ "card": card(1234) }));
    assert_eq!(status, 409);
}

#[test]
fn what_a_device_does_not_have_is_said_with_what_has_it() {
    let served = serve(&site());
    let cards = served.request("GET", "/controllers/turnstile/cards", "");
    assert_eq!(
        (cards.0, &cards.1["remedy"]),
        (409, &json!("name a panel; GET /controllers tells which are"))
    );
    assert_eq!(served.post("/controllers/relays/clock", &json!({ "offset_s": 5 })).0, 409);
    assert_eq!(served.post("/controllers/gate-reader/inputs", &json!({ "0": true })).0, 409);
    assert_eq!(served.post("/controllers/relays/swipe", &json!({ "card": card(1) })).0, 409);
    assert_eq!(served.post("/lines/annex/faults", &json!({ "mix_rate": 1.0 })).0, 400);
}
