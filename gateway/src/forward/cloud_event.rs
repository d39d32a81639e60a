//! CloudEvents 1.0: structured, batched, and as headers of a binary message.

use serde_json::{Value, json};

use super::told::Told;

/// One event in one document.
pub(super) const STRUCTURED: &str = "application/cloudevents+json";

/// Several in one document.
pub(super) const BATCH: &str = "application/cloudevents-batch+json";

/// The site that events are of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CloudSource(String);

impl CloudSource {
    /// Of the site of that name. What a URI reference can't have is written as RFC 3986, 2.1, says.
    pub(super) fn of_site(name: &str) -> Self {
        let mut source = String::from("/sites/");
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    source.push(char::from(byte));
                }
                _ => source.push_str(&format!("%{byte:02X}")),
            }
        }
        Self(source)
    }

    /// The event's identifier. The same event has the same one whenever it is sent.
    pub(super) fn id(&self, told: &Told) -> String {
        match told.number {
            0 => format!("test-{}", told.at.as_microsecond()),
            number => number.to_string(),
        }
    }

    /// The attributes beside the data, each a name and a value.
    pub(super) fn attributes(&self, told: &Told) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("specversion", "1.0".to_owned()),
            ("id", self.id(told)),
            ("source", self.0.clone()),
            ("type", kind(told)),
            ("subject", told.subject.clone()),
            ("time", told.at.to_string()),
        ];
        if told.number > 0 {
            attributes.push(("sequence", format!("{:020}", told.number)));
        }
        attributes
    }

    /// The whole as one JSON object.
    pub(super) fn structured(&self, told: &Told) -> Value {
        let mut object: serde_json::Map<_, _> = self
            .attributes(told)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect();
        object.insert("datacontenttype".to_owned(), json!("application/json"));
        object.insert("data".to_owned(), data(told));
        Value::Object(object)
    }
}

/// The data: all of the event, with its sentence.
pub(super) fn data(told: &Told) -> Value {
    let mut data = told.data.clone();
    if let Value::Object(members) = &mut data {
        members.entry("text").or_insert_with(|| json!(told.text));
    }
    data
}

fn kind(told: &Told) -> String {
    format!("dev.gatehouse.{}.v1", told.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::told::Weight;

    fn told() -> Told {
        Told {
            number: 7,
            at: "2026-11-30T12:00:00.5Z".parse().unwrap(),
            kind: "access.denied",
            subject: "doors/dock".to_owned(),
            weight: Weight::Notable,
            text: "Ann refused at Dock".to_owned(),
            data: json!({ "door": "Dock" }),
        }
    }

    #[test]
    fn an_event_has_every_attribute_that_the_specification_asks_for() {
        let event = CloudSource::of_site("Harbour Street / Nord-Süd").structured(&told());
        assert_eq!(
            event,
            json!({
                "specversion": "1.0",
                "id": "7",
                "source": "/sites/Harbour%20Street%20%2F%20Nord-S%C3%BCd",
                "type": "dev.gatehouse.access.denied.v1",
                "subject": "doors/dock",
                "time": "2026-11-30T12:00:00.5Z",
                "sequence": "00000000000000000007",
                "datacontenttype": "application/json",
                "data": { "door": "Dock", "text": "Ann refused at Dock" },
            })
        );
    }

    #[test]
    fn names_of_attributes_are_lower_case_letters_and_digits() {
        let attributes = CloudSource::of_site("x").attributes(&told());
        assert!(
            attributes
                .iter()
                .all(|(name, _)| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
        );
    }

    #[test]
    fn a_test_is_nobody_elses_event() {
        let test = Told::test("2026-11-30T12:00:00Z".parse().unwrap());
        let event = CloudSource::of_site("x").structured(&test);
        assert_eq!((event["id"].as_str(), event.get("sequence")), (Some("test-1796040000000000"), None));
    }
}
