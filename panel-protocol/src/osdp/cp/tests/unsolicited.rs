//! Cards and keys that were presented while nobody listened.

use core::time::Duration;

use super::site::{Site, key};
use crate::osdp::cp::{LineConfig, PdState};
use crate::osdp::reply::code;
use crate::testing::{Dice, Disorder, Faults};
use crate::time::Micros;

const SECOND: Duration = Duration::from_secs(1);

fn site(seed: u64, stale_after: Option<Duration>) -> Site {
    let mut site = Site::with(seed, LineConfig { stale_after, ..LineConfig::new(115_200) });
    site.add();
    site
}

fn up(mut site: Site) -> Site {
    site.run_to(SECOND, |site| site.status(0).state == PdState::Ready);
    site.run_for(SECOND);
    site
}

/// The PD can't be reached for `span`; half-way through somebody presses a key.
fn press_during_outage(site: &mut Site, span: Duration, digit: u8) {
    site.devices[0].powered = false;
    site.run_for(span / 2);
    site.devices[0].handler.to_tell.push_back(digit);
    site.run_for(span / 2);
    site.devices[0].powered = true;
    site.run_to(15 * SECOND, |site| site.devices[0].handler.to_tell.is_empty());
    site.run_for(SECOND);
}

#[test]
fn what_was_presented_during_an_outage_opens_no_door_after_it() {
    let mut site = up(site(110, Some(8 * SECOND)));
    press_during_outage(&mut site, 60 * SECOND, 1);
    assert!(site.logs[0].told.is_empty());
    assert_eq!(site.status(0).counters.stale_reads, 1);
    site.devices[0].handler.to_tell.push_back(2);
    site.run_for(SECOND);
    assert_eq!(site.logs[0].told, [2], "what is fresh is told");
    assert_eq!(site.status(0).counters.stale_reads, 1);
}

#[test]
fn what_was_presented_in_a_short_silence_is_told_with_its_age() {
    let mut site = up(site(111, Some(8 * SECOND)));
    press_during_outage(&mut site, 3 * SECOND, 1);
    let (_, age) = site.logs[0].told_at[0];
    let age = age.unwrap();
    assert!(age >= 3 * SECOND / 2 && age < 5 * SECOND, "{age:?}");
    site.devices[0].handler.to_tell.push_back(2);
    site.run_for(SECOND);
    assert!(site.logs[0].told_at[1].1.unwrap() < Duration::from_millis(100), "{:?}", site.logs[0].told_at);
}

#[test]
fn what_waits_at_first_contact_is_of_unknown_age() {
    for (stale_after, told) in [(Some(3600 * SECOND), 0), (None, 1)] {
        let mut site = site(112, stale_after);
        site.devices[0].handler.to_tell.push_back(1);
        let site = up(site);
        assert_eq!(site.logs[0].told.len(), told);
        assert_eq!(site.status(0).counters.stale_reads as usize, 1 - told);
        assert!(site.logs[0].told_at.iter().all(|(_, age)| age.is_none()));
    }
}

#[test]
fn what_nobody_waits_for_is_told_whatever_its_age() {
    let mut site = site(113, Some(8 * SECOND));
    site.devices[0].handler.news_code = code::MFGSTATR;
    let mut site = up(site);
    press_during_outage(&mut site, 60 * SECOND, 1);
    assert_eq!(site.logs[0].told, [1]);
    assert!(site.logs[0].told_at[0].1.is_some_and(|age| age >= 30 * SECOND));
}

#[test]
fn a_device_in_the_place_of_another_has_its_own_silence() {
    let mut site = up(site(114, Some(8 * SECOND)));
    site.devices[0].handler.serial = 4711;
    site.devices[0].handler.to_tell.push_back(1);
    site.restart(0);
    site.cp.open_install_mode(site.now, site.pds[0], site.now + 60 * SECOND, key(9));
    let site = up(site);
    assert!(site.logs[0].told.is_empty());
    assert_eq!(site.status(0).counters.stale_reads, 1);
}

#[test]
fn nothing_is_ever_older_than_its_age_says() {
    for seed in 120..128 {
        let mut site = up(site(seed, None));
        let faults = Faults { drop_rate: 0.2, damage_rate: 0.05, ..Faults::default() };
        site.set_faults(faults, Disorder { double_rate: 0.05, late_rate: 0.05 });
        site.polite = false;
        let mut dice = Dice(seed);
        let mut pressed = std::vec![Micros(0); 256];
        for digit in 0..60 {
            pressed[usize::from(digit)] = site.now;
            site.devices[0].handler.to_tell.push_back(digit);
            site.run_for(Duration::from_millis(dice.below(1500)));
        }
        site.heal();
        site.run_to(60 * SECOND, |site| site.devices[0].handler.to_tell.is_empty());
        let log = &site.logs[0];
        assert!(log.told.len() >= 60);
        for (digit, (at, age)) in log.told.iter().zip(&log.told_at) {
            let truth = at.since(pressed[usize::from(*digit)]);
            assert!(age.is_some_and(|age| age >= truth), "{age:?}, and it is {truth:?} old");
        }
    }
}
