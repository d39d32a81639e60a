use panel_protocol::wiegand::{Format, H10301};

use super::*;
use crate::mqtt::bench::{Bench, json, only};

const SECOND: Duration = Duration::from_secs(1);

fn board(config: &TasmotaConfig) -> Bench<Tasmota> {
    let (mut bench, _) = Bench::connected(Tasmota::new(config, 0));
    bench.wait(SECOND);
    bench
}

fn gate() -> TasmotaConfig {
    TasmotaConfig::new("gate")
}

fn texts(said: &[Message]) -> Vec<(&str, String)> {
    let text = |message: &Message| String::from_utf8(message.payload.clone()).unwrap();
    said.iter().map(|message| (message.topic.as_str(), text(message))).collect()
}

#[test]
fn it_says_that_it_is_there_and_what_it_is_and_both_stay() {
    let (bench, greeting) = Bench::connected(Tasmota::new(&gate(), 0));
    let told: Vec<_> = greeting.iter().map(|message| (message.topic.as_str(), message.retain)).collect();
    assert_eq!(told[0], ("tele/gate/LWT", true));
    assert_eq!(told[1], ("tasmota/discovery/02A500000001/config", true));
    assert_eq!(told[2], ("tasmota/discovery/02A500000001/sensors", true));
    let what = json(&greeting[1]);
    assert_eq!((&what["t"], &what["rl"][0], &what["rl"][1]), (&json!("gate"), &json!(1), &json!(0)));
    let will = bench.firmware.terms().will.unwrap();
    assert_eq!(
        (will.topic.as_str(), will.payload.as_slice(), will.retain),
        ("tele/gate/LWT", &b"Offline"[..], true)
    );
}

#[test]
fn a_card_is_told_with_its_size_without_parity_or_with_it() {
    let card = H10301.encode(118, 15_080).unwrap();
    for (with_parity, uid) in [(false, 118 << 16 | 15_080), (true, card.raw())] {
        let mut board = board(&TasmotaConfig { with_parity, ..gate() });
        assert_eq!(board.firmware.present(board.at(), 0, card, None), Decision::Gateway);
        let said = board.said();
        assert_eq!(said[0].topic, "tele/gate/SENSOR");
        assert_eq!(only(&said)["Wiegand"], json!({ "UID": uid, "Size": 26 }));
    }
    let long = Format::by_id("H10302").unwrap().encode(0, 5).unwrap();
    let mut board = board(&gate());
    assert_eq!(board.firmware.present(board.at(), 0, long, None), Decision::Unread);
    assert!(board.said().is_empty());
}

#[test]
fn a_relay_goes_off_by_itself_after_its_pulse_time() {
    let mut board = board(&gate());
    let said = board.hear("cmnd/gate/PulseTime1", "15");
    assert_eq!(only(&said), json!({ "PulseTime1": { "Set": 15, "Remaining": 0 } }));
    let said = board.hear("cmnd/gate/POWER1", "ON");
    let on = [("stat/gate/RESULT", r#"{"POWER":"ON"}"#.into()), ("stat/gate/POWER", "ON".into())];
    assert_eq!(texts(&said), on);
    assert!(board.wait(Duration::from_millis(1_400)).is_empty());
    let said = board.wait(Duration::from_millis(200));
    assert_eq!(texts(&said)[1], ("stat/gate/POWER", "OFF".into()));
    board.hear("cmnd/gate/backlog", "PulseTime 112; Power toggle");
    assert_eq!(board.firmware.insides(board.at()).outputs, [true]);
    board.wait(SECOND * 11);
    assert_eq!(board.firmware.insides(board.at()).outputs, [true]);
    board.wait(SECOND * 2);
    assert_eq!(board.firmware.insides(board.at()).outputs, [false]);
    board.hear("cmnd/gate/Backlog0", "PulseTime1 5; POWER1 ON");
    assert_eq!(board.firmware.insides(board.at()).outputs, [true]);
    board.wait(Duration::from_millis(600));
    assert_eq!(board.firmware.insides(board.at()).outputs, [false]);
}

#[test]
fn without_a_pulse_time_a_relay_stays_on_and_several_have_numbers() {
    let mut board = board(&TasmotaConfig { relays: 2, ..gate() });
    let said = board.hear("cmnd/gate/POWER2", "1");
    assert_eq!(texts(&said)[1], ("stat/gate/POWER2", "ON".into()));
    board.wait(SECOND * 60);
    assert_eq!(board.firmware.insides(board.at()).outputs, [false, true]);
    assert_eq!((board.firmware.released(0), board.firmware.released(1)), (0, 1));
    assert_eq!(only(&board.hear("cmnd/gate/POWER3", "1")), json!({ "Command": "Unknown" }));
    let status = board.hear("cmnd/gate/STATUS", "11");
    assert_eq!(
        (status[0].topic.as_str(), &only(&status)["StatusSTS"]["POWER2"]),
        ("stat/gate/STATUS11", &json!("ON"))
    );
    board.tell(Input::Booted);
    assert_eq!(board.firmware.insides(board.at()).outputs, [false, false]);
}

#[test]
fn contact_and_button_are_switches_and_topics_can_be_turned_round() {
    let mut board = board(&TasmotaConfig { full_topic: "%topic%/%prefix%/".into(), ..gate() });
    let said = board.tell(Input::Contact(Contact::Open));
    assert_eq!(texts(&said), [("gate/stat/RESULT", r#"{"Switch1":{"Action":"ON"}}"#.into())]);
    assert!(board.tell(Input::Contact(Contact::Open)).is_empty());
    let said = board.tell(Input::RequestToExit(true));
    assert_eq!(only(&said), json!({ "Switch2": { "Action": "ON" } }));
    assert_eq!(texts(&board.hear("gate/cmnd/POWER", ""))[1], ("gate/stat/POWER", "OFF".into()));
}

#[test]
fn it_tells_its_state_now_and_then() {
    let mut board = board(&gate());
    let said = board.wait(SECOND * 300);
    let topics: Vec<_> = said.iter().map(|message| message.topic.as_str()).collect();
    assert_eq!(topics, ["tele/gate/STATE", "tele/gate/SENSOR"]);
    assert_eq!(json(&said[0])["POWER"], "OFF");
    assert_eq!(json(&said[1])["Switch1"], "OFF");
}
