//! esp-rfid boards: until a revocation is proven by reading back, beside what the boards' own firmware takes.

use tests::figures::Figures;

use crate::Plan;
use crate::people::Organisation;
use crate::site::{BROKERS, Devices, Site};

/// As the simulated boards have it: milliseconds for a file that is deleted, and for one that is read and sent.
const DELETE_MS: f64 = 20.0;
const READ_MS: f64 = 5.0;

/// A list has no end but silence, in milliseconds.
const SILENCE_MS: f64 = 2_000.0;

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    let organisation = Organisation::of(plan.board_cards).await?;
    for which in BROKERS {
        figures.title(format!("{which:?}: {} esp-rfid boards, {} cards each", plan.boards, plan.board_cards));
        let site = Site::start(which, Devices::EspRfid, plan.boards, &organisation).await?;
        let loaded = site.until_proven().await?;
        figures.say(format!("  loaded and read back after {:.1} s", loaded.as_secs_f64()));
        let took = site.revoke(&organisation.people[0]).await?;
        let firmware = DELETE_MS + READ_MS * f64::from(plan.board_cards);
        figures.say(format!(
            "  one card revoked: read back at all boards after {:.0} ms; of these the firmware takes {firmware:.0} ms, and \
             the silence that ends a list {SILENCE_MS:.0} ms",
            took.as_secs_f64() * 1e3
        ));
        site.stop().await;
    }
    Ok(())
}
