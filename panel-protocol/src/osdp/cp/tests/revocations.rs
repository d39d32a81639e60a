//! How long a revocation takes to reach every device of a line that loses frames, or on which most devices are dead.

use core::time::Duration;
use std::vec::Vec;

use super::site::Site;
use crate::osdp::cp::{Event, LossCause, PdState};
use crate::osdp::frame::Frame;
use crate::time::Micros;

const SECOND: Duration = Duration::from_secs(1);

/// Bytes of a revocation.
const LEN: usize = 23;

/// A line whose first `live` devices answer and whose other `dead` ones never do, some time after its start.
fn line(seed: u64, live: usize, dead: usize) -> Site {
    let mut site = Site::new(seed, 38_400);
    for pd in 0..live + dead {
        site.add();
        site.devices[pd].powered = pd < live;
    }
    site.polite = false;
    site.run_to(90 * SECOND, |site| (0..live).all(|pd| is_ready(site, pd)));
    site.run_for(60 * SECOND);
    site
}

fn is_ready(site: &Site, pd: usize) -> bool {
    site.status(pd).state == PdState::Ready
}

/// How long each of `count` revocations took to be answered by the first `live` devices, sorted.
fn revocations(site: &mut Site, live: usize, count: u64) -> Vec<Duration> {
    let mut spans: Vec<Duration> = (0..count)
        .map(|round| {
            site.run_for(SECOND + Duration::from_millis(round * 37 % 500));
            let before: Vec<usize> = site.logs.iter().map(|log| log.answered.len()).collect();
            for pd in 0..live {
                site.job(pd, LEN, true);
            }
            let began = site.now;
            site.run_to(60 * SECOND, |site| (0..live).all(|pd| site.logs[pd].answered.len() > before[pd]));
            site.now.since(began)
        })
        .collect();
    spans.sort();
    spans
}

/// The 95th of a hundred.
fn p95<T: Copy>(sorted: &[T]) -> T {
    sorted[sorted.len() * 95 / 100]
}

/// Times between two frames to one of the first `live` devices during half a minute, sorted.
fn polls(site: &mut Site, live: usize) -> Vec<Duration> {
    site.sent.clear();
    site.run_for(30 * SECOND);
    let address = |bytes: &[u8]| usize::from(Frame::parse(&bytes[1..]).unwrap().header().address);
    let times = |pd| site.sent.iter().filter(move |(_, bytes)| address(bytes) == pd).map(|(at, _)| *at);
    let mut gaps: Vec<Duration> = (0..live)
        .flat_map(|pd| {
            let times: Vec<Micros> = times(pd).collect();
            times.windows(2).map(|pair| pair[1].since(pair[0])).collect::<Vec<_>>()
        })
        .collect();
    gaps.sort();
    gaps
}

fn mean(spans: &[Duration]) -> Duration {
    spans.iter().sum::<Duration>() / spans.len() as u32
}

#[test]
fn lost_frames_cost_a_revocation_little_and_take_nobody_offline() {
    let worst = *revocations(&mut line(400, 24, 0), 24, 20).last().unwrap();
    for dead in [0, 8] {
        let mut site = line(401, 24, dead);
        site.lose(0.02, 0.0);
        let spans = revocations(&mut site, 24, 60);
        std::println!("{dead} dead: lossless {worst:?}, p95 {:?}, worst {:?}", p95(&spans), spans.last());
        assert!(p95(&spans) <= worst * 3, "{dead} dead: {:?}, lossless {worst:?}", p95(&spans));
        assert!(*spans.last().unwrap() <= worst * 8, "{dead} dead: {:?}", spans.last());
        for pd in 0..24 {
            let events = site.events(pd);
            assert!(!events.iter().any(|event| matches!(event, Event::Offline { .. })), "{pd}: {events:?}");
        }
    }
}

#[test]
fn thirty_dead_devices_hardly_slow_the_two_that_live() {
    let (mut alone, mut crowded) = (line(402, 2, 0), line(402, 2, 30));
    let slower = |with: Duration, without: Duration| with.as_secs_f64() / without.as_secs_f64();
    let (without, with) = (polls(&mut alone, 2), polls(&mut crowded, 2));
    assert!(slower(mean(&with), mean(&without)) <= 1.2, "{:?}, {:?}", mean(&with), mean(&without));
    assert!(slower(p95(&with), p95(&without)) <= 1.2, "{:?}, {:?}", p95(&with), p95(&without));
    let (without, with) = (revocations(&mut alone, 2, 60), revocations(&mut crowded, 2, 60));
    let median = |sorted: &[Duration]| sorted[sorted.len() / 2];
    assert!(slower(median(&with), median(&without)) <= 1.2, "{:?}, {:?}", median(&with), median(&without));
}

#[test]
fn live_devices_are_found_at_once_among_thirty_dead_ones_when_the_line_comes_back() {
    let mut site = line(403, 2, 0);
    for _ in 0..30 {
        site.add();
    }
    (2..32).for_each(|pd| site.devices[pd].powered = false);
    site.run_for(60 * SECOND);
    let now = site.now;
    site.cp.handle(now, crate::osdp::cp::Input::LineDown);
    site.run_for(SECOND);
    let now = site.now;
    site.cp.handle(now, crate::osdp::cp::Input::LineUp);
    site.run_to(10 * SECOND, |site| is_ready(site, 0) && is_ready(site, 1));
}

#[test]
fn a_revocation_takes_the_place_of_a_read_that_got_no_answer() {
    let mut site = line(404, 2, 0);
    site.reads = true;
    site.job(0, 4, false);
    let lost = std::rc::Rc::new(core::cell::Cell::new(true));
    let losing = std::rc::Rc::clone(&lost);
    // Every answer to the read is lost, however often it is asked for: it is the only one that long.
    site.devices[0].handler.reply_len = 200;
    site.tamper = Some(std::boxed::Box::new(move |bytes| !losing.get() || bytes.len() < 100));
    site.run_to(SECOND, |site| !site.devices[0].handler.executed.is_empty());
    site.devices[0].handler.reply_len = 4;
    let revocation = site.job(0, LEN, true);
    let began = site.now;
    site.run_to(SECOND, |site| site.logs[0].answered.contains(&revocation));
    assert!(site.now.since(began) < Duration::from_millis(500), "{:?}", site.now.since(began));
    assert!(site.saw(0, |event| *event == Event::SecureLost { cause: LossCause::Overtaken }));
    assert_eq!(site.logs[0].failed.len(), 1, "whoever asked for the read is told");
}

#[test]
fn an_answer_is_no_longer_than_the_line_may_be_held_up() {
    for baud in [9600u32, 38_400, 115_200] {
        let mut site = Site::new(405, baud);
        let pd = site.add();
        site.devices[pd].handler.reply_len = 1400;
        site.run_to(5 * SECOND, |site| is_ready(site, pd));
        site.run_for(SECOND);
        site.job(pd, 4, false);
        site.run_to(5 * SECOND, |site| site.logs[pd].answered.len() == 1);
        let longest = site.replied.iter().map(Vec::len).max().unwrap();
        let most = (baud as usize * 80 / 10_000).max(crate::limits::MIN_FRAME_LEN) + 1;
        assert!((most - 17..=most).contains(&longest), "{baud} baud: {longest} bytes, at most {most}");
    }
}
