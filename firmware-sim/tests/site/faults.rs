use std::time::Duration;

use firmware_sim::Faults;
use panel_protocol::osdp::command::Command;

use crate::cp::Cp;
use crate::site;

/// Which of twenty commands were answered, and by what, with these faults.
fn answers(faults: Faults) -> Vec<Option<u8>> {
    let site = site();
    site.set_faults("north", faults).unwrap();
    let mut cp = Cp::open(&site, "north", 2).with_patience(Duration::from_millis(300));
    (0..20).map(|_| cp.ask(&Command::Id).map(|(code, _)| code)).collect()
}

#[test]
fn a_seed_repeats_its_faults_over_the_real_port() {
    let faults = Faults { drop_rate: 0.1, damage_rate: 0.1, seed: 20_261_122, ..Faults::default() };
    let first = answers(faults);
    assert_eq!(first, answers(faults), "seed {}", faults.seed);
    let unanswered = first.iter().filter(|answer| answer.is_none()).count();
    assert!((1..20).contains(&unanswered), "{unanswered} of 20, seed {}", faults.seed);
}

#[test]
fn a_cut_wire_is_silence_until_it_is_mended_and_its_traffic_is_counted() {
    let site = site();
    let mut cp = Cp::open(&site, "north", 2);
    assert!(cp.ask(&Command::Poll).is_some());
    site.set_faults("north", Faults { cut: true, ..Faults::default() }).unwrap();
    assert_eq!(cp.ask(&Command::Poll), None);
    site.set_faults("north", Faults::default()).unwrap();
    let mut again = Cp::open(&site, "north", 2);
    assert!(again.ask(&Command::Poll).is_some());
    let counters = site.line("north").unwrap().counters;
    assert_eq!((counters.gateway_frames, counters.panel_frames), (3, 2));
    assert_eq!(
        (counters.gateway_bytes, counters.panel_bytes),
        (27, 18),
        "nine bytes a frame, marks included"
    );
}

#[test]
fn panels_that_answer_at_once_are_not_understood() {
    let site = site();
    let everybody = 0x7F;
    let mut cp = Cp::open(&site, "north", everybody);
    let _ = cp.ask(&Command::Id);
    let counters = site.line("north").unwrap().counters;
    assert_eq!((counters.panel_frames, counters.collisions), (2, 1));
}

#[test]
fn a_delay_is_felt_by_the_gateway() {
    let site = site();
    site.set_faults("north", Faults { delay_ms: 40, ..Faults::default() }).unwrap();
    let mut cp = Cp::open(&site, "north", 2);
    let began = std::time::Instant::now();
    assert!(cp.ask(&Command::Poll).is_some());
    assert!(began.elapsed().as_millis() >= 80, "{:?}", began.elapsed());
}
