//! Outputs: whoever orders one is answered, and none is on when nobody expects it.

use super::super::machine::Input;
use super::super::request::Request;
use super::bench::{Bench, MS, SECOND, Trouble, map};
use crate::links::{ActuateError, Switch};

const ON: Switch = Switch::OnFor(SECOND.saturating_mul(5));

#[test]
fn a_pulse_is_the_boards_own_where_it_has_one() {
    let mut bench = Bench::new(1, &map(true));
    bench.run(SECOND);
    let mut outcome = bench.order(0, 3, ON);
    bench.run(MS * 50);
    assert_eq!(outcome.try_recv(), Ok(Ok(())));
    let pulse = Request::WriteCoil { address: 0x203, value: 50 };
    assert_eq!(bench.boards[0].writes.last().map(|(_, request)| *request), Some(pulse));
    assert!(bench.boards[0].on[3]);
    bench.run(SECOND * 20);
    assert!(!bench.boards[0].on[3] && bench.remarks(0).is_empty(), "{:?}", bench.remarks(0));
    assert_eq!(bench.boards[0].writes.len(), 3, "two at the start and the pulse");
}

#[test]
fn a_board_without_pulses_is_switched_off_by_us_in_time() {
    let mut bench = Bench::new(1, &map(false));
    bench.run(SECOND);
    drop(bench.order(0, 3, ON));
    bench.run(MS * 4900);
    assert!(bench.boards[0].on[3]);
    bench.run(MS * 300);
    assert!(!bench.boards[0].on[3] && bench.remarks(0).is_empty());
}

#[test]
fn a_board_that_refuses_its_pulses_is_switched_on_and_off_instead_and_told_of() {
    let mut bench = Bench::new(1, &map(true));
    bench.boards[0].refuses_pulses = true;
    bench.run(SECOND);
    let mut outcome = bench.order(0, 3, ON);
    bench.run(MS * 500);
    assert_eq!(outcome.try_recv(), Ok(Ok(())));
    assert!(bench.boards[0].on[3] && bench.remarks(0).len() == 1);
    bench.run(SECOND * 5);
    assert!(!bench.boards[0].on[3]);
}

#[test]
fn what_is_switched_off_is_off_at_once_whatever_its_timer_says() {
    let mut bench = Bench::new(1, &map(true));
    bench.run(SECOND);
    drop(bench.order(0, 3, ON));
    bench.run(SECOND);
    let mut outcome = bench.order(0, 3, Switch::Off);
    bench.run(MS * 50);
    assert_eq!(outcome.try_recv(), Ok(Ok(())));
    assert!(!bench.boards[0].on[3]);
    bench.run(SECOND * 10);
    assert!(bench.remarks(0).is_empty(), "it was expected");
}

#[test]
fn an_order_that_may_have_been_carried_out_is_undone() {
    let mut bench = Bench::new(1, &map(false));
    bench.run(SECOND);
    let mut outcome = bench.order(0, 3, ON);
    bench.run_with(SECOND * 2, |request| match request {
        Request::WriteCoil { value: 0xFF00, .. } => Trouble::LostReply,
        _ => Trouble::None,
    });
    assert_eq!(outcome.try_recv(), Ok(Err(ActuateError::Unconfirmed)));
    assert!(!bench.boards[0].on[3]);
}

#[test]
fn another_hand_at_a_lock_is_told_of_and_undone() {
    let mut bench = Bench::new(1, &map(true));
    bench.run(SECOND * 3);
    bench.boards[0].on[3] = true;
    bench.boards[0].on[5] = true;
    bench.run(SECOND * 3);
    assert_eq!(bench.boards[0].on[3..6], [false, false, true], "5 is no door's");
    assert!(bench.remarks(0)[0].contains("output 3 switched on, and nobody here"));
    assert_eq!(bench.remarks(0).len(), 1);
}

#[test]
fn a_board_that_drops_its_relays_is_told_of_and_none_is_switched_on_again() {
    let mut bench = Bench::new(1, &map(true));
    bench.run(SECOND);
    drop(bench.order(0, 3, Switch::OnFor(SECOND * 60)));
    bench.run(SECOND * 5);
    bench.boards[0].on = [false; 8];
    bench.run(SECOND * 5);
    assert!(bench.remarks(0)[0].contains("switched off before its time"));
    assert!(!bench.boards[0].on[3]);
}

#[test]
fn a_service_that_stops_switches_off_what_nobody_else_will() {
    let mut bench = Bench::new(2, &map(false));
    bench.run(SECOND);
    drop(bench.order(0, 3, Switch::OnFor(SECOND * 60)));
    drop(bench.order(1, 0, Switch::OnFor(SECOND * 60)));
    bench.run(SECOND);
    assert!(bench.boards[0].on[3] && bench.boards[1].on[0]);
    bench.machine.handle(bench.now, Input::Stop);
    let mut late = bench.order(0, 0, ON);
    bench.run(SECOND);
    assert!(bench.stopped && !bench.boards[0].on[3] && !bench.boards[1].on[0]);
    assert_eq!(late.try_recv(), Ok(Err(ActuateError::Busy)));
}

#[test]
fn nothing_is_kept_for_a_board_that_is_away_or_for_too_long() {
    let mut bench = Bench::new(1, &map(true));
    bench.run(SECOND);
    let mut unknown = bench.order(7, 0, ON);
    assert_eq!(unknown.try_recv(), Ok(Err(ActuateError::Unknown)));
    let mut none = bench.order(0, 8, ON);
    assert!(matches!(none.try_recv(), Ok(Err(ActuateError::Refused(why))) if why.contains("8 outputs")));
    // Another request is under way and takes longer than the order may wait.
    bench.boards[0].is_silent = true;
    bench.run(SECOND * 8);
    let mut away = bench.order(0, 3, ON);
    assert_eq!(away.try_recv(), Ok(Err(ActuateError::NotOnline)));
    bench.boards[0].is_silent = false;
    bench.run(SECOND * 60);
    assert!(!bench.boards[0].on[3]);
    bench.machine.handle(bench.now, Input::Down("unplugged".to_owned()));
    let mut down = bench.order(0, 3, ON);
    assert_eq!(down.try_recv(), Ok(Err(ActuateError::NotOnline)));
}
