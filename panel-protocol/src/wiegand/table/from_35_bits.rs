//! Cards of 35 to 66 bits.

use super::{Confidence, Format, PLAIN, field};
use crate::wiegand::check::{Checksum, even, odd, span, two_of_three};

/// HID Corporate 1000, 35 bits. The number before the card number is the company, which HID assigns.
pub const C1K35: Format = Format {
    id: "C1K35",
    name: "HID Corporate 1000, 35 bits",
    bits: 35,
    facility: Some(field(2, 12)),
    number: field(14, 20),
    parity: &[even(1, two_of_three(2, 33)), odd(34, two_of_three(1, 32)), odd(0, span(1, 34))],
    confidence: Confidence::High,
    ..PLAIN
};

/// Keyscan C15001, 36 bits. Cards without an OEM code of their own say 900.
pub const C15001: Format = Format {
    id: "C15001",
    name: "Keyscan C15001, 36 bits",
    bits: 36,
    facility: Some(field(11, 8)),
    oem: Some(field(1, 10)),
    number: field(19, 16),
    parity: &[even(0, span(1, 17)), odd(35, span(18, 34))],
    ..PLAIN
};

/// HID Simplex, 36 bits. Both parity bits are odd, and their windows overlap.
pub const S12906: Format = Format {
    id: "S12906",
    name: "HID Simplex, 36 bits",
    bits: 36,
    facility: Some(field(1, 8)),
    issue: Some(field(9, 2)),
    number: field(11, 24),
    parity: &[odd(0, span(1, 17)), odd(35, span(17, 34))],
    ..PLAIN
};

/// HID Siemens, 36 bits.
pub const SIE36: Format = Format {
    id: "SIE36",
    name: "HID Siemens, 36 bits",
    bits: 36,
    facility: Some(field(1, 18)),
    number: field(19, 16),
    parity: &[odd(0, span(1, 1) | two_of_three(3, 34)), even(35, two_of_three(1, 34))],
    ..PLAIN
};

/// HID H10302, 37 bits, no facility code. The wire does not tell it from [`H10304`].
pub const H10302: Format = Format {
    id: "H10302",
    name: "HID H10302, 37 bits, no facility code",
    bits: 37,
    number: field(1, 35),
    parity: &[even(0, span(1, 18)), odd(36, span(18, 35))],
    confidence: Confidence::High,
    ..PLAIN
};

/// HID H10304, 37 bits. The wire does not tell it from [`H10302`].
pub const H10304: Format = Format {
    id: "H10304",
    name: "HID H10304, 37 bits",
    bits: 37,
    facility: Some(field(1, 16)),
    number: field(17, 19),
    parity: &[even(0, span(1, 18)), odd(36, span(18, 35))],
    confidence: Confidence::High,
    ..PLAIN
};

/// PointGuard MDI, 37 bits.
pub const MDI37: Format = Format {
    id: "MDI37",
    name: "PointGuard MDI, 37 bits",
    bits: 37,
    facility: Some(field(3, 4)),
    number: field(7, 29),
    parity: &[even(0, span(1, 18)), odd(36, span(18, 35))],
    ..PLAIN
};

/// HID P10004 PCSC, 37 bits. Its parity is not published.
pub const P10004: Format = Format {
    id: "P10004",
    name: "HID P10004 PCSC, 37 bits",
    bits: 37,
    facility: Some(field(1, 13)),
    number: field(14, 18),
    confidence: Confidence::Low,
    ..PLAIN
};

/// Pyramid, 39 bits.
pub const PW39: Format = Format {
    id: "PW39",
    name: "Pyramid, 39 bits",
    bits: 39,
    facility: Some(field(1, 17)),
    number: field(18, 20),
    parity: &[even(0, span(1, 18)), odd(38, span(19, 37))],
    ..PLAIN
};

