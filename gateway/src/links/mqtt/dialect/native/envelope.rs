//! The native dialect's payloads around the bytes of panel-protocol. `config/asyncapi.yaml` describes them; nothing is
//! decided here, and nothing that comes from the network can make it panic.

use panel_protocol::time::UtcSeconds;

use crate::links::mqtt::limits::{MAX_IDENTITY_LEN, MAX_OPERATION_LEN, MIN_OPERATION_LEN};

/// Which operation, answer or wish a message is about: never twice the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tag {
    pub(super) session: u32,
    pub(super) number: u32,
}

/// What a controller is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum To<'a> {
    Hello { nonce: [u8; 8] },
    Operation { tag: Tag, operation: &'a [u8] },
    Actuate { tag: Tag, not_after: UtcSeconds, output: u8, tenths: u16 },
}

/// What a controller says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum From<'a> {
    State { online: bool },
    Welcome { nonce: [u8; 8], session: u32, receive: usize, identity: String },
    Answer { tag: Tag, answer: &'a [u8] },
    Actuated { tag: Tag, status: u8 },
    Waiting(&'a [u8]),
    Itself { tampered: bool, power_failed: bool },
}

impl Tag {
    pub(super) fn to_bytes(self) -> [u8; 8] {
        (u64::from(self.number) << 32 | u64::from(self.session)).to_le_bytes()
    }

    fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (tag, rest) = bytes.split_first_chunk::<8>()?;
        Some((Self { session: number(tag)?, number: number(&tag[4..])? }, rest))
    }
}

impl To<'_> {
    /// The topic's last level.
    pub(super) const fn what(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Operation { .. } => "operation",
            Self::Actuate { .. } => "actuate",
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        match *self {
            Self::Hello { nonce } => nonce.to_vec(),
            Self::Operation { tag, operation } => [&tag.to_bytes(), operation].concat(),
            Self::Actuate { tag, not_after, output, tenths } => {
                let [low, high] = tenths.to_le_bytes();
                [&tag.to_bytes()[..], &not_after.0.to_le_bytes(), &[output, low, high]].concat()
            }
        }
    }
}

impl<'a> From<'a> {
    /// A message by its topic's last level; `None` for what no controller says.
    pub(super) fn read(what: &str, payload: &'a [u8]) -> Option<Self> {
        match what {
            "state" => match payload {
                b"online" => Some(Self::State { online: true }),
                b"offline" => Some(Self::State { online: false }),
                _ => None,
            },
            "welcome" => welcome(payload),
            "answer" => {
                let (tag, answer) = Tag::split(payload)?;
                (2..=MAX_OPERATION_LEN).contains(&answer.len()).then_some(Self::Answer { tag, answer })
            }
            "actuated" => match Tag::split(payload)? {
                (tag, &[status]) => Some(Self::Actuated { tag, status }),
                _ => None,
            },
            "waiting" => (payload.len() == 10).then_some(Self::Waiting(payload)),
            "itself" => match payload {
                [flags] => {
                    Some(Self::Itself { tampered: flags & 0x01 != 0, power_failed: flags & 0x02 != 0 })
                }
                _ => None,
            },
            _ => None,
        }
    }
}

fn welcome(payload: &[u8]) -> Option<From<'static>> {
    let (nonce, rest) = payload.split_first_chunk::<8>()?;
    let (session, rest) = rest.split_first_chunk::<4>()?;
    let (receive, identity) = rest.split_first_chunk::<2>()?;
    let (session, receive) = (u32::from_le_bytes(*session), usize::from(u16::from_le_bytes(*receive)));
    let identity = std::str::from_utf8(identity).ok()?;
    let sound = session != 0
        && (MIN_OPERATION_LEN..=MAX_OPERATION_LEN).contains(&receive)
        && identity.len() <= MAX_IDENTITY_LEN
        && !identity.contains(char::is_control);
    sound.then(|| From::Welcome { nonce: *nonce, session, receive, identity: identity.to_owned() })
}

fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.first_chunk::<4>()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TAG: Tag = Tag { session: 0x5eed_0001, number: 2 };

    #[test]
    fn messages_are_as_the_guide_s_example_has_them() {
        let hello = To::Hello { nonce: [0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8] };
        assert_eq!((hello.what(), hello.encode()), ("hello", hex("a1a2a3a4a5a6a7a8")));
        let info = To::Operation { tag: Tag { number: 1, ..TAG }, operation: &[1] };
        assert_eq!((info.what(), info.encode()), ("operation", hex("0100ed5e0100000001")));
        let actuate = To::Actuate { tag: TAG, not_after: UtcSeconds(0x6955_B880), output: 3, tenths: 50 };
        assert_eq!((actuate.what(), actuate.encode()), ("actuate", hex("0100ed5e0200000080b85569033200")));
        let welcome = hex("a1a2a3a4a5a6a7a80100ed5e000441636d652044432d31");
        let Some(From::Welcome { session: 0x5eed_0001, receive: 1024, identity, .. }) =
            From::read("welcome", &welcome)
        else {
            panic!("no welcome")
        };
        assert_eq!(identity, "Acme DC-1");
        let answer = hex("0100ed5e020000000200");
        assert_eq!(From::read("answer", &answer), Some(From::Answer { tag: TAG, answer: &[2, 0] }));
        let actuated = hex("0100ed5e0200000003");
        assert_eq!(From::read("actuated", &actuated), Some(From::Actuated { tag: TAG, status: 3 }));
    }

    #[test]
    fn what_no_controller_says_is_nothing() {
        for (what, payload) in [
            ("state", &b"ONLINE"[..]),
            ("state", b""),
            ("welcome", &[0; 30]), // session 0
            ("answer", &[0; 9]),
            ("answer", &[0; 8201]),
            ("actuated", &[0; 10]),
            ("waiting", &[0; 11]),
            ("itself", &[]),
            ("unlock", &[1]),
        ] {
            assert_eq!(From::read(what, payload), None, "{what} {}", payload.len());
        }
        let mut long = hex("a1a2a3a4a5a6a7a80100ed5e0004");
        long.extend([b'x'; MAX_IDENTITY_LEN + 1]);
        assert_eq!(From::read("welcome", &long), None);
        long.truncate(20);
        long[19] = 0xFF;
        assert_eq!(From::read("welcome", &long), None, "no UTF-8");
    }

    /// The description for tools has every message with the bounds that hold here.
    #[test]
    fn the_asyncapi_file_has_the_same_topics_and_lengths() {
        let file = include_str!("../../../../../../config/asyncapi.yaml");
        let topics = ["to/hello", "to/operation", "to/actuate"];
        let said = ["state", "welcome", "answer", "actuated", "waiting", "itself"]
            .map(|what| format!("from/{what}"));
        for level in topics.iter().map(|topic| (*topic).to_owned()).chain(said) {
            let line = format!("address: gatehouse/v1/{{site}}/{{controller}}/{level}\n");
            assert!(file.contains(&line), "{level}");
        }
        assert_eq!(file.matches("address: ").count(), 9);
        let longest = To::Operation { tag: TAG, operation: &[0; MAX_OPERATION_LEN] }.encode().len();
        let actuate = To::Actuate { tag: TAG, not_after: UtcSeconds(0), output: 0, tenths: 0 }.encode().len();
        for (message, min, max) in [
            ("hello", 8, 8),
            ("welcome", 14, 14 + MAX_IDENTITY_LEN),
            ("operation", 9, longest),
            ("answer", 10, longest),
            ("actuate", actuate, actuate),
            ("actuated", 9, 9),
            ("waiting", 10, 10),
            ("itself", 1, 1),
        ] {
            let of_message = file.split(&format!("\n    {message}:\n      summary")).nth(1).unwrap();
            let length = format!("x-length: {{ min: {min}, max: {max} }}");
            let found = of_message.split("x-length").nth(1).unwrap().lines().next().unwrap();
            assert_eq!(format!("x-length{found}"), length, "{message}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_dangerous(what in 0usize..6, payload in prop::collection::vec(any::<u8>(), 0..100)) {
            let what = ["state", "welcome", "answer", "actuated", "waiting", "itself"][what];
            From::read(what, &payload);
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }
}
