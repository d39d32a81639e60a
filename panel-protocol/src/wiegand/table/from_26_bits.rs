//! Cards of 26 to 34 bits.

use super::{Confidence, Format, PLAIN, field};
use crate::wiegand::check::{even, odd, span, two_of_three};

/// HID, open standard, 26 bits. The open standard, and much duplicated: the facility code is part of the card.
pub const H10301: Format = Format {
    id: "H10301",
    aliases: &["26-bit", "W26"],
    name: "HID, open standard, 26 bits",
    bits: 26,
    facility: Some(field(1, 8)),
    number: field(9, 16),
    parity: &[even(0, span(1, 12)), odd(25, span(13, 24))],
    confidence: Confidence::High,
    ..PLAIN
};

/// Indala, 26 bits. The same parity as [`H10301`], and other parts.
pub const IND26: Format = Format {
    id: "IND26",
    name: "Indala, 26 bits",
    bits: 26,
    facility: Some(field(1, 12)),
    number: field(13, 12),
    parity: &[even(0, span(1, 12)), odd(25, span(13, 24))],
    ..PLAIN
};

/// Indala, 27 bits.
pub const W27_IND: Format = Format {
    id: "W27-IND",
    name: "Indala, 27 bits",
    bits: 27,
    facility: Some(field(0, 13)),
    number: field(13, 14),
    ..PLAIN
};

/// 2804 Wiegand, 28 bits. Bits 1 and 3 are unused.
pub const W2804: Format = Format {
    id: "2804W",
    name: "2804 Wiegand, 28 bits",
    bits: 28,
    facility: Some(field(4, 8)),
    number: field(12, 15),
    parity: &[odd(2, two_of_three(4, 26)), even(0, span(1, 13)), odd(27, span(0, 26))],
    ..PLAIN
};

/// Indala, 29 bits.
pub const IND29: Format = Format {
    id: "IND29",
    name: "Indala, 29 bits",
    bits: 29,
    facility: Some(field(0, 13)),
    number: field(13, 16),
    ..PLAIN
};

/// ATS Wiegand, 30 bits.
pub const ATSW30: Format = Format {
    id: "ATSW30",
    name: "ATS Wiegand, 30 bits",
    bits: 30,
    facility: Some(field(1, 12)),
    number: field(13, 16),
    parity: &[even(0, span(1, 12)), odd(29, span(13, 28))],
    ..PLAIN
};

/// HID ADT, 31 bits. Its parity is not published.
pub const ADT31: Format = Format {
    id: "ADT31",
    name: "HID ADT, 31 bits",
    bits: 31,
    facility: Some(field(1, 4)),
    number: field(5, 23),
    confidence: Confidence::Low,
    ..PLAIN
};

/// Kastle, 32 bits. Its windows overlap.
pub const KASTLE32: Format = Format {
    id: "KASTLE32",
    name: "Kastle, 32 bits",
    bits: 32,
    facility: Some(field(7, 8)),
    issue: Some(field(2, 5)),
    number: field(15, 16),
    ones: span(1, 1),
    parity: &[even(0, span(1, 16)), odd(31, span(14, 30))],
    confidence: Confidence::High,
    ..PLAIN
};

/// Serial number of 4 bytes. ISO 14443 A, as most readers without other settings send it.
pub const CSN32: Format = Format {
    id: "CSN32",
    aliases: &["UID32", "W32-raw"],
    name: "Serial number of 4 bytes",
    bits: 32,
    number: field(0, 32),
    serial: true,
    confidence: Confidence::High,
    ..PLAIN
};

/// Wiegand, 32 bits (12 and 16).
pub const WIE32: Format = Format {
    id: "WIE32",
    name: "Wiegand, 32 bits (12 and 16)",
    bits: 32,
    facility: Some(field(4, 12)),
    number: field(16, 16),
    ..PLAIN
};

/// Indala/Kantech KFS, 32 bits.
pub const KANTECH32: Format = Format {
    id: "KANTECH32",
    name: "Indala/Kantech KFS, 32 bits",
    bits: 32,
    facility: Some(field(7, 8)),
    number: field(15, 16),
    ..PLAIN
};

/// HID D10202 (DSX), 33 bits.
pub const D10202: Format = Format {
    id: "D10202",
    name: "HID D10202 (DSX), 33 bits",
    bits: 33,
    facility: Some(field(1, 7)),
    number: field(8, 24),
    parity: &[even(0, span(1, 16)), odd(32, span(16, 31))],
    ..PLAIN
};

/// HID H10306, 34 bits.
pub const H10306: Format = Format {
    id: "H10306",
    aliases: &["34-bit", "W34"],
    name: "HID H10306, 34 bits",
    bits: 34,
    facility: Some(field(1, 16)),
    number: field(17, 16),
    parity: &[even(0, span(1, 16)), odd(33, span(17, 32))],
    confidence: Confidence::High,
    ..PLAIN
};

/// Serial number of 4 bytes, with parity. What most MIFARE readers with 34 bits send.
pub const UID34: Format = Format {
    id: "UID34",
    aliases: &["W34-UID"],
    name: "Serial number of 4 bytes, with parity",
    bits: 34,
    number: field(1, 32),
    parity: &[even(0, span(1, 16)), odd(33, span(17, 32))],
    serial: true,
    confidence: Confidence::High,
    ..PLAIN
};

/// Honeywell/Northern N1002, 34 bits. Laid out as [`H10306`]. Some sources give it no parity: where its cards are refused for parity, take their
/// bits and raw value.
pub const N10002: Format = Format {
    id: "N10002",
    aliases: &["N1002"],
    name: "Honeywell/Northern N1002, 34 bits",
    bits: 34,
    facility: Some(field(1, 16)),
    number: field(17, 16),
    parity: &[even(0, span(1, 16)), odd(33, span(17, 32))],
    ..PLAIN
};

/// BQT, 34 bits.
pub const BQT34: Format = Format {
    id: "BQT34",
    name: "BQT, 34 bits",
    bits: 34,
    facility: Some(field(1, 8)),
    number: field(9, 24),
    parity: &[even(0, span(1, 16)), odd(33, span(17, 32))],
    ..PLAIN
};
