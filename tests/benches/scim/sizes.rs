//! Directories of several sizes: how long the service takes to start on one, how much memory and how much disk.

use std::fs;
use std::time::{Duration, Instant};
use tests::figures::Figures;

use crate::Plan;
use crate::client::Client;
use crate::disk::size_of;
use crate::people::{self, scramble};
use crate::service::Site;

/// The size that has aims.
const AIMED_AT: u32 = 100_000;

/// Longest start.
const AIM_START: Duration = Duration::from_secs(3);

/// Most memory at any time, in MiB.
const AIM_MIB: f64 = 250.0;

/// People who are looked up after the start, so that caches fill.
const LOOKED_UP: u32 = 20_000;

pub(crate) fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title("Start-up, memory and disk, by people, each with a card");
    figures.say(format!("aims at {AIMED_AT}: ready in at most {AIM_START:?}, never more than {AIM_MIB} MiB"));
    for people in plan.sizes {
        of(*people, figures)?;
    }
    Ok(())
}

fn of(people: u32, figures: &mut Figures) -> anyhow::Result<()> {
    let began = Instant::now();
    let site = Site::of(people)?;
    let filled = began.elapsed().as_secs_f64();
    let parts = ["journal", "sled", "snapshots"].map(|part| mib(&site, part));
    let [journal, sled, snapshots] = parts;
    figures.say(format!(
        "{people} people: filled in {filled:.1} s; on the disk {journal:.0} MiB of journal, {sled:.0} of sled, {snapshots:.0} of snapshots"
    ));
    figures.say("  started after               ready in, s   MiB when ready   after lookups   most (VmHWM)");
    start(&site, people, "a stop", figures)?;
    start(&site, people, "kill -9", figures)?;
    fs::remove_dir_all(site.directory().join("sled"))?;
    start(&site, people, "a loss of sled", figures)
}

/// Starts the service once, has it work a little, and kills it.
fn start(site: &Site, people: u32, after: &str, figures: &mut Figures) -> anyhow::Result<()> {
    let (service, ready) = site.start()?;
    let at_start = service.memory_mib("VmRSS")?;
    let mut client = service.client();
    for at in 0..LOOKED_UP.min(people) {
        look_up(&mut client, (scramble(at.into()) % u64::from(people)) as u32)?;
    }
    let (then, most) = (service.memory_mib("VmRSS")?, service.memory_mib("VmHWM")?);
    let mut verdicts = String::new();
    if people == AIMED_AT && after != "a loss of sled" {
        let what = |figure| format!("{people} people, after {after}: {figure}");
        let fast = figures.judge(what(format!("ready in {:.2} s", ready.as_secs_f64())), ready <= AIM_START);
        let small = figures.judge(what(format!("{most:.0} MiB")), most <= AIM_MIB);
        verdicts = format!("  start {fast}, memory {small}");
    }
    figures.say(format!(
        "  {after:<25} {:>13.2} {at_start:>16.0} {then:>15.0} {most:>14.0}{verdicts}",
        ready.as_secs_f64()
    ));
    Ok(())
}

fn look_up(client: &mut Client, number: u32) -> anyhow::Result<()> {
    let path = format!("/scim/v2/Users?filter=userName%20eq%20%22{}%22", people::user_name(number));
    client.ask("GET", &path, "")?.expect(200).map(drop)
}

fn mib(site: &Site, part: &str) -> f64 {
    // What isn't there takes nothing.
    size_of(&site.directory().join(part)).unwrap_or_default() as f64 / f64::from(1 << 20)
}
