//! One door on a clock of our own.

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::limits::{HOLD_RENEWAL, HOLD_SPAN, OPENING_GRACE};
use super::*;

const SETTINGS: DoorSettings =
    DoorSettings { unlock_for: Duration::from_secs(5), held_after: Duration::from_secs(30) };
const UNLOCK: Output = Output::Unlock { span: SETTINGS.unlock_for };
const HOLD: Output = Output::Unlock { span: HOLD_SPAN };
const GRANTED: Output = Output::Show(Signal::Granted { span: SETTINGS.unlock_for });

/// A door and the second that it is.
struct Bench {
    door: Door,
    now: Micros,
}

impl Bench {
    /// Its lock can be reached and it is closed.
    fn new() -> Self {
        let mut bench = Self { door: Door::new(SETTINGS), now: Micros(0) };
        assert_eq!(bench.on(Input::LockBack), [Output::Lock], "it may have been left open");
        assert_eq!(bench.on(Input::Contact(Contact::Closed)), []);
        bench
    }

    fn on(&mut self, input: Input) -> Vec<Output> {
        self.door.handle(self.now, input);
        core::iter::from_fn(|| self.door.poll_output()).collect()
    }

    /// All that happens until then, by its own deadlines.
    fn after(&mut self, seconds: u64) -> Vec<Output> {
        let end = self.now + Duration::from_secs(seconds);
        let mut outputs = Vec::new();
        while let Some(due) = self.door.deadline().filter(|due| *due <= end) {
            assert!(due > self.now, "a deadline that has passed would spin");
            self.now = due;
            outputs.extend(self.on(Input::Tick));
        }
        self.now = end;
        outputs
    }

    fn mode(&mut self, mode: Mode, seconds: Option<u64>) -> Vec<Output> {
        let until = seconds.map(|seconds| self.now + Duration::from_secs(seconds));
        self.on(Input::Ordered(Order::Mode { mode, until }))
    }

    fn card(&mut self) -> Vec<Output> {
        self.on(Input::Card { granted: true })
    }
}

fn told(event: Event) -> Output {
    Output::Event(event)
}

fn mode_is(mode: Mode) -> Output {
    told(Event::Mode { mode, ended: false })
}

const OVER: Output = Output::Event(Event::Mode { mode: Mode::Normal, ended: true });

fn held_back(why: HeldBack) -> Vec<Output> {
    vec![Output::Answer(Answer::HeldBack(why)), Output::Show(Signal::Refused)]
}

#[test]
fn a_card_opens_the_door_for_its_time_and_the_opening_is_nothing_to_tell() {
    let mut door = Bench::new();
    assert_eq!(door.card(), [Output::Answer(Answer::Opens), UNLOCK, GRANTED]);
    door.after(4);
    assert_eq!(door.on(Input::Contact(Contact::Open)), []);
    assert_eq!(door.on(Input::Contact(Contact::Closed)), []);
    let refused = [Output::Answer(Answer::Refused), Output::Show(Signal::Refused)];
    assert_eq!(door.on(Input::Card { granted: false }), refused);
}

#[test]
fn an_opening_that_nobody_allowed_is_forced_until_it_is_seen_closed() {
    let mut door = Bench::new();
    assert_eq!(door.on(Input::Contact(Contact::Open)), [told(Event::Forced)]);
    assert_eq!(door.on(Input::Contact(Contact::Open)), []);
    assert_eq!(door.on(Input::Contact(Contact::Unknown)), [], "that its wire was cut closes no door");
    assert_eq!(door.on(Input::Contact(Contact::Closed)), [told(Event::Closed)]);
    door.card();
    let late = SETTINGS.unlock_for.as_secs() + OPENING_GRACE.as_secs();
    door.after(late);
    assert_eq!(door.on(Input::Contact(Contact::Open)), [], "at the last moment");
    door.on(Input::Contact(Contact::Closed));
    door.after(1);
    assert_eq!(door.on(Input::Contact(Contact::Open)), [told(Event::Forced)]);
    assert_eq!(door.after(120), [], "a forced door is told of once");
}

#[test]
fn a_door_that_stands_open_is_warned_of_and_then_told_of() {
    let mut door = Bench::new();
    door.card();
    door.on(Input::Contact(Contact::Open));
    assert_eq!(door.after(19), []);
    assert_eq!(door.after(1), [Output::Show(Signal::Warning), told(Event::HeldWarning)]);
    assert_eq!(door.after(9), []);
    assert_eq!(door.after(1), [told(Event::Held)]);
    assert_eq!(door.after(100), []);
    assert_eq!(door.on(Input::Contact(Contact::Closed)), [told(Event::Closed)]);
}

