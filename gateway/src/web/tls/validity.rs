//! From when until when an X.509 certificate holds (RFC 5280, 4.1.2.5), read from its DER form. Never panics, whatever the
//! bytes.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;

/// From when until when clients take a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Validity {
    /// Its `notBefore`.
    pub from: Timestamp,
    /// Its `notAfter`.
    pub until: Timestamp,
}

/// The certificate's; `None` if the bytes are no certificate.
pub(super) fn of(der: &[u8]) -> Option<Validity> {
    let (certificate, _) = expect(SEQUENCE, der)?;
    let (signed_part, _) = expect(SEQUENCE, certificate)?;
    let after_version = expect(VERSION, signed_part).map_or(signed_part, |(_, rest)| rest);
    let (_, after_serial) = expect(INTEGER, after_version)?;
    let (_, after_algorithm) = expect(SEQUENCE, after_serial)?;
    let (_, after_issuer) = expect(SEQUENCE, after_algorithm)?;
    let (validity, _) = expect(SEQUENCE, after_issuer)?;
    let (from, after_start) = instant(validity)?;
    let (until, _) = instant(after_start)?;
    Some(Validity { from, until })
}

/// The time at the front, and what follows it.
fn instant(input: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (tag, text, rest) = element(input)?;
    Some((time(tag, std::str::from_utf8(text).ok()?)?, rest))
}

fn expect(tag: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    element(input).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// Tag, content and what follows.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, input) = input.split_first()?;
    let (&first, input) = input.split_first()?;
    let (len, input) = match first {
        0..=0x7F => (usize::from(first), input),
        0x81..=0x84 => {
            let (octets, rest) = input.split_at_checked(usize::from(first & 0x7F))?;
            (octets.iter().fold(0, |len, octet| len << 8 | usize::from(*octet)), rest)
        }
        _ => return None,
    };
    let (content, rest) = input.split_at_checked(len)?;
    Some((tag, content, rest))
}

fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year: i16 = digits[..2].parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        }
        (GENERALIZED_TIME, 14) => (digits[..4].parse().ok()?, &digits[4..]),
        _ => return None,
    };
    let field = |at: usize| rest[at..at + 2].parse::<i8>().ok();
    let civil = DateTime::new(year, field(0)?, field(2)?, field(4)?, field(6)?, field(8)?, 0).ok()?;
    // 99991231235959Z means "never" (RFC 5280, 4.1.2.5) and lies beyond what a timestamp holds.
    Some(civil.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn certificate(year: i32) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap();
        params.not_before = rcgen::date_time_ymd(1999, 5, 6);
        params.not_after = rcgen::date_time_ymd(year, 3, 4);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn both_ends_are_read_in_both_forms_of_time() {
        for year in [2031, 2049, 2050, 2120] {
            let from = "1999-05-06T00:00:00Z".parse().unwrap();
            let until = format!("{year}-03-04T00:00:00Z").parse().unwrap();
            assert_eq!(of(&certificate(year)), Some(Validity { from, until }));
        }
    }

    #[test]
    fn never_is_the_last_instant() {
        assert_eq!(time(GENERALIZED_TIME, "99991231235959Z"), Some(Timestamp::MAX));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "Z", "310304000000", "31030400000éZ", "+10304000000Z", "311304000000Z"] {
            assert_eq!(time(UTC_TIME, text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = of(&bytes);
        }

        #[test]
        fn no_damaged_certificate_panics(at in 0_usize..400, to in any::<u8>(), len in 0_usize..400) {
            let mut der = certificate(2031);
            if let Some(byte) = der.get_mut(at) {
                *byte = to;
            }
            der.truncate(len.max(1));
            let _ = of(&der);
        }
    }
}
