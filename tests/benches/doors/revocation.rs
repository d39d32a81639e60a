//! A person is revoked, and swipes the moment that the identity provider has its answer.

use std::time::Duration;

use tests::figures::{Figures, Times};

use crate::Plan;
use crate::rig::{Rig, Wanted, reader};

const BAUD: u32 = 115_200;

/// A light that says no comes within this, or it is the next one's.
const BETWEEN: Duration = Duration::from_millis(300);

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title("revocation → refused at a reader's door, the card presented as soon as SCIM has answered");
    let rig = Rig::start(Wanted { readers: Some((1, 4, BAUD)), boards: None }).await?;
    let (mut let_in, mut refused, mut times) = (0, 0, Times::default());
    for turn in 0..plan.revocations {
        let at = reader(0, u8::try_from(turn % 4)?);
        rig.scim.set_active(&rig.person, true).await;
        let before = rig.site.present(turn as usize, at.clone()).await?;
        anyhow::ensure!(before.swipe.granted == Some(true), "it is active: {:?}", before.swipe);
        tokio::time::sleep(BETWEEN).await;
        let began = std::time::Instant::now();
        rig.scim.set_active(&rig.person, false).await;
        times.add_span(began.elapsed());
        match rig.site.present(0, at).await?.swipe.granted {
            Some(false) => refused += 1,
            Some(true) => let_in += 1,
            None => {}
        }
        tokio::time::sleep(BETWEEN).await;
    }
    let verdict = figures.judge("revoked and refused", refused == plan.revocations && let_in == 0);
    figures.say(format!(
        "{} revoked, {refused} refused, {let_in} let in   {verdict}   (SCIM's answer, durable and in force: median {:.1} ms, \
         p99 {:.1} ms)",
        plan.revocations,
        times.median(),
        times.p99()
    ));
    rig.stop().await;
    Ok(())
}