#[test]
fn whoever_passes_an_open_door_begins_its_time_anew() {
    let mut door = Bench::new();
    door.card();
    door.on(Input::Contact(Contact::Open));
    door.after(25);
    door.card();
    assert_eq!(door.after(19), []);
    assert_eq!(door.after(1), [Output::Show(Signal::Warning), told(Event::HeldWarning)]);
}

#[test]
fn a_door_that_was_open_when_it_was_first_seen_was_forced_by_nobody() {
    let mut door = Bench { door: Door::new(SETTINGS), now: Micros(0) };
    assert_eq!(door.door.is_open(), None);
    assert_eq!(door.on(Input::Contact(Contact::Open)), []);
    assert_eq!(door.door.is_open(), Some(true));
    assert_eq!(door.after(30).last(), Some(&told(Event::Held)));
}

#[test]
fn whoever_wants_out_gets_out_whatever_the_mode() {
    for mode in [Mode::Normal, Mode::Locked, Mode::Lockdown] {
        let mut door = Bench::new();
        door.mode(mode, None);
        assert_eq!(door.on(Input::RequestToExit), [told(Event::RequestToExit), UNLOCK], "{mode}");
        assert_eq!(door.on(Input::Contact(Contact::Open)), [], "{mode}");
    }
    let mut door = Bench::new();
    door.mode(Mode::Held, None);
    assert_eq!(door.on(Input::RequestToExit), [told(Event::RequestToExit)], "it is open anyway");
}

#[test]
fn a_mode_says_who_gets_in_and_ends_with_its_time() {
    let mut door = Bench::new();
    assert_eq!(door.mode(Mode::Locked, Some(60)), [Output::Answer(Answer::Done), mode_is(Mode::Locked)]);
    assert_eq!(door.card(), held_back(HeldBack::Locked));
    let ordered = door.on(Input::Ordered(Order::Unlock));
    assert_eq!(ordered, [Output::Answer(Answer::Opens), UNLOCK, GRANTED], "a person in charge may");
    assert_eq!(door.after(59), []);
    assert_eq!(door.after(1), [OVER]);
    assert_eq!(door.card()[0], Output::Answer(Answer::Opens));
    door.after(10);
    assert_eq!(door.mode(Mode::Lockdown, None), [Output::Answer(Answer::Done), mode_is(Mode::Lockdown)]);
    assert_eq!(door.card(), held_back(HeldBack::Lockdown));
    assert_eq!(door.on(Input::Ordered(Order::Unlock)), held_back(HeldBack::Lockdown));
    assert_eq!(door.after(1_000_000), [], "until it is ordered otherwise");
    assert_eq!(door.mode(Mode::Normal, None), [Output::Answer(Answer::Done), mode_is(Mode::Normal)]);
    assert_eq!(door.mode(Mode::Normal, None), [Output::Answer(Answer::Done)], "it is already");
    assert_eq!(door.mode(Mode::Held, Some(0)), [Output::Answer(Answer::Done)], "its time is over");
}

#[test]
fn lockdown_ends_an_unlocking_that_is_under_way() {
    let mut door = Bench::new();
    door.card();
    assert_eq!(
        door.mode(Mode::Lockdown, None),
        [Output::Answer(Answer::Done), mode_is(Mode::Lockdown), Output::Lock]
    );
}

#[test]
fn a_door_held_open_is_let_go_again_and_again_and_locks_when_its_time_is_over() {
    let mut door = Bench::new();
    let begun = [Output::Answer(Answer::Done), mode_is(Mode::Held), HOLD];
    assert_eq!(door.mode(Mode::Held, Some(70)), begun);
    assert_eq!(door.on(Input::Contact(Contact::Open)), []);
    assert_eq!(door.card(), [Output::Answer(Answer::Opens), GRANTED], "its output is on anyway");
    assert_eq!(door.after(69), [HOLD, HOLD, HOLD]);
    assert!(HOLD_RENEWAL * 2 < HOLD_SPAN, "one renewal may get lost");
    assert_eq!(door.after(1), [OVER, Output::Lock]);
    assert_eq!(door.after(19), []);
    assert_eq!(door.after(11).last(), Some(&told(Event::Held)), "its time counts from the end of the mode");
}

#[test]
fn a_lock_that_comes_back_is_never_let_go_but_by_an_order_that_holds() {
    let mut door = Bench::new();
    door.card();
    assert_eq!(door.on(Input::LockLost), [told(Event::LockLost)]);
    assert_eq!(door.on(Input::LockLost), []);
    assert_eq!(door.card(), held_back(HeldBack::LockLost));
    assert_eq!(door.on(Input::RequestToExit), [told(Event::RequestToExit)]);
    assert_eq!(door.on(Input::LockBack), [told(Event::LockBack), Output::Lock]);
    assert_eq!(door.on(Input::LockBack), []);
    door.mode(Mode::Held, None);
    door.on(Input::LockLost);
    assert_eq!(door.after(100), [], "nobody would hear it");
    assert_eq!(door.on(Input::LockBack), [told(Event::LockBack), HOLD]);
    door.on(Input::LockLost);
    assert_eq!(door.mode(Mode::Normal, None), [Output::Answer(Answer::Done), mode_is(Mode::Normal)]);
    assert_eq!(door.on(Input::LockBack), [told(Event::LockBack), Output::Lock]);
}

