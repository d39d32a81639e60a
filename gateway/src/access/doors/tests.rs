//! Doors of several devices, without a device.

use super::*;
use crate::domain::{Contact as DoorContact, InputPlace, Lock};

const SECOND: Micros = Micros(1_000_000);

/// Door 0: reader and button at device 0, lock and contact at device 1, a reader on the other side at device 2. Door 1: a lock
/// at device 1, nothing else.
fn doors() -> Doors {
    let lock = |output| Lock { output: OutputPlace { device: 1, output }, span: Duration::from_secs(5) };
    let whole = DoorParts {
        lock: lock(3),
        contact: Some(DoorContact { input: InputPlace { device: 1, input: 1 }, open_when_active: false }),
        request_to_exit: Some(InputPlace { device: 0, input: 0 }),
        exit_reader: Some(ReaderPlace { device: 2, reader: 0 }),
        held_after: Duration::from_secs(30),
    };
    let bare = DoorParts { lock: lock(0), contact: None, request_to_exit: None, exit_reader: None, ..whole };
    let mut doors = Doors::new(&[
        DoorSpec { controller: 0, reader: Some(1), parts: whole },
        DoorSpec { controller: 1, reader: None, parts: bare },
    ]);
    on(&mut doors, Input::Device { device: 1, online: true });
    doors
}

fn on(doors: &mut Doors, input: Input<'_>) -> Vec<Output> {
    at(doors, SECOND, input)
}

fn at(doors: &mut Doors, now: Micros, input: Input<'_>) -> Vec<Output> {
    doors.handle(now, input);
    std::iter::from_fn(|| doors.poll_output()).collect()
}

fn card(reader: ReaderPlace, granted: bool, seconds: u64) -> Input<'static> {
    Input::Card { reader, granted, max_age: Duration::from_secs(seconds) }
}

const INSIDE: ReaderPlace = ReaderPlace { device: 0, reader: 1 };
const OUTSIDE: ReaderPlace = ReaderPlace { device: 2, reader: 0 };
const UNLOCK: Output = Output::Switch {
    door: 0,
    output: OutputPlace { device: 1, output: 3 },
    on_for: Some(Duration::from_secs(5)),
};

#[test]
fn a_card_at_either_reader_opens_the_lock_of_another_device_and_is_answered_where_it_was() {
    for reader in [INSIDE, OUTSIDE] {
        let mut doors = doors();
        assert_eq!(doors.reader(reader), Some(ReaderOf { door: 0, controller: 0, reader: 1 }));
        let outputs = on(&mut doors, card(reader, true, 0));
        assert_eq!(outputs[..2], [Output::Answer { door: 0, answer: Answer::Opens }, UNLOCK]);
        let [Output::Show { reader: shown, .. }] = outputs[2..] else { panic!("{outputs:?}") };
        assert_eq!(shown, reader);
    }
    let nobodys = ReaderPlace { device: 1, reader: 0 };
    assert_eq!(doors().reader(nobodys), None);
    assert_eq!(on(&mut doors(), card(nobodys, true, 0)), []);
}

#[test]
fn a_card_that_somebody_gave_up_on_opens_nothing() {
    let mut doors = doors();
    let too_late = Output::Answer { door: 0, answer: Answer::HeldBack(HeldBack::TooLate) };
    assert_eq!(on(&mut doors, card(INSIDE, true, 6)), [too_late]);
    assert!(on(&mut doors, card(INSIDE, true, 5)).contains(&UNLOCK));
}

#[test]
fn a_lock_whose_device_is_away_is_not_let_go_and_locks_when_it_is_back() {
    let mut doors = doors();
    let lost = on(&mut doors, Input::Device { device: 1, online: false });
    assert_eq!(lost.len(), 2, "both doors: {lost:?}");
    assert!(!on(&mut doors, card(INSIDE, true, 0)).contains(&UNLOCK));
    let back = on(&mut doors, Input::Device { device: 1, online: true });
    let switched: Vec<_> = back.iter().filter(|it| matches!(it, Output::Switch { .. })).collect();
    assert_eq!(switched.len(), 2);
    assert!(switched.iter().all(|it| matches!(it, Output::Switch { on_for: None, .. })), "{back:?}");
}

#[test]
fn a_button_counts_when_it_goes_down_and_never_when_its_device_comes_back() {
    use InputState::{Active, Inactive};
    let mut doors = doors();
    let mut button = |states: &[InputState]| on(&mut doors, Input::Inputs { device: 0, states });
    assert_eq!(button(&[Active]), [], "nobody saw it go down");
    assert_eq!(button(&[Inactive]), []);
    assert!(button(&[Active, Inactive]).contains(&UNLOCK));
    assert_eq!(button(&[Active]), [], "it is still down");
    on(&mut doors, Input::Device { device: 0, online: false });
    on(&mut doors, Input::Device { device: 0, online: true });
    assert_eq!(on(&mut doors, Input::Inputs { device: 0, states: &[Active] }), []);
}

#[test]
fn a_contact_that_opens_when_it_is_at_rest_shows_a_forced_door_and_one_that_is_away_shows_nothing() {
    use InputState::{Active, Faulty, Inactive};
    let mut doors = doors();
    let mut contact = |state| on(&mut doors, Input::Inputs { device: 1, states: &[Inactive, state] });
    assert_eq!(contact(Active), [], "closed");
    let forced = Output::Event { door: 0, event: door::Event::Forced };
    assert_eq!(contact(Inactive), [forced]);
    assert_eq!(contact(Faulty), []);
    on(&mut doors, Input::Device { device: 1, online: false });
    assert_eq!(doors.standing(0).unwrap().open, None);
}

#[test]
fn a_door_of_several_devices_is_tampered_with_as_long_as_one_of_them_is() {
    let mut doors = doors();
    let mut itself = |device, tampered| {
        let outputs = on(&mut doors, Input::Itself { device, tampered, power_failed: false });
        outputs.into_iter().filter(|it| matches!(it, Output::Event { door: 0, .. })).collect::<Vec<_>>()
    };
    let told = |on| [Output::Event { door: 0, event: door::Event::Tamper(on) }];
    assert_eq!(itself(0, true), told(true));
    assert_eq!(itself(2, true), []);
    assert_eq!(itself(0, false), []);
    assert_eq!(itself(2, false), told(false));
}

#[test]
fn keys_are_counted_until_an_entry_is_over_and_open_nothing() {
    let mut doors = doors();
    let wait = Output::Show { reader: INSIDE, signal: Signal::Wait };
    let refused = Output::Show { reader: INSIDE, signal: Signal::Refused };
    let keys = |keys| Input::Keys { reader: INSIDE, keys };
    assert_eq!(on(&mut doors, keys("12")), [wait]);
    assert_eq!(on(&mut doors, keys("34#")), [Output::Entered { door: 0, keys: 4 }, refused]);
    on(&mut doors, keys("99*1"));
    assert!(!format!("{doors:?}").contains("99"));
    let over = SECOND + limits::ENTRY_TIMEOUT;
    assert_eq!(doors.deadline(), Some(over));
    assert_eq!(at(&mut doors, over, Input::Tick), [Output::Entered { door: 0, keys: 1 }, refused]);
    assert_eq!(doors.deadline(), None);
    let many = "7".repeat(limits::MAX_ENTRY_KEYS + 3);
    assert_eq!(
        on(&mut doors, Input::Keys { reader: INSIDE, keys: &many })[0],
        Output::Entered { door: 0, keys: 16 }
    );
}
