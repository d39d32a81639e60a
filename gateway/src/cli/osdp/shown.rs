//! One explained frame, for people (a line, and a line for each thing in it) and for programs (a JSON object).

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use panel_protocol::osdp::frame::{FrameError, scs};
use panel_protocol::osdp::monitor::{KeyName, Observation, Seal};
use panel_protocol::osdp::{command, reply};
use serde::{Serialize, Serializer};

use super::fields::{Fields, Secrets, fields_of};
use crate::domain::osdpcap::Hex;

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const DIM: &str = "\x1b[2m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// Something that was on the line.
pub(super) enum Shown {
    /// A frame, whole or damaged.
    Frame(ShownFrame),
    /// Bytes that begin no frame.
    Noise(Vec<u8>),
    /// What the recorder has to say.
    Note(String),
}

/// One frame.
#[derive(Serialize)]
pub(super) struct ShownFrame {
    index: usize,
    direction: Option<Direction>,
    address: Option<u8>,
    sequence: Option<u8>,
    check: String,
    code: Option<HexByte>,
    name: Option<&'static str>,
    scs: Option<HexByte>,
    mac_ok: Option<bool>,
    plaintext: Option<HexBytes>,
    fields: Option<Fields>,
    /// What the sender does otherwise than the standard says, without harm.
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<&'static str>,
    #[serde(skip)]
    told: Told,
}

/// What only people are told.
#[derive(Default)]
struct Told {
    at: Option<Timestamp>,
    seal: Option<Seal>,
    key: Option<KeyName>,
    repeated: bool,
    /// The bytes of a frame that is damaged.
    bytes: Vec<u8>,
}

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    CpToPd,
    PdToCp,
}

struct HexByte(u8);

struct HexBytes(Vec<u8>);

const SOUND: &str = "ok";

impl ShownFrame {
    /// A sound frame.
    pub(super) fn of(index: usize, at: Option<Timestamp>, seen: &Observation<'_>, secrets: Secrets) -> Self {
        let header = seen.header;
        let name = if header.reply { reply::name(seen.code) } else { command::name(seen.code) };
        let read = seen.data.map(|data| fields_of(seen, data, secrets));
        let (fields, is_secret) = read.map_or((None, false), |read| (Some(read.fields), read.is_secret));
        let sealed = matches!(seen.scs, Some(scs::COMMAND_MAC..=scs::REPLY_ENCRYPTED));
        let told =
            Told { at, seal: Some(seen.seal), key: seen.key, repeated: seen.repeated, bytes: Vec::new() };
        Self {
            index,
            direction: Some(Direction::of(header.reply)),
            address: Some(header.address),
            sequence: Some(header.sequence),
            check: SOUND.to_owned(),
            code: Some(HexByte(seen.code)),
            name,
            scs: seen.scs.map(HexByte),
            mac_ok: match seen.seal {
                Seal::Right if sealed => Some(true),
                Seal::Wrong if sealed => Some(false),
                _ => None,
            },
            plaintext: seen.data.filter(|_| !is_secret).map(|data| HexBytes(data.to_vec())),
            fields,
            remark: habit(seen),
            told,
        }
    }

    /// A frame that arrived damaged, as far as its header can be believed.
    pub(super) fn damaged(index: usize, at: Option<Timestamp>, bytes: &[u8], error: FrameError) -> Self {
        Self {
            index,
            direction: bytes.get(1).map(|byte| Direction::of(byte & 0x80 != 0)),
            address: bytes.get(1).map(|byte| byte & 0x7F),
            sequence: bytes.get(4).map(|byte| byte & 0x03),
            check: error.to_string(),
            code: None,
            name: None,
            scs: None,
            mac_ok: None,
            plaintext: None,
            fields: None,
            remark: None,
            told: Told { at, bytes: bytes.to_vec(), ..Told::default() },
        }
    }