#[test]
fn tamper_and_power_are_told_when_they_change() {
    let mut door = Bench::new();
    assert_eq!(door.on(Input::Tamper(true)), [told(Event::Tamper(true))]);
    assert_eq!(door.on(Input::Tamper(true)), []);
    assert_eq!(door.on(Input::Tamper(false)), [told(Event::Tamper(false))]);
    assert_eq!(door.on(Input::PowerFailed(false)), []);
    assert_eq!(door.on(Input::PowerFailed(true)), [told(Event::PowerFailed(true))]);
}

fn contact() -> impl Strategy<Value = Contact> {
    prop_oneof![Just(Contact::Closed), Just(Contact::Open), Just(Contact::Unknown)]
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Normal), Just(Mode::Held), Just(Mode::Locked), Just(Mode::Lockdown)]
}

fn step() -> impl Strategy<Value = (u64, Input)> {
    let order = (mode(), proptest::option::of(1..200_u64))
        .prop_map(|(mode, until)| Order::Mode { mode, until: until.map(|until| Micros(until * 1_000_000)) });
    let input = prop_oneof![
        Just(Input::Tick),
        any::<bool>().prop_map(|granted| Input::Card { granted }),
        Just(Input::RequestToExit),
        contact().prop_map(Input::Contact),
        any::<bool>().prop_map(Input::Tamper),
        any::<bool>().prop_map(Input::PowerFailed),
        Just(Input::Ordered(Order::Unlock)),
        order.prop_map(Input::Ordered),
        Just(Input::LockLost),
        Just(Input::LockBack),
    ];
    (0..40_u64, input)
}

proptest! {
    #[test]
    fn nothing_lets_a_lock_go_but_who_may(steps in proptest::collection::vec(step(), 1..80)) {
        let mut bench = Bench { door: Door::new(SETTINGS), now: Micros(0) };
        let mut alarms = 0_i32;
        for (wait, input) in steps {
            let mut outputs = bench.after(wait);
            let by_time: Vec<_> = outputs.iter().filter(|it| matches!(it, Output::Unlock { .. })).copied().collect();
            prop_assert!(by_time.iter().all(|it| *it == HOLD), "time alone renews a hold and nothing else");
            let happened = bench.on(input);
            prop_assert!(happened.len() < limits::MAX_OUTPUTS, "none was lost: {happened:?}");
            let (mode, _) = bench.door.mode();
            let unlocked = happened.contains(&UNLOCK);
            let may = match input {
                Input::Card { granted } => granted && mode == Mode::Normal,
                Input::Ordered(Order::Unlock) => matches!(mode, Mode::Normal | Mode::Locked),
                Input::RequestToExit => mode != Mode::Held,
                _ => false,
            };
            prop_assert!(!unlocked || (may && bench.door.has_lock()), "{input:?} in {mode}");
            prop_assert!(!happened.contains(&HOLD) || (mode == Mode::Held && bench.door.has_lock()));
            if let Some(deadline) = bench.door.deadline() {
                prop_assert!(deadline > bench.now, "a deadline that has passed would spin");
            }
            outputs.extend(happened);
            for output in outputs {
                match output {
                    Output::Event(Event::Forced | Event::Held) => alarms += 1,
                    Output::Event(Event::Closed) => alarms -= 1,
                    _ => {}
                }
                prop_assert!((0..=1).contains(&alarms), "each is over before the next begins");
            }
        }
    }
}

#[test]
fn a_door_of_which_an_earlier_run_told_tells_when_that_is_over_and_not_again_that_it_is() {
    for (told_open, tampered) in [(true, false), (false, true), (false, false)] {
        let mut bench = Bench { door: Door::new(SETTINGS), now: Micros(0) };
        bench.door.resume(told_open, tampered);
        assert_eq!(bench.on(Input::LockBack), [Output::Lock]);
        assert_eq!(bench.on(Input::Contact(Contact::Open)), [], "it may stand open still");
        let closed = told_open.then_some(told(Event::Closed));
        assert_eq!(bench.on(Input::Contact(Contact::Closed)), closed.as_slice());
        let over = tampered.then_some(told(Event::Tamper(false)));
        assert_eq!(bench.on(Input::Tamper(false)), over.as_slice());
        assert_eq!(bench.on(Input::Contact(Contact::Open)), [told(Event::Forced)]);
    }
}
