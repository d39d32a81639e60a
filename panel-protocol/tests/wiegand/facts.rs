//! The layouts and cards of `tests/data/wiegand.json`, which were written down apart from the table.

use std::collections::BTreeSet;

use panel_protocol::credential::Credential;
use panel_protocol::wiegand::keypad::{Burst, Key};
use panel_protocol::wiegand::{
    CardBits, Confidence, FORMATS, Field, Format, MAX_BITS, Parity, Part, Reading, readings,
};
use serde_json::Value;

fn facts() -> Vec<Value> {
    serde_json::from_str(include_str!("../data/wiegand.json")).unwrap()
}

fn cards() -> impl Iterator<Item = (Value, &'static Format)> {
    let cards = facts().into_iter().filter(|fact| !is_keypad(fact));
    cards.map(|fact| {
        let format = Format::by_id(fact["id"].as_str().unwrap()).unwrap_or_else(|| panic!("{fact}"));
        (fact, format)
    })
}

fn is_keypad(fact: &Value) -> bool {
    fact["id"].as_str().unwrap().starts_with("KEY")
}

fn vectors(fact: &Value) -> impl Iterator<Item = (CardBits, &Value)> {
    let bits = u8::try_from(fact["bits"].as_u64().unwrap()).unwrap();
    fact["vectors"].as_array().unwrap().iter().map(move |vector| {
        let raw = u128::from_str_radix(vector["hex"].as_str().unwrap(), 16).unwrap();
        let binary = vector["binary"].as_str().unwrap();
        assert_eq!((u128::from_str_radix(binary, 2).unwrap(), binary.len()), (raw, usize::from(bits)));
        (CardBits::new(bits, raw).unwrap(), &vector["values"])
    })
}

fn values(values: &Value) -> Reading {
    Reading {
        facility: values["fc"].as_u64(),
        issue: values["issue"].as_u64(),
        oem: values["oem"].as_u64(),
        number: values["cn"].as_u64().unwrap(),
    }
}

#[test]
fn every_format_of_the_facts_is_known_and_no_other() {
    let known: BTreeSet<_> = FORMATS.iter().map(|format| format.id.to_owned()).collect();
    let expected: BTreeSet<_> = cards().map(|(fact, _)| fact["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(known, expected);
    assert_eq!(known.len(), FORMATS.len(), "an id stands twice");
    assert_eq!(FORMATS.len(), 36);
}

#[test]
fn every_layout_is_that_of_the_facts() {
    for (fact, format) in cards() {
        assert_eq!(fact["bits"], format.bits, "{}", format.id);
        let aliases = fact["aliases"].as_array().unwrap();
        assert!(aliases.iter().eq(format.aliases), "{}", format.id);
        let parts =
            [("fc", Part::Facility), ("issue", Part::Issue), ("oem", Part::Oem), ("cn", Part::Number)];
        for (name, part) in parts {
            let fields = fact["fields"].as_array().unwrap();
            let expected = fields.iter().find(|field| field["part"] == name);
            assert_eq!(format.field(part), expected.map(field), "{} of {}", part, format.id);
        }
        let confidence = match format.confidence {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        };
        assert_eq!(fact["confidence"], confidence, "{}", format.id);
    }
}

#[test]
fn every_check_is_that_of_the_facts() {
    for (fact, format) in cards() {
        let ones = fact["ones"].as_array().unwrap().iter().map(|at| bit(number(at)));
        assert_eq!(format.ones, ones.sum(), "{}", format.id);
        let parity = fact["parity"].as_array().unwrap();
        assert_eq!(format.parity.len(), parity.len(), "{}", format.id);
        for (bit, expected) in format.parity.iter().zip(parity) {
            let kind = if bit.parity == Parity::Even { "even" } else { "odd" };
            assert_eq!(expected["type"], kind, "{} {}", format.id, bit.position);
            assert_eq!(expected["position"], bit.position, "{}", format.id);
            assert_eq!(bit.window, window(&expected["over"]), "{} {}", format.id, bit.position);
        }
        let sum = format.checksum.map(|sum| (sum.start, (0..sum.bytes).map(|at| at * 8).collect::<Vec<_>>()));
        let expected = fact["checksum"].as_object().map(|sum| {
            (number(&sum["start"]), sum["over_bytes"].as_array().unwrap().iter().map(number).collect())
        });
        assert_eq!(sum, expected, "{}", format.id);
    }
}

#[test]
fn every_published_card_is_composed_and_read() {
    let mut seen = 0;
    for (fact, format) in cards() {
        for (card, parts) in vectors(&fact) {
            let expected = values(parts);
            assert_eq!(format.compose(&expected), Ok(card), "{} {parts}", format.id);
            let read = format.read(card).unwrap();
            assert_eq!((read.facility, read.number), (expected.facility, expected.number), "{}", format.id);
            assert_eq!(read.issue, format.issue.map(|_| expected.issue.unwrap_or(0)), "{}", format.id);
            assert_eq!(read.oem, format.oem.map(|_| expected.oem.unwrap_or(900)), "{}", format.id);
            assert!(readings(card).any(|found| found == (format, read)), "{} {parts}", format.id);
            seen += 1;
        }
    }
    assert_eq!(seen, 72);
}

#[test]
fn a_published_card_that_says_nothing_of_issue_and_oem_is_the_credential_of_its_facility_and_number() {
    for (fact, format) in cards() {
        for (card, parts) in vectors(&fact).filter(|(_, parts)| parts["issue"].is_null()) {
            let encoded = format.encode(parts["fc"].as_u64().unwrap_or(0), parts["cn"].as_u64().unwrap());
            match Credential::try_from(card) {
                Ok(credential) => {
                    assert_eq!(encoded, Ok(credential), "{}", format.id);
                    assert_eq!(format.decode(credential), format.read(card));
                }
                Err(_) => assert!(!format.fits_credential() && encoded.is_err(), "{}", format.id),
            }
        }
    }
}

#[test]
fn every_published_key_is_sent_and_understood() {
    for fact in facts().iter().filter(|fact| is_keypad(fact)) {
        for (bits, values) in vectors(fact) {
            let key = Key::from_code(number(&values["key"])).unwrap();
            let burst = if bits.bits() == 4 { Burst::Four } else { Burst::ComplementFirst };
            assert_eq!(fact["id"], burst.id());
            assert_eq!((burst.encode(key), burst.decode(bits)), (bits, Some(key)));
        }
    }
}

fn field(fact: &Value) -> Field {
    Field { start: number(&fact["start"]), length: number(&fact["length"]) }
}

fn number(fact: &Value) -> u8 {
    u8::try_from(fact.as_u64().unwrap()).unwrap()
}

fn window(ranges: &Value) -> u128 {
    let ranges = ranges.as_array().unwrap().iter();
    ranges.flat_map(|range| number(&range[0])..=number(&range[1])).map(bit).sum()
}

fn bit(position: u8) -> u128 {
    1 << (MAX_BITS - 1 - position)
}
