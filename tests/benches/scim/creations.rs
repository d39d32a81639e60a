//! `POST /Users`: how many durable answers a second, and what it is worth that writers share flushes.
//!
//! A program that flushes for each request is this one with one request at a time: the journal's writer then has
//! nothing to share. Two such are measured: one HTTP connection, and changes given straight to a directory in this
//! process one after the other, where HTTP costs nothing. A plain file tells what the disk alone would let such a
//! program do. How much sharing wins depends on the disk: where a flush costs less than a request does, it can't win
//! much. So the same is measured with flushes as long as a hard disk's or an SD card's.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use tests::figures::{Figures, median};

use crate::Plan;
use crate::client::Client;
use crate::disk::{Plain, Slower};
use crate::load::{self, Load};
use crate::people::{self, Straight};
use crate::service::{Service, Site};

const CONNECTIONS: usize = 32;

/// How many times as fast as a flush for each request.
const AIM: f64 = 20.0;

/// Answers a second, where the disk allows.
const AIM_RATE: f64 = 1_000.0;

/// Bytes of a record, about.
const RECORD: usize = 800;

/// How much longer a flush takes on a slower disk: a hard disk turns once in 8.3 ms.
const SLOWER: Duration = Duration::from_millis(10);

pub(crate) fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    on_this_disk(plan, figures)?;
    on_a_slower_disk(plan, figures)
}

fn on_this_disk(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title("POST /Users, answered when durable: many at once, and a flush for each");
    let (site, aside) = (Site::of(0)?, Site::of(0)?);
    let (service, _) = site.start()?;
    let straight = Straight::to(&aside.data())?;
    let mut plain = Plain::new(site.folder.path(), RECORD)?;
    let turn = Turn { numbers: AtomicU32::new(0), span: Duration::from_secs(plan.turn_s) };
    let (mut disk, mut alone, mut one, mut many) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    header(figures);
    for _ in 0..plan.turns {
        disk.push(row(figures, "a plain file", &turn.append(&mut plain)?));
        alone.push(row(figures, "straight, alone", &turn.put(&straight)?));
        one.push(row(figures, "1 connection", &turn.post(&service, 1)?));
        many.push(row(figures, "32 connections", &turn.post(&service, CONNECTIONS)?));
    }
    service.stop()?;
    let [disk, alone, one, many] = [disk, alone, one, many].map(median);
    figures.say(format!(
        "  medians: {:.1} times straight and alone; {:.1} times what the disk allows with a flush for each",
        many / alone,
        many / disk
    ));
    judge(figures, "", one, many);
    let verdict = figures.judge(format!("{many:.0} creations a second"), many >= AIM_RATE);
    figures.say(format!("  median: {many:.0} people/s >= {AIM_RATE} {verdict}"));
    Ok(())
}

fn on_a_slower_disk(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title(format!("The same where a flush takes {SLOWER:?} longer"));
    let site = Site::of(0)?;
    let service = site.start_on(&Slower::new(site.folder.path(), SLOWER)?)?;
    let turn = Turn { numbers: AtomicU32::new(0), span: Duration::from_secs(plan.turn_s) };
    let (mut one, mut many) = (Vec::new(), Vec::new());
    header(figures);
    for _ in 0..plan.turns {
        one.push(row(figures, "1 connection", &turn.post(&service, 1)?));
        many.push(row(figures, "32 connections", &turn.post(&service, CONNECTIONS)?));
    }
    let flush_ms = service.flushes()?.mean_ms();
    service.stop()?;
    ensure!(flush_ms >= SLOWER.as_secs_f64() * 1e3, "flushes took {flush_ms:.2} ms: the disk was not slowed");
    figures.say(format!("  the service's flushes: {flush_ms:.2} ms on average"));
    judge(figures, " on a slower disk", median(one), median(many));
    Ok(())
}

fn judge(figures: &mut Figures, place: &str, one: f64, many: f64) {
    let ratio = many / one;
    let verdict = figures.judge(format!("creations{place} {ratio:.1} times one connection"), ratio >= AIM);
    figures.say(format!("  medians: {ratio:.1} times one connection >= {AIM} {verdict}"));
}

fn header(figures: &Figures) {
    figures.say(
        "who              people/s   median ms   p99 ms   people a flush   of the machine: clients   server",
    );
}

/// Prints what was made, and gives how many a second.
fn row(figures: &Figures, who: &str, made: &Made) -> f64 {
    let [clients, server] = made.load.shares();
    let took = &made.load.took;
    figures.say(format!(
        "{who:<16} {:>8.0} {:>11.2} {:>8.2} {:>16.1} {clients:>23.0} % {server:>6.0} %",
        made.load.rate(),
        took.median(),
        took.p99(),
        took.len() as f64 / made.flushes.max(1.0)
    ));
    made.load.rate()
}

/// What was measured of creations.
struct Made {
    load: Load,
    flushes: f64,
}

impl Made {
    fn one_a_flush(load: Load) -> Self {
        let flushes = load.took.len() as f64;
        Self { load, flushes }
    }
}

/// Who makes people, in turns of so long.
struct Turn {
    numbers: AtomicU32,
    span: Duration,
}

impl Turn {
    /// Has the service create people.
    fn post(&self, service: &Service, connections: usize) -> anyhow::Result<Made> {
        let before = service.flushes()?;
        let post = |client: &mut Client, number| {
            let answer = client.ask("POST", "/scim/v2/Users", &people::sent(number).to_string())?;
            answer.expect(201).map(drop)
        };
        let load = load::run(service.process(), service.clients(connections), self.next(), post)?;
        Ok(Made { load, flushes: service.flushes()?.since(before).count })
    }

    /// Puts people into a directory of this process, one after the other.
    fn put(&self, straight: &Straight) -> anyhow::Result<Made> {
        let put = |straight: &mut &Straight, number| straight.put(number..number + 1);
        load::run(std::process::id(), vec![straight], self.next(), put).map(Made::one_a_flush)
    }

    /// Appends as much as a person takes to a plain file.
    fn append(&self, plain: &mut Plain) -> anyhow::Result<Made> {
        let append = |plain: &mut &mut Plain, _| plain.append().map(drop);
        load::run(std::process::id(), vec![plain], self.next(), append).map(Made::one_a_flush)
    }

    /// The next numbers, until the turn is over.
    fn next(&self) -> impl Fn() -> Option<u32> + Sync {
        let end = Instant::now() + self.span;
        move || (Instant::now() < end).then(|| self.numbers.fetch_add(1, Ordering::Relaxed))
    }
}
