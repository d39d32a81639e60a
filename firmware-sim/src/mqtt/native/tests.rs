use panel_protocol::decide::{DoorSettings, Reason};
use panel_protocol::panel::{Answer, ChangeBuilder, Info, Operation, ProfileList};
use panel_protocol::schedule::When;
use panel_protocol::table::{PinVerifier, Profile, Row, Setting};
use panel_protocol::time::UtcSeconds;
use panel_protocol::wiegand::H10301;

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
    let card = H10301.encode(100, 1).unwrap();
    let waiting = |panel: &mut Bench<Native>| {
        let at = panel.at();
        panel.firmware.present(at, 0, card, None);
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

/// Has an operation carried out that was begun in this session, and gives its answer.
fn operate(panel: &mut Bench<Native>, session: [u8; 4], number: u32, operation: &[u8]) -> Vec<u8> {
    let said = to(panel, "operation", &[&session[..], &number.to_le_bytes(), operation].concat());
    said[0].payload[8..].to_vec()
}

fn bytes(operation: &Operation<'_>) -> Vec<u8> {
    let mut bytes = [0; 64];
    let len = operation.encode(&mut bytes).unwrap();
    bytes[..len].to_vec()
}

#[test]
fn a_session_is_of_the_version_that_its_first_operation_says_and_each_hello_begins_another() {
    let mut panel = panel();
    let first = session(&mut panel, 1);
    let hello = bytes(&Operation::Hello { version: 2 });
    assert_eq!(operate(&mut panel, first, 1, &hello)[..2], [hello[0], Status::Done.code()]);
    let unlock = bytes(&Operation::Unlock { reader: 1, not_after: None, tenths: 30 });
    assert_eq!(operate(&mut panel, first, 2, &unlock)[1], Status::Done.code());
    assert_eq!(panel.firmware.insides(panel.at()).outputs, [false, true]);
    assert_eq!((panel.firmware.released(0), panel.firmware.released(1)), (0, 1));
    panel.wait(Duration::from_secs(3));
    assert_eq!(panel.firmware.insides(panel.at()).outputs, [false, false]);

    assert_eq!(session(&mut panel, 1), first, "the same hello goes on with the same session");
    assert_eq!(operate(&mut panel, first, 3, &unlock)[1], Status::Done.code());
    let second = session(&mut panel, 2);
    assert!(info(&mut panel, second, 1).is_some());
    assert_eq!(operate(&mut panel, second, 2, &unlock)[1], Status::UnknownOperation.code());
}

#[test]
fn a_pin_is_wanted_where_the_door_says_so() {
    let mut panel = panel();
    let session = session(&mut panel, 1);
    operate(&mut panel, session, 1, &bytes(&Operation::Hello { version: 2 }));
    operate(&mut panel, session, 2, &bytes(&Operation::SetClock(UtcSeconds(crate::mqtt::bench::BEGIN))));
    let (card, pin) = (H10301.encode(100, 1).unwrap(), Pin::new(b"1234").unwrap());
    let verifier = PinVerifier::new(panel.firmware.panel.table().digests().key(), card, &pin);
    let mut request = [0; 64];
    let mut change = ChangeBuilder::put_rows(&mut request).unwrap();
    assert!(change.row(&Row { pin: Some(verifier), ..Row::new(card, 0) }));
    let len = change.len();
    operate(&mut panel, session, 3, &request[..len]);
    let profile = Profile::always([0]);
    let profiles = ProfileList::checked(profile.as_bytes()).unwrap();
    operate(&mut panel, session, 4, &bytes(&Operation::StageProfiles { first: 0, profiles }));
    let mut change = ChangeBuilder::put_settings(&mut request).unwrap();
    assert!(change.setting(&Setting::Door(0, DoorSettings { pin: When::Always, ..DoorSettings::PLAIN })));
    let len = change.len();
    operate(&mut panel, session, 5, &request[..len]);
    let digest = panel.firmware.panel.table().digest_with(&[profile]);
    operate(&mut panel, session, 6, &bytes(&Operation::CommitProfiles { count: 1, digest }));

    let mut present = |pin: Option<&Pin>| {
        let at = panel.at();
        panel.firmware.present(at, 0, card, pin)
    };
    let decided = |reason| Decision::Own(Verdict::Reason(reason));
    assert_eq!(present(None), decided(Reason::PinWanted));
    assert_eq!(present(Pin::new(b"4321").as_ref()), decided(Reason::WrongPin));
    assert_eq!(present(Some(&pin)), decided(Reason::Granted));
}
