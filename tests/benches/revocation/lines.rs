//! Revocations, from the answer that they are durable to the proof at every panel of a line: idle, and while one of its
//! panels is being loaded with everybody's cards.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use firmware_sim::Counters;
use gateway::domain::ReceiptAction;
use gateway::site::clock;
use gateway::views::ShowSite;
use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::cp::line_time;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tests::figures::{Figures, Times};

use crate::Plan;
use crate::people::{Organisation, Person};
use crate::rig::{LINE, Rig, late};

/// Bytes of the command that deletes one 26-bit card, and of the answer with the new digest: mark 1, header 5, security
/// block 2, code 1, one cipher block 16, MAC 4, CRC 2.
const DELETE: u64 = 31;

/// Bytes of a poll in the secure channel, and of its acknowledgement.
const POLL: u64 = 15;

/// Silence before a frame, in bytes.
const IDLE: u64 = 2;

/// What the simulator's panels take before they answer.
const TURN_AROUND: Duration = Duration::from_millis(1);

/// Line time that a frame of the load may take beside other panels.
const FRAME_TIME: Duration = Duration::from_millis(80);

/// Most that a median may be above the line's own minimum.
const MOST_RATIO: f64 = 1.3;

/// Longest pause before a revocation on an idle line, so that it meets the line's polling at any point.
const POLLING: Duration = Duration::from_millis(100);

/// A receipt that takes longer than this is lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// Rows by which a card must be behind the load's front before it counts as loaded.
const LOADED_BY: usize = 300;

const SEED: u64 = 0x6761_7465;

/// How long revocations took, in milliseconds.
#[derive(Default)]
pub(crate) struct Revocations {
    /// From durable to the first command on the line.
    first_sent: Times,
    /// From durable to the last proof.
    pub(crate) durable: Times,
    /// From the client's having the answer to the last proof.
    answered: Times,
}

/// One line and its load.
struct Setting {
    baud: u32,
    panels: u8,
    minimum: Duration,
    frame: Duration,
}

impl Setting {
    fn new(baud: u32, panels: u8) -> Self {
        let exchange = |bytes: u64| line_time((bytes + 2 * IDLE) as usize, baud) + TURN_AROUND;
        let longest = MAX_FRAME_LEN as u64;
        let capped = FRAME_TIME.as_millis() as u64 * u64::from(baud) / 10_000 + 1;
        let frame = if panels == 1 { longest } else { capped.min(longest) };
        Self {
            baud,
            panels,
            minimum: exchange(2 * DELETE) * u32::from(panels),
            frame: exchange(frame + DELETE),
        }
    }
}

pub(crate) async fn measure(
    plan: &Plan,
    organisation: &Organisation,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    figures.title("revocation: ms from durable to proven at every panel of the line");
    figures.say(format!(
        "minimum: per panel {DELETE} + {DELETE} bytes, 2 x {IDLE} characters of silence, {TURN_AROUND:?} turn-around. \
         Aims: idle median at most\n{MOST_RATIO} x minimum; a load adds at most one capped frame with its answer to p99. \
         p99 of fewer than 100: the greatest. Seed {SEED:#x}"
    ));
    figures.say(
        "  baud panels       n  minimum   median      p99  ratio         first sent  from the answer  \
         simulator late, us",
    );
    figures.say(
        "                                                                                   median/p99/max",
    );
    for baud in plan.bauds {
        for panels in plan.panels {
            one_line(plan, &Setting::new(*baud, *panels), organisation, figures).await?;
        }
    }
    Ok(())
}

async fn one_line(
    plan: &Plan,
    setting: &Setting,
    organisation: &Organisation,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let rig = Rig::proven(setting.baud, setting.panels, organisation).await?;
    let before = rig.simulator.line(LINE)?.counters;
    let idle = idle(plan, &rig, &organisation.people).await?;
    let after = rig.simulator.line(LINE)?.counters;
    show_idle(setting, &idle, &rig, figures)?;
    show_frames(setting, &idle, &before, &after, figures);
    if rig.timeouts() > 0 {
        figures.say(format!("  ({} replies did not come in time)", rig.timeouts()));
    }
    let loading = during_load(plan, &rig, &organisation.people, setting.frame).await?;
    show_loading(setting, &idle, &loading, &rig, figures)?;
    rig.stop().await;
    Ok(())
}

/// Revokes from the end of the list, so that the load finds its beginning whole.
async fn idle(plan: &Plan, rig: &Rig, people: &[Person]) -> anyhow::Result<Revocations> {
    let mut random = SmallRng::seed_from_u64(SEED);
    let mut times = Revocations::default();
    let began = Instant::now();
    for person in people.iter().rev().take(plan.most) {
        if times.durable.len() >= plan.least && began.elapsed().as_secs() >= plan.seconds {
            break;
        }
        tokio::time::sleep(random.random_range(Duration::ZERO..POLLING)).await;
        revoke(rig, person, &mut times).await?;
    }
    Ok(times)
}

