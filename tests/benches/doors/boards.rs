//! From a card at an adapter to the first byte of the command to a relay, with eight boards on the line that are polled meanwhile.

use std::time::{Duration, Instant};

use anyhow::Context;
use firmware_sim::Passed;
use tests::figures::{Figures, Times};

use crate::Plan;
use crate::rig::{Answered, Rig, Wanted};

/// On a pair nothing is sent for so long after a reply: the line's own time, as its boards want it.
const GAP: Duration = Duration::from_millis(20);

/// Most that the gateway may add, in milliseconds.
const AIM_MS: f64 = 2.0;

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title("swipe at an adapter → command to a relay, eight boards on the line");
    figures.say(format!(
        "beyond the line's own time: the card's characters, the exchange that is under way and the {GAP:?} after it on a \
         pair. Aim for p99: {AIM_MS} ms. Beside it, swipe → relay on, all of it"
    ));
    figures.say("  line        n     p50     p99     max   all p50   all p99, ms");
    for baud in [Some(9_600), Some(38_400), None] {
        let rig = Rig::start(Wanted { readers: None, boards: Some(baud) }).await?;
        let name = baud.map_or_else(|| "TCP".to_owned(), |baud| baud.to_string());
        let (mut added, mut all) = (Times::default(), Times::default());
        for turn in 0..plan.cards {
            let answered = rig.site.present(turn, "gate-reader".to_owned()).await?;
            let latency = answered.swipe.latency.context("the relay was not switched")?;
            all.add_span(latency);
            let gap = if baud.is_some() { GAP } else { Duration::ZERO };
            added.add_span(beyond(&rig, &answered, latency, gap)?);
            // The same card within two seconds is one that stays before the reader.
            tokio::time::sleep(Duration::from_millis(2_100)).await;
        }
        let verdict = figures.judge(format!("relay on {name}"), added.p99() <= AIM_MS);
        figures.say(format!(
            "{name:>6} {:>8} {:>7.3} {:>7.3} {:>7.3} {:>9.1} {:>9.1}   {verdict}",
            added.len(),
            added.median(),
            added.p99(),
            added.max(),
            all.median(),
            all.p99()
        ));
        rig.stop().await;
    }
    Ok(())
}

/// How long after it could have begun the command did begin.
fn beyond(rig: &Rig, answered: &Answered, latency: Duration, gap: Duration) -> anyhow::Result<Duration> {
    let switched = answered.presented + latency;
    let traffic = rig.site.traffic("annex")?;
    let away = |it: &Passed| {
        let (one, other) = (it.ended.max(switched), it.ended.min(switched));
        one.duration_since(other)
    };
    let commands = traffic.iter().filter(|it| it.from_gateway);
    let command = commands.min_by_key(|it| away(it)).context("no command on the line")?;
    let mut replies = traffic.iter().filter(|it| !it.from_gateway && it.ended <= command.began);
    let free: Option<Instant> = replies.next_back().map(|it| it.ended + gap);
    let card = rig.site.traffic("gate")?;
    let read = card.last().context("no card on the adapter's line")?.ended;
    Ok(command.began.saturating_duration_since(free.map_or(read, |free| free.max(read))))
}
