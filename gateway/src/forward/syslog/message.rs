//! A syslog message, as RFC 5424 has it. Everything that comes from outside is escaped; nothing breaks a frame.

use super::super::limits::MAX_SYSLOG_BYTES;
use super::super::told::{Told, Weight};

/// Facility 10 (security and authorisation): where access is looked for.
const FACILITY: u8 = 10;

/// Identifier of our structured data: the name, and the number that RFC 5612 gives to examples.
const SD_ID: &str = "gatehouse@32473";

/// Longest value of a parameter of the structured data, in characters.
const MAX_VALUE_CHARS: usize = 200;

/// Who sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::forward) struct Sender {
    /// `HOSTNAME`: the box's name.
    pub(in crate::forward) host: String,
    /// The site.
    pub(in crate::forward) site: String,
}

/// The message of an event: at most [`MAX_SYSLOG_BYTES`], without a line's end. The sentence is cut where it is too long.
pub(in crate::forward) fn message(sender: &Sender, told: &Told) -> Vec<u8> {
    let head = format!(
        "<{}>1 {} {} gatehouse - {} ",
        FACILITY * 8 + severity(told.weight),
        told.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"),
        header(&sender.host, 255),
        header(told.kind, 32),
    );
    let mut message = head.into_bytes();
    message.extend(structured_data(sender, told).into_bytes());
    message.push(b' ');
    for c in told.text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes).as_bytes();
        if message.len() + bytes.len() > MAX_SYSLOG_BYTES {
            break;
        }
        message.extend(bytes);
    }
    message
}

const fn severity(weight: Weight) -> u8 {
    match weight {
        Weight::Usual => 6,   // informational
        Weight::Notable => 5, // notice
        Weight::Failing => 4, // warning
        Weight::Urgent => 1,  // alert
    }
}

/// Printable ASCII without blanks, at most so long; `-` for nothing.
fn header(text: &str, most: usize) -> String {
    let kept: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
    if kept.is_empty() { "-".to_owned() } else { kept }
}

fn structured_data(sender: &Sender, told: &Told) -> String {
    let mut data = format!("[{SD_ID}");
    let number = told.number.to_string();
    let mut add = |name: &str, value: &str| data.push_str(&format!(" {name}=\"{}\"", escaped(value)));
    add("site", &sender.site);
    add("number", &number);
    add("subject", &told.subject);
    for (name, of) in [("who", "who"), ("door", "door"), ("card", "card"), ("reason", "reason"), ("by", "by")]
    {
        if let Some(value) = told.data.get(of).and_then(|value| value.as_str()) {
            add(name, value);
        }
    }
    data.push(']');
    data
}

/// `"`, `\` and `]` have a backslash before them (RFC 5424, 6.3.3); control characters are blanks.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars().take(MAX_VALUE_CHARS) {
        match c {
            '"' | '\\' | ']' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(text: &str, who: &str) -> Told {
        Told {
            number: 42,
            at: "2026-11-30T12:00:00.000123Z".parse().unwrap(),
            kind: "access.denied",
            subject: "doors/dock".to_owned(),
            weight: Weight::Notable,
            text: text.to_owned(),
            data: json!({ "who": who, "door": "Dock", "granted": false }),
        }
    }

    fn sender() -> Sender {
        Sender { host: "box-1".to_owned(), site: "Harbour \"Street\"".to_owned() }
    }

    #[test]
    fn a_message_has_every_field_in_its_place() {
        let message = String::from_utf8(message(&sender(), &told("Ann refused at Dock", "Ann"))).unwrap();
        assert_eq!(
            message,
            "<85>1 2026-11-30T12:00:00.000123Z box-1 gatehouse - access.denied [gatehouse@32473 site=\"Harbour \
             \\\"Street\\\"\" number=\"42\" subject=\"doors/dock\" who=\"Ann\" door=\"Dock\"] Ann refused at Dock"
        );
    }

    #[test]
    fn nothing_that_comes_from_outside_breaks_a_frame() {
        let message = message(&sender(), &told("line\nline\0end", "a\"] b=\"\\\n"));
        let text = String::from_utf8(message).unwrap();
        assert!(!text.chars().any(char::is_control), "{text}");
        assert!(text.contains(r#"who="a\"\] b=\"\\ ""#), "{text}");
    }

    #[test]
    fn a_sentence_that_is_too_long_is_cut_between_characters() {
        let message = message(&sender(), &told(&"ü".repeat(MAX_SYSLOG_BYTES), "Ann"));
        assert!(message.len() <= MAX_SYSLOG_BYTES && message.len() > MAX_SYSLOG_BYTES - 2);
        assert!(String::from_utf8(message).is_ok());
    }
}
