//! Everything goes wrong at random, and still no output is on for longer than somebody ordered.

use proptest::prelude::*;

use super::super::limits::{CHANGE_SLACK, OUTPUT_PERIOD};
use super::bench::{Bench, MS, Outcome, SECOND, Trouble, map};
use crate::links::Switch;

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        6 => Just(Trouble::None),
        1 => Just(Trouble::LostRequest),
        1 => Just(Trouble::LostReply),
        1 => Just(Trouble::Damaged),
        1 => Just(Trouble::Foreign),
        1 => Just(Trouble::Glued),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_output_stays_on_and_every_order_is_answered(
        pulses: bool,
        refuses: bool,
        troubles in prop::collection::vec(trouble(), 1..60),
        orders in prop::collection::vec((0_usize..2, 0_u64..2000, 1_u64..30), 1..12),
    ) {
        let mut bench = Bench::new(2, &map(pulses));
        bench.boards.iter_mut().for_each(|board| board.refuses_pulses = refuses);
        bench.run(SECOND);
        let mut turn = troubles.iter().cycle();
        let mut outcomes: Vec<Outcome> = Vec::new();
        for (board, pause, tenths) in orders {
            bench.run_with(MS * pause as u32, |_| *turn.next().unwrap());
            outcomes.push(bench.order(board, 3, Switch::OnFor(MS * 100 * tenths as u32)));
            bench.run_with(MS * 30, |_| *turn.next().unwrap());
        }
        bench.run_with(SECOND * 2, |_| *turn.next().unwrap());
        // The longest order, the longest time-outs on the way to undo it, and the pause of a board that seemed gone.
        bench.run(SECOND * 3 + CHANGE_SLACK + OUTPUT_PERIOD + SECOND * 60);
        for board in &bench.boards {
            prop_assert!(!board.on[0] && !board.on[3]);
        }
        for outcome in &mut outcomes {
            prop_assert!(outcome.try_recv().is_ok(), "an order was never answered");
        }
    }
}
