//! What a device said to a poll, in the words of any link.

use std::time::Duration;

use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::reply::{Contact, Keypad, Reply};
use panel_protocol::osdp::secure::Message;
use panel_protocol::panel::OUI;

use crate::links::card_table;
use crate::links::{Heard, InputState, PressedKeys};

/// The byte that stands for `#`, and the one for `*` (OSDP 2.2, 7.12).
const HASH: u8 = 0x0D;
const STAR: u8 = 0x7F;

/// What it means, told no longer ago than `max_age`; `None` if it means nothing to a link's client, or can't be read.
pub(super) fn heard(message: Message<'_>, max_age: Option<Duration>) -> Option<Heard> {
    Some(match Reply::parse(message.code, message.data).ok()? {
        Reply::Raw(raw) => {
            // The CP tells no card whose age it doesn't know.
            Heard::Card { reader: raw.reader(), card: raw.credential().ok()?, max_age: max_age? }
        }
        Reply::Keypad(keypad) => {
            Heard::Keys { reader: keypad.reader, keys: pressed(&keypad), max_age: max_age? }
        }
        Reply::LocalStatus(status) => {
            Heard::Itself { tampered: status.tamper, power_failed: status.power_failure }
        }
        Reply::InputStatus(inputs) => Heard::Inputs(inputs.iter().map(input).collect()),
        Reply::OutputStatus(outputs) => {
            Heard::Outputs(outputs.iter().map(|output| output == Contact::Active).collect())
        }
        Reply::Manufacturer(Manufacturer { oui: OUI, data }) => {
            Heard::EventsWaiting(card_table::waiting(data)?)
        }
        _ => return None,
    })
}

fn pressed(keypad: &Keypad<'_>) -> PressedKeys {
    PressedKeys::new(keypad.keys.iter().map(|key| match *key {
        HASH => '#',
        STAR => '*',
        digit => char::from(digit),
    }))
}

const fn input(contact: Contact) -> InputState {
    match contact {
        Contact::Inactive => InputState::Inactive,
        Contact::Active => InputState::Active,
        Contact::Short | Contact::Open | Contact::Fault => InputState::Faulty,
        _ => InputState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::osdp::reply::code;
    use panel_protocol::wiegand::H10301;

    use super::*;
    use crate::sync::EventsWaiting;

    const AGE: Option<Duration> = Some(Duration::from_millis(70));

    fn said(code: u8, data: &[u8]) -> Option<Heard> {
        heard(Message { code, data }, AGE)
    }

    #[test]
    fn everything_that_a_device_tells_of_itself_is_told_on() {
        // Facility 100, number 1234 in 26 bits: 0x2C809A5 laid out from the left.
        let card = H10301.encode(100, 1234).unwrap();
        let bits = (card.raw() << 38).to_be_bytes();
        let raw = [&[1, 0, 26, 0][..], &bits[..4]].concat();
        let age = Duration::from_millis(70);
        assert_eq!(said(code::RAW, &raw), Some(Heard::Card { reader: 1, card, max_age: age }));
        let keys = PressedKeys::new("12#*".chars());
        let keys = Heard::Keys { reader: 0, keys, max_age: age };
        assert_eq!(said(code::KEYPAD, &[0, 4, b'1', b'2', 0x0D, 0x7F]), Some(keys));
        assert_eq!(said(code::LSTATR, &[1, 0]), Some(Heard::Itself { tampered: true, power_failed: false }));
        use InputState::{Active, Faulty, Inactive, Unknown};
        let inputs = Heard::Inputs(vec![Inactive, Active, Faulty, Faulty, Faulty, Unknown, Unknown]);
        assert_eq!(said(code::ISTATR, &[0, 1, 2, 3, 4, 5, 99]), Some(inputs));
        assert_eq!(said(code::OSTATR, &[1, 0]), Some(Heard::Outputs(vec![true, false])));
        let news = [&OUI[..], &[0x80, 0, 1, 0, 0, 0, 9, 0, 0, 0]].concat();
        let waiting = EventsWaiting { first_event: 1, next_event: 9 };
        assert_eq!(said(code::MFGREP, &news), Some(Heard::EventsWaiting(waiting)));
    }

    #[test]
    fn a_card_of_unknown_age_and_what_is_malformed_or_another_makers_is_not_told() {
        let raw = [0, 0, 8, 0, 0xA5];
        assert!(said(code::RAW, &raw).is_some());
        assert_eq!(heard(Message { code: code::RAW, data: &raw }, None), None);
        assert_eq!(said(code::RAW, &raw[..4]), None);
        assert_eq!(said(code::LSTATR, &[1]), None);
        assert_eq!(said(code::MFGREP, &[1, 2, 3, 0x80, 0, 1, 0, 0, 0, 9, 0, 0, 0]), None);
        assert_eq!(said(code::ACK, &[]), None);
    }
}
