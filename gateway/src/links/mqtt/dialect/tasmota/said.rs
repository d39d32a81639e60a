//! What a board says, read with care: whoever may publish to its topics may have written it.

use std::time::Duration;

use jiff::civil::DateTime;
use panel_protocol::credential::Credential;
use serde_json::{Map, Value};

use crate::domain::{bare_number, with_parity};
use crate::links::mqtt::limits::MAX_WORD_LEN;

/// Switches and relays that a board has at most.
pub(super) const MAX_POINTS: usize = 8;

/// The words of a board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Words {
    pub(super) off: String,
    pub(super) on: String,
    pub(super) offline: String,
    pub(super) online: String,
}

impl Default for Words {
    fn default() -> Self {
        let [off, on, offline, online] = ["OFF", "ON", "Offline", "Online"].map(ToOwned::to_owned);
        Self { off, on, offline, online }
    }
}

/// What a board's discovery message says of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Discovery {
    pub(super) topic: String,
    pub(super) full_topic: String,
    /// What it is, in words.
    pub(super) identity: String,
    pub(super) words: Words,
}

impl Discovery {
    /// `None` if it is none.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let message: Map<String, Value> = serde_json::from_slice(payload).ok()?;
        let word = |value: Option<&Value>| {
            let text = value?.as_str().filter(|text| !text.is_empty() && text.len() <= MAX_WORD_LEN)?;
            Some(text.to_owned())
        };
        let text = |name: &str| word(message.get(name));
        let state = |at: usize| word(message.get("state")?.get(at));
        let full_topic = message.get("ft")?.as_str().filter(|text| text.len() <= 128)?.to_owned();
        let version = text("sw").unwrap_or_default();
        let model = text("md").unwrap_or_default();
        Some(Self {
            topic: message.get("t")?.as_str().filter(|text| text.len() <= 128)?.to_owned(),
            full_topic,
            identity: format!("Tasmota {version}, {model}").escape_debug().to_string(),
            words: Words { off: state(0)?, on: state(1)?, offline: text("ofln")?, online: text("onln")? },
        })
    }
}

/// The time of a message by the board's clock, in milliseconds of some day.
pub(super) fn time_ms(message: &Map<String, Value>) -> Option<i64> {
    let time: DateTime = message.get("Time")?.as_str().filter(|text| text.len() <= 32)?.parse().ok()?;
    let since = time.since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).ok()?;
    let since: Duration =
        since.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?.try_into().ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// The states of its switches, where the message has them.
pub(super) fn switches(message: &Map<String, Value>, words: &Words) -> Vec<(usize, bool)> {
    let state = |number: usize| {
        let value = message.get(&format!("Switch{}", number + 1))?;
        let word = value.as_str().or_else(|| value.get("Action")?.as_str())?;
        Some((number, is_on(word, words)?))
    };
    (0..MAX_POINTS).filter_map(state).collect()
}

/// The states of its relays, where the message has them.
pub(super) fn relays(message: &Map<String, Value>, words: &Words) -> Vec<(u8, bool)> {
    let state = |(name, value): (&String, &Value)| Some((relay(name)?, is_on(value.as_str()?, words)?));
    message.iter().filter_map(state).collect()
}

/// The relay of this name: `POWER` of an only one, `POWER1` and so on of several.
pub(super) fn relay(name: &str) -> Option<u8> {
    match name.strip_prefix("POWER")? {
        "" => Some(0),
        number => number.parse::<u8>().ok()?.checked_sub(1).filter(|relay| usize::from(*relay) < MAX_POINTS),
    }
}

pub(super) fn is_on(word: &str, words: &Words) -> Option<bool> {
    match word {
        word if word == words.on => Some(true),
        word if word == words.off => Some(false),
        _ => None,
    }
}

/// The card of a `SENSOR` message; `None` if there is none, or none that a reader can have read.
pub(super) fn card(message: &Map<String, Value>, parity_kept: bool) -> Option<Credential> {
    let wiegand = message.get("Wiegand")?;
    let bits = u8::try_from(wiegand.get("Size")?.as_u64()?).ok().filter(|bits| *bits >= 16)?;
    let number = match wiegand.get("UID")? {
        Value::Number(number) => number.as_u64()?,
        // With an option of its own it writes hexadecimal digits.
        Value::String(digits) => {
            let digits = digits.trim_start_matches("0x").trim_end_matches(['x', 'X', 'h']);
            u64::from_str_radix(digits, 16).ok()?
        }
        _ => return None,
    };
    if parity_kept {
        return Credential::new(bits, number).ok().filter(|card| bare_number(*card).is_some());
    }
    with_parity(bits, number)
}

/// A message in a few words, for somebody who watches. Never a card.
pub(in crate::links::mqtt) fn words(topic: &str, payload: &[u8]) -> String {
    let name: String = topic.rsplit('/').next().unwrap_or_default().chars().take(MAX_WORD_LEN).collect();
    let is_plain = payload.len() <= MAX_WORD_LEN && payload.iter().all(u8::is_ascii_alphanumeric);
    match std::str::from_utf8(payload) {
        Ok(text) if is_plain && name != "SENSOR" => format!("{} {text}", name.escape_debug()),
        _ => format!("{} {} bytes", name.escape_debug(), payload.len()),
    }
}
