//! A line with a Wiegand adapter: where it is, and how it writes cards down.

use std::path::PathBuf;

use super::controller::Protocol;
use super::peer::peer;
use super::problem::Problem;
use super::section::{self, Section};
use super::taken::Once;
use crate::links::wiegand_serial::{
    ByteOrder, Charset, Checksum, End, ParityBits, Place, Profile, SHIPPED, shipped,
};

/// Rates that adapters are made for, in bits a second.
pub(super) const BAUD_RATES: [u32; 8] = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];

const CHARSETS: [(&str, Charset); 3] =
    [("hex", Charset::Hex), ("decimal", Charset::Decimal), ("binary", Charset::Binary)];
const ENDS: [(&str, End); 5] =
    [("crlf", End::CrLf), ("cr", End::Cr), ("lf", End::Lf), ("etx", End::Etx), ("pause", End::Pause)];
const PARITY: [(&str, ParityBits); 2] = [("kept", ParityBits::Kept), ("stripped", ParityBits::Stripped)];
const CHECKSUMS: [(&str, Checksum); 2] = [("none", Checksum::None), ("xor", Checksum::Xor)];
const ORDERS: [(&str, ByteOrder); 2] = [
    ("most-significant-first", ByteOrder::MostSignificantFirst),
    ("least-significant-first", ByteOrder::LeastSignificantFirst),
];
const STARTS: [(&str, u8); 1] = [("stx", 0x02)];

/// Its protocol, once `protocol` has said that it is this one.
pub(super) fn read(
    section: &Section<'_, '_>,
    port: impl FnOnce(&Section<'_, '_>) -> Option<PathBuf>,
    baud: impl FnOnce(&Section<'_, '_>) -> Option<u32>,
    peers: &mut Once<String>,
) -> Option<Protocol> {
    section.unused(&["gap_ms"], "on a line of an adapter", "remove it");
    let place = if section.value("peer").is_some() {
        section.unused(
            &["port", "baud"],
            "beside `peer`",
            "keep one of the two: `port` and `baud`, or `peer`",
        );
        peer(section, peers).map(|peer| Place::Tcp { peer })
    } else {
        let (port, baud) = (port(section), baud(section));
        port.zip(baud).map(|(port, baud)| Place::Serial { port, baud })
    };
    let profile = frames(section);
    Some(Protocol::WiegandSerial { place: place?, profile: profile? })
}

/// `frames`: the name of a shipped profile, or a profile in a table.
fn frames(section: &Section<'_, '_>) -> Option<Profile> {
    let example = "{ charset = \"hex\", end = \"crlf\", bits = 26, parity = \"stripped\" }";
    let Some(value) = section.value("frames") else {
        section.missing("frames", &format!("frames = {example}"));
        return None;
    };
    if value.get_ref().as_str().is_some() {
        let names = SHIPPED.iter().map(|one| (one.name, one.name)).collect::<Vec<_>>();
        return section.word("frames", &names, &[]).and_then(shipped);
    }
    let table = section.inline("frames", section::FRAMES, example)?;
    let profile = profile(&table)?;
    match profile.checked() {
        Ok(profile) => Some(profile),
        Err(error) => {
            section.review.note(Problem::at(value.span(), error.to_string()));
            None
        }
    }
}

fn profile(table: &Section<'_, '_>) -> Option<Profile> {
    for (key, example) in
        [("charset", "charset = \"hex\""), ("bits", "bits = 26"), ("parity", "parity = \"stripped\"")]
    {
        if table.value(key).is_none() {
            table.missing(key, example);
        }
    }
    let charset = table.word("charset", &CHARSETS, &[]);
    let bits = table.number("bits", 1..65).and_then(|bits| u8::try_from(bits.into_inner()).ok());
    let parity = table.word("parity", &PARITY, &[]);
    let number =
        |key: &str| table.number(key, 0..65).and_then(|value| usize::try_from(value.into_inner()).ok());
    let (length, skip) = (number("length"), number("skip"));
    let end = optional(table, "end", &ENDS, End::CrLf);
    let checksum = optional(table, "checksum", &CHECKSUMS, Checksum::None);
    let order = optional(table, "order", &ORDERS, ByteOrder::MostSignificantFirst);
    let start = table.value("start").and_then(|_| table.word("start", &STARTS, &[]));
    let prefix =
        table.value("prefix").and_then(|_| table.text("prefix")).map(|text| text.into_inner().to_owned());
    let lines = Profile::lines(charset?, bits?, parity?);
    let length = length.unwrap_or(lines.length + skip.unwrap_or_default());
    let (prefix, skip) = (prefix.unwrap_or_default(), skip.unwrap_or_default());
    Some(Profile { start, end: end?, prefix, skip, length, checksum: checksum?, order: order?, ..lines })
}

/// A word that may be left out.
fn optional<T: Copy>(table: &Section<'_, '_>, key: &str, words: &[(&'static str, T)], usual: T) -> Option<T> {
    if table.value(key).is_none() { Some(usual) } else { table.word(key, words, &[]) }
}
