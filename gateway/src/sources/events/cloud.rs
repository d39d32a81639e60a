//! CloudEvents 1.0, as they come over HTTP and MQTT: structured, binary and in batches.
//!
//! Pure. Never guesses: what is missing, too long or of another kind than the specification has refuses all that came
//! with it. What an event is about stands in `vocabulary`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::limits::{MAX_BATCH, MAX_BODY_LEN, MAX_ID_LEN, MAX_SOURCE_LEN};
use crate::domain::EventFault;

/// The media type of one event in structured mode.
pub const STRUCTURED: &str = "application/cloudevents+json";

/// The media type of a batch.
pub const BATCH: &str = "application/cloudevents-batch+json";

/// What was sent, whichever way it came.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sent {
    /// Its media type; empty where the way has none, as MQTT 3.1.1.
    pub content_type: String,
    /// In binary mode, the event's attributes by their names.
    pub attributes: Vec<(String, String)>,
    /// What was in it.
    pub body: Vec<u8>,
}

/// One event, its data still as it came.
#[derive(Clone, PartialEq, Debug)]
pub struct CloudEvent {
    /// With [`source`](Self::source), which event it is.
    pub id: String,
    /// Who says so, in the sender's words.
    pub source: String,
    /// What kind of event it is.
    pub kind: String,
    /// When it happened, as the sender says.
    pub time: Option<Timestamp>,
    /// What it says.
    pub data: Value,
}

impl CloudEvent {
    /// The event in structured mode.
    pub fn structured(&self) -> Vec<u8> {
        let mut event = serde_json::json!({
            "specversion": "1.0", "id": self.id, "source": self.source, "type": self.kind,
            "datacontenttype": "application/json", "data": self.data,
        });
        if let Some(time) = self.time {
            event["time"] = time.to_string().into();
        }
        event.to_string().into_bytes()
    }
}

/// The events in what was sent, in their order.
///
/// # Errors
/// With the first thing that is wrong with it.
pub fn read(sent: &Sent) -> Result<Vec<CloudEvent>, EventFault> {
    if sent.body.len() > MAX_BODY_LEN {
        let message = format!("has {} bytes, more than {MAX_BODY_LEN}", sent.body.len());
        return Err(EventFault::new("the body", message, "send less at once"));
    }
    match mode(sent)? {
        Mode::Structured => Ok(vec![one(json(&sent.body)?, "")?]),
        Mode::Batch => batch(json(&sent.body)?),
        Mode::Binary => binary(sent).map(|event| vec![event]),
    }
}

#[derive(Clone, Copy)]
enum Mode {
    Structured,
    Batch,
    Binary,
}

fn mode(sent: &Sent) -> Result<Mode, EventFault> {
    let media = sent.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let first = sent.body.iter().find(|byte| !byte.is_ascii_whitespace());
    let has_attributes = sent.attributes.iter().any(|(name, _)| name == "specversion");
    match media.as_str() {
        STRUCTURED => Ok(Mode::Structured),
        BATCH => Ok(Mode::Batch),
        _ if has_attributes => Ok(Mode::Binary),
        "" if first == Some(&b'[') => Ok(Mode::Batch),
        "" => Ok(Mode::Structured),
        _ => Err(EventFault::new(
            "content-type",
            "says nothing of CloudEvents, and no ce-specversion came beside it",
            format!("send {STRUCTURED} or {BATCH}, or the attributes as headers that begin with ce-"),
        )
        .with(&sent.content_type)),
    }
}

fn json(body: &[u8]) -> Result<Value, EventFault> {
    serde_json::from_slice(body).map_err(|error| {
        EventFault::new("the body", format!("is no JSON: {error}"), "send one event, or a list of them")
    })
}

