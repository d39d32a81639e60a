use std::net::Ipv4Addr;

use panel_protocol::wiegand::{Format, H10301};
use serde_json::Value;

use super::*;
use crate::mqtt::bench::{BEGIN, Bench, json, only};

const IP: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 31);

const SECOND: Duration = Duration::from_secs(1);

fn config() -> EspRfidConfig {
    EspRfidConfig::new("/esprfid", IP)
}

fn board(config: &EspRfidConfig) -> Bench<EspRfid> {
    Bench::connected(EspRfid::new(config, "shed")).0
}

fn command(command: &Value) -> String {
    let mut command = command.clone();
    command["doorip"] = json!(IP);
    command.to_string()
}

fn user(uid: &str) -> Value {
    json!({ "cmd": "adduser", "uid": uid, "user": "Ada", "acctype": 1, "validuntil": 4_294_967_295_u32 })
}

/// Gives a command and waits until it is done.
fn order(board: &mut Bench<EspRfid>, what: &Value) -> Vec<Message> {
    let mut said = board.hear("/esprfid/cmd", command(what));
    said.extend(board.wait(SECOND));
    said
}

/// Card 100:1234, whose number without parity is 6404d2.
fn swipe(board: &mut Bench<EspRfid>) -> (Verdict, Vec<Message>) {
    let card = H10301.encode(100, 1_234).unwrap();
    let at = board.at();
    let Decision::Own(verdict) = board.firmware.present(at, 0, card, None) else { panic!("it decides") };
    (verdict, board.said())
}

#[test]
fn it_says_boot_and_a_heartbeat_at_each_connection_and_then_a_heartbeat_each_interval() {
    let (mut board, greeting) = Bench::connected(EspRfid::new(&config(), "shed"));
    let kinds: Vec<_> = greeting.iter().map(|message| json(message)["type"].clone()).collect();
    assert_eq!(kinds, ["boot", "heartbeat"]);
    let boot = json!({ "type": "boot", "time": BEGIN + 1, "uptime": "0", "ip": IP, "hostname": "shed" });
    assert_eq!(json(&greeting[0]), boot);
    assert!(board.wait(SECOND * 179).is_empty());
    let beat = only(&board.wait(SECOND * 2));
    assert_eq!((&beat["type"], &beat["uptime"], &beat["ip"]), (&json!("heartbeat"), &json!(181), &json!(IP)));
    board.tell(Input::Lost);
    let again = board.connect();
    assert_eq!(json(&again[0])["type"], "boot", "though it was not restarted");
    assert!(board.firmware.terms().will.is_none());
}

#[test]
fn only_commands_with_its_own_address_count() {
    let mut board = board(&config());
    for foreign in [
        json!({ "cmd": "adduser", "uid": "1", "doorip": "192.0.2.32" }).to_string(),
        json!({ "cmd": "adduser", "uid": "1" }).to_string(),
        json!({ "cmd": "adduser", "uid": "1", "doorip": 7 }).to_string(),
        "{".into(),
    ] {
        assert!(board.hear("/esprfid/cmd", foreign).is_empty());
    }
    board.hear("/esprfid/elsewhere", command(&user("1")));
    assert!(board.wait(SECOND).is_empty() && board.firmware.files.is_empty());
}

#[test]
fn acknowledgements_name_no_card_and_come_even_when_nothing_was_done() {
    let mut board = board(&config());
    for (what, word) in [
        (user("6404d2"), "adduser"),
        (json!({ "cmd": "deletuid", "uid": "ffff" }), "deletuid"),
        (json!({ "cmd": "deletlog" }), "deletlog"),
        (json!({ "cmd": "deletusers" }), "deletusers"),
    ] {
        let ack = only(&order(&mut board, &what));
        assert_eq!(ack, json!({ "type": word, "ip": IP, "hostname": "shed" }));
    }
    assert!(
        order(&mut board, &json!({ "cmd": "deleteuid", "uid": "6404d2" })).is_empty(),
        "spelled so, it is nothing"
    );
}

#[test]
fn a_user_list_is_what_was_stored_and_ends_without_a_word() {
    let mut board = board(&config());
    for uid in ["a", "b"] {
        order(&mut board, &user(uid));
    }
    let said = order(&mut board, &json!({ "cmd": "getuserlist" }));
    let uids: Vec<_> = said.iter().map(|message| json(message)["uid"].clone()).collect();
    assert_eq!(uids, ["a", "b"]);
    let first = json(&said[0]);
    assert_eq!((&first["cmd"], &first["doorip"], first.get("type")), (&json!("adduser"), &json!(IP), None));
    order(&mut board, &json!({ "cmd": "deletusers" }));
    assert!(order(&mut board, &json!({ "cmd": "getuserlist" })).is_empty());
}

