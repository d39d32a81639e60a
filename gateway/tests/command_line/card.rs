//! `gateway card`: from bits to numbers and back.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Finished, gateway, run};

fn card(arguments: &str) -> Finished {
    run(Path::new("."), &format!("card {arguments}"))
}

fn json(arguments: &str) -> Value {
    serde_json::from_str(&card(&format!("{arguments} --json")).succeeded()).unwrap()
}

#[test]
fn decode_tells_every_reading_that_fits() {
    let expected = "\
26:0x2F623AE  10111101100010001110101110
FORMAT  FACILITY  NUMBER  ALSO  NAME
H10301  123       4567          HID, open standard, 26 bits
IND26   1969      471           Indala, 26 bits
";
    for raw in ["--bits 26 --raw 0x2F623AE", "--raw 0b10111101100010001110101110", "--bits 26 --raw 49685422"]
    {
        let finished = card(&format!("decode {raw}"));
        assert_eq!(finished.stderr, "");
        assert_eq!(finished.succeeded(), expected, "{raw}");
    }
    let shown = json("decode --bits 26 --raw 0x2f623ae");
    assert_eq!((&shown["credential"], &shown["raw"]), (&json!("26:0x2F623AE"), &json!("0x2F623AE")));
    let first = json!({
        "format": "H10301", "name": "HID, open standard, 26 bits", "exact": true, "facility": 123, "number": 4567
    });
    assert_eq!(shown["readings"][0], first);
    assert_eq!(shown["readings"].as_array().unwrap().len(), 2);
}

#[test]
fn decode_tells_a_chips_serial_number_both_ways_round() {
    let shown = json("decode --bits 32 --raw 0xDEADBEEF");
    let serial = &shown["readings"][0];
    assert_eq!(
        (&serial["number"], &serial["number_reversed"]),
        (&json!(0xDEAD_BEEF_u32), &json!(0xEFBE_ADDE_u32))
    );
    let table = card("decode --bits 32 --raw 0xDEADBEEF").succeeded();
    assert!(table.contains("bytes reversed: 4022250974"), "{table}");
    assert!(
        table.lines().any(|line| line.starts_with("WIE32") && line.contains("bits left over")),
        "{table}"
    );
}

#[test]
fn decode_says_why_a_format_of_that_length_does_not_fit() {
    let finished = card("decode --bits 26 --raw 0x2F623AF");
    assert!(finished.stderr.contains("H10301 does not fit: parity bit 25 is wrong"), "{finished:?}");
    assert!(
        finished.stderr.contains("no known format; as a card number, write raw:26:0x2F623AF"),
        "{finished:?}"
    );
    assert_eq!(finished.succeeded(), "26:0x2F623AF  10111101100010001110101111\n");
    let shown = json("decode --bits 26 --raw 0x2F623AF");
    assert_eq!(shown["readings"], json!([]));
    assert_eq!(shown["misfits"][0], json!({"format": "H10301", "why": "parity bit 25 is wrong"}));
}

#[test]
fn decode_knows_keys_and_cards_too_long_for_a_credential() {
    let keys = json("decode --bits 8 --raw 0xA5")["keys"].clone();
    assert_eq!(keys[0], json!({"format": "KEY8", "key": "5", "order": "complement first"}));
    assert_eq!(keys[1]["key"], "*");
    assert!(card("decode --raw 0b1011").succeeded().contains("key #"));
    let long = json("decode --bits 66 --raw 0x8A");
    assert_eq!((&long["credential"], &long["readings"][0]["format"]), (&Value::Null, &json!("UID66")));
    let unknown = card("decode --bits 100 --raw 1");
    assert!(unknown.stderr.contains("100 bits; a credential has 1 to 64"), "{unknown:?}");
}

#[test]
fn decode_guesses_what_a_printed_or_shortened_number_stands_for() {
    let expected = "H10301 without its parity: facility 116, number 23152, raw 26:0x0E8B4E0";
    for given in ["--bits 24 --raw 7625328", "0007625328 116,23152", "0007625328", "116,23152"] {
        let told = card(&format!("decode {given}")).succeeded();
        assert!(told.contains(expected), "{given}: {told}");
    }
    let guess = json("decode --bits 24 --raw 7625328")["guesses"][0].clone();
    let shown = json!({
        "format": "H10301", "name": "HID, open standard, 26 bits", "exact": true, "facility": 116, "number": 23152,
        "why": "without its parity", "credential": "26:0x0E8B4E0"
    });
    assert_eq!(guess, shown);
    let swapped = card("decode --bits 26 --raw 0x109DC51").succeeded();
    assert!(swapped.contains("H10301 with D0 and D1 swapped: facility 123, number 4567"), "{swapped}");
    assert_eq!(json("decode --bits 26 --raw 0x2F623AE")["guesses"], json!([]));
    let disagree = card("decode 0007625328 116,23153").failed(2);
    assert!(disagree.contains("not the same card"), "{disagree}");
}