    /// As people read it; without a line feed at the end.
    pub(super) fn for_people(&self, zone: &TimeZone, colours: bool) -> String {
        let paint = |style: &str, text: &str| {
            if colours && !text.is_empty() { format!("{style}{text}{PLAIN}") } else { text.to_owned() }
        };
        let time = self.told.at.map(|at| at.to_zoned(zone.clone()).strftime("%H:%M:%S.%6f %Z ").to_string());
        let index = format!("{:>5} {}", self.index, time.unwrap_or_default());
        let arrow = self.direction.map_or("?", Direction::arrow);
        let number = |value: Option<u8>| value.map_or("?".to_owned(), |value| value.to_string());
        let place = format!("{arrow} {:>3}  SQN {}", number(self.address), number(self.sequence));
        let mut line = format!("{}{place}  {}", paint(DIM, &index), paint(BOLD, &self.title()));
        for (style, remark) in self.remarks() {
            line.push_str(&format!("  {}", paint(style, &remark)));
        }
        let indent = "\n        ";
        let details = self.fields.iter().flat_map(Fields::lines);
        details.fold(line, |all, detail| all + indent + &detail)
    }

    /// `SCS_17 osdp_LED`
    fn title(&self) -> String {
        let name = match (self.name, &self.code) {
            (Some(name), _) => name.to_owned(),
            (None, Some(code)) => format!("code 0x{code}"),
            (None, None) => "damaged".to_owned(),
        };
        match &self.scs {
            Some(scs) => format!("{name}  SCS_{scs}"),
            None => name,
        }
    }

    /// What is to be said of the frame as a whole, and how loudly.
    fn remarks(&self) -> Vec<(&'static str, String)> {
        let Told { seal, key, repeated, bytes, .. } = &self.told;
        let mut remarks = Vec::new();
        if self.check != SOUND {
            remarks.push((RED, format!("{}: {}", self.check, Hex(bytes))));
        }
        let what = if self.is_step() { "proof" } else { "MAC" };
        match seal {
            Some(Seal::Right) => remarks.push((GREEN, format!("{what} right"))),
            Some(Seal::Wrong) => remarks.push((RED, format!("{what} wrong"))),
            Some(Seal::Unknown(why)) => remarks.push((DIM, format!("{what} not known: {why}"))),
            Some(Seal::None) | None => {}
        }
        match key {
            Some(KeyName::Default) => remarks.push((RED, "under the default key".to_owned())),
            Some(KeyName::Learned) if self.is_step() => {
                remarks.push((DIM, "under the key that was installed".to_owned()));
            }
            Some(KeyName::Given | KeyName::Learned) | None => {}
        }
        remarks.extend(self.remark.map(|habit| (DIM, habit.to_owned())));
        if *repeated {
            remarks.push((DIM, "again".to_owned()));
        }
        remarks
    }

    /// Whether it is a step of the handshake.
    fn is_step(&self) -> bool {
        matches!(self.scs, Some(HexByte(scs::CHALLENGE..=scs::INITIAL_MAC)))
    }
}

/// What the sender does otherwise than the standard says, without harm.
fn habit(seen: &Observation<'_>) -> Option<&'static str> {
    let is_empty = seen.seal == Seal::Right && seen.data.is_some_and(<[u8]>::is_empty);
    match seen.scs? {
        scs::COMMAND_ENCRYPTED if is_empty => Some("padding only, where SCS_15 would do"),
        scs::REPLY_ENCRYPTED if is_empty => Some("padding only, where SCS_16 would do"),
        scs::CLIENT_CRYPTOGRAM if seen.code == reply::code::RMAC_I => Some("SCS_12 instead of SCS_14"),
        _ => None,
    }
}

impl Direction {
    const fn of(reply: bool) -> Self {
        if reply { Self::PdToCp } else { Self::CpToPd }
    }

    const fn arrow(self) -> &'static str {
        match self {
            Self::CpToPd => "CP \u{2192} PD",
            Self::PdToCp => "CP \u{2190} PD",
        }
    }
}

impl fmt::Display for HexByte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.0)
    }
}

impl Serialize for HexByte {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:#}", Hex(&self.0)))
    }
}