fn batch(value: Value) -> Result<Vec<CloudEvent>, EventFault> {
    let Value::Array(events) = value else {
        return Err(EventFault::new("the body", "is no list", format!("send a list as {BATCH}")));
    };
    if events.len() > MAX_BATCH {
        let message = format!("has {} events, more than {MAX_BATCH}", events.len());
        return Err(EventFault::new("the body", message, "send it in several batches"));
    }
    let events = events.into_iter().enumerate();
    events.map(|(at, event)| one(event, &format!("[{at}]."))).collect()
}

/// An event in structured mode; `place` stands before the names of its fields.
fn one(value: Value, place: &str) -> Result<CloudEvent, EventFault> {
    let Value::Object(mut event) = value else {
        let field = if place.is_empty() { "the body" } else { place.trim_end_matches('.') };
        return Err(EventFault::new(field, "is no object", "send a CloudEvent"));
    };
    let data = event.remove("data");
    if event.contains_key("data_base64") {
        let remedy = "send `data` with datacontenttype application/json";
        return Err(EventFault::new(
            format!("{place}data_base64"),
            "can't hold what is expected here",
            remedy,
        ));
    }
    check_scalars(&event, place)?;
    let text = |name: &str| event.get(name)?.as_str().map(str::to_owned);
    of_attributes(text, data, place)
}

/// What the specification has as texts.
const TEXTS: [&str; 8] =
    ["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema"];

/// Attributes are texts, numbers and truth values (CloudEvents, "Type System").
fn check_scalars(event: &Map<String, Value>, place: &str) -> Result<(), EventFault> {
    let is_wrong = |(name, value): &(&String, &Value)| match value {
        Value::Object(_) | Value::Array(_) => true,
        Value::Number(_) | Value::Bool(_) => TEXTS.contains(&name.as_str()),
        Value::String(_) | Value::Null => false,
    };
    match event.iter().find(is_wrong) {
        None => Ok(()),
        Some((name, value)) => {
            let fault = EventFault::new(format!("{place}{name}"), "is no text", "write one text there");
            Err(fault.with(&value.to_string()))
        }
    }
}

fn binary(sent: &Sent) -> Result<CloudEvent, EventFault> {
    let text = |name: &str| match name {
        "datacontenttype" => Some(sent.content_type.clone()).filter(|media| !media.is_empty()),
        name => sent.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()),
    };
    of_attributes(text, Some(json(&sent.body)?), "")
}

fn of_attributes(
    text: impl Fn(&str) -> Option<String>,
    data: Option<Value>,
    place: &str,
) -> Result<CloudEvent, EventFault> {
    let field = |name: &str| format!("{place}{name}");
    let required = |name: &str, most: usize| {
        let value = text(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            EventFault::new(
                field(name),
                "is missing",
                "every CloudEvent has specversion, id, source and type",
            )
        })?;
        if value.len() > most || value.contains(char::is_control) {
            let message = format!("is no line of at most {most} bytes");
            return Err(EventFault::new(field(name), message, "make it shorter").with(&value));
        }
        Ok(value)
    };
    let version = required("specversion", MAX_ID_LEN)?;
    if version != "1.0" {
        return Err(
            EventFault::new(field("specversion"), "isn't known here", "send CloudEvents 1.0").with(&version)
        );
    }
    let time = text("time").map(|time| {
        let wrong = |_| {
            EventFault::new(field("time"), "is no instant", "write it like 2027-01-31T18:00:00Z").with(&time)
        };
        time.parse().map_err(wrong)
    });
    if let Some(media) = text("datacontenttype").filter(|media| !is_json(media)) {
        let fault =
            EventFault::new(field("datacontenttype"), "is not JSON", "send the data as application/json");
        return Err(fault.with(&media));
    }
    Ok(CloudEvent {
        id: required("id", MAX_ID_LEN)?,
        source: required("source", MAX_SOURCE_LEN)?,
        kind: required("type", MAX_ID_LEN)?,
        time: time.transpose()?,
        data: data.ok_or_else(|| EventFault::new(field("data"), "is missing", "say what has changed"))?,
    })
}

fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media == "application/json" || media == "text/json" || media.ends_with("+json")
}
