//! Reads the control API's request bodies, field by field, so that every refusal can name one.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use panel_protocol::credential::Credential;
use panel_protocol::limits::{MAX_PIN_LEN, MIN_PIN_LEN};
use panel_protocol::table::Pin;
use panel_protocol::wiegand::{FORMATS, Format};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::entropy;
use crate::limits::{MAX_CONTROL_BODY, MAX_DELAY};
use crate::line::Faults;
use crate::site::{Contact, Power};

/// The fields of a faults body.
pub(super) const FAULTS: &[&str] = &["bit_error_rate", "drop_rate", "damage_rate", "delay_ms", "cut", "seed"];

/// The fields of a faults body for a line with an adapter.
pub(super) const ADAPTER_FAULTS: &[&str] =
    &["bit_error_rate", "drop_rate", "damage_rate", "delay_ms", "cut", "seed", "repeat_rate", "mix_rate"];

/// A JSON object, with the name that its fields are told by.
#[derive(Debug)]
pub(super) struct Body<'a> {
    fields: &'a Map<String, Value>,
    prefix: &'static str,
}

/// The body as JSON.
pub(super) fn read(body: Result<Bytes, BytesRejection>) -> Result<Value, Refusal> {
    let body = body.map_err(|rejection| {
        Refusal::new(
            rejection.status(),
            rejection.body_text(),
            format!("send at most {MAX_CONTROL_BODY} bytes"),
        )
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            format!("the body is not JSON: {error}"),
            "send one JSON object",
        )
    })
}

impl<'a> Body<'a> {
    /// An object with no other fields than `known`.
    pub(super) fn new(value: &'a Value, known: &[&str]) -> Result<Self, Refusal> {
        Self::named(value, "", known)
    }

