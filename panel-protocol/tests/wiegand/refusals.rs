//! What is refused, by name; and the names themselves.

use std::collections::BTreeSet;

use panel_protocol::wiegand::{
    CardBits, FORMATS, Format, FormatError, H10301, Part, Reading, readings, table,
};

const NUMBER: Reading = Reading { facility: None, issue: None, oem: None, number: 1 };

#[test]
fn a_number_out_of_range_is_refused_by_name() {
    for format in FORMATS {
        for part in Part::ALL {
            let Some(field) = format.field(part) else { continue };
            let Some(value) = field.max().checked_add(1) else { continue };
            let fitting = Reading { facility: format.facility.map(|_| 0), ..NUMBER };
            let reading = match part {
                Part::Facility => Reading { facility: Some(value), ..fitting },
                Part::Issue => Reading { issue: Some(value), ..fitting },
                Part::Oem => Reading { oem: Some(value), ..fitting },
                Part::Number => Reading { number: value, ..fitting },
            };
            let refused = FormatError::TooGreat { part, value, max: field.max() };
            assert_eq!(format.compose(&reading), Err(refused), "{}", format.id);
            assert_eq!(refused.to_string(), format!("{part} {value} is greater than {}", field.max()));
        }
    }
}

#[test]
fn what_a_format_has_no_field_for_is_refused_unless_it_is_nothing() {
    assert_eq!(table::H10302.encode(5, 1), Err(FormatError::NoField(Part::Facility)));
    assert_eq!(table::H10302.encode(0, 1), Ok(table::H10302.compose(&NUMBER).unwrap().try_into().unwrap()));
    let issued = Reading { facility: Some(1), issue: Some(1), ..NUMBER };
    assert_eq!(H10301.compose(&issued), Err(FormatError::NoField(Part::Issue)));
    assert_eq!(H10301.compose(&NUMBER), Err(FormatError::NoFacility));
}

#[test]
fn a_card_of_another_length_or_with_wrong_checks_is_refused_by_its_first_fault() {
    let read = |format: &Format, bits, raw| format.read(CardBits::new(bits, raw).unwrap()).unwrap_err();
    assert_eq!(read(&H10301, 25, 0), FormatError::Length { bits: 25, expected: 26 });
    assert_eq!(read(&H10301, 26, 0x254_008B), FormatError::Parity { position: 25 });
    assert_eq!(read(&table::KASTLE32, 32, 0x54_008A), FormatError::Fixed { position: 1 });
    assert_eq!(read(&table::P10001, 40, 0xF0_2A00_459E), FormatError::Checksum);
    assert_eq!(read(&table::P10001, 40, 0xE0_2A00_458F), FormatError::Fixed { position: 3 });
}

#[test]
fn a_card_of_66_bits_is_no_credential() {
    let refused = table::UID66.encode(0, 69).unwrap_err();
    assert_eq!(refused, FormatError::NoCredential { bits: 66 });
    assert!(refused.to_string().contains("1 to 64"), "{refused}");
}

#[test]
fn formats_are_found_by_name_and_alias_in_any_case_and_no_name_is_taken_twice() {
    let names: Vec<_> =
        FORMATS.iter().flat_map(|format| format.names().map(move |name| (name, format))).collect();
    let folded: BTreeSet<_> = names.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    assert_eq!(folded.len(), names.len());
    for (name, format) in names {
        assert_eq!(Format::by_id(&name.to_ascii_lowercase()), Some(format), "{name}");
    }
    for unknown in ["", "H1030", "HPP32", "KEY4"] {
        assert_eq!(Format::by_id(unknown), None, "{unknown}");
    }
}

#[test]
fn no_two_parts_of_a_card_share_a_bit() {
    for format in FORMATS {
        let parts = Part::ALL.iter().filter_map(|part| format.field(*part));
        let checks = format.parity.iter().map(|bit| u32::from(bit.position)).collect::<Vec<_>>();
        let mut taken: Vec<u32> =
            parts.flat_map(|field| u32::from(field.start)..u32::from(field.start + field.length)).collect();
        taken.extend(checks);
        taken.extend((0..128).filter(|at| format.ones << at >> 127 == 1));
        taken.extend(format.checksum.iter().flat_map(|sum| u32::from(sum.start)..u32::from(sum.start) + 8));
        let distinct: BTreeSet<_> = taken.iter().collect();
        assert_eq!(distinct.len(), taken.len(), "{}", format.id);
        assert!(taken.iter().all(|at| *at < u32::from(format.bits)), "{}", format.id);
    }
}

#[test]
fn the_likeliest_reading_comes_first() {
    let ids = |bits, raw| {
        readings(CardBits::new(bits, raw).unwrap()).map(|(format, _)| format.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(26, 0x2F6_23AE), ["H10301", "IND26"]);
    assert_eq!(ids(34, 0x2_0054_008A), ["H10306", "UID34", "N10002", "BQT34"]);
    // A serial number that happens to have no parity; the two formats that leave bits out come last.
    assert_eq!(ids(32, 0xDEAD_BEEF), ["CSN32", "WIE32", "KANTECH32"]);
    assert_eq!(ids(37, 0x10_02A0_008A), ["H10302", "H10304", "MDI37", "P10004"]);
    assert_eq!(ids(41, 1), [""; 0]);
}

#[test]
fn the_table_is_in_order_of_length_and_guarded_formats_come_first() {
    let unguarded = |format: &Format| format.parity.is_empty() && format.checksum.is_none();
    assert!(FORMATS.is_sorted_by_key(|format| (format.bits, unguarded(format))));
}
