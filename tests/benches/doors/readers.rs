//! From the last byte of a frame with a card to the first byte of the command that lets the lock go: 16 OSDP readers on a line,
//! alone and with an identity provider and readers of the page beside.

use std::time::Duration;

use anyhow::Context;
use firmware_sim::Passed;
use gateway::views::ShowSite;
use panel_protocol::osdp::cp::line_time;
use tests::figures::{Figures, Times};
use tokio::task::JoinHandle;

use crate::Plan;
use crate::rig::{Rig, Wanted, reader};

const READERS: u8 = 16;

/// A sealed frame that says something is longer than a poll and its acknowledgement, which have 15 bytes.
const SAYS_SOMETHING: usize = 20;

/// Silence before a frame, in characters: the line's own time.
const IDLE: usize = 2;

/// Most that the gateway may add, in milliseconds: alone and beside load.
const AIMS_MS: [f64; 2] = [0.2, 1.0];

/// People who look at the page at the same time.
const PAGE_READERS: usize = 4;

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title(format!("card frame → first byte of the output command, {READERS} OSDP readers on a line"));
    figures.say(format!(
        "beyond the line's own {IDLE} characters of silence, ms. Aims for p50 and p99: {} idle, {} with SCIM changes and \
         {PAGE_READERS} page readers without pause",
        AIMS_MS[0], AIMS_MS[1]
    ));
    figures.say("   baud  beside            n     p50     p99     max");
    for baud in [38_400, 115_200] {
        let rig = Rig::start(Wanted { readers: Some((1, READERS, baud)), boards: None }).await?;
        for (beside, aim) in ["nothing", "load"].into_iter().zip(AIMS_MS) {
            let load = if beside == "load" { load(&rig).await } else { Vec::new() };
            let mut times = Times::default();
            for at in 0..plan.cards {
                times.add_span(one(&rig, baud, at).await?);
            }
            for task in load {
                task.abort();
                // It was told to end; how it did is nobody's affair.
                let _ = task.await;
            }
            let verdict = figures.judge(format!("readers at {baud} beside {beside}"), times.p99() <= aim);
            figures.say(format!(
                "{baud:>7}  {beside:<12} {:>6} {:>7.3} {:>7.3} {:>7.3} {verdict}",
                times.len(),
                times.median(),
                times.p99(),
                times.max()
            ));
        }
        rig.stop().await;
    }
    Ok(())
}

async fn one(rig: &Rig, baud: u32, at: usize) -> anyhow::Result<Duration> {
    let address = u8::try_from(at * 7 % usize::from(READERS))?;
    let answered = rig.site.present(at, reader(0, address)).await?;
    anyhow::ensure!(answered.swipe.granted == Some(true), "the card is good: {:?}", answered.swipe);
    let traffic = rig.site.traffic("osdp0")?;
    let since: Vec<&Passed> = traffic.iter().filter(|it| it.ended >= answered.presented).collect();
    let told = since.windows(2).find(|pair| {
        let [one, other] = pair else { return false };
        !one.from_gateway && other.from_gateway && one.bytes.min(other.bytes) >= SAYS_SOMETHING
    });
    let told = told.context("neither the card nor the command was seen on the line")?;
    let began = told[1].began.saturating_duration_since(told[0].ended);
    Ok(began.saturating_sub(line_time(IDLE, baud)))
}

/// An identity provider that changes people, and people who look at the page, without pause.
async fn load(rig: &Rig) -> Vec<JoinHandle<()>> {
    let scim = rig.scim.clone();
    let other = scim.create("bob", Some("4711")).await;
    let mut tasks = vec![tokio::spawn(async move {
        for turn in 0_u64.. {
            scim.set_active(&other, turn % 2 == 1).await;
        }
    })];
    for _ in 0..PAGE_READERS {
        let site = std::sync::Arc::clone(rig.service.site());
        tasks.push(tokio::spawn(async move {
            loop {
                drop(site.site().await);
                tokio::task::yield_now().await;
            }
        }));
    }
    tasks
}
