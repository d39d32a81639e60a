//! Processor time of a secure round trip, both ends, in memory: a vendor command of 64 bytes and its acknowledgement.
//!
//! Ours and libosdp's run in turns, so that a busy machine disturbs both. Time is the thread's own, not the clock's.

use std::time::Duration;

use panel_protocol::osdp::cp::{Demand, LineConfig};
use panel_protocol::time::Micros;
use rustix::time::{ClockId, clock_gettime};
use tests::figures::Figures;

use crate::Plan;
use crate::device::ACKNOWLEDGED;
use crate::libosdp_peer::Pair;
use crate::line::{Caller, Line};

/// Vendor bytes of the command: the most that libosdp takes.
const DATA: usize = 64;

/// Turns of each side.
const TURNS: usize = 5;

/// One command after another.
struct Commands {
    answered: u32,
}

impl Caller for Commands {
    fn demand(&mut self, _: Micros, _: usize) -> Demand {
        Demand::Bulk
    }

    fn command(&mut self, _: Micros, _: usize, _: bool, room: &mut [u8]) -> Option<(usize, [u8; 3])> {
        Some((DATA.min(room.len()), ACKNOWLEDGED))
    }

    fn answer(&mut self, _: Micros, _: usize, _: &[u8]) {
        self.answered += 1;
    }
}

pub(crate) fn measure(plan: Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title(format!("processor time of a secure round trip, both ends, {DATA}-byte MFG, in memory"));
    let mut line = Line::up(LineConfig::new(230_400), 1, Duration::ZERO);
    let mut peer = Pair::in_memory()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let began = spent();
        let mut commands = Commands { answered: 0 };
        while commands.answered < plan.round_trips {
            line.step(&mut commands);
        }
        ours.push((spent() - began) / plan.round_trips);
        let began = spent();
        peer.round_trips(plan.round_trips, DATA)?;
        theirs.push((spent() - began) / plan.round_trips);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    figures.say(format!("ours     {:>7.2} us", ours.as_secs_f64() * 1e6));
    figures.say(format!("libosdp  {:>7.2} us", theirs.as_secs_f64() * 1e6));
    let verdict = figures.judge(format!("processor time {ours:?}, libosdp's {theirs:?}"), ours <= theirs);
    figures.say(format!(
        "aim: no more than libosdp's; ours is {:.2} of it: {verdict}",
        ours.as_secs_f64() / theirs.as_secs_f64()
    ));
    Ok(())
}

/// Processor time of this thread so far.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
