//! A full line of readers at rest: how long a cycle of polls takes, against what the wire alone would need.

use std::time::Duration;

use panel_protocol::osdp::cp::line_time;
use tests::figures::Figures;

use crate::Plan;
use crate::rig::{Rig, Wanted};

const READERS: u8 = 32;

/// Bytes of a poll in the secure channel, mark included, and of its acknowledgement.
const POLL: usize = 15;

/// Silence before each frame, in characters.
const IDLE: usize = 2;

/// What the simulator's devices take before they answer.
const TURN_AROUND: Duration = Duration::from_millis(1);

/// Most that a cycle may be above the line's own minimum.
const MOST_RATIO: f64 = 1.05;

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title(format!("poll cycle of {READERS} readers, the whole service in real time"));
    figures.say(format!(
        "minimum: per reader {POLL} + {POLL} bytes, 2 x {IDLE} characters of silence, {TURN_AROUND:?}; aim: at most \
         {MOST_RATIO} x minimum. The median of {} cycles",
        plan.cycles
    ));
    figures.say("   baud  minimum ms   cycle ms   ratio");
    for baud in [9_600, 38_400] {
        let rig = Rig::start(Wanted { readers: Some((1, READERS, baud)), boards: None }).await?;
        let minimum = (line_time(2 * (POLL + IDLE), baud) + TURN_AROUND) * u32::from(READERS);
        tokio::time::sleep(minimum * u32::try_from(plan.cycles + 2)?).await;
        let traffic = rig.site.traffic("osdp0")?;
        let polls: Vec<_> = traffic.iter().filter(|it| it.from_gateway).map(|it| it.began).collect();
        let cycles = polls.windows(usize::from(READERS) + 1).rev().take(plan.cycles * usize::from(READERS));
        let spans = cycles.map(|them| them[usize::from(READERS)].duration_since(them[0]).as_secs_f64() * 1e3);
        let cycle = tests::figures::median(spans.collect());
        let minimum = minimum.as_secs_f64() * 1e3;
        let ratio = cycle / minimum;
        let verdict = figures.judge(format!("cycle at {baud}: {ratio:.3}"), ratio <= MOST_RATIO);
        figures.say(format!("{baud:>7} {minimum:>11.1} {cycle:>10.1} {ratio:>7.3} {verdict}"));
        rig.stop().await;
    }
    Ok(())
}
