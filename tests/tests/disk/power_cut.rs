//! The power goes at any moment, and the disk has whatever it happened to have: the store opens, everything that was
//! answered is there, and nothing is said to be lost.
//!
//! A recorded run is cut short after every step, in four ways each. `POWER_CUT_SECONDS` says for how long that is tried
//! (30 by default; the states are taken in no order, so that all parts of the run come up), and how many were is printed.

use std::collections::{BTreeSet, HashSet};
use std::convert::Infallible;
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use gateway::domain::{Change, Origin};
use gateway::store::{Directory, EventLimits, EventLog, View};
use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use tests::seed;
use tokio::task::JoinSet;

use crate::child::{event, id, person, reopened};
use crate::damage::Damage;
use crate::model::{self, Files, Loss};
use crate::recording::{self, Step, Told};
use crate::shim::Disk;

const ROLE: &str = "RECORDED_RUN";
/// What is done to the disk between the two starts.
const DAMAGE: &str = "RECORDED_DAMAGE";
const WRITERS: u32 = 6;
const CHANGES: u32 = 25;

/// Runs in the recorded process alone: several writers, so that flushes carry several changes; a snapshot, an end in order
/// and a second start in between.
#[test]
fn recorded_run() {
    let Some(root) = std::env::var_os(ROLE) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        for run in 0..2 {
            if run > 0 {
                Damage::of(&std::env::var(DAMAGE).unwrap()).apply(Path::new(&root));
            }
            let (directory, events) = reopened(Path::new(&root)).unwrap();
            let mut writers = JoinSet::new();
            for writer in 0..WRITERS {
                let directory = directory.clone();
                writers.spawn(async move { write(&directory, (run * WRITERS + writer) * CHANGES).await });
            }
            for _ in 0..20 {
                let number = events.newest() as u32 + 1;
                events.append(event(number)).await.unwrap();
                tell(Told::Events(number));
            }
            directory.snapshot().await.unwrap();
            writers.join_all().await;
            directory.close();
        }
    });
}

async fn write(directory: &Directory, from: u32) {
    for number in from..from + CHANGES {
        commit(directory, Change::PutCardholder { cardholder: Box::new(person(number)) }).await;
        tell(Told::Put(number));
        if number % 3 == 0 {
            tell(Told::Deleting(number));
            commit(directory, Change::DeleteCardholder { id: id(number) }).await;
            tell(Told::Deleted(number));
        }
    }
}

async fn commit(directory: &Directory, change: Change) {
    let plan = move |_: &View<'_>, _| Ok::<_, Infallible>((vec![change], ()));
    directory.commit(Origin::CommandLine, Timestamp::UNIX_EPOCH, plan).await.unwrap();
}

pub(crate) fn tell(told: Told) {
    let log = std::env::var_os("DISK_LOG").unwrap();
    OpenOptions::new().append(true).open(log).unwrap().write_all(&told.entry()).unwrap();
}

fn record(damage: Damage) -> Vec<Step> {
    let disk = Disk::new();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "power_cut::recorded_run", "--nocapture"]).env(ROLE, disk.root());
    command.env(DAMAGE, damage.word());
    disk.under(&mut command);
    disk.record(&mut command);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    recording::read(&disk.log(), &disk.root())
}

/// What a caller knows after some steps.
#[derive(Clone, Default)]
struct Known {
    there: BTreeSet<u32>,
    gone: BTreeSet<u32>,
    events: u64,
}

impl Known {
    fn take(&mut self, told: Told) {
        match told {
            Told::Put(number) => drop(self.there.insert(number)),
            Told::Deleting(number) => drop(self.there.remove(&number)),
            Told::Deleted(number) => drop(self.gone.insert(number)),
            Told::Events(count) => self.events = count.into(),
            Told::Round(_) => {}
        }
    }
}

/// One state of the disk, and what was told by then.
struct Cut {
    step: usize,
    loss: Loss,
    seed: u64,
}

#[test]
fn every_state_that_a_power_cut_leaves_is_opened_and_has_all_that_was_answered() {
    let done = tried(&record(Damage::Nothing), seconds());
    assert!(done >= 200, "{done} states are too few to mean anything");
}

/// The store starts on a disk that was damaged, and the power goes while it mends it, or later.
#[test]
fn every_state_after_a_start_on_a_damaged_disk_is_opened_and_has_all_that_was_answered() {
    for damage in [Damage::SledDeleted, Damage::SledSpoilt, Damage::JournalTorn] {
        println!("{damage:?}");
        let done = tried(&record(damage), seconds() / 3);
        assert!(done >= 40, "{damage:?}: {done} states are too few to mean anything");
    }
}

/// For so long states are tried.
fn seconds() -> u64 {
    std::env::var("POWER_CUT_SECONDS").map_or(30, |text| text.parse().unwrap())
}

/// Tries states of a recorded run for some seconds, and says how many they were.
fn tried(steps: &[Step], seconds: u64) -> u32 {
    let mut random = SmallRng::seed_from_u64(seed());
    let mut cuts: Vec<Cut> = (0..=steps.len())
        .flat_map(|step| Loss::ALL.map(|loss| (step, loss)))
        .map(|(step, loss)| Cut { step, loss, seed: random.random() })
        .collect();
    let all = cuts.len();
    cuts.shuffle(&mut random);
    let until = Instant::now() + Duration::from_secs(seconds);
    let (waiting, done, seen) = (Mutex::new(cuts), Mutex::new(0), Mutex::new(HashSet::new()));
    let again = |files: &Files| {
        let mut hasher = DefaultHasher::new();
        files.hash(&mut hasher);
        !seen.lock().unwrap().insert(hasher.finish())
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while Instant::now() < until {
                    let Some(cut) = waiting.lock().unwrap().pop() else { break };
                    let (files, known) = state(steps, &cut);
                    if !again(&files) {
                        check(&files, &known, &cut);
                    }
                    *done.lock().unwrap() += 1;
                }
            });
        }
    });
    let (done, different) = (*done.lock().unwrap(), seen.lock().unwrap().len());
    println!("{done} of {all} states of {} steps, {different} of them different", steps.len());
    done
}

fn state(steps: &[Step], cut: &Cut) -> (Files, Known) {
    let (mut disk, mut known) = (model::Disk::default(), Known::default());
    for step in &steps[..cut.step] {
        disk.take(step);
        if let Step::Told(told) = step {
            known.take(*told);
        }
    }
    (disk.after(cut.loss, &mut SmallRng::seed_from_u64(cut.seed)), known)
}

fn check(files: &Files, known: &Known, cut: &Cut) {
    let what = format!("after step {}, {:?} lost, seed {}", cut.step, cut.loss, cut.seed);
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let opened = Directory::open(&folder.path().join("directory"), Box::new(|_| {}));
    let (directory, report) = opened.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(report.incomplete, None, "{what}: {report:?}");
    let view = directory.read();
    for (numbers, there) in [(&known.there, true), (&known.gone, false)] {
        for number in numbers {
            let found = view.cardholder(id(*number)).unwrap();
            assert_eq!(found.is_some(), there, "{what}: person {number}: {report:?}");
        }
    }
    let log = EventLog::open(&folder.path().join("events"), EventLimits::default());
    let (log, _) = log.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(log.newest() >= known.events, "{what}: {} events of {}", log.newest(), known.events);
}
