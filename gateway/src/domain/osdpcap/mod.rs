//! OSDPCAP: what travelled on a line, one JSON object a line.
//!
//! The format of SIA's libosdp-conformance and of OSDP.Net, version 1: `timeSec`, `timeNano` (as `clock_gettime` gives
//! them), `io`, `data`, `osdpTraceVersion`, `osdpSource`, all of them text. Records are written exactly so, and read with
//! patience: members may be missing, be numbers, or be others'. Records of our own that are no bytes of the line carry a
//! member `note`.
//!
//! Which of input and output is the CP's depends on who recorded; only the frames themselves tell.

mod hex;

pub use hex::{BadHex, Hex, read as read_hex};

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};

const VERSION: &str = "1";
const SOURCE: &str = concat!("gatehouse ", env!("CARGO_PKG_VERSION"));
const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// Some bytes of a line, often a frame but not always; or a note about them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// When they were written or read, if that is known.
    pub at: Option<Timestamp>,
    /// Which way they went, for the recorder.
    pub io: Io,
    /// The bytes, mark bytes included.
    pub data: Vec<u8>,
    /// What the recorder has to say besides.
    pub note: Option<String>,
}

/// Which way bytes went, for the recorder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Io {
    /// It read them.
    Input,
    /// It wrote them.
    Output,
    /// It only listened.
    Trace,
}

/// Why a line is no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is no JSON object with the members that count.
    #[error("this is no OSDPCAP record: {0}")]
    Json(#[from] serde_json::Error),
    /// Its data is no bytes.
    #[error("\"data\": {0}")]
    Data(#[from] BadHex),
    /// Its time is none.
    #[error("\"timeSec\" and \"timeNano\" are no point in time")]
    Time,
}

impl Record {
    /// Something that the recorder has to say.
    pub fn note(at: Timestamp, note: String) -> Self {
        Self { at: Some(at), io: Io::Trace, data: Vec::new(), note: Some(note) }
    }

    /// Reads one line.
    ///
    /// # Errors
    /// When it is no record.
    pub fn read(line: &str) -> Result<Self, RecordError> {
        let line: Line = serde_json::from_str(line)?;
        Ok(Self {
            at: line.time_sec.map(|second| time(second, line.time_nano.unwrap_or(0))).transpose()?,
            io: line.io.unwrap_or(Io::Trace),
            data: read_hex(&line.data)?,
            note: line.note,
        })
    }
}

fn time(second: i64, nano: i64) -> Result<Timestamp, RecordError> {
    let nanos = i128::from(second) * NANOS_PER_SECOND + i128::from(nano);
    Timestamp::from_nanosecond(nanos).map_err(|_| RecordError::Time)
}

impl fmt::Display for Record {
    /// One line, without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.at.map(Timestamp::as_nanosecond);
        let written = Written {
            time_sec: nanos.map(|nanos| nanos.div_euclid(NANOS_PER_SECOND).to_string()),
            time_nano: nanos.map(|nanos| format!("{:09}", nanos.rem_euclid(NANOS_PER_SECOND))),
            io: self.io,
            data: Hex(&self.data).to_string(),
            osdp_trace_version: VERSION,
            osdp_source: SOURCE,
            note: self.note.as_deref(),
        };
        f.write_str(&serde_json::to_string(&written).map_err(|_| fmt::Error)?)
    }
}

/// Some bytes of a line, often a frame but not always; or a note about them.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CapturedRecord")]
struct Written<'a> {
    /// When, in whole seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    time_sec: Option<String>,
    /// And so many nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    time_nano: Option<String>,
    /// Which way they went, for the recorder.
    io: Io,
    /// The bytes in hexadecimal digits.
    data: String,
    /// Always 1.
    osdp_trace_version: &'static str,
    /// Who recorded.
    osdp_source: &'static str,
    /// What the recorder has to say besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    note: Option<&'a str>,
}

/// As it is written.
impl JsonSchema for Record {
    fn schema_name() -> Cow<'static, str> {
        Written::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(default, deserialize_with = "whole_number")]
    time_sec: Option<i64>,
    #[serde(default, deserialize_with = "whole_number")]
    time_nano: Option<i64>,
    #[serde(default, deserialize_with = "direction")]
    io: Option<Io>,
    data: String,
    note: Option<String>,
}

