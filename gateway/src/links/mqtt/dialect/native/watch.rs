//! A message of this dialect in a few words, for somebody who watches. Never a card, a key or a secret: what an operation
//! carries is told by its name and length alone.

use std::fmt::Write as _;

use panel_protocol::panel::operation_name;

use super::envelope::From;

/// What was told or said, by its topic's last level.
pub(in crate::links::mqtt) fn words(what: &str, payload: &[u8]) -> String {
    let mut words = what.to_owned();
    let more = match (what, payload.split_first_chunk::<8>()) {
        ("operation", Some((tag, operation))) => format!("{}: {}", numbered(tag), operation_words(operation)),
        ("answer", Some((tag, answer))) => format!("{}: {}", numbered(tag), answer_words(answer)),
        ("actuate", Some((tag, _))) => numbered(tag),
        _ => said(what, payload),
    };
    write!(words, " {more}").expect("a String takes what is written");
    words.trim_end().to_owned()
}

fn said(what: &str, payload: &[u8]) -> String {
    match From::read(what, payload) {
        Some(From::State { online }) => if online { "online" } else { "offline" }.to_owned(),
        Some(From::Welcome { session, receive, identity, .. }) => {
            format!("to session {session:08x}, takes {receive} bytes, {identity:?}")
        }
        Some(From::Actuated { tag, status }) => {
            format!("{} of session {:08x}: status {status}", tag.number, tag.session)
        }
        Some(From::Itself { tampered, power_failed }) => {
            format!("tampered {tampered}, power failed {power_failed}")
        }
        Some(From::Waiting(_)) => "events".to_owned(),
        Some(From::Answer { .. }) | None if what == "hello" => String::new(),
        Some(From::Answer { .. }) | None => format!("not understood, {} bytes", payload.len()),
    }
}

fn numbered(tag: &[u8; 8]) -> String {
    let [a, b, c, d, e, f, g, h] = *tag;
    let (session, number) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    format!("{number} of session {session:08x}")
}

fn operation_words(operation: &[u8]) -> String {
    let code = operation.first().copied().unwrap_or_default();
    format!("{}, {} bytes", name(code), operation.len())
}

fn answer_words(answer: &[u8]) -> String {
    let (code, status) = (answer.first().copied().unwrap_or_default(), answer.get(1).copied());
    let status = match status {
        Some(0) => "done".to_owned(),
        Some(status) => format!("status {status}"),
        None => "no status".to_owned(),
    };
    format!("{} {status}, {} bytes", name(code), answer.len())
}

/// As PROTOCOL.md calls it.
fn name(code: u8) -> &'static str {
    operation_name(code).unwrap_or("an operation of another version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_without_what_they_carry() {
        let tag = [1, 0, 0xED, 0x5E, 7, 0, 0, 0];
        let put = [&tag[..], &[0x10, 0x1A, 0x02, 0xF6, 0x23, 0xAE, 0, 0]].concat();
        assert_eq!(words("operation", &put), "operation 7 of session 5eed0001: PUT_ROWS, 8 bytes");
        let done = [&tag[..], &[0x10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0]].concat();
        assert_eq!(words("answer", &done), "answer 7 of session 5eed0001: PUT_ROWS done, 12 bytes");
        let full = [&tag[..], &[0x10, 3]].concat();
        assert_eq!(words("answer", &full), "answer 7 of session 5eed0001: PUT_ROWS status 3, 2 bytes");
        assert_eq!(words("hello", &[9; 8]), "hello");
        assert_eq!(words("state", b"online"), "state online");
        assert_eq!(words("welcome", b"x"), "welcome not understood, 1 bytes");
    }
}
