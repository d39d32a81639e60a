//! `gateway osdp decode`: digits and files in, frames out.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::program::{Finished, gateway, run};

const HERE: &str = ".";
const ID: &str = "53 00 09 00 04 61 00 C0 66";
const KEYSET: &str = "53011a0006750110a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a541f1";
const ADOPT: &str = "5301200006800a47480204030201000102030405060708090a0b0c0d0e0f6b30";

const KEYS: [&str; 11] = [
    "index",
    "direction",
    "address",
    "sequence",
    "check",
    "code",
    "name",
    "scs",
    "mac_ok",
    "plaintext",
    "fields",
];

fn decode(arguments: &str) -> Finished {
    run(Path::new(HERE), &format!("osdp decode {arguments}"))
}

/// The frames that `--json` tells of.
fn frames(arguments: &str) -> Vec<Value> {
    json_lines(&decode(&format!("--json {arguments}")).succeeded())
}

fn json_lines(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Decodes what is on standard input.
fn piped(arguments: &[&str], input: &str) -> Finished {
    let mut command = gateway();
    command.args(["osdp", "decode"]).args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Something that is refused early closes its end.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Finished::of(child.wait_with_output().unwrap())
}

fn data(name: &str) -> String {
    format!("{}/tests/command_line/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../panel-protocol/tests/data/osdp-vectors.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A recorded conversation as a file of digits, and its key in a file.
fn transcript() -> (TempDir, String, String) {
    let (folder, vectors) = (tempdir().unwrap(), vectors());
    let lines = vectors["transcript"]["all_frames_hex"].as_array().unwrap();
    let text: String = lines.iter().map(|line| format!("{}\n", line.as_str().unwrap())).collect();
    let (digits, key) = (folder.path().join("digits.txt"), folder.path().join("key.scbk"));
    fs::write(&digits, text).unwrap();
    fs::write(&key, vectors["transcript"]["keys"]["scbk"].as_str().unwrap()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let [digits, key] = [digits, key].map(|path| path.display().to_string());
    (folder, digits, key)
}

/// The standard's own handshake (Annex E), begun at sequence number 0.
const HANDSHAKE: [&str; 4] = [
    "530013000c03110076b0b1b2b3b4b5b6b75232",
    "53802b000c031200760000000000000000a0a1a2a3a4a5a6a7fde5d2f428ec16312471ea3c02bd7796984f",
    "53001b000d0313007726d3356e07762d262801fc8e6665a8917bda",
    "53801b000d03140178b2a30057eb98ba2229ec1f875662b5245585",
];

#[test]
fn a_handshake_that_begins_at_sequence_number_0_is_followed() {
    let seen = frames(&HANDSHAKE.join(" "));
    let proofs: Vec<&Value> = seen.iter().map(|frame| &frame["fields"]["proof"]).collect();
    assert_eq!(proofs, [&Value::Null, &json!("right"), &json!("right"), &json!("right")]);
    let told = decode(&HANDSHAKE.join(" ")).succeeded();
    assert_eq!(told.matches("proof right  under the default key").count(), 3, "{told}");
}

#[test]
fn encrypted_padding_alone_is_no_data_and_the_session_is_followed_on() {
    let lines = "53001e000f021764b596ae5b038a99cf5be493ca9ac3bd5e3ef7d05d9e7f \
                 53801e000f021848e11e8be7fdbbf0894dec5f5c66da452791cb2f50deb4";
    let seen = frames(&format!("{} {lines}", HANDSHAKE.join(" ")));
    let [.., command, reply] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((&command["mac_ok"], &command["plaintext"]), (&json!(true), &json!("")));
    assert_eq!(command["remark"], "padding only, where SCS_15 would do");
    assert_eq!((&reply["mac_ok"], &reply["name"]), (&json!(true), &json!("osdp_LSTATR")));
    assert_eq!(
        (&reply["fields"]["tamper"], &reply["fields"]["power_failure"]),
        (&json!(false), &json!(true)),
        "{reply}"
    );
}

#[test]
fn one_frame_is_one_object_with_every_key() {
    let expected = json!({
        "index": 0, "direction": "cp_to_pd", "address": 0, "sequence": 0, "check": "ok", "code": "61",
        "name": "osdp_ID", "scs": null, "mac_ok": null, "plaintext": "00", "fields": {},
    });
    for text in [ID, "ff5300090004 6100c066", "0xFF,0x53,0x00,0x09,0x00,0x04,0x61,0x00,0xC0,0x66"] {
        assert_eq!(frames(text), std::slice::from_ref(&expected), "{text}");
        assert_eq!(piped(&["--json"], text).succeeded(), decode(&format!("--json {text}")).succeeded());
        assert_eq!(piped(&["--json", "-"], &format!("\n{text}\n")).code, Some(0));
    }
    let keys: Vec<String> = expected.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys.len(), KEYS.len());
    let line = decode(&format!("--json {ID}")).succeeded();
    let places = KEYS.map(|key| line.find(&format!("\"{key}\":")).expect(key));
    assert!(places.is_sorted(), "{line}");
}

#[test]
fn with_its_key_a_whole_conversation_is_read() {
    let (_folder, digits, key) = transcript();
    let scbk = vectors()["transcript"]["keys"]["scbk"].as_str().unwrap().to_owned();
    for option in [format!("--scbk {scbk}"), format!("--scbk 5={scbk}"), format!("--scbk-file 5={key}")] {
        let frames = frames(&format!("{digits} {option}"));
        assert_eq!(frames.len(), 156);
        assert_eq!(frames.iter().filter(|frame| frame["mac_ok"] == true).count(), 148);
        assert_eq!(frames[5]["fields"]["proof"], "right");
        for row in vectors()["transcript"]["rows"].as_array().unwrap() {
            let frame = &frames[usize::try_from(row["i"].as_u64().unwrap()).unwrap()];
            assert_eq!((&frame["plaintext"], &frame["name"]), (&row["plain"], &row["msg"]), "{frame}");
            assert_eq!((&frame["sequence"], &frame["scs"]), (&row["sqn"], &row["scs"]), "{frame}");
        }
    }
}

#[test]
fn without_its_key_no_mac_is_called_right_or_wrong() {
    let (_folder, digits, _) = transcript();
    for option in ["", "--scbk 000102030405060708090a0b0c0d0e0f", "--scbk 6=944b8eddcbaa2b5fe2b0148d1b2f95c9"]
    {
        let frames = frames(&format!("{digits} {option}"));
        assert!(frames.iter().all(|frame| frame["mac_ok"].is_null()));
        assert!(frames.iter().filter(|frame| frame["scs"] == "17").all(|frame| frame["plaintext"].is_null()));
        assert_eq!(frames[7]["fields"]["proof"], "unknown");
    }
}

#[test]
fn what_is_damaged_is_shown_with_what_failed_and_costs_no_other_frame() {
    let (_folder, digits, key) = transcript();
    let text = fs::read_to_string(&digits).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[20].replace_range(10..12, "00");
    let output = piped(&["--json", "--scbk-file", &key], &lines.join("\n"));
    let frames = json_lines(&output.succeeded());
    assert_eq!(frames.len(), 156);
    let damaged = &frames[20];
    assert_eq!((&damaged["check"], &damaged["address"]), (&json!("the checksum does not match"), &json!(5)));
    assert!(damaged["code"].is_null() && damaged["fields"].is_null(), "{damaged}");
    assert!(frames[21..].iter().all(|frame| frame["check"] == "ok" && frame["mac_ok"].is_null()));

    let noisy = piped(&["--json"], &format!("01 02 {ID} 03 {ID}"));
    assert_eq!((noisy.stderr.matches("no frame: 01 02").count(), json_lines(&noisy.stdout).len()), (1, 2));
    let shown = decode(&format!("01 02 {ID} 53 00 09 00 04")).succeeded();
    assert!(shown.contains("no frame: 01 02"), "{shown}");
    assert!(shown.contains("too few for a frame: 53 00 09 00 04"), "{shown}");
}

#[test]
fn people_read_the_fields_in_words() {
    for (frame, words) in [
        ("53011600056900000205050100320001010002021528", "on color red, on 500 ms, off color black"),
        ("5381090005410650a6", "meaning a secure channel with the right key is required"),
        ("53811000065000011a00bd88eb806191", "format H10301, facility 123, number 4567"),
        ("53810e000653000431327f0d782d", "reader 0, keys 12*#"),
        ("53810f00067a01f401fdff80000063", "status -3, meaning the file is malformed"),
        ("53810d00065401802500001359", "address 1, baud 9600"),
        (
            "5301230006800a4748101a02f623ae00009a02f623b101000380b8556900ec366bee18",
            "profile 1, valid from 2025-12-31T23:57:52Z, valid until 2026-12-31T23:57:52Z",
        ),
        ("5381170006900a4748100019bda7dffeb7167d020089c0", "answer PUT_ROWS, status done"),
    ] {
        let shown = decode(frame).succeeded();
        assert!(shown.contains(words), "{frame}: {shown}");
        assert!(!shown.contains('\u{1b}'), "colours are for terminals: {shown}");
    }
}

#[test]
fn a_key_that_a_frame_carries_is_shown_only_when_that_is_asked_for() {
    for (frame, key) in [(KEYSET, "a5".repeat(16)), (ADOPT, "000102030405060708090a0b0c0d0e0f".to_owned())] {
        for options in ["", "--json"] {
            let hidden = decode(&format!("{options} {frame}")).succeeded();
            assert!(hidden.contains("--show-keys") && !hidden.replace(' ', "").contains(&key), "{hidden}");
            let shown = decode(&format!("{options} --show-keys {frame}")).succeeded();
            assert!(shown.replace(' ', "").contains(&key), "{shown}");
        }
        assert_eq!(frames(frame)[0]["plaintext"], Value::Null);
    }
}

#[test]
fn the_recordings_of_others_are_read_whoever_recorded() {
    let conformance = frames(&data("conformance.osdpcap"));
    let told = |frames: &[Value]| {
        frames.iter().map(|f| (f["name"].clone(), f["direction"].clone())).collect::<Vec<_>>()
    };
    let pair = |name: &str, direction: &str| (json!(name), json!(direction));
    let expected = [
        pair("osdp_POLL", "cp_to_pd"),
        pair("osdp_RAW", "pd_to_cp"),
        pair("osdp_POLL", "cp_to_pd"),
        pair("osdp_KEYPAD", "pd_to_cp"),
    ];
    assert_eq!(told(&conformance), expected, "recorded at a PD");
    assert_eq!(conformance[1]["fields"]["card"], "26:0x2F623AE");
    let net = frames(&data("osdp-net.osdpcap"));
    assert_eq!(told(&net), [pair("osdp_LED", "cp_to_pd"), pair("osdp_NAK", "pd_to_cp")], "recorded at a CP");
    let shown = decode(&data("osdp-net.osdpcap")).succeeded();
    assert!(shown.contains("16:13:20.141793"), "the time, in the machine's own zone: {shown}");
}

#[test]
fn what_is_no_hex_and_no_file_is_refused_with_its_place() {
    for (arguments, told) in [
        ("FF 5G", "character 5 is 'G'"),
        ("hello", "character 1 is 'h'"),
        ("FF 5", "the digit at character 4"),
        ("none.osdpcap", "none.osdpcap can't be read"),
        (&format!("--scbk a5a5 {ID}"), "32 hexadecimal digits"),
        (&format!("--scbk 200={} {ID}", "a5".repeat(16)), "\"200\" is no address"),
        (&format!("--scbk-file none.scbk {ID}"), "no file none.scbk"),
    ] {
        let stderr = decode(arguments).failed(2);
        assert!(stderr.contains(told), "{arguments}: {stderr}");
    }
    for (input, told) in [
        ("\nFF 5Z", "line 2: character 5 is 'Z'"),
        ("{\"data\":\"5Z\"}", "line 1: \"data\": character 2 is 'Z'"),
        ("{\"data\":", "line 1: this is no OSDPCAP record"),
    ] {
        let stderr = piped(&[], input).failed(2);
        assert!(stderr.contains(told), "{input}: {stderr}");
    }
}

#[test]
fn no_key_of_the_operator_gets_into_a_complaint() {
    let secret = "a5".repeat(15);
    let stderr = decode(&format!("--scbk {secret} {ID}")).failed(2);
    assert!(!stderr.contains(&secret), "{stderr}");
}

#[test]
fn a_line_that_is_not_there_can_not_be_recorded() {
    let site = crate::program::site();
    let stderr = run(site.path(), "osdp capture --line nort --config gateway.toml").failed(2);
    assert!(stderr.contains("\"nort\"") && stderr.contains("did you mean \"north\""), "{stderr}");
    let stderr = run(site.path(), "osdp capture --line north --config gateway.toml").failed(1);
    assert!(stderr.contains("not running") && stderr.contains("gateway run --config"), "{stderr}");
    for (option, told) in [("--for soon", "60s"), ("--for 60", "60s"), ("--max-bytes many", "many")] {
        let arguments = format!("osdp capture --line north {option} --config gateway.toml");
        let stderr = run(site.path(), &arguments).failed(2);
        assert!(stderr.contains(told), "{stderr}");
    }
}
