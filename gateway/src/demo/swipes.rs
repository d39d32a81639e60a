//! People swipe their cards now and then.

use std::time::Duration;

use firmware_sim::site::SiteError;
use panel_protocol::credential::Credential;
use panel_protocol::wiegand::H10301;

use super::people::EVERYBODY;
use super::site::DemoSite;
use crate::config::Controller;

/// The site's facility code, as the configuration has it.
const FACILITY: u64 = 100;
/// A card that nobody was given.
const STRANGER: u64 = 6666;
/// Pauses between swipes, in seconds, over and over.
const PAUSES_S: [u64; 6] = [3, 5, 2, 7, 4, 6];

/// Swipes until the end of the demo: everybody in turn, at one door after the other, and at times a stranger.
pub(super) async fn swipe_now_and_then(site: &DemoSite) -> anyhow::Result<()> {
    let controllers = site.site().config().controllers.iter();
    let controllers: Vec<String> =
        controllers.filter(|it| has_reader(it)).map(|it| it.id.to_string()).collect();
    for turn in 0.. {
        tokio::time::sleep(Duration::from_secs(PAUSES_S[turn % PAUSES_S.len()])).await;
        let controller = controllers[turn * 7 / 3 % controllers.len()].clone();
        let reader = u8::from(turn % 3 == 1);
        let simulator = std::sync::Arc::clone(site.simulator());
        let card = card(turn)?;
        let swiped =
            tokio::task::spawn_blocking(move || swipe(&simulator, &controller, reader, card)).await?;
        match swiped {
            Ok(()) => {}
            // Somebody cut that controller's power by the control API.
            Err(error) => tracing::debug!(%error, "nobody could swipe there"),
        }
    }
    Ok(())
}

fn has_reader(controller: &Controller) -> bool {
    controller.doors.iter().any(|door| door.reader.is_some())
}

/// Where the gateway decides there is one reader, and its answer is waited for.
fn swipe(
    simulator: &firmware_sim::Site,
    controller: &str,
    reader: u8,
    card: Credential,
) -> Result<(), SiteError> {
    if simulator.brokers().has(controller) {
        let swipe = simulator.brokers().swipe(controller, 0, card)?;
        tracing::debug!(?swipe, "swiped");
    } else if simulator.is_decided_for(controller) {
        let swipe = simulator.present(controller, 0, Some(card), &[])?;
        tracing::debug!(?swipe, "swiped");
    } else {
        let swipe = simulator.swipe(controller, reader, card)?;
        tracing::debug!(?swipe, "swiped");
    }
    Ok(())
}

fn card(turn: usize) -> anyhow::Result<Credential> {
    let number = if turn % 9 == 8 { STRANGER } else { u64::from(EVERYBODY[turn % EVERYBODY.len()].card) };
    Ok(H10301.encode(FACILITY, number)?)
}
