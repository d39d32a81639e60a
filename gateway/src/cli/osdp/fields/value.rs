//! Named values in order: one tree, that people and programs are both shown.

use std::fmt::{self, Debug};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::domain::osdpcap::Hex;

/// Named values, in the order in which they travel.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct Fields(Vec<(&'static str, Value)>);

/// One value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Flag(bool),
    Number(u64),
    Text(String),
    /// Hexadecimal digits.
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Record(Fields),
}

impl Fields {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With one more.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// With one more, if there is one.
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With a list, an item for each.
    pub(crate) fn with_all<T: Into<Value>>(self, name: &'static str, items: impl Iterator<Item = T>) -> Self {
        self.with(name, Value::List(items.map(Into::into).collect()))
    }

    /// With all of the other, behind.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// As people read them: what is simple together on a line, each record of a list on its own.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (structured, simple): (Vec<_>, Vec<_>) =
            self.0.iter().partition(|(_, value)| value.is_structured());
        let together = simple.iter().map(|(name, value)| named(name, value)).collect::<Vec<_>>().join(", ");
        let mut lines: Vec<String> = Some(together).filter(|line| !line.is_empty()).into_iter().collect();
        for (name, value) in structured {
            match value {
                Value::List(items) => lines.extend(items.iter().map(|item| named(name, item))),
                other => lines.push(named(name, other)),
            }
        }
        lines
    }
}

fn named(name: &str, value: &Value) -> String {
    let words = name.replace('_', " ");
    match words.strip_suffix(" ms") {
        _ if value.is_structured() => format!("{words}: {value}"),
        Some(time) => format!("{time} {value} ms"),
        None => format!("{words} {value}"),
    }
}

impl Value {
    /// Whether it has names inside.
    fn is_structured(&self) -> bool {
        match self {
            Self::Record(_) => true,
            Self::List(items) => items.iter().any(Self::is_structured),
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(true) => f.write_str("yes"),
            Self::Flag(false) => f.write_str("no"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) if bytes.is_empty() => f.write_str("none"),
            Self::Bytes(bytes) => write!(f, "{}", Hex(bytes)),
            Self::List(items) if items.is_empty() => f.write_str("none"),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                f.write_str(&items.join(if self.is_structured() { "; " } else { ", " }))
            }
            Self::Record(Fields(fields)) => {
                let inside = |(name, value): &(&'static str, Value)| match value.is_structured() {
                    true => format!("{} ({value})", name.replace('_', " ")),
                    false => named(name, value),
                };
                f.write_str(&fields.iter().map(inside).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Flag(flag) => to.serialize_bool(*flag),
            Self::Number(number) => to.serialize_u64(*number),
            Self::Text(text) => to.serialize_str(text),
            Self::Bytes(bytes) => to.collect_str(&format_args!("{:#}", Hex(bytes))),
            Self::List(items) => to.collect_seq(items),
            Self::Record(fields) => fields.serialize(to),
        }
    }
}

/// The words of an enum's name: `OffAfterTimer` is `off after timer`.
pub(super) fn words(variant: impl Debug) -> String {
    let mut words = String::new();
    for character in format!("{variant:?}").chars() {
        if character.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}

/// Tenths of a second, as OSDP counts, in milliseconds.
pub(super) fn tenths(count: impl Into<u32>) -> u32 {
    count.into() * 100
}

macro_rules! value_from {
    ($($from:ty => $make:expr,)+) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                $make(value)
            }
        })+
    };
}

value_from! {
    bool => Value::Flag,
    u8 => |number| Value::Number(u64::from(number)),
    u16 => |number| Value::Number(u64::from(number)),
    u32 => |number| Value::Number(u64::from(number)),
    u64 => Value::Number,
    String => Value::Text,
    &str => |text: &str| Value::Text(text.to_owned()),
    &[u8] => |bytes: &[u8]| Value::Bytes(bytes.to_vec()),
    Fields => Value::Record,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        let inner = |number: u8| Fields::new().with("led", number).with("timer_ms", 500u32);
        Fields::new()
            .with("reader", 1u8)
            .with("ok", true)
            .with_some("absent", None::<u8>)
            .with_all("lights", [inner(0), inner(1)].into_iter())
            .with_all("keys", ["a", "b"].into_iter())
            .with("data", &[1u8, 2][..])
    }

    #[test]
    fn programs_get_every_name_in_order() {
        let expected = concat!(
            r#"{"reader":1,"ok":true,"lights":[{"led":0,"timer_ms":500},{"led":1,"timer_ms":500}],"#,
            r#""keys":["a","b"],"data":"0102"}"#
        );
        assert_eq!(serde_json::to_string(&fields()).unwrap(), expected);
    }

    #[test]
    fn people_get_a_line_of_what_is_simple_and_one_for_each_record() {
        let expected = [
            "reader 1, ok yes, keys a, b, data 01 02",
            "lights: led 0, timer 500 ms",
            "lights: led 1, timer 500 ms",
        ];
        assert_eq!(fields().lines(), expected);
        assert_eq!(Fields::new().lines(), Vec::<String>::new());
    }
}
