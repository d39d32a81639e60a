//! PATCH `active` to false at the pace of Entra ID: a revocation is durable before it is answered, and nobody waits
//! for it longer than the disk does.
//!
//! Between two requests a plain file grows by as much as the journal does and is flushed, at the same pace: a disk and
//! a machine that have rested for 20 ms take longer than busy ones.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tests::figures::{Figures, Times};

use crate::Plan;
use crate::client::Client;
use crate::disk::{Plain, size_of};
use crate::people;
use crate::service::Site;

/// Entra ID's floor: 25 requests a second.
const EVERY: Duration = Duration::from_millis(40);

/// How many times the disk's own flush.
const AIM: f64 = 3.0;

/// Requests that need no disk.
const READS: u32 = 100;

/// Requests that tell how much the journal grows by one.
const FIRST: u32 = 20;

pub(crate) fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    let Plan { people, deactivated, .. } = *plan;
    figures.title(format!(
        "PATCH active=false, {deactivated} of {people} people, {} a second, answered when durable",
        1_000 / EVERY.as_millis()
    ));
    let site = Site::of(people)?;
    let (service, _) = site.start()?;
    let mut client = service.client();
    let journal = site.directory().join("journal");
    let before = size_of(&journal)?;
    (0..FIRST).try_for_each(|number| deactivate(&mut client, number))?;
    let record = (size_of(&journal)? - before) / u64::from(FIRST);
    let mut plain = Plain::new(site.folder.path(), usize::try_from(record)?)?;
    let (mut answers, mut flushes) = (Times::default(), Times::default());
    let idle = paced_reads(&mut client)?;
    let began = Instant::now();
    for number in 0..deactivated {
        let due = began + EVERY * number;
        let asked = at(due);
        deactivate(&mut client, FIRST + number)?;
        answers.add_span(asked.elapsed());
        at(due + EVERY / 2);
        flushes.add_span(plain.append()?);
    }
    let own = service.flushes()?.mean_ms();
    service.stop()?;
    figures.say("                                      median ms   p99 ms   slowest ms");
    for (what, took) in [
        ("answer", &answers),
        ("an answer that needs no disk", &idle),
        ("a plain file's write and flush", &flushes),
    ] {
        figures.say(format!("{what:<36} {:>10.2} {:>8.2} {:>12.2}", took.median(), took.p99(), took.max()));
    }
    let ratio = answers.p99() / flushes.p99();
    let verdict = figures.judge(format!("PATCH's p99 is {ratio:.2} times the disk's"), ratio <= AIM);
    figures.say(format!(
        "  {record} bytes a record; the service's own flushes: {:.2} ms on average; p99 {ratio:.2} times the disk's own p99 <= {AIM} {verdict}; {:.2} times its median",
        own,
        answers.p99() / flushes.median()
    ));
    Ok(())
}

/// What a request costs at this pace that reads nothing and writes nothing: waking up, mostly.
fn paced_reads(client: &mut Client) -> anyhow::Result<Times> {
    let (mut took, began) = (Times::default(), Instant::now());
    for number in 0..READS {
        let asked = at(began + EVERY * number);
        client.ask("GET", "/healthz", "")?.expect(200)?;
        took.add_span(asked.elapsed());
    }
    Ok(took)
}

/// Waits for an instant and gives the present one; the instant itself where it has passed already, so that an answer that
/// kept the next request waiting counts for both.
fn at(due: Instant) -> Instant {
    let early = due.saturating_duration_since(Instant::now());
    thread::sleep(early);
    if early.is_zero() { due } else { Instant::now() }
}

fn deactivate(client: &mut Client, number: u32) -> anyhow::Result<()> {
    let path = format!("/scim/v2/Users/{}", people::id(number)?);
    let body = "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\
                \"Operations\":[{\"op\":\"Replace\",\"path\":\"active\",\"value\":\"False\"}]}";
    let answer = client.ask("PATCH", &path, body)?;
    let body = answer.expect(200)?;
    ensure!(body.contains("\"active\":false"), "person {number} is still active: {body}");
    Ok(())
}
