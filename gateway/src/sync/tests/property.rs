//! Whatever happens, every panel becomes equal.

use panel_protocol::schedule::When;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Allow(u64, Option<u16>),
    Recompile,
    Chunk(bool),
    Exchange(usize, u8),
    Wipe(usize),
    Reboot(usize),
    Restore(usize, usize),
    Swipe(usize, u64),
    Resync(usize),
    Session(usize),
    Hours(u8),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u64..40, proptest::option::of(0u16..3)).prop_map(|(number, access)| Step::Allow(number, access)),
        1 => Just(Step::Recompile),
        2 => any::<bool>().prop_map(Step::Chunk),
        12 => (0usize..2, 0u8..8).prop_map(|(panel, fate)| Step::Exchange(panel, fate)),
        1 => (0usize..2).prop_map(Step::Wipe),
        1 => (0usize..2).prop_map(Step::Reboot),
        1 => (0usize..2, 0usize..2).prop_map(|(to, from)| Step::Restore(to, from)),
        1 => (0usize..2, 0u64..50).prop_map(|(panel, number)| Step::Swipe(panel, number)),
        1 => (0usize..2).prop_map(Step::Resync),
        1 => (0usize..2).prop_map(Step::Session),
        2 => (0u8..4).prop_map(Step::Hours),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn whatever_happens_every_panel_becomes_equal(
        steps in proptest::collection::vec(steps(), 0..120),
        frame in 110usize..300,
    ) {
        // The second panel has rows of some clearances only.
        let some = DoorPlan::by_clearance(vec![Profile::NEVER, Profile::always([1])], vec![Some(1), None]);
        let by_schedule = |number| Profile::new([When::Schedule(number), When::Always]);
        let profiles = vec![Profile::always([0, 1]), by_schedule(1), by_schedule(2)];
        let all = DoorPlan::by_clearance(profiles, vec![Some(0), Some(1), Some(2)]);
        let mut site = Site::of(vec![all, some], Revision(0), [], 60);
        (site.frame, site.greets) = (frame, true);
        let mut chunk = None;
        for step in steps {
            match step {
                Step::Allow(number, clearance) => {
                    site.allow(number, clearance.map(|number| access_of(Clearance(number))));
                }
                Step::Recompile => site.fleet.recompile(site.revision, site.now),
                Step::Chunk(false) => chunk = site.fleet.next_chunk().or(chunk),
                // The compiler finds another clearance for every card, as far as it is not outdated by now.
                Step::Chunk(true) => if let Some(Chunk { revision, cards, .. }) = chunk.take() {
                    let next = |access: CardAccess| access_of(Clearance((access.clearance.0 + 1) % 3));
                    let compiled = cards.into_iter().map(|(card, now)| change(revision, card, now.map(next)));
                    site.fleet.apply_chunk(compiled.collect(), site.now);
                },
                Step::Exchange(panel, fate) => {
                    let fate = match fate {
                        0 => Fate::RequestLost,
                        1 => Fate::AnswerLost,
                        _ => Fate::Delivered,
                    };
                    site.exchange(panel, fate);
                }
                Step::Wipe(panel) => {
                    site.panels[panel] = new_panel(60);
                    site.lost(panel);
                }
                Step::Reboot(panel) => {
                    site.panels[panel].reboot();
                    site.begin_session(panel);
                }
                Step::Restore(to, from) => {
                    site.panels.swap(to, from);
                    site.begin_session(to);
                    site.begin_session(from);
                }
                Step::Swipe(panel, number) => {
                    let now = site.clock();
                    site.panels[panel].present(now, 0, card(number));
                }
                Step::Resync(panel) => site.fleet.resync(panel),
                Step::Session(panel) => site.begin_session(panel),
                Step::Hours(0) => site.set_hours(hours([])),
                Step::Hours(1) => site.set_hours(hours([("01:00", "02:00")])),
                Step::Hours(2) => site.set_hours(hours([("22:00", "03:00"), ("07:00", "08:00")])),
                Step::Hours(_) => site.set_hours(hours([("01:00", "02:00"), ("09:00", "08:00")])),
            }
        }
        site.settle();
        site.assert_equal();
    }
}
