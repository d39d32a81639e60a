//! Revocations on a box that has other work: busy programs beside the service, and people at every door.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use tests::figures::Figures;

use crate::Plan;
use crate::lines::{Revocations, revoke};
use crate::people::Organisation;
use crate::rig::{READER, Rig, late, panel_name};

/// Programs that do nothing but work.
const PROGRAMS: usize = 4;

const PANELS: u8 = 4;
const BAUD: u32 = 38_400;

/// Between two cards at one reader: 50 a second.
const SWIPE_EVERY: Duration = Duration::from_millis(20);

/// Between two revocations.
const REVOKE_EVERY: Duration = Duration::from_millis(200);

/// p99 of a revocation there.
const AIM_MS: f64 = 500.0;

pub(crate) async fn measure(
    plan: &Plan,
    organisation: &Organisation,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    figures.title(format!(
        "revocation beside {PROGRAMS} busy programs, {PANELS} panels at {BAUD} baud with 50 cards a second each"
    ));
    let rig = Arc::new(Rig::proven(BAUD, PANELS, organisation).await?);
    let programs = Busy::start()?;
    let swiping = Swiping::start(&rig, organisation);
    let mut times = Revocations::default();
    let began = Instant::now();
    for person in organisation.people.iter().rev().take(plan.most) {
        if times.durable.len() >= plan.least && began.elapsed().as_secs() >= plan.seconds {
            break;
        }
        tokio::time::sleep(REVOKE_EVERY).await;
        revoke(&rig, person, &mut times).await?;
    }
    let swipes = swiping.end();
    drop(programs);
    let (median, p99) = (times.durable.median(), times.durable.p99());
    let verdict = figures.judge(format!("revocation on a busy box: p99 {p99:.0} ms"), p99 <= AIM_MS);
    let late = late(&rig.lateness()?, figures);
    figures.say(format!(
        "{} revocations, {swipes} cards: ms from durable to proven median {median:.1}, p99 {p99:.1} (aim {AIM_MS}) {verdict}; \
         {} replies did not come in time; simulator late {late} us",
        times.durable.len(),
        rig.timeouts()
    ));
    Arc::into_inner(rig).context("somebody still swipes")?.stop().await;
    Ok(())
}

/// Programs that take whatever the machine gives them. They end when this is dropped.
struct Busy(Vec<Child>);

impl Busy {
    fn start() -> anyhow::Result<Self> {
        let program = || {
            let mut command = Command::new("sh");
            command.args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn()
        };
        let all: Result<_, _> = (0..PROGRAMS).map(|_| program()).collect();
        Ok(Self(all.context("a busy program can't be started")?))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for program in &mut self.0 {
            // It may have been ended by somebody else.
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

/// Somebody at each door who presents one card after the other.
struct Swiping {
    over: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    doors: Vec<thread::JoinHandle<()>>,
}

impl Swiping {
    fn start(rig: &Arc<Rig>, organisation: &Organisation) -> Self {
        let (over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let door = |address| {
            let (rig, over, count) = (Arc::clone(rig), Arc::clone(&over), Arc::clone(&count));
            let cards: Vec<_> = organisation.people.iter().map(|person| person.card).collect();
            thread::spawn(move || {
                for card in cards.iter().cycle() {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    if rig.simulator.swipe(&panel_name(address), READER, *card).is_ok() {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    thread::sleep(SWIPE_EVERY);
                }
            })
        };
        let doors = (1..=PANELS).map(door).collect();
        Self { over, count, doors }
    }

    /// How many cards were presented.
    fn end(self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        for door in self.doors {
            // A door that panicked has said so.
            let _ = door.join();
        }
        self.count.load(Ordering::Relaxed)
    }
}
