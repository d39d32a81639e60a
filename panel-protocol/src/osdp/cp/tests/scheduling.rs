//! Who waits for whom, and how long.

use core::time::Duration;
use std::vec::Vec;

use super::gadget::DEVICE_BUFFER;
use super::site::{PDS, Site};
use crate::osdp::cp::{Demand, LineConfig, PdState, line_time};
use crate::osdp::frame::Frame;
use crate::testing::Dice;
use crate::time::Micros;

const SECOND: Duration = Duration::from_secs(1);

fn all_up(site: &Site, except: Option<usize>) -> bool {
    (0..site.pds.len()).all(|pd| Some(pd) == except || site.status(pd).state == PdState::Ready)
}

fn site_of(count: usize, seed: u64, baud: u32) -> Site {
    let mut site = Site::new(seed, baud);
    for _ in 0..count {
        site.add();
    }
    site.run_to(60 * SECOND, |site| all_up(site, None));
    site.run_for(3 * SECOND);
    site.sent.clear();
    site
}

/// Longest and mean time between two frames to one PD.
fn cycle(site: &Site, pd: u8) -> (Duration, Duration) {
    let to_pd = |bytes: &[u8]| Frame::parse(&bytes[1..]).unwrap().header().address == pd;
    let times: Vec<Micros> = site.sent.iter().filter(|(_, bytes)| to_pd(bytes)).map(|(at, _)| *at).collect();
    let gaps = times.windows(2).map(|pair| pair[1].since(pair[0]));
    let mean = times.last().unwrap().since(times[0]) / (times.len() as u32 - 1);
    (gaps.max().unwrap(), mean)
}

/// Line time of a sealed poll and its ACK at this baud rate, with the CP's silence and the devices' thinking.
fn poll_time(baud: u32) -> Duration {
    line_time(32, baud) + Duration::from_millis(1)
}

#[test]
fn thirty_two_pds_are_polled_within_a_tenth_of_the_physical_minimum() {
    for baud in [9600, 38_400, 115_200] {
        let mut site = site_of(32, 20, baud);
        site.run_for(6 * SECOND);
        let minimum = (poll_time(baud) * 32).max(Duration::from_millis(50));
        let slowest = (0..32).map(|pd| cycle(&site, pd).1).max().unwrap();
        std::println!("{baud} baud: cycle {slowest:?}, minimum {minimum:?}");
        for pd in 0..32 {
            let (_, mean) = cycle(&site, pd);
            assert!(mean <= minimum * 11 / 10, "{baud} baud, PD {pd}: {mean:?}, minimum {minimum:?}");
        }
    }
}

#[test]
fn a_line_with_126_pds_serves_them_all() {
    let mut site = site_of(PDS, 29, 115_200);
    let numbers: Vec<u32> = (0..PDS).map(|pd| site.job(pd, 40, pd % 2 == 0)).collect();
    site.devices[PDS - 1].handler.to_tell.push_back(7);
    site.run_for(4 * SECOND);
    for (pd, number) in numbers.into_iter().enumerate() {
        assert_eq!(site.logs[pd].answered, [number]);
        let (longest, _) = cycle(&site, pd as u8);
        assert!(longest <= Duration::from_millis(1500), "PD {pd} unpolled for {longest:?}");
    }
    assert_eq!(site.logs[PDS - 1].told, [7]);
}

#[test]
fn a_dead_pd_hardly_slows_the_others() {
    let mut site = Site::new(21, 38_400);
    for _ in 0..32 {
        site.add();
    }
    site.devices[31].powered = false;
    site.run_to(60 * SECOND, |site| all_up(site, Some(31)));
    site.run_for(16 * SECOND);
    site.sent.clear();
    site.run_for(25 * SECOND);
    let minimum = poll_time(38_400) * 31;
    for pd in 0..31 {
        let (longest, mean) = cycle(&site, pd);
        assert!(mean <= minimum * 11 / 10, "PD {pd}: {mean:?}, minimum {minimum:?}");
        assert!(longest <= minimum * 2 + Duration::from_millis(210), "PD {pd}: {longest:?}");
    }
}

#[test]
fn many_dead_pds_starve_nobody() {
    const COUNT: usize = 40;
    let mut site = Site::new(30, 115_200);
    for pd in 0..COUNT {
        site.add();
        site.devices[pd].powered = pd % 2 == 0;
    }
    let is_up = |site: &Site, pd| site.status(pd).state == PdState::Ready;
    site.run_to(90 * SECOND, |site| (0..COUNT).step_by(2).all(|pd| is_up(site, pd)));
    site.run_for(SECOND);
    site.sent.clear();
    site.run_for(20 * SECOND);
    for pd in (0..COUNT).step_by(2) {
        let (longest, _) = cycle(&site, pd as u8);
        assert!(longest <= SECOND, "PD {pd} unpolled for {longest:?}");
    }
    site.devices[1].powered = true;
    site.run_to(90 * SECOND, |site| is_up(site, 1));
}

