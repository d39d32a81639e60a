//! Boards on a clock of our own: what a board does wrong, a line survives and tells.

mod bench;
mod orders;
mod seeds;
mod wire;

use super::board::Telling;
use super::machine::Input;
use super::request::{Answer, Request};
use crate::domain::{DeviceCondition, LinkCondition};
use crate::links::{Heard, InputState};
use bench::{Bench, MS, SECOND, Trouble, map};

/// What the benches' boards can do.
pub(super) fn eight_and_eight() -> super::map::RegisterMap {
    map(true)
}

const OFFS: [Request; 2] =
    [Request::WriteCoil { address: 0, value: 0 }, Request::WriteCoil { address: 3, value: 0 }];

#[test]
fn a_board_that_comes_up_has_its_outputs_switched_off_before_it_is_online() {
    let mut bench = Bench::new(1, &map(true));
    bench.boards[0].on = [true; 8];
    bench.run(SECOND);
    assert_eq!(bench.conditions(0), [DeviceCondition::Online]);
    let writes: Vec<Request> = bench.boards[0].writes.iter().map(|(_, request)| *request).collect();
    assert_eq!(writes, OFFS);
    let on = [false, true, true, false, true, true, true, true];
    assert_eq!(bench.boards[0].on, on, "outputs that no door has are left alone");
    assert!(bench.told.contains(&(0, Telling::Heard(Heard::Outputs(on.to_vec())))));
    assert_eq!(bench.links, [LinkCondition::Up]);
}

#[test]
fn a_button_that_is_pressed_for_400_ms_is_always_seen_on_eight_slow_boards() {
    let mut bench = Bench::new(8, &map(true));
    // What 9600 baud and a board's own pause take.
    bench.exchange = MS * 21;
    bench.run(SECOND * 5);
    for round in 0..1250_u32 {
        for board in 0..8 {
            let from = bench.now + MS * (1000 * round + 113 * board as u32 + round % 97);
            bench.boards[board].presses.push((from, from + MS * 400));
        }
    }
    bench.run(SECOND * 1260);
    let seen: usize = (0..8).map(|board| bench.presses_seen(board)).sum();
    assert_eq!(seen, 10_000);
}

#[test]
fn the_first_answer_after_a_cable_was_pulled_is_not_believed() {
    let mut bench = Bench::new(1, &map(true));
    let now = bench.now;
    bench.boards[0].presses.push((now, now + SECOND * 1000));
    bench.run(SECOND);
    bench.machine.handle(bench.now, Input::Down("unplugged".to_owned()));
    bench.run(SECOND);
    bench.machine.handle(bench.now, Input::Up);
    bench.boards[0].zeros = 1;
    bench.told.clear();
    bench.run(SECOND);
    let inputs = bench.told.iter().filter_map(|(_, telling)| match telling {
        Telling::Heard(Heard::Inputs(inputs)) => Some(inputs[0]),
        _ => None,
    });
    assert_eq!(inputs.collect::<Vec<_>>(), [InputState::Active], "the zeros were never told");
    assert!(matches!(bench.links[..], [LinkCondition::Up, LinkCondition::Down { .. }, LinkCondition::Up]));
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_the_next_one() {
    let mut bench = Bench::new(1, &map(true));
    bench.run(SECOND);
    bench.told.clear();
    let mut late = true;
    bench
        .run_with(SECOND * 3, |_| if std::mem::take(&mut late) { Trouble::LostReply } else { Trouble::None });
    bench.boards[0].stale = Some(Answer::Bits(vec![true; 8]));
    late = true;
    bench.run_with(
        SECOND * 3,
        |_| if std::mem::take(&mut late) { Trouble::LostRequest } else { Trouble::None },
    );
    assert_eq!(bench.told, [], "one miss is nothing to tell, and what came late was thrown away");
}

#[test]
fn a_board_that_falls_silent_is_told_of_its_inputs_are_unknown_and_it_comes_up_anew() {
    let mut bench = Bench::new(2, &map(true));
    bench.run(SECOND);
    bench.told.clear();
    bench.boards[0].is_silent = true;
    bench.run(SECOND * 8);
    assert_eq!(bench.conditions(0), [DeviceCondition::Offline]);
    let unknown = Heard::Inputs(vec![InputState::Unknown; 8]);
    assert!(bench.told.contains(&(0, Telling::Heard(unknown))));
    assert!(bench.conditions(1).is_empty() && bench.links.len() == 1, "the other one is well");
    bench.boards[0].is_silent = false;
    bench.boards[0].on[3] = true;
    bench.run(SECOND * 40);
    assert_eq!(bench.conditions(0), [DeviceCondition::Offline, DeviceCondition::Online]);
    assert!(!bench.boards[0].on[3], "what it shows when it comes back was never ordered");
}

#[test]
fn a_line_of_which_no_board_answers_any_more_is_silent() {
    let mut bench = Bench::new(2, &map(true));
    bench.run(SECOND);
    bench.boards.iter_mut().for_each(|board| board.is_silent = true);
    bench.run(SECOND * 10);
    assert!(matches!(bench.links[..], [LinkCondition::Up, LinkCondition::Silent { .. }]));
}

#[test]
fn a_board_that_does_not_fit_its_map_is_told_of() {
    let mut bench = Bench::new(1, &map(true));
    bench.boards[0].refuses_all = true;
    bench.run(SECOND * 30);
    assert_eq!(bench.conditions(0), [DeviceCondition::Unsupported]);
    bench.boards[0].refuses_all = false;
    bench.run(SECOND * 60);
    assert_eq!(bench.conditions(0), [DeviceCondition::Unsupported, DeviceCondition::Online]);
}

#[test]
fn ten_boards_with_one_address_disturb_the_line_and_that_is_told() {
    let mut bench = Bench::new(1, &map(true));
    let mut count = 0;
    // Ten answer at once: mostly damage, now and then one that can be read with others behind it.
    bench.run_with(SECOND * 60, |_| {
        count += 1;
        if count % 3 == 0 { Trouble::Glued } else { Trouble::Damaged }
    });
    let Some(LinkCondition::Disturbed { why }) = bench.links.last() else { panic!("{:?}", bench.links) };
    assert!(why.contains("no two boards have one address"));
    bench.run(SECOND * 60);
    assert_eq!(bench.links.last(), Some(&LinkCondition::Up));
}
