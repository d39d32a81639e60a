use panel_protocol::panel::{Answer, Info};

use super::*;
use crate::mqtt::bench::Bench;

const BASE: &str = "gatehouse/v1/harbour/shed";

fn panel() -> Bench<Native> {
    Bench::connected(Native::new(&NativeConfig { receive: 64, ..NativeConfig::new("harbour", "shed") })).0
}

fn to(panel: &mut Bench<Native>, topic: &str, payload: &[u8]) -> Vec<Message> {
    panel.hear(&format!("{BASE}/to/{topic}"), payload)
}

/// Begins a session and gives its four bytes.
fn session(panel: &mut Bench<Native>, nonce: u8) -> [u8; 4] {
    let said = to(panel, "hello", &[nonce; 8]);
    assert_eq!(said[0].topic, format!("{BASE}/from/welcome"));
    assert_eq!(
        (said[1].topic.as_str(), said[1].payload.as_slice()),
        (&*format!("{BASE}/from/itself"), &[0][..])
    );
    let welcome = &said[0].payload;
    assert_eq!(
        (&welcome[..8], &welcome[12..14], &welcome[14..]),
        (&[nonce; 8][..], &[64, 0][..], IDENTITY.as_bytes())
    );
    welcome[8..12].try_into().unwrap()
}

fn info(panel: &mut Bench<Native>, session: [u8; 4], number: u32) -> Option<Info> {
    let said = to(panel, "operation", &[&session[..], &number.to_le_bytes(), &[1]].concat());
    let answer = &said.first()?.payload;
    assert_eq!(answer[..8], *[session, number.to_le_bytes()].concat());
    let Some(Answer::Info(info)) = Answer::decode(&answer[8..]) else { panic!("{answer:02x?}") };
    Some(info)
}

#[test]
fn it_is_online_when_its_subscription_is_taken_and_leaves_a_will() {
    let (panel, said) = Bench::connected(Native::new(&NativeConfig::new("harbour", "shed")));
    let state = |text: &str| Message::new(format!("{BASE}/from/state"), text).acknowledged().retained();
    assert_eq!(said, [state("online")]);
    let terms = panel.firmware.terms();
    assert_eq!(terms.will, Some(state("offline")));
    assert_eq!(terms.filters, [(format!("{BASE}/to/+"), Quality::Acknowledged)]);
}

#[test]
fn a_number_counts_once_and_only_upwards_and_in_its_session() {
    let mut panel = panel();
    assert_eq!(info(&mut panel, [0; 4], 1), None, "there is no session before a hello");
    let first = session(&mut panel, 1);
    assert!(info(&mut panel, first, 5).is_some());
    assert_eq!(info(&mut panel, first, 5), None);
    assert_eq!(info(&mut panel, first, 4), None);
    assert!(info(&mut panel, first, 9).is_some());
    assert_eq!(session(&mut panel, 1), first, "a hello that comes again changes nothing");
    assert_eq!(info(&mut panel, first, 9), None);
    let second = session(&mut panel, 2);
    assert_eq!(info(&mut panel, first, 10), None);
    assert!(info(&mut panel, second, 0).is_some());
    panel.tell(Input::Lost);
    panel.connect();
    assert_eq!(info(&mut panel, second, 11), None, "a new connection knows no session");
    assert_ne!(session(&mut panel, 2), second);
}

#[test]
fn what_is_too_long_is_malformed_and_what_is_too_short_is_ignored() {
    let mut panel = panel();
    let head = |session: [u8; 4], number: u32| [session, number.to_le_bytes()].concat();
    let session = session(&mut panel, 1);
    let long = [head(session, 1), vec![0x10; 65]].concat();
    let said = to(&mut panel, "operation", &long);
    assert_eq!(said[0].payload, [head(session, 1), vec![0x10, 2]].concat());
    assert!(to(&mut panel, "operation", &head(session, 2)).is_empty());
    assert!(to(&mut panel, "hello", &[1; 7]).is_empty());
    assert!(to(&mut panel, "actuate", &[head(session, 3), vec![0; 6]].concat()).is_empty());
    assert!(info(&mut panel, session, 2).is_some(), "an ignored message used no number up");
    let kept = Message::new(format!("{BASE}/to/hello"), [9; 8]).retained();
    assert!(panel.tell(Input::Message(&kept)).is_empty());
}

#[test]
fn events_are_announced_while_it_is_online_only() {
    let mut panel = panel();
    let card = panel_protocol::wiegand::H10301.encode(100, 1).unwrap();
    let waiting = |panel: &mut Bench<Native>| {
        let at = panel.at();
        panel.firmware.present(at, 0, card);
        panel.said()
    };
    let said = waiting(&mut panel);
    assert_eq!(said[0].topic, format!("{BASE}/from/waiting"));
    assert_eq!(said[0].payload, [0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    panel.tell(Input::Lost);
    assert!(waiting(&mut panel).is_empty());
    panel.connect();
    let session = session(&mut panel, 1);
    assert_eq!(info(&mut panel, session, 1).unwrap().next_event, 2);
    assert_eq!(waiting(&mut panel)[0].payload, [0x80, 0, 0, 0, 0, 0, 3, 0, 0, 0]);
}