    fn named(value: &'a Value, prefix: &'static str, known: &[&str]) -> Result<Self, Refusal> {
        let remedy = format!("an object of {}", known.join(", "));
        let Some(fields) = value.as_object() else {
            return Err(Refusal::field(
                if prefix.is_empty() { "body" } else { prefix },
                value.clone(),
                remedy,
            ));
        };
        let body = Self { fields, prefix };
        match fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, value)) => {
                let message = format!("{} is not a field here", body.name(name));
                let refusal = Refusal::field(&body.name(name), value.clone(), remedy);
                Err(refusal.saying(message))
            }
            None => Ok(body),
        }
    }

    /// A whole number from `from` to `to`, if it is there.
    pub(super) fn number(&self, name: &str, from: u64, to: u64) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().filter(|number| (from..=to).contains(number));
        number.map(Some).ok_or_else(|| self.wrong(name, format!("a whole number, {from} to {to}")))
    }

    /// `"on"`, `"off"`, `"wiped"` or `"factory"`.
    pub(super) fn power(&self, name: &str) -> Result<Power, Refusal> {
        match self.get(name).and_then(Value::as_str) {
            Some("on") => Ok(Power::On),
            Some("off") => Ok(Power::Off),
            Some("wiped") => Ok(Power::Wiped),
            Some("factory") => Ok(Power::Factory),
            _ => Err(self.wrong(name, "\"on\", \"off\", \"wiped\" or \"factory\"")),
        }
    }

    /// `"open"` or `"closed"`.
    pub(super) fn contact(&self, name: &str) -> Result<Contact, Refusal> {
        match self.get(name).and_then(Value::as_str) {
            Some("open") => Ok(Contact::Open),
            Some("closed") => Ok(Contact::Closed),
            _ => Err(self.wrong(name, "\"open\" or \"closed\"")),
        }
    }

    /// A card, by format, facility (unless the format has none) and number, or by bits and raw value.
    pub(super) fn card(&self, name: &str) -> Result<Credential, Refusal> {
        let remedy =
            "{\"format\":\"H10301\",\"facility\":100,\"number\":1234} or {\"bits\":26,\"raw\":\"0x2F623AE\"}";
        let value = self.get(name).ok_or_else(|| self.wrong(name, remedy))?;
        if value.get("bits").is_some() || value.get("raw").is_some() {
            return Self::named(value, "card", &["bits", "raw"])?.raw_card();
        }
        Self::named(value, "card", &["format", "facility", "number"])?.formatted_card()
    }

    /// A PIN as it is entered, if it is there. A refusal doesn't repeat it.
    pub(super) fn pin(&self, name: &str) -> Result<Option<Pin>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let pin = value.as_str().and_then(|digits| Pin::new(digits.as_bytes()));
        let remedy = format!("a text of {MIN_PIN_LEN} to {MAX_PIN_LEN} digits");
        pin.map(Some).ok_or_else(|| Refusal::field(&self.name(name), "(not shown)".into(), remedy))
    }

    /// The digits of a PIN as the keys that are pressed, with the `#` that ends them.
    pub(super) fn keys(&self, name: &str) -> Result<Vec<u8>, Refusal> {
        self.pin(name)?;
        let digits = self.get(name).and_then(Value::as_str).unwrap_or_default();
        let end = (!digits.is_empty()).then_some(b'#');
        Ok(digits.bytes().chain(end).collect())
    }

    /// The faults of a line; what is left out is perfect, and a seed is drawn.
    pub(super) fn faults(&self) -> Result<Faults, Refusal> {
        Ok(Faults {
            bit_error_rate: self.rate("bit_error_rate")?,
            drop_rate: self.rate("drop_rate")?,
            damage_rate: self.rate("damage_rate")?,
            delay_ms: self.delay("delay_ms")?,
            cut: self.flag("cut")?,
            seed: self.seed("seed")?,
        })
    }

    /// A delay in milliseconds, none if it is left out.
    pub(super) fn delay(&self, name: &str) -> Result<u64, Refusal> {
        let longest = u64::try_from(MAX_DELAY.as_millis()).unwrap_or(u64::MAX);
        Ok(self.number(name, 0, longest)?.unwrap_or(0))
    }

    /// Where random numbers begin, drawn if it is left out.
    pub(super) fn seed(&self, name: &str) -> Result<u64, Refusal> {
        Ok(self.number(name, 0, u64::MAX)?.unwrap_or_else(|| u64::from_le_bytes(entropy::bytes())))
    }

    /// A whole number from `-most` to `most`.
    pub(super) fn signed(&self, name: &str, most: i64) -> Result<i64, Refusal> {
        let number = self.get(name).and_then(Value::as_i64).filter(|number| (-most..=most).contains(number));
        number.ok_or_else(|| self.wrong(name, format!("a whole number, -{most} to {most}")))
    }

    /// True, false, or neither if it is left out.
    pub(super) fn choice(&self, name: &str) -> Result<Option<bool>, Refusal> {
        if self.has(name) { self.flag(name).map(Some) } else { Ok(None) }
    }

    /// Whether it is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    fn raw_card(&self) -> Result<Credential, Refusal> {
        let bits = self.number("bits", 1, 64)?.ok_or_else(|| self.wrong("bits", "1 to 64"))?;
        let bits = u8::try_from(bits).unwrap_or(u8::MAX);
        let digits = self.get("raw").and_then(Value::as_str).and_then(|text| text.strip_prefix("0x"));
        let raw = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let raw = raw.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let card = raw.and_then(|raw| Credential::new(bits, raw).ok());
        card.ok_or_else(|| self.wrong("raw", format!("\"0x\" and hexadecimal digits that fit {bits} bits")))
    }

    fn formatted_card(&self) -> Result<Credential, Refusal> {
        let fitting = FORMATS.iter().filter(|format| format.fits_credential());
        let known: Vec<_> = fitting.map(|format| format!("\"{}\"", format.id)).collect();
        let format = self.get("format").and_then(Value::as_str).and_then(Format::by_id);
        let format = format.filter(|format| format.fits_credential());
        let format = format.ok_or_else(|| self.wrong("format", known.join(", ")))?;
        let required = |name, most| match self.number(name, 0, most)? {
            Some(number) => Ok(number),
            None => Err(self.wrong(name, format!("a whole number, 0 to {most}"))),
        };
        let facility = match format.facility {
            Some(field) => required("facility", field.max())?,
            None => self.number("facility", 0, 0)?.unwrap_or(0),
        };
        let number = required("number", format.number.max())?;
        format.encode(facility, number).map_err(|error| self.wrong("number", error.to_string()))
    }

    /// A chance, 0 if it is left out.
    pub(super) fn rate(&self, name: &str) -> Result<f64, Refusal> {
        let Some(value) = self.get(name) else { return Ok(0.0) };
        let rate = value.as_f64().filter(|rate| (0.0..=1.0).contains(rate));
        rate.ok_or_else(|| self.wrong(name, "a chance, 0 to 1"))
    }

    /// True or false, false if it is left out.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        let Some(value) = self.get(name) else { return Ok(false) };
        value.as_bool().ok_or_else(|| self.wrong(name, "true or false"))
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name)
    }

    fn name(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.into() } else { format!("{}.{name}", self.prefix) }
    }

    fn wrong(&self, name: &str, remedy: impl Into<String>) -> Refusal {
        Refusal::field(&self.name(name), self.get(name).cloned().unwrap_or_default(), remedy)
    }
}