#[test]
fn a_pd_that_dies_in_use_does_not_stop_the_others() {
    let mut site = site_of(8, 22, 38_400);
    site.devices[3].powered = false;
    site.run_for(30 * SECOND);
    for pd in (0..8).filter(|pd| *pd != 3) {
        let (longest, mean) = cycle(&site, pd);
        assert!(mean <= Duration::from_millis(100), "PD {pd}: {mean:?}");
        assert!(longest <= Duration::from_millis(350), "PD {pd}: {longest:?}");
    }
}

/// Longest wait of an urgent command during a load, and the bound that it must keep.
fn worst_urgent_wait(count: usize, baud: u32, longest_frame: usize) -> (Duration, Duration) {
    let mut site = site_of(count, 23, baud);
    site.endless.insert(0, Demand::Bulk);
    let mut dice = Dice(23);
    for _ in 0..60 {
        site.run_for(Duration::from_millis(300 + dice.below(200)));
        site.job(count - 1, 23, true);
    }
    site.run_for(2 * SECOND);
    assert_eq!(site.urgent_waits.len(), 60);
    let reply = 31; // MFGREP with four bytes, sealed
    let bound = line_time(longest_frame + 1 + reply + 4, baud) + Duration::from_millis(1);
    (*site.urgent_waits.iter().max().unwrap(), bound)
}

#[test]
fn an_urgent_command_waits_for_one_capped_frame_and_its_reply_at_most() {
    for baud in [9600, 38_400, 115_200] {
        let capped = (baud as usize * 80 / 10_000).min(usize::from(DEVICE_BUFFER));
        let (worst, bound) = worst_urgent_wait(4, baud, capped);
        std::println!("{baud} baud: worst {worst:?}, bound {bound:?}");
        assert!(worst <= bound, "{baud} baud: {worst:?}, bound {bound:?}");
    }
}

#[test]
fn a_load_keeps_the_line_busy_and_polls_alive() {
    for (count, baud, share) in [(1, 115_200, 85), (4, 115_200, 70), (1, 38_400, 85), (1, 9600, 85)] {
        let mut site = site_of(count, 24, baud);
        site.endless.insert(0, Demand::Bulk);
        site.answered_bytes = 0;
        site.run_for(10 * SECOND);
        let payload = line_time(site.answered_bytes, baud).as_millis() as usize / 100;
        std::println!("{count} PDs, {baud} baud: payload {payload} %");
        assert!(payload >= share, "{count} PDs, {baud} baud: payload {payload} %");
        for pd in 0..count {
            let (longest, _) = cycle(&site, pd as u8);
            assert!(longest <= Duration::from_millis(250) || count == 1, "PD {pd} unpolled for {longest:?}");
        }
    }
}

#[test]
fn endless_urgent_commands_starve_no_poll() {
    let mut site = site_of(4, 25, 38_400);
    site.endless.insert(0, Demand::Urgent);
    site.run_for(20 * SECOND);
    for pd in 1..4 {
        let (longest, _) = cycle(&site, pd);
        assert!(longest <= 3 * SECOND, "PD {pd} unpolled for {longest:?}");
    }
}

#[test]
fn urgent_pds_share_the_line_evenly() {
    let mut site = site_of(8, 26, 38_400);
    for pd in 0..8 {
        for _ in 0..20 {
            site.job(pd, 23, true);
        }
    }
    let before = site.now;
    site.run_to(30 * SECOND, |site| site.logs.iter().all(|log| log.answered.len() >= 10));
    let halfway = site.now.since(before);
    assert!(site.logs.iter().all(|log| log.answered.len() <= 11), "after {halfway:?}");
}

#[test]
fn a_long_reply_on_a_slow_line_is_waited_for() {
    let frame_time = 2 * SECOND; // so that the device is let to make it that long
    let mut site = Site::with(27, LineConfig { frame_time, ..LineConfig::new(9600) });
    let pd = site.add();
    site.devices[pd].handler.reply_len = 900;
    site.run_to(5 * SECOND, |site| all_up(site, None));
    site.run_for(SECOND);
    site.job(pd, 4, false);
    let before = site.now;
    site.run_to(3 * SECOND, |site| site.logs[pd].answered.len() == 1);
    assert!(site.now.since(before) > line_time(900, 9600));
    assert_eq!(site.status(pd).counters.timeouts, 0);
}

#[test]
fn a_frame_never_exceeds_the_pds_buffer() {
    let mut site = site_of(1, 28, 115_200);
    site.endless.insert(0, Demand::Bulk);
    site.run_for(2 * SECOND);
    let longest = site.sent.iter().map(|(_, bytes)| bytes.len() - 1).max().unwrap();
    assert!(
        (usize::from(DEVICE_BUFFER) - 16..=usize::from(DEVICE_BUFFER)).contains(&longest),
        "{longest} bytes"
    );
}
