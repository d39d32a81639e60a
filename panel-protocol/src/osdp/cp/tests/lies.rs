//! Everything a PD, or somebody on the wire, may say wrongly: nothing is delivered, and the session is over.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use super::liar::{ACK, Answer, KEYPAD, Liar, REPLY_ENCRYPTED, REPLY_MAC};
use crate::osdp::command::code;
use crate::osdp::cp::{Deviation, Event, KeyFault, LossCause};
use crate::osdp::frame::FrameError;

type Lie = fn(&mut Answer);

const SECOND: Duration = Duration::from_secs(1);

/// Lets a PD be honest until its session is up, and lie once, to the command that it gets then.
fn after_one_lie(lie: impl Fn(&mut Answer) + 'static) -> Liar {
    let lies = Rc::new(Cell::new(false));
    let armed = Rc::clone(&lies);
    let mut liar = Liar::new(move |command, answer| {
        if command == code::LSTAT && armed.replace(false) {
            lie(answer);
        }
    });
    liar.run_for(SECOND);
    assert!(liar.is_ready() && liar.delivered == 0);
    lies.set(true);
    liar.wants_turn = true;
    liar.run_for(3 * SECOND);
    liar
}

/// The lie has ended the session for that reason and told nothing; a new session is up.
fn assert_torn_down(name: &str, liar: &Liar, cause: LossCause) {
    assert_eq!((liar.delivered, liar.failed), (0, 1), "{name}");
    assert!(liar.events.contains(&Event::SecureLost { cause }), "{name}: {:?}", liar.events);
    assert!(liar.is_ready() && liar.status().counters.sessions == 2, "{name}");
}

/// An honest answer with news, to change.
fn news(answer: &mut Answer) {
    (answer.code, answer.data) = (KEYPAD, [0, 1, 0x31].to_vec());
    (answer.scb, answer.encrypted) = ([REPLY_ENCRYPTED].to_vec(), true);
}

#[test]
fn an_honest_answer_is_delivered() {
    let liar = after_one_lie(news);
    assert_eq!((liar.delivered, liar.failed, liar.status().counters.sessions), (1, 0, 1));
}

#[test]
fn a_security_block_that_lies_ends_the_session_though_its_mac_is_right() {
    let lies: [(&str, Lie); 3] = [
        ("SCS_16 with data", |a| {
            news(a);
            (a.scb, a.encrypted) = ([REPLY_MAC].to_vec(), false);
        }),
        ("SCS_16 with encrypted data", |a| {
            news(a);
            a.scb = [REPLY_MAC].to_vec();
        }),
        ("SCS_18 with a block in clear", |a| {
            (a.code, a.data, a.scb) = (KEYPAD, [7; 16].to_vec(), [REPLY_ENCRYPTED].to_vec());
        }),
    ];
    for (name, lie) in lies {
        let liar = after_one_lie(lie);
        assert_torn_down(name, &liar, LossCause::BadMac);
        assert_eq!(liar.status().counters.bad_mac, 1, "{name}");
    }
}

#[test]
fn a_reply_without_data_may_be_encrypted_since_its_mac_is_right() {
    let habits: [Lie; 2] = [
        |a| (a.scb, a.encrypted) = ([REPLY_ENCRYPTED].to_vec(), true),
        |a| a.scb = [REPLY_ENCRYPTED].to_vec(),
    ];
    for habit in habits {
        let liar = after_one_lie(habit);
        assert_eq!((liar.delivered, liar.failed, liar.status().counters.sessions), (1, 0, 1));
        let told = Event::Deviates { what: Deviation::EmptyEncrypted };
        assert_eq!(liar.events.iter().filter(|event| **event == told).count(), 1);
    }
}

#[test]
fn an_initial_mac_may_come_as_a_cryptogram_does_but_not_be_wrong() {
    let as_cryptogram = |a: &mut Answer| a.scb[0] = 0x12;
    let mut liar = Liar::new(move |command, answer| {
        if command == code::SCRYPT {
            as_cryptogram(answer);
        }
    });
    liar.run_for(SECOND);
    assert!(liar.is_ready());
    assert!(liar.events.contains(&Event::Deviates { what: Deviation::InitialMacAsCryptogram }));
    let liar = handshake(code::SCRYPT, move |answer| {
        as_cryptogram(answer);
        answer.data[15] ^= 1;
    });
    assert!(liar.events.contains(&Event::NoSession { fault: KeyFault::Cryptogram }));
}

#[test]
fn a_malformed_reply_ends_the_session_though_its_mac_is_right() {
    let lies: [(FrameError, Lie); 5] = [
        (FrameError::Direction { kind: 0x15, reply: true }, |a| a.scb = [0x15].to_vec()),
        (FrameError::Direction { kind: 0x17, reply: true }, |a| {
            news(a);
            a.scb = [0x17].to_vec();
        }),
        (FrameError::ScbData { kind: REPLY_MAC, len: 1 }, |a| a.scb = [REPLY_MAC, 1].to_vec()),
        (FrameError::Blocks(3), |a| {
            news(a);
            a.encrypted = false;
        }),
        (FrameError::NoMac, |a| {
            a.mac_len = 3;
        }),
    ];
    for (error, lie) in lies {
        let liar = after_one_lie(lie);
        assert_torn_down(&std::format!("{error}"), &liar, LossCause::Malformed(error));
        assert_eq!(liar.status().counters.violations, 1, "{error}");
    }
}

