//! `POST /Users`: how many durable answers a second, and what it is worth that writers share flushes.
//!
//! A program that flushes for each request is this one with one request at a time: the journal's writer then has
//! nothing to share. Two such are measured: one HTTP connection, and changes given straight to a directory in this
//! process one after the other, where HTTP costs nothing. What the disk alone would let such a program do stands beside.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tests::figures::{Figures, Times, median};

use crate::Plan;
use crate::client::Client;
use crate::disk::Plain;
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

/// Flushes of a plain file in a turn.
const FLUSHES: usize = 300;

pub(crate) fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title("POST /Users, answered when durable: many at once, and a flush for each");
    figures
        .say(format!("aims: {CONNECTIONS} connections at least {AIM_RATE} answers/s, and {AIM} times one"));
    let (site, aside) = (Site::of(0)?, Site::of(0)?);
    let (service, _) = site.start()?;
    let straight = Straight::to(&aside.data())?;
    let span = Duration::from_secs(plan.turn_s);
    let numbers = AtomicU32::new(0);
    figures.say(
        "turn  who               people/s   median ms   p99 ms   people a flush   of the machine: clients   server   \
         a plain file's flush, ms    p99",
    );
    let (mut alone, mut one, mut many, mut flushes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for turn in 1..=plan.turns {
        let disk = Plain::new(site.folder.path(), RECORD)?.appends(FLUSHES)?;
        flushes.push(disk.median());
        let measured = |who: &str, rates: &mut Vec<f64>, made: Made| {
            rates.push(made.load.rate());
            row(figures, turn, who, &made, &disk);
        };
        measured("straight, alone", &mut alone, put(&straight, &numbers, span)?);
        measured("1 connection", &mut one, post(&service, 1, &numbers, span)?);
        measured("32 connections", &mut many, post(&service, CONNECTIONS, &numbers, span)?);
    }
    service.stop()?;
    let [alone, one, many, flush] = [alone, one, many, flushes].map(median);
    let most = 1e3 / flush;
    figures.say(format!(
        "  medians: {:.1} times straight and alone; {:.1} times what the disk allows with a flush for each ({most:.0}/s)",
        many / alone,
        many / most
    ));
    let ratio = many / one;
    let verdict = figures.judge(format!("creations {ratio:.1} times one connection"), ratio >= AIM);
    figures.say(format!("  medians: {ratio:.1} times one connection >= {AIM} {verdict}"));
    let verdict = figures.judge(format!("{many:.0} creations a second"), many >= AIM_RATE);
    figures.say(format!("  median: {many:.0} people/s >= {AIM_RATE} {verdict}"));
    Ok(())
}

/// What was measured of creations.
struct Made {
    load: Load,
    flushes: f64,
}

fn row(figures: &Figures, turn: usize, who: &str, made: &Made, disk: &Times) {
    let [clients, server] = made.load.shares();
    let took = &made.load.took;
    figures.say(format!(
        "{turn:>4}  {who:<16} {:>9.0} {:>11.2} {:>8.2} {:>16.1} {clients:>23.0} % {server:>6.0} % {:>26.2} {:>6.2}",
        made.load.rate(),
        took.median(),
        took.p99(),
        took.len() as f64 / made.flushes.max(1.0),
        disk.median(),
        disk.p99()
    ));
}

/// Has the service create people for so long.
fn post(service: &Service, connections: usize, numbers: &AtomicU32, span: Duration) -> anyhow::Result<Made> {
    const FLUSHES: &str = "gatehouse_journal_fdatasync_seconds_count";
    let before = service.metric(FLUSHES)?;
    let post = |client: &mut Client, number| {
        let answer = client.ask("POST", "/scim/v2/Users", &people::sent(number).to_string())?;
        answer.expect(201).map(drop)
    };
    let next = numbers_for(span, numbers);
    let load = load::run(service.process(), service.clients(connections), next, post)?;
    Ok(Made { load, flushes: service.metric(FLUSHES)? - before })
}

/// Puts people into a directory of this process for so long, one after the other.
fn put(straight: &Straight, numbers: &AtomicU32, span: Duration) -> anyhow::Result<Made> {
    let put = |straight: &mut &Straight, number| straight.put(number..number + 1);
    let load = load::run(std::process::id(), vec![straight], numbers_for(span, numbers), put)?;
    let flushes = load.took.len() as f64;
    Ok(Made { load, flushes })
}

/// The next numbers, for so long.
fn numbers_for(span: Duration, numbers: &AtomicU32) -> impl Fn() -> Option<u32> + Sync {
    let end = Instant::now() + span;
    move || (Instant::now() < end).then(|| numbers.fetch_add(1, Ordering::Relaxed))
}
