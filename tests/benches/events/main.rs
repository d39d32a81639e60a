//! `cargo bench -p tests --bench events`: how long a question to an event log of a million events takes.
//!
//! The log is written to the disk that cargo builds on, 90 days at forty doors. Figures stand beside their aims and never fail
//! the run: a busy machine misses aims that the code meets.
//!
//! Arguments: `--quick` for a smoke run.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use gateway::domain::{CardRead, CardholderId, DoorId, Event, EventKind, EventResult};
use gateway::store::{EventLimits, EventLog, PeopleWanted, Wanted};
use jiff::{SignedDuration, Timestamp};
use panel_protocol::decide::Reason;
use panel_protocol::wiegand::H10301;
use tests::figures::{self, Figures, Times};

const DOORS: u64 = 40;
const PEOPLE: u64 = 5_000;
const DAYS: u64 = 90;

/// Events that are appended together.
const AT_ONCE: u64 = 10_000;

/// What a first page may take, in milliseconds.
const AIM_MS: f64 = 20.0;

/// Events on a page.
const PAGE: usize = 30;

fn main() -> ExitCode {
    figures::main_of(measure)
}

fn measure(arguments: &[String]) -> anyhow::Result<()> {
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    // Cargo names `--bench` when the figures are wanted; a test run of all targets gets the smoke run.
    let count = if asked("--quick") || !asked("--bench") { 20_000 } else { 1_000_000 };
    let mut figures = Figures::begin();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    figures.title(format_args!("{count} events, {DAYS} days, {DOORS} doors, {PEOPLE} people"));
    let began = Instant::now();
    write(dir.path(), count)?;
    figures.say(format_args!("written in {:.1} s, {}", began.elapsed().as_secs_f64(), sizes(dir.path())?));
    let began = Instant::now();
    let log = open(dir.path())?;
    figures.say(format_args!("opened in {:.0} ms", ms(began.elapsed())));
    questions(&log, count, &mut figures)?;
    drop(log);
    for entry in std::fs::read_dir(dir.path())? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "idx") {
            std::fs::remove_file(path)?;
        }
    }
    let log = open(dir.path())?;
    let began = Instant::now();
    log.find(&Wanted { people: Some(PeopleWanted::default()), ..Wanted::default() }, None, PAGE)?;
    figures.say(format_args!("the whole index made anew in {:.1} s", began.elapsed().as_secs_f64()));
    figures.end();
    Ok(())
}

fn open(dir: &std::path::Path) -> anyhow::Result<EventLog> {
    // By their own times the events are older than the log keeps any; their files are new.
    let limits = EventLimits { max_events: 2_000_000, ..EventLimits::default() };
    Ok(EventLog::open(dir, limits)?.0)
}

fn write(dir: &std::path::Path, count: u64) -> anyhow::Result<()> {
    let log = open(dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for from in (0..count).step_by(usize::try_from(AT_ONCE)?) {
        let events = (from..count.min(from + AT_ONCE)).map(|number| event(number, count));
        runtime.block_on(log.append_all(events.collect::<anyhow::Result<_>>()?))?;
    }
    Ok(())
}

fn begin() -> anyhow::Result<Timestamp> {
    "2026-09-01T00:00:00Z".parse().context("a time")
}

fn event(number: u64, count: u64) -> anyhow::Result<Event> {
    let second = i64::try_from(number * DAYS * 86_400 / count)?;
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let person = mixed % PEOPLE;
    let reason = if mixed.is_multiple_of(50) { Reason::OutsideHours } else { Reason::Granted };
    let read = CardRead {
        controller: "building-7-east".parse().context("a controller")?,
        door: Some(door(mixed / PEOPLE)?),
        reader: 0,
        credential: H10301.encode(100, person)?,
        holder: Some(holder(person)?),
        holder_name: Some(format!("Person Number {person}")),
        granted: reason.granted(),
        reason,
        held_back: None,
        explained: None,
        sequence: u32::try_from(number)?,
        epoch: 1,
    };
    Ok(Event { at: begin()? + SignedDuration::from_secs(second), kind: EventKind::CardRead(read) })
}

fn door(number: u64) -> anyhow::Result<DoorId> {
    format!("building-7-door-{}", number % DOORS).parse().context("a door")
}

/// Somebody, who is the same in each run.
fn holder(number: u64) -> anyhow::Result<CardholderId> {
    let high = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!("{high:016x}{number:016x}").parse().context("an identifier")
}

fn questions(log: &EventLog, count: u64, figures: &mut Figures) -> anyhow::Result<()> {
    let day = |day: u64| -> anyhow::Result<(Option<Timestamp>, Option<Timestamp>)> {
        let from = begin()? + SignedDuration::from_hours(i64::try_from(day * 24)?);
        Ok((Some(from), Some(from + SignedDuration::from_hours(24))))
    };
    let mut by_door = Vec::new();
    for number in 0..DAYS {
        let (from, until) = day((number * 37) % DAYS)?;
        by_door.push(Wanted { doors: Some(vec![door(number)?]), from, until, ..Wanted::default() });
    }
    ask(log, "by door and day, first page", Some(AIM_MS), by_door, figures)?;
    let of = |number: u64| -> anyhow::Result<Wanted> {
        let people = PeopleWanted { ids: [holder(number)?].into(), ..PeopleWanted::default() };
        Ok(Wanted { people: Some(people), ..Wanted::default() })
    };
    let by_person = (0..50).map(|number| of(number * 97)).collect::<anyhow::Result<_>>()?;
    ask(log, "by person, first page", None, by_person, figures)?;
    let nobody = (0..5).map(|number| of(count + number)).collect::<anyhow::Result<_>>()?;
    ask(log, "by a person without events", None, nobody, figures)?;
    let refused = Wanted { result: Some(EventResult::Refused), ..Wanted::default() };
    ask(log, "the newest that were refused", None, vec![refused; 20], figures)?;
    ask(log, "the newest", None, vec![Wanted::default(); 20], figures)
}

fn ask(
    log: &EventLog,
    what: &str,
    aim_ms: Option<f64>,
    questions: Vec<Wanted>,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let (mut times, mut found) = (Times::default(), 0);
    for wanted in questions {
        let began = Instant::now();
        found += log.find(&wanted, None, PAGE)?.events.len();
        times.add_span(began.elapsed());
    }
    let aim = aim_ms.map(|aim| format!("  aim {aim} ms: {}", figures.judge(what, times.p99() <= aim)));
    figures.say(format_args!(
        "{what:30} median {:7.2} ms, p99 {:7.2} ms, {} questions, {found} events{}",
        times.median(),
        times.p99(),
        times.len(),
        aim.unwrap_or_default()
    ));
    Ok(())
}

/// How much of the disk log and index take.
fn sizes(dir: &std::path::Path) -> anyhow::Result<String> {
    let (mut log, mut index) = (0, 0);
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let is_index = entry.path().extension().is_some_and(|end| end == "idx");
        *(if is_index { &mut index } else { &mut log }) += entry.metadata()?.len();
    }
    Ok(format!("{} MB of log, {} MB of index", log / 1_000_000, index / 1_000_000))
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}