#[test]
fn a_file_that_is_too_large_to_be_read_back_is_stored_acknowledged_never_listed_and_opens_nothing() {
    let mut board = board(&config());
    let mut large = user("6404d2");
    large["note"] = json!("x".repeat(400));
    assert_eq!(only(&order(&mut board, &large))["type"], "adduser");
    assert_eq!(board.firmware.files.len(), 1);
    assert!(order(&mut board, &json!({ "cmd": "getuserlist" })).is_empty());
    assert_eq!(swipe(&mut board).0, Verdict::Word { granted: false, word: "Disabled" });
}

#[test]
fn a_message_beyond_its_budget_or_its_memory_is_dropped() {
    let mut loud = config();
    loud.events = true;
    let mut board = board(&loud);
    let mut long = user("1");
    long["user"] = json!("x".repeat(2_048));
    assert!(order(&mut board, &long).is_empty(), "2,048 bytes are the end of its buffer");
    let said: Vec<_> =
        (0..20).flat_map(|uid| board.hear("/esprfid/cmd", command(&user(&uid.to_string())))).collect();
    let dropped: Vec<_> = said.iter().map(json).collect();
    assert!(!dropped.is_empty() && dropped.iter().all(|event| event["type"] == "ERRO"), "{dropped:?}");
    assert_eq!(dropped[0]["desc"], "Dropping MQTT message, out of memory");
    let acks = board.wait(SECOND);
    assert_eq!((acks.len() + dropped.len(), acks.len()), (20, 9));
    assert_eq!(board.firmware.files.len(), 9);
}

#[test]
fn validity_is_judged_as_the_firmware_does() {
    let now = BEGIN + 1;
    let cases = [
        (json!({ "acctype": 1, "validuntil": now + 60 }), true, "Always"),
        (json!({ "acctype": "1", "validuntil": (now + 60).to_string() }), true, "Always"),
        (json!({ "acctype": 1 }), false, "Expired"),
        (json!({ "acctype": 1, "validuntil": 4_294_967_296_u64 }), false, "Expired"),
        (json!({ "acctype": 1, "validuntil": BEGIN - 1 }), false, "Expired"),
        (json!({ "acctype": 1, "validsince": now + 60, "validuntil": now + 120 }), false, "Expired"),
        (json!({ "acctype": 0, "validuntil": now + 60 }), false, "Disabled"),
        (json!({ "acctype": 99 }), true, "Admin"),
    ];
    for (fields, granted, word) in cases {
        let mut board = Bench::new(EspRfid::new(&config(), "shed"));
        board.connect();
        let mut file = json!({ "cmd": "adduser", "uid": "6404d2", "user": "Ada" });
        file.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        board.hear("/esprfid/cmd", command(&file));
        board.wait(Duration::from_millis(30));
        let (verdict, said) = swipe(&mut board);
        assert_eq!(verdict, Verdict::Word { granted, word }, "{fields}");
        let told = only(&said);
        assert_eq!(
            (&told["type"], &told["access"], &told["uid"]),
            (&json!("access"), &json!(word), &json!("6404d2"))
        );
        assert_eq!((&told["isKnown"], &told["username"]), (&json!("true"), &json!("Ada")));
        assert_eq!(board.firmware.insides(board.at()).outputs, [granted]);
        board.wait(SECOND);
        assert_eq!(board.firmware.insides(board.at()).outputs, [false]);
    }
}

#[test]
fn an_unknown_card_is_denied_and_a_number_is_decimal_where_the_reader_is_set_so() {
    let mut decimal = config();
    decimal.hex = false;
    let mut board = board(&decimal);
    let (verdict, said) = swipe(&mut board);
    assert_eq!(verdict, Verdict::Word { granted: false, word: "Denied" });
    let told = only(&said);
    assert_eq!((&told["uid"], &told["isKnown"]), (&json!("6554834"), &json!("false")));
    assert_eq!(told["username"], "Unknown");
    let long = Format::by_id("H10302").unwrap().encode(0, 5).unwrap();
    assert_eq!(board.firmware.present(board.at(), 0, long, None), Decision::Unread);
}

