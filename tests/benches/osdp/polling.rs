//! A full line at rest: how long a cycle of polls takes, against what the wire alone would need.

use std::time::Duration;

use panel_protocol::osdp::cp::{LineConfig, line_time};
use tests::figures::Figures;

use crate::BAUDS;
use crate::line::{IDLE, Line, MAX_PDS, Silent};

/// Most that a cycle may be above the line's own minimum.
const MOST_RATIO: f64 = 1.10;

/// Bytes of a poll in the secure channel, mark included, and of its acknowledgement.
const POLL: usize = 15;

/// Cycles that are measured.
const CYCLES: u32 = 20;

pub(crate) fn measure(figures: &mut Figures) {
    figures.title(format!("poll cycle of {MAX_PDS} PDs in their secure channels (virtual clock)"));
    figures.say(format!(
        "minimum: per PD {POLL} + {POLL} bytes, 2 x {IDLE} characters of silence and the reply time; aim: at most \
         {MOST_RATIO} x minimum"
    ));
    figures.say("   baud  reply ms  minimum ms   cycle ms   ratio");
    for baud in BAUDS.into_iter().chain([19_200, 57_600]) {
        for reply_time in [Duration::ZERO, Duration::from_millis(3)] {
            let minimum = (line_time(2 * (POLL + IDLE), baud) + reply_time) * MAX_PDS as u32;
            let cycle = cycle(baud, reply_time);
            let ratio = cycle.as_secs_f64() / minimum.as_secs_f64();
            let reply_ms = reply_time.as_millis();
            let verdict =
                figures.judge(format!("poll cycle at {baud} baud: ratio {ratio:.2}"), ratio <= MOST_RATIO);
            figures.say(format!(
                "{baud:>7} {reply_ms:>9} {:>11.1} {:>10.1} {ratio:>7.3} {verdict}",
                minimum.as_secs_f64() * 1e3,
                cycle.as_secs_f64() * 1e3
            ));
        }
    }
}

/// Time of one cycle, when polls follow each other as closely as the line lets them.
fn cycle(baud: u32, reply_time: Duration) -> Duration {
    let config = LineConfig { poll_interval: Duration::ZERO, ..LineConfig::new(baud) };
    let mut line = Line::up(config, MAX_PDS, reply_time);
    let one_cycle = |line: &mut Line| {
        let end = line.frames + MAX_PDS as u64;
        line.run(&mut Silent, |line| line.frames >= end);
    };
    one_cycle(&mut line); // what is told once after the handshake is over by then
    one_cycle(&mut line);
    let (began, frames) = (line.now, line.frames);
    (0..CYCLES).for_each(|_| one_cycle(&mut line));
    assert_eq!(line.frames - frames, u64::from(CYCLES) * MAX_PDS as u64);
    line.now.since(began) / CYCLES
}