/// Wipes panel 1 and revokes cards that it has been given again, while the rest of them is on its way in frames that
/// take up to `frame`; again and again.
async fn during_load(
    plan: &Plan,
    rig: &Rig,
    people: &[Person],
    frame: Duration,
) -> anyhow::Result<Revocations> {
    let mut random = SmallRng::seed_from_u64(SEED);
    let mut times = Revocations::default();
    let mut spent = Duration::ZERO;
    // While this many rows are there, the load is not over before the revocation is.
    let most_rows = people.len() / 4 * 3;
    for (at, person) in people.iter().enumerate().take(plan.most / 2) {
        if times.durable.len() >= plan.least && spent.as_secs() >= plan.seconds {
            break;
        }
        if at == 0 || rig.rows(1)? >= most_rows {
            rig.wipe(1).await?;
        }
        let rows = rig.until_rows(1, at + LOADED_BY).await?;
        ensure!(rows < most_rows, "the load was over too soon: {rows} rows");
        let began = Instant::now();
        tokio::time::sleep(random.random_range(Duration::ZERO..frame.max(POLLING))).await;
        revoke(rig, person, &mut times).await?;
        spent += began.elapsed();
    }
    Ok(times)
}

/// Revokes one person, and waits for the receipt that tells of proof everywhere.
pub(crate) async fn revoke(rig: &Rig, person: &Person, times: &mut Revocations) -> anyhow::Result<()> {
    let site = rig.service.site();
    rig.scim.set_active(&person.id, false).await;
    let answered = clock::now();
    let waiting = async {
        loop {
            let seen = site.change();
            let receipt = site.finished_receipt(person.card);
            if let Some(receipt) = receipt.filter(|receipt| receipt.action == ReceiptAction::Deactivate) {
                return receipt;
            }
            site.changed_since(seen).await;
        }
    };
    let Ok(receipt) = tokio::time::timeout(PATIENCE, waiting).await else {
        bail!("a revocation was not proven within {PATIENCE:?}");
    };
    let sent = receipt.landings.iter().filter_map(|landing| landing.sent).min();
    let proven = receipt.landings.iter().filter_map(|landing| landing.proven).max();
    let (sent, proven) = (sent.context("it was never sent")?, proven.context("it was never proven")?);
    let durable = receipt.committed.as_microsecond();
    let ms = |span_us: i64| span_us as f64 / 1e3;
    times.first_sent.add(ms(sent.as_microsecond() - durable));
    times.durable.add(ms(proven.as_microsecond() - durable));
    times.answered.add(ms(proven.as_microsecond() - answered.as_microsecond()));
    Ok(())
}

fn show_idle(setting: &Setting, idle: &Revocations, rig: &Rig, figures: &mut Figures) -> anyhow::Result<()> {
    let Setting { baud, panels, .. } = *setting;
    let ratio = idle.durable.median() / (setting.minimum.as_secs_f64() * 1e3);
    let what = format!("revocation at {baud} baud, {panels} panels, idle: ratio {ratio:.2}");
    let verdict = figures.judge(what, ratio <= MOST_RATIO);
    let late = late(&rig.lateness()?, figures);
    figures.say(row(setting, "idle", idle, &format!("{ratio:6.2} {verdict:<8}")) + &late);
    Ok(())
}

fn show_loading(
    setting: &Setting,
    idle: &Revocations,
    loading: &Revocations,
    rig: &Rig,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let Setting { baud, panels, .. } = *setting;
    let (added, frame) = (loading.durable.p99() - idle.durable.p99(), setting.frame.as_secs_f64() * 1e3);
    let what = format!(
        "revocation at {baud} baud, {panels} panels, loading: adds {added:.0} to p99, of {frame:.0} ms"
    );
    let verdict = figures.judge(what, added <= frame);
    let aim = format!("{added:+.0} <= {frame:.0} {verdict}");
    let late = late(&rig.lateness()?, figures);
    figures.say(row(setting, "load", loading, &aim) + &late);
    Ok(())
}

fn row(setting: &Setting, state: &str, times: &Revocations, aim: &str) -> String {
    let Revocations { first_sent, durable, answered } = times;
    format!(
        "{:>6} {:>3} {state} {:>7} {:>8.1} {:>8.1} {:>8.1} {aim:<16} {:>5.1} /{:>6.1} {:>8.1} /{:>7.1} ",
        setting.baud,
        setting.panels,
        durable.len(),
        setting.minimum.as_secs_f64() * 1e3,
        durable.median(),
        durable.p99(),
        first_sent.median(),
        first_sent.p99(),
        answered.median(),
        answered.p99(),
    )
}

/// Checks by the simulator's counters that revocations were as long as the minimum says; the other frames were polls.
fn show_frames(
    setting: &Setting,
    idle: &Revocations,
    before: &Counters,
    after: &Counters,
    figures: &Figures,
) {
    let deletes = idle.durable.len() as u64 * u64::from(setting.panels);
    let polls = (after.gateway_frames - before.gateway_frames).saturating_sub(deletes);
    let per_delete = |bytes: u64| bytes.saturating_sub(polls * POLL) as f64 / deletes.max(1) as f64;
    let down = per_delete(after.gateway_bytes - before.gateway_bytes);
    let up = per_delete(after.panel_bytes - before.panel_bytes);
    let fits = |bytes: f64| (bytes - DELETE as f64).abs() < 0.5;
    if !(fits(down) && fits(up)) {
        figures.say(format!(
            "  (counted on the line: {down:.1} + {up:.1} bytes a revocation, not {DELETE} + {DELETE})"
        ));
    }
}
