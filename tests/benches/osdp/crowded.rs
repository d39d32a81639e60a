//! Lines as they are at sites: frames get lost, devices are dead, cards are swiped. How long a revocation takes until every
//! live device has answered it, and how long a device waits between two polls.

use std::time::Duration;

use panel_protocol::osdp::cp::{Demand, LineConfig};
use panel_protocol::time::Micros;
use tests::figures::Figures;

use crate::Plan;
use crate::device::{LONG_ANSWER, SHORT_ANSWER};
use crate::line::{Caller, Line};

const SEED: u64 = 0x6A7E;

const BAUD: u32 = 38_400;

/// Live devices and dead ones.
const LINES: [(usize, usize); 8] = [(2, 0), (2, 8), (2, 30), (8, 0), (8, 8), (24, 0), (24, 8), (32, 0)];

/// Frames of a hundred that get lost.
const LOSSES: [u32; 4] = [0, 1, 2, 5];

/// Vendor bytes of a revocation: operation, bit count and value of a 26-bit card.
const REVOCATION: usize = 6;

/// Time between two revocations, and between two reads of what was swiped at a device.
const PAUSE: Duration = Duration::from_millis(1500);

/// At 2 % loss a revocation takes at most so many times the longest that it takes without any.
const MOST_AT_LOSS: f64 = 3.0;

/// With 30 of 32 devices dead, polls and revocations of the others take at most so many times longer.
const MOST_AMONG_DEAD: f64 = 1.2;

/// Revokes at all live devices at once, again and again; reads what was swiped meanwhile.
struct Site {
    swipes: bool,
    /// When the revocation that is on its way began; else when the next begins.
    began: Option<Micros>,
    next: Micros,
    /// Whether each live device still has to answer it, and whether its command on the way is it.
    wanted: Vec<bool>,
    urgent: Vec<bool>,
    swiped_at: Vec<Micros>,
    spans: Vec<Duration>,
}

/// What was measured, sorted.
struct Outcome {
    revocations: Vec<Duration>,
    polls: Vec<Duration>,
    offline: usize,
}

impl Site {
    fn new(now: Micros, live: usize, swipes: bool) -> Self {
        Self {
            swipes,
            began: None,
            next: now + PAUSE,
            wanted: vec![false; live],
            urgent: vec![false; live],
            swiped_at: (0..live).map(|at| now + PAUSE * at as u32 / live as u32).collect(),
            spans: Vec::new(),
        }
    }

    fn begin_if_due(&mut self, now: Micros) {
        if self.began.is_none() && self.next <= now {
            self.began = Some(now);
            self.wanted.fill(true);
        }
    }
}

impl Caller for Site {
    fn demand(&mut self, now: Micros, pd: usize) -> Demand {
        self.begin_if_due(now);
        match self.wanted.get(pd) {
            Some(true) => Demand::Urgent,
            Some(false) if self.swipes && self.swiped_at[pd] <= now => Demand::Bulk,
            _ => Demand::None,
        }
    }

    fn command(&mut self, now: Micros, pd: usize, urgent: bool, _: &mut [u8]) -> Option<(usize, [u8; 3])> {
        self.urgent[pd] = urgent;
        if urgent {
            return Some((REVOCATION, SHORT_ANSWER));
        }
        self.swiped_at[pd] = now + PAUSE;
        Some((1, LONG_ANSWER))
    }

    fn answer(&mut self, now: Micros, pd: usize, _: &[u8]) {
        if !std::mem::take(&mut self.urgent[pd]) {
            return;
        }
        self.wanted[pd] = false;
        if let Some(began) = self.began.take_if(|_| !self.wanted.contains(&true)) {
            self.spans.push(now.since(began));
            self.next = now + PAUSE;
        }
    }

    /// It is still wanted, and sent again.
    fn failed(&mut self, pd: usize) {
        self.urgent[pd] = false;
    }

    fn only_reads(&self) -> bool {
        true
    }

    fn wakes(&self, now: Micros) -> Option<Micros> {
        let swipes = self.swiped_at.iter().filter(|_| self.swipes).copied();
        std::iter::once(self.next).chain(swipes).filter(|at| *at > now).min()
    }
}

pub(crate) fn measure(plan: Plan, figures: &mut Figures) {
    figures.title(format!("{} revocations at crowded lines, {BAUD} baud (virtual clock)", plan.crowded));
    figures.say(format!(
        "ms until all live devices have answered, ms between two frames to one. Seed {SEED:#x}"
    ));
    figures
        .say("  live  dead  loss  swipes   revocation p50      p95      max     poll p50      p95      max");
    for swipes in [false, true] {
        let quiet = LINES.map(|(live, _)| run(live, 0, 0, swipes, plan));
        for ((live, dead), quiet) in LINES.into_iter().zip(&quiet) {
            for loss in LOSSES {
                let found = run(live, dead, loss, swipes, plan);
                let verdict = judge(figures, (live, dead, loss, swipes), &found, quiet);
                let ms = |spans: &[Duration], part| share(spans, part).as_secs_f64() * 1e3;
                let [r50, r95, r100] = [50, 95, 100].map(|part| ms(&found.revocations, part));
                let [p50, p95, p100] = [50, 95, 100].map(|part| ms(&found.polls, part));
                figures.say(format!(
                    "{live:>6} {dead:>5} {loss:>3} % {:>7} {r50:>16.0} {r95:>8.0} {r100:>8.0} {p50:>12.0} {p95:>8.0} \
                     {p100:>8.0} {verdict}",
                    if swipes { "yes" } else { "no" }
                ));
            }
        }
    }
}

fn run(live: usize, dead: usize, loss: u32, swipes: bool, plan: Plan) -> Outcome {
    let mut line = Line::bad(LineConfig::new(BAUD), live, dead, f64::from(loss) / 100.0, SEED);
    let mut site = Site::new(line.now, live, swipes);
    while site.spans.len() < plan.crowded {
        line.step(&mut site);
    }
    let (mut revocations, mut polls) = (site.spans, std::mem::take(&mut line.gaps));
    revocations.sort();
    polls.sort();
    Outcome { revocations, polls, offline: line.offline }
}

/// The value below which so many of a hundred lie; 100: the greatest.
fn share(sorted: &[Duration], part: usize) -> Duration {
    sorted[(sorted.len() * part / 100).min(sorted.len() - 1)]
}

/// Where an aim is about this line: whether it is met.
fn judge(
    figures: &mut Figures,
    (live, dead, loss, swipes): (usize, usize, u32, bool),
    found: &Outcome,
    quiet: &Outcome,
) -> &'static str {
    let slower = |found: &[Duration], quiet: &[Duration], part, base| {
        share(found, part).as_secs_f64() / share(quiet, base).as_secs_f64()
    };
    let what = format!("{live} live, {dead} dead, {loss} % loss, swipes {swipes}");
    match (live, dead, loss) {
        (24, _, 2) => {
            let ratio = slower(&found.revocations, &quiet.revocations, 95, 100);
            let met = ratio <= MOST_AT_LOSS && found.offline == 0;
            figures.judge(format!("{what}: revocation p95 {ratio:.2} times, {} offline", found.offline), met)
        }
        (2, 30, 0) => {
            let polls = slower(&found.polls, &quiet.polls, 95, 95);
            let revocations = slower(&found.revocations, &quiet.revocations, 50, 50);
            let met = polls <= MOST_AMONG_DEAD && revocations <= MOST_AMONG_DEAD;
            figures.judge(format!("{what}: polls {polls:.2}, revocations {revocations:.2} times"), met)
        }
        _ => "",
    }
}
