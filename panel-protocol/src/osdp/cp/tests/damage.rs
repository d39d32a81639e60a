//! A line that loses, damages, doubles and delays: everything converges, nothing wrong is acted on.

use core::time::Duration;
use std::collections::VecDeque;
use std::vec::Vec;

use proptest::prelude::*;

use super::site::Site;
use crate::osdp::cp::{Input, LineConfig, Output, PdState};
use crate::testing::{Dice, Disorder, Faults};

const SECOND: Duration = Duration::from_secs(1);

/// Lets commands and news pass over a bad line, heals it, and checks what has become of them.
fn survive(seed: u64, faults: Faults, disorder: Disorder) -> Site {
    let mut site = Site::with(seed, LineConfig { stale_after: None, ..LineConfig::new(115_200) });
    let pds: Vec<usize> = (0..3).map(|_| site.add()).collect();
    site.set_faults(faults, disorder);
    site.polite = false;
    let mut dice = Dice(seed ^ 0xFA17);
    for round in 0..60 {
        let pd = dice.below(3) as usize;
        site.job(pd, 4 + dice.below(200) as usize, dice.chance(300));
        site.devices[pd].handler.to_tell.push_back(round);
        site.run_for(Duration::from_millis(dice.below(400)));
    }
    site.heal();
    site.run_to(60 * SECOND, |site| {
        let quiet = site.jobs.iter().all(VecDeque::is_empty) && site.underway.iter().all(Option::is_none);
        let told = site.devices.iter().all(|device| device.handler.to_tell.is_empty());
        quiet && told && pds.iter().all(|pd| site.status(*pd).state == PdState::Ready)
    });
    for pd in pds {
        let (log, executed) = (&site.logs[pd], &site.devices[pd].handler.executed);
        let mut unique = executed.clone();
        unique.dedup();
        assert_eq!(&unique, executed, "a command was carried out twice");
        assert!(log.answered.iter().all(|number| executed.contains(number)), "answered, but not carried out");
        let lost = executed.iter().filter(|n| !log.answered.contains(n) && !log.failed.contains(n));
        assert_eq!(lost.count(), 0, "carried out, but neither answered nor failed");
        let mut told = log.told.clone();
        told.dedup();
        assert!(told.is_sorted(), "news out of order: {:?}", log.told);
        let sessions = site.status(pd).counters.sessions as usize;
        assert!(log.told.len() - told.len() < sessions, "news told twice inside one session");
    }
    site
}

#[test]
fn damage_alone_costs_no_session() {
    for seed in 0..8 {
        let faults = Faults { damage_rate: 0.05, ..Faults::default() };
        let site = survive(seed, faults, Disorder::default());
        assert!((0..3).all(|pd| site.status(pd).counters.sessions == 1));
        assert!(site.logs.iter().all(|log| log.failed.is_empty()));
    }
}

#[test]
fn a_lossy_line_converges() {
    for seed in 100..108 {
        let faults = Faults { drop_rate: 0.1, damage_rate: 0.05, ..Faults::default() };
        survive(seed, faults, Disorder::default());
    }
}

#[test]
fn a_line_that_doubles_and_delays_converges() {
    for seed in 200..208 {
        let faults = Faults { drop_rate: 0.05, damage_rate: 0.05, ..Faults::default() };
        survive(seed, faults, Disorder { double_rate: 0.05, late_rate: 0.05 });
    }
}

#[test]
fn five_percent_damage_costs_little_time() {
    let mut site = Site::new(300, 115_200);
    let pd = site.add();
    site.run_to(SECOND, |site| site.status(pd).state == PdState::Ready);
    site.lose(0.0, 0.05);
    site.polite = false;
    for _ in 0..200 {
        site.job(pd, 100, false);
    }
    let before = site.now;
    site.run_to(20 * SECOND, |site| site.logs[pd].answered.len() == 200);
    let span = site.now.since(before);
    assert!(span < 10 * SECOND, "{span:?}");
    assert_eq!(site.status(pd).counters.sessions, 1);
}

proptest! {
    #[test]
    fn no_bytes_at_any_time_make_the_cp_panic(
        seed in any::<u64>(),
        pieces in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), 0u64..30_000), 1..60),
    ) {
        let mut site = Site::new(seed, 115_200);
        let pd = site.add();
        site.job(pd, 50, true);
        for (bytes, pause) in pieces {
            site.cp.handle(site.now, Input::Received(&bytes));
            site.run_for(Duration::from_micros(pause));
        }
        site.run_to(60 * SECOND, |site| site.status(pd).state == PdState::Ready);
    }
}

#[test]
fn a_jammed_line_does_not_stop_the_cp() {
    for baud in [9600, 115_200] {
        let mut site = Site::new(1, baud);
        site.add();
        let mut sent = 0;
        for millisecond in 0..10_000 {
            let now = site.now + Duration::from_millis(millisecond);
            site.cp.handle(now, Input::Received(&[0x53, 0x80, 0xFF]));
            while let output @ (Output::Transmit(_) | Output::Event { .. }) = site.cp.poll_output(now) {
                sent += usize::from(matches!(output, Output::Transmit(_)));
            }
        }
        assert!(sent >= 2, "{baud} baud: {sent} frames in ten seconds");
    }
}
