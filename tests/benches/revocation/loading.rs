//! Loading an empty panel with everybody's cards: how much of the line's rate carries rows.

use std::time::Instant;
use tests::figures::Figures;

use crate::Plan;
use crate::people::Organisation;
use crate::preload::row_bytes;
use crate::rig::{Rig, late};

/// The rate for which there is an aim, and the least share of it.
const AIM: (u32, f64) = (115_200, 0.85);

pub(crate) async fn measure(
    plan: &Plan,
    organisation: &Organisation,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    figures.title(format!(
        "loading {} cards to one panel: share of the line rate that carries rows",
        plan.people
    ));
    figures.say(format!("aim: at least {} at {} baud", AIM.1, AIM.0));
    figures.say("   baud   rows/s   seconds    share            simulator late, us");
    let bytes = row_bytes(&organisation.people)? as f64;
    for baud in plan.load_bauds {
        let rig = Rig::empty(*baud, 1, organisation).await?;
        let before = rig.until_rows(1, 0).await?;
        let began = Instant::now();
        rig.until_proven().await?;
        let seconds = began.elapsed().as_secs_f64();
        let rows = (organisation.people.len() - before) as f64;
        let share = bytes * rows / organisation.people.len() as f64 * 10.0 / (seconds * f64::from(*baud));
        let verdict = if *baud == AIM.0 {
            figures.judge(format!("loading at {baud} baud: share {share:.2}"), share >= AIM.1)
        } else {
            ""
        };
        let late = late(&rig.lateness()?, figures);
        figures.say(format!(
            "{baud:>7} {:>8.0} {seconds:>9.2} {share:>8.3} {verdict:<10} {late}",
            rows / seconds
        ));
        rig.stop().await;
    }
    Ok(())
}