#[test]
fn decode_refuses_what_is_no_card_and_says_what_would_be() {
    let cases = [
        ("--raw 0x2F623AE", "--bits is missing"),
        ("--bits 26", "--raw"),
        ("--bits 26 --raw 0x4000000", "0x4000000 does not fit in 26 bits; it needs --bits 27"),
        ("--bits 0 --raw 0", "1..=128"),
        ("--bits 129 --raw 0", "1..=128"),
        ("--bits 26 --raw 2F623AE", "0x2F623AE"),
        ("--bits 26 --raw 0xG", "hexadecimal digits"),
        ("--bits 26 --raw 0b12", "binary digits"),
        ("--bits 26 --raw 0x+1", "hexadecimal digits"),
        ("--bits 128 --raw 0x100000000000000000000000000000000", "more than 128 bits"),
    ];
    for (arguments, expected) in cases {
        let stderr = card(&format!("decode {arguments}")).failed(2);
        assert!(stderr.contains(expected), "{arguments}: {stderr}");
    }
}

#[test]
fn encode_tells_bits_raw_and_binary() {
    let expected = "\
credential  26:0x2F623AE
bits        26
raw         0x2F623AE
binary      10111101100010001110101110
";
    assert_eq!(card("encode --format h10301 --facility 123 --number 4567").succeeded(), expected);
    let shown = json("encode --format H10301 --facility 123 --number 4567");
    let expected = json!({
        "credential": "26:0x2F623AE", "bits": 26, "raw": "0x2F623AE", "binary": "10111101100010001110101110"
    });
    assert_eq!(shown, expected);
}

#[test]
fn encode_takes_what_else_a_format_has() {
    let raw = |arguments: &str| json(&format!("encode {arguments}"))["raw"].clone();
    assert_eq!(raw("--format KASTLE32 --facility 123 --number 4567 --issue 1"), "0x42F623AE");
    assert_eq!(raw("--format C15001 --facility 42 --number 69"), "0xF0854008A");
    assert_eq!(raw("--format C15001 --facility 42 --number 69 --oem 900"), "0xF0854008A");
    assert_eq!(raw("--format H10302 --number 69"), "0x000000008A");
    assert_eq!(raw("--format H10302 --facility 0 --number 69"), "0x000000008A");
    assert_eq!(raw("--format UID34 --number 69"), "0x00000008A");
    let long = card("encode --format UID66 --number 69").succeeded();
    assert!(long.starts_with("credential  none: 66 bits"), "{long}");
    let key = json("encode --format key8 --key 5");
    assert_eq!(key, json!({"credential": null, "bits": 8, "raw": "0xA5", "binary": "10100101"}));
}

#[test]
fn encode_refuses_by_the_options_name_and_says_what_would_be_right() {
    let cases = [
        (
            "--format H10301 --facility 256 --number 1",
            "--facility 256: the facility code of H10301 is 0 to 255",
        ),
        (
            "--format H10301 --facility 1 --number 65536",
            "--number 65536: the card number of H10301 is 0 to 65535",
        ),
        ("--format H10301 --number 1", "--facility is missing: the facility code of H10301 is 0 to 255"),
        ("--format H10302 --facility 1 --number 1", "--facility: H10302 has no facility code; leave it out"),
        ("--format H10301 --facility 1 --number 1 --issue 1", "--issue: H10301 has no issue level"),
        ("--format H1031 --facility 1 --number 1", "did you mean \"H10301\"?"),
        ("--format nonsense --facility 1 --number 1", "known formats: H10301, IND26"),
        ("--format H10301 --facility 1", "--number"),
        ("--format KEY4 --number 5", "--key"),
        ("--format KEY4 --key 10", "0 to 9, * and #"),
        ("--format H10301 --key 5", "--key: H10301 is a format of cards"),
    ];
    for (arguments, expected) in cases {
        let stderr = card(&format!("encode {arguments}")).failed(2);
        assert!(stderr.contains(expected), "{arguments}: {stderr}");
    }
}

#[test]
fn formats_lists_what_encode_takes() {
    let formats = json("formats");
    let formats = formats.as_array().unwrap();
    assert_eq!(formats.len(), 36);
    for format in formats {
        let id = format["format"].as_str().unwrap();
        let mut command = gateway();
        command.args(["card", "encode", "--format", id]);
        for part in ["facility", "issue", "oem", "number"] {
            if let Some(max) = format[part]["max"].as_u64() {
                command.args([format!("--{part}"), max.to_string()]);
            }
        }
        let card = Finished::of(command.output().unwrap()).succeeded();
        assert!(card.contains(&format!("bits        {}", format["bits"])), "{id}: {card}");
    }
    let table = card("formats").succeeded();
    assert!(table.lines().any(|line| line.starts_with("H10302     37    none")), "{table}");
}
