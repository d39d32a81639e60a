//! A revocation while the line's other panels are being loaded: how long until its first byte is on the wire.

use std::time::Duration;

use panel_protocol::osdp::cp::{Demand, LineConfig, line_time};
use panel_protocol::time::Micros;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tests::figures::Figures;

use crate::device::SHORT_ANSWER;
use crate::line::{Caller, IDLE, Line};
use crate::{BAUDS, Plan};

const SEED: u64 = 0x6761_7465;

/// PDs of the line: one is revoked at, all are loaded.
const PDS: usize = 8;

/// Vendor bytes of a revocation: operation, bit count and value of a 26-bit card.
const REVOCATION: usize = 6;

/// Bytes of the answer to a bulk frame, mark included: a digest, in one cipher block.
const BULK_REPLY: usize = 31;

/// Time between two revocations, at most.
const PAUSE: Duration = Duration::from_millis(700);

/// Loads without end, and one revocation after another, each at a random time.
struct Loads {
    random: SmallRng,
    /// When the next revocation is wanted, and at which PD.
    next: (Micros, usize),
    waits: Vec<Duration>,
}

impl Loads {
    fn new(now: Micros) -> Self {
        let mut loads = Self { random: SmallRng::seed_from_u64(SEED), next: (now, 0), waits: Vec::new() };
        loads.plan(now);
        loads
    }

    fn plan(&mut self, now: Micros) {
        self.next = (now + self.random.random_range(Duration::ZERO..PAUSE), self.random.random_range(0..PDS));
    }
}

impl Caller for Loads {
    fn demand(&mut self, now: Micros, pd: usize) -> Demand {
        let (at, whom) = self.next;
        if whom == pd && at <= now { Demand::Urgent } else { Demand::Bulk }
    }

    fn command(&mut self, now: Micros, _: usize, urgent: bool, room: &mut [u8]) -> Option<(usize, [u8; 3])> {
        if urgent {
            self.waits.push(now.since(self.next.0));
            self.plan(now);
            return Some((REVOCATION, SHORT_ANSWER));
        }
        Some((room.len(), SHORT_ANSWER))
    }

    fn answer(&mut self, _: Micros, _: usize, _: &[u8]) {}

    fn wakes(&self, now: Micros) -> Option<Micros> {
        Some(self.next.0).filter(|at| *at > now)
    }
}

pub(crate) fn measure(plan: Plan, figures: &mut Figures) {
    figures.title(format!(
        "{} revocations while {PDS} panels are loaded: ms to the first byte (virtual clock)",
        plan.revocations
    ));
    figures.say(format!(
        "aim: at most one bulk frame with its answer and the silences around them. Seed {SEED:#x}"
    ));
    figures.say("   baud  reply ms  bulk frame   median    worst    bound");
    for baud in BAUDS {
        for reply_time in [Duration::ZERO, Duration::from_millis(3)] {
            let (mut waits, longest) = waits(baud, reply_time, plan.revocations as usize);
            waits.sort();
            let (median, worst) = (waits[waits.len() / 2], waits[waits.len() - 1]);
            let bound = line_time(longest + BULK_REPLY + 2 * IDLE, baud) + reply_time;
            let reply_ms = reply_time.as_millis();
            let verdict =
                figures.judge(format!("revocation at {baud} baud: worst wait {worst:?}"), worst <= bound);
            let ms = |span: Duration| span.as_secs_f64() * 1e3;
            figures.say(format!(
                "{baud:>7} {reply_ms:>9} {longest:>11} {:>8.1} {:>8.1} {:>8.1} {verdict}",
                ms(median),
                ms(worst),
                ms(bound)
            ));
        }
    }
}

/// How long so many revocations waited, and how long the longest bulk frame was, in bytes.
fn waits(baud: u32, reply_time: Duration, revocations: usize) -> (Vec<Duration>, usize) {
    let mut line = Line::up(LineConfig::new(baud), PDS, reply_time);
    let mut loads = Loads::new(line.now);
    while loads.waits.len() < revocations {
        line.step(&mut loads);
    }
    (loads.waits, line.longest_frame)
}