/// A number, or a text that is one.
fn whole_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(i64),
        Text(String),
    }
    match Option::<Given>::deserialize(from)? {
        None => Ok(None),
        Some(Given::Number(number)) => Ok(Some(number)),
        Some(Given::Text(text)) => text.trim().parse().map(Some).map_err(serde::de::Error::custom),
    }
}

/// `input` or, as libosdp-conformance writes, `in`.
fn direction<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Io>, D::Error> {
    let word = Option::<String>::deserialize(from)?.map(|word| word.to_ascii_lowercase());
    match word.as_deref() {
        None => Ok(None),
        Some("input" | "in") => Ok(Some(Io::Input)),
        Some("output" | "out") => Ok(Some(Io::Output)),
        Some("trace") => Ok(Some(Io::Trace)),
        Some(other) => Err(serde::de::Error::unknown_variant(other, &["input", "output", "trace"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64, nano: i32) -> Option<Timestamp> {
        Some(Timestamp::new(second, nano).unwrap())
    }

    #[test]
    fn a_record_is_written_as_the_format_says() {
        let record =
            Record { at: at(1_790_000_002, 84_691_851), io: Io::Output, data: vec![0xFF, 0x53], note: None };
        let expected = concat!(
            r#"{"timeSec":"1790000002","timeNano":"084691851","io":"output","data":"ff 53","#,
            r#""osdpTraceVersion":"1","osdpSource":"gatehouse "#,
            env!("CARGO_PKG_VERSION"),
            r#""}"#
        );
        assert_eq!(record.to_string(), expected);
    }

    #[test]
    fn the_records_of_other_recorders_are_read() {
        let poll = vec![0xFF, 0x53, 0x00, 0x08, 0x00, 0x04, 0x60, 0xEB, 0xAA];
        for (line, at, io) in [
            (
                r#"{ "timeSec" : "1790000000", "timeNano" : "000907099", "io" : "in", "data" : " ff 53 00 08 00 04 60 eb aa", "osdpTraceVersion":"1", "osdpSource":"libosdp-conformance 1.33-2" }"#,
                at(1_790_000_000, 907_099),
                Io::Input,
            ),
            (
                r#"{"timeSec":"1790000001","timeNano":"141793300","io":"output","data":"FF-53-00-08-00-04-60-EB-AA","osdpTraceVersion":"1","osdpSource":"OSDP.Net"}"#,
                at(1_790_000_001, 141_793_300),
                Io::Output,
            ),
            (r#"{"timeSec":1,"io":"TRACE","data":"ff5300080004 60ebaa","port":3}"#, at(1, 0), Io::Trace),
            (r#"{"data":"ff5300080004 60ebaa"}"#, None, Io::Trace),
        ] {
            let expected = Record { at, io, data: poll.clone(), note: None };
            assert_eq!(Record::read(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_record_is_refused_with_what_is_wrong() {
        for (line, told) in [
            ("", "EOF"),
            ("{}", "missing field `data`"),
            (r#"{"data":"5G"}"#, "character 2 is 'G'"),
            (r#"{"data":"53","io":"sideways"}"#, "sideways"),
            (r#"{"data":"53","timeSec":"soon"}"#, "invalid digit"),
            (r#"{"data":"53","timeSec":"9223372036854775807"}"#, "no point in time"),
        ] {
            let error = Record::read(line).unwrap_err().to_string();
            assert!(error.contains(told), "{line}: {error}");
        }
    }

    fn any_record() -> impl Strategy<Value = Record> {
        let at = prop::option::of((-1_000_000_000i64..4_000_000_000, 0..1_000_000_000i32));
        let io = prop::sample::select(vec![Io::Input, Io::Output, Io::Trace]);
        let (data, note) = (prop::collection::vec(any::<u8>(), 0..64), prop::option::of(".*"));
        (at, io, data, note).prop_map(|(at, io, data, note)| {
            let at = at.map(|(second, nano)| time(second, nano.into()).unwrap());
            Record { at, io, data, note }
        })
    }

    proptest! {
        #[test]
        fn every_record_comes_back_as_it_was_written(record in any_record()) {
            let line = record.to_string();
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(Record::read(&line).unwrap(), record);
        }
    }
}
