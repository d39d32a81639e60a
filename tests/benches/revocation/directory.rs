//! SCIM: how many durable answers a second, beside what the journal's own flushes took meanwhile.
//!
//! A plain file is flushed before and after as well. It tells the disk's mood at those moments, not its limit: on a busy
//! machine a flush takes a tenth of a millisecond in one second and a scheduler's tick in the next.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use gateway::service::Service;
use gateway::site::clock;
use gateway::store::tokens::Tokens;
use gateway::store::{Directory, JournalStats};
use tests::figures::{Figures, Times};
use tokio::task::JoinSet;

use crate::Plan;
use crate::people::{self, Organisation, Person};
use crate::rig::{doorless, new_folder};

/// Clients at once, in turn; the last ones create whoever is left.
const CONNECTIONS: [u16; 2] = [1, 32];

/// The part of the people that the first client creates: one in so many.
const ALONE: u16 = 10;

/// Flushes of a plain file that are timed.
const FLUSHES: usize = 200;

/// Bytes before each: about a record's.
const RECORD: usize = 400;

/// Makes the organisation, and measures while it grows.
pub(crate) async fn fill(plan: &Plan, figures: &mut Figures) -> anyhow::Result<Organisation> {
    figures.title("SCIM: people created, each answered when durable (clients and service share the cores)");
    let folder = new_folder()?;
    let data = folder.path().join("data");
    fs::create_dir_all(&data)?;
    let token = Tokens::open(&data).create("bench", None, None, clock::now())?.expose().to_owned();
    let disk = disk(folder.path())?;
    let service = Service::start(doorless(folder.path())?).await?;
    let next = Arc::new(AtomicU16::new(1));
    let mut people = Vec::new();
    figures.say("connections  people  answers/s   median ms   p99 ms   flushes   people a flush   fdatasync ms    p99");
    for connections in CONNECTIONS {
        let last = if connections == 1 { plan.people / ALONE } else { plan.people };
        let directory = service.site().directory();
        let before = journal(directory);
        let began = Instant::now();
        let Created { people: made, answers, syncs } =
            create(service.address(), &token, directory, connections, &next, last).await?;
        let (seconds, after) = (began.elapsed().as_secs_f64(), journal(directory));
        let flushes = after.flushes - before.flushes;
        figures.say(format!(
            "{connections:>11} {:>7} {:>10.0} {:>11.2} {:>8.2} {flushes:>9} {:>16.1} {:>14.2} {:>6.2}",
            made.len(),
            made.len() as f64 / seconds,
            answers.median(),
            answers.p99(),
            made.len() as f64 / flushes.max(1) as f64,
            syncs.median(),
            syncs.p99(),
        ));
        if connections == 1 {
            let each = flushes >= made.len() as u64;
            let verdict = figures.judge("every single answer had a flush of its own", each);
            figures.say(format!("  every answer to a single client had a flush of its own: {verdict}"));
        }
        people.extend(made);
    }
    service.stop().await;
    let again = self::disk(folder.path())?;
    figures.say(format!(
        "  a plain file, {RECORD} bytes a flush: median {:.2} ms, p99 {:.2} before; {:.2}, {:.2} after",
        disk.median(),
        disk.p99(),
        again.median(),
        again.p99()
    ));
    Ok(Organisation::new(people, token, folder))
}

fn journal(directory: &Directory) -> JournalStats {
    directory.stats().journal
}

/// Who was created, how long the answers took, and the flushes that were seen meanwhile.
struct Created {
    people: Vec<Person>,
    answers: Times,
    syncs: Times,
}

/// So many clients create the people up to `last`.
async fn create(
    address: SocketAddr,
    token: &str,
    directory: &Directory,
    connections: u16,
    next: &Arc<AtomicU16>,
    last: u16,
) -> anyhow::Result<Created> {
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let (scim, next, directory) = (people::scim(address, token), Arc::clone(next), directory.clone());
        clients.spawn(async move {
            let mut made = Vec::new();
            loop {
                let claimed = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |number| {
                    (number <= last).then_some(number + 1)
                });
                let Ok(number) = claimed else { return anyhow::Ok(made) };
                let asked = Instant::now();
                let person = people::create(&scim, number).await?;
                made.push((person, asked.elapsed(), journal(&directory)));
            }
        });
    }
    let (mut people, mut answers) = (Vec::new(), Times::default());
    let mut syncs: BTreeMap<u64, Duration> = BTreeMap::new();
    while let Some(made) = clients.join_next().await {
        for (person, took, journal) in made?? {
            people.push(person);
            answers.add_span(took);
            syncs.insert(journal.flushes, journal.last_sync);
        }
    }
    let mut flushes = Times::default();
    syncs.into_values().for_each(|sync| flushes.add_span(sync));
    Ok(Created { people, answers, syncs: flushes })
}

/// How long the disk takes for the same in a plain file.
fn disk(folder: &Path) -> anyhow::Result<Times> {
    let path = folder.join("plain");
    let mut file = File::create(&path)?;
    let mut times = Times::default();
    for _ in 0..FLUSHES {
        file.write_all(&[0xA5; RECORD])?;
        let began = Instant::now();
        file.sync_data()?;
        times.add_span(began.elapsed());
    }
    fs::remove_file(path)?;
    Ok(times)
}