/// HID P10001 Honeywell, 40 bits. Begins with four ones, ends with a checksum.
pub const P10001: Format = Format {
    id: "P10001",
    name: "HID P10001 Honeywell, 40 bits",
    bits: 40,
    facility: Some(field(4, 12)),
    number: field(16, 16),
    ones: span(0, 3),
    checksum: Some(Checksum { start: 32, bytes: 4 }),
    ..PLAIN
};

/// Verkada, 40 bits.
pub const VERKADA40: Format = Format {
    id: "VERKADA40",
    name: "Verkada, 40 bits",
    bits: 40,
    facility: Some(field(1, 10)),
    number: field(11, 28),
    parity: &[even(0, span(1, 10)), even(39, span(11, 38))],
    confidence: Confidence::High,
    ..PLAIN
};

/// Casi-Rusco, 40 bits.
pub const CASI40: Format =
    Format { id: "CASI40", name: "Casi-Rusco, 40 bits", bits: 40, number: field(1, 38), ..PLAIN };

/// HID H800002, 46 bits. Both parity bits guard all 44 others, so they always differ.
pub const H800002: Format = Format {
    id: "H800002",
    name: "HID H800002, 46 bits",
    bits: 46,
    facility: Some(field(1, 14)),
    number: field(15, 30),
    parity: &[even(0, span(1, 44)), odd(45, span(1, 44))],
    ..PLAIN
};

/// HID Corporate 1000, 48 bits. The number before the card number is the company, which HID assigns.
pub const C1K48: Format = Format {
    id: "C1K48",
    name: "HID Corporate 1000, 48 bits",
    bits: 48,
    facility: Some(field(2, 22)),
    number: field(24, 23),
    parity: &[even(1, two_of_three(3, 46)), odd(47, two_of_three(2, 45)), odd(0, span(1, 47))],
    confidence: Confidence::High,
    ..PLAIN
};

/// Avigilon, 56 bits.
pub const AVIG56: Format = Format {
    id: "AVIG56",
    name: "Avigilon, 56 bits",
    bits: 56,
    facility: Some(field(1, 20)),
    number: field(21, 34),
    parity: &[even(0, span(1, 27)), odd(55, span(28, 54))],
    ..PLAIN
};

/// Serial number of 7 bytes. ISO 14443 A.
pub const CSN56: Format = Format {
    id: "CSN56",
    aliases: &["UID56"],
    name: "Serial number of 7 bytes",
    bits: 56,
    number: field(0, 56),
    serial: true,
    confidence: Confidence::High,
    ..PLAIN
};

/// Inner Range, 56 bits.
pub const IR56: Format = Format {
    id: "IR56",
    name: "Inner Range, 56 bits",
    bits: 56,
    facility: Some(field(0, 24)),
    number: field(24, 32),
    ..PLAIN
};

/// Serial number of 7 bytes, with parity. As configurable readers wrap 7 bytes: check it against a card of the site.
pub const UID58: Format = Format {
    id: "UID58",
    name: "Serial number of 7 bytes, with parity",
    bits: 58,
    number: field(1, 56),
    parity: &[even(0, span(1, 28)), odd(57, span(29, 56))],
    serial: true,
    confidence: Confidence::Low,
    ..PLAIN
};

/// Serial number of 8 bytes. ISO 15693 and iCLASS.
pub const CSN64: Format = Format {
    id: "CSN64",
    aliases: &["UID64"],
    name: "Serial number of 8 bytes",
    bits: 64,
    number: field(0, 64),
    serial: true,
    confidence: Confidence::High,
    ..PLAIN
};

/// Serial number of 8 bytes, with parity. As configurable readers wrap 8 bytes: check it against a card of the site. Too long for a credential.
pub const UID66: Format = Format {
    id: "UID66",
    name: "Serial number of 8 bytes, with parity",
    bits: 66,
    number: field(1, 64),
    parity: &[even(0, span(1, 32)), odd(65, span(33, 64))],
    serial: true,
    confidence: Confidence::Low,
    ..PLAIN
};