#[test]
fn a_reply_in_clear_or_of_a_handshake_ends_the_session() {
    for scb in [[].as_slice(), &[0x12, 1], &[0x14, 1], &[0x19], &[0]] {
        for code in [ACK, KEYPAD, 0x76, 0x78] {
            let liar = after_one_lie(move |a| {
                news(a);
                (a.scb, a.code) = (scb.to_vec(), code);
                (a.encrypted, a.mac_len) = (false, 0);
            });
            assert_torn_down(&std::format!("{scb:02X?} {code:02X}"), &liar, LossCause::ClearReply(None));
            assert_eq!(liar.status().counters.violations, 1);
        }
    }
}

#[test]
fn sequence_number_0_ends_the_session_though_its_mac_is_right() {
    let liar = after_one_lie(|a| a.sequence = 0);
    assert_torn_down("sequence number 0", &liar, LossCause::Reset);
}

#[test]
fn a_reply_of_another_address_or_to_all_is_not_taken() {
    for address in [6, 0x7F] {
        let liar = after_one_lie(move |a| {
            news(a);
            a.address = address;
        });
        assert_eq!(liar.delivered, 0);
        assert_eq!(liar.status().counters.foreign_address, 1);
    }
}

#[test]
fn a_reply_from_earlier_in_the_session_is_not_taken() {
    let mut liar = Liar::new(|_, _| {});
    liar.run_for(SECOND);
    let sealed = liar.sent.iter().rev().filter(|(command, _)| *command == code::POLL);
    let (_, old) = sealed.clone().nth(2).unwrap(); // three replies have the same sequence number again
    liar.instead = Some(old.clone());
    liar.run_for(3 * SECOND);
    assert!(liar.events.contains(&Event::SecureLost { cause: LossCause::BadMac }));
    assert_eq!((liar.status().counters.bad_mac, liar.status().counters.sessions), (1, 2));
}

/// What becomes of a PD that changes its answers to a step of the handshake.
fn handshake(step: u8, lie: impl Fn(&mut Answer) + 'static) -> Liar {
    let mut liar = Liar::new(move |command, answer| {
        if command == step {
            lie(answer);
        }
    });
    liar.run_for(5 * SECOND);
    assert!(!liar.is_ready());
    let codes = |wanted| liar.sent.iter().any(|(command, _)| *command == wanted);
    assert!(!codes(code::POLL) && !codes(code::LSTAT), "it is used all the same");
    liar
}

#[test]
fn a_handshake_that_lies_comes_to_nothing() {
    let cases: [(u8, Lie, KeyFault); 9] = [
        (code::CHLNG, |a| a.data[16] ^= 1, KeyFault::Cryptogram),
        (code::CHLNG, |a| a.data[8] ^= 1, KeyFault::Cryptogram),
        (code::CHLNG, |a| a.scb[1] = 0, KeyFault::KeyFlag),
        (code::CHLNG, |a| a.scb[1] = 0xFF, KeyFault::KeyFlag),
        (code::CHLNG, |a| a.scb[0] = 0x14, KeyFault::Malformed),
        (code::CHLNG, |a| a.scb.clear(), KeyFault::Malformed),
        (code::SCRYPT, |a| a.scb[1] = 0xFF, KeyFault::Rejected),
        (code::SCRYPT, |a| a.scb[0] = 0x19, KeyFault::Malformed),
        (code::SCRYPT, |a| a.data[0] ^= 1, KeyFault::Cryptogram),
    ];
    for (step, lie, fault) in cases {
        let liar = handshake(step, lie);
        assert!(liar.events.contains(&Event::NoSession { fault }), "{fault:?}: {:?}", liar.events);
    }
}

#[test]
fn a_handshake_of_earlier_can_not_be_replayed() {
    for step in [code::CHLNG, code::SCRYPT] {
        let mut liar = Liar::new(|_, _| {});
        liar.run_for(SECOND);
        let old = liar.sent.iter().find(|(command, _)| *command == step).unwrap().1.clone();
        liar.lie = std::boxed::Box::new(move |command, answer| {
            if command == code::POLL {
                answer.sequence = 0; // so that a new handshake follows
            } else if command == step {
                let data_at = 5 + 3 + 1;
                answer.data = old[data_at..old.len() - 2].to_vec();
            }
        });
        liar.run_for(5 * SECOND);
        assert!(liar.events.contains(&Event::NoSession { fault: KeyFault::Cryptogram }), "{:?}", liar.events);
        assert_eq!(liar.status().counters.sessions, 1);
    }
}

#[test]
fn who_and_what_a_pd_is_stands_in_no_security_block() {
    for step in [code::ID, code::CAP] {
        let liar = handshake(step, |a| a.scb = [0x12, 1].to_vec());
        assert!(liar.status().counters.violations > 0);
    }
}