#[test]
fn several_relays_open_by_their_own_types_and_only_after_the_first_allows_it() {
    let mut wide = config();
    wide.relays = 3;
    let mut board = board(&wide);
    let mut file = user("6404d2");
    (file["acctype2"], file["acctype3"]) = (json!(0), json!(1));
    order(&mut board, &file);
    let (_, said) = swipe(&mut board);
    assert_eq!(only(&said)["access"], json!(["Always", "Disabled", "Always"]));
    assert_eq!(board.firmware.insides(board.at()).outputs, [true, false, true]);
    board.wait(SECOND);
    file["acctype"] = json!(0);
    order(&mut board, &file);
    assert_eq!(swipe(&mut board).0, Verdict::Word { granted: false, word: "Disabled" });
    assert_eq!(board.firmware.insides(board.at()).outputs, [false; 3]);
}

#[test]
fn opening_by_message_is_told_as_an_access_of_mqtt_and_released_by_itself() {
    let mut wide = config();
    wide.relays = 2;
    let mut board = board(&wide);
    board.hear("/esprfid/cmd", command(&json!({ "cmd": "open", "door": "1" })));
    let said = board.wait(Duration::from_millis(10));
    let told = only(&said);
    assert_eq!(
        (&told["username"], &told["uid"], &told["access"]),
        (&json!("MQTT"), &json!(" "), &json!("Always"))
    );
    assert_eq!(board.firmware.insides(board.at()).outputs, [false, true]);
    assert_eq!((board.firmware.released(0), board.firmware.released(1)), (0, 1));
    board.wait(SECOND);
    assert_eq!(board.firmware.insides(board.at()).outputs, [false, false]);
    order(&mut board, &json!({ "cmd": "opendoor" }));
    assert_eq!((board.firmware.released(0), board.firmware.released(1)), (1, 2));
}

#[test]
fn files_outlive_power_and_not_a_wipe_and_waiting_commands_outlive_neither() {
    let mut board = board(&config());
    order(&mut board, &user("a"));
    board.hear("/esprfid/cmd", command(&user("b")));
    board.tell(Input::Booted);
    board.connect();
    board.wait(SECOND);
    assert_eq!(board.firmware.files.keys().collect::<Vec<_>>(), ["a"]);
    board.tell(Input::Wiped);
    assert!(board.firmware.files.is_empty());
}

#[test]
fn a_door_that_opens_without_a_relay_was_tampered_with() {
    let mut loud = config();
    loud.events = true;
    let mut board = board(&loud);
    let open = board.tell(Input::Contact(Contact::Open));
    let told: Vec<_> = open.iter().map(|message| json(message)["desc"].clone()).collect();
    assert_eq!(told, ["Door Open", "Door was tampered!"]);
    assert_eq!(only(&board.tell(Input::Contact(Contact::Closed)))["desc"], "Door Closed");
}

#[test]
fn for_home_assistant_it_is_discovered_has_a_will_and_tells_its_states() {
    let mut home = config();
    home.home_assistant = true;
    let (mut board, greeting) = Bench::connected(EspRfid::new(&home, "shed"));
    let will = board.firmware.terms().will.unwrap();
    assert_eq!(
        (will.topic.as_str(), will.payload.as_slice(), will.retain),
        ("/esprfid/avty", &b"offline"[..], true)
    );
    let retained: Vec<_> =
        greeting.iter().filter(|message| message.retain).map(|message| &message.topic).collect();
    assert_eq!(retained[0], "homeassistant/lock/shed/lock0/config");
    assert_eq!(*retained.last().unwrap(), "/esprfid/avty");
    order(&mut board, &user("6404d2"));
    let (_, said) = swipe(&mut board);
    let said: Vec<_> =
        said.iter().map(|message| (message.topic.as_str(), message.payload.as_slice())).collect();
    assert_eq!(said[0], ("/esprfid/io/lock0", &b"UNLOCKED"[..]));
    assert_eq!(said[1].0, "/esprfid/tag");
}

#[test]
fn the_old_firmware_acknowledges_nothing_and_lists_elsewhere() {
    let mut old = config();
    old.old = true;
    let (mut board, greeting) = Bench::connected(EspRfid::new(&old, "shed"));
    assert!(json(&greeting[0]).get("hostname").is_none());
    assert_eq!(greeting[1].topic, "/esprfid/sync");
    assert!(order(&mut board, &user("a")).is_empty());
    let said = order(&mut board, &json!({ "cmd": "getuser" }));
    assert_eq!((said[0].topic.as_str(), said.len()), ("/esprfid/accesslist", 1));
    let mut long = user("b");
    long["user"] = json!("x".repeat(200));
    order(&mut board, &long);
    assert_eq!(board.firmware.files.len(), 1, "255 bytes are the end of its buffer");
}
