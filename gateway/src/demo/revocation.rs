//! One revocation, from the identity provider's word to the proof at every door, with its receipt.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::people::{Person, Provisioner};
use super::site::DemoSite;
use crate::domain::ReceiptAction;
use crate::views::{ControllerKind, ControllerView, LandingView, ReceiptView, ShowSite, SiteView};

/// Loading twelve cards into four panels takes a second; ten times ten is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until every panel has proven its table, revokes the person, and prints the receipt.
pub(super) async fn show(site: &DemoSite, provisioner: &Provisioner, person: &Person) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let proven = wait_for(site, |view| {
        let mut panels = view.facts.controllers.iter().filter(|it| it.kind == ControllerKind::Panel);
        let count = panels.clone().count();
        let done = panels.all(ControllerView::is_proven)
            && view.facts.receipts.iter().all(|receipt| receipt.complete);
        done.then_some(count)
    });
    let controllers = proven.await?;
    let people = super::people::EVERYBODY.len();
    writeln!(out, "{people} people provisioned; {controllers} controllers have proven their tables.\n")?;
    writeln!(out, "{} leaves: PATCH active = false", person.name)?;
    let asked = Instant::now();
    provisioner.set_active(person.user_name, false).await?;
    writeln!(out, "  SCIM answered, durable, after {:.1} ms\n", asked.elapsed().as_secs_f64() * 1000.0)?;
    let receipt = wait_for(site, |view| {
        let mut receipts = view.facts.receipts.iter();
        receipts.find(|receipt| is_the_revocation(receipt, person)).cloned()
    });
    writeln!(out, "{}", in_words(&receipt.await?))?;
    Ok(out.flush()?)
}

fn is_the_revocation(receipt: &ReceiptView, person: &Person) -> bool {
    receipt.complete && receipt.action == ReceiptAction::Deactivate && receipt.holder_name == person.name
}

fn in_words(receipt: &ReceiptView) -> String {
    let mut text = format!(
        "Receipt of revision {}: {} {}, card {}\n",
        receipt.revision,
        receipt.holder_name,
        receipt.action_words(),
        receipt.card
    );
    text +=
        "  controller    compiled      sent  acknowledged    proven   (ms after the change was durable)\n";
    let ms = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
    let (at_panels, here): (Vec<_>, Vec<_>) = receipt.landings.iter().partition(|it| was_sent(it));
    for landing in at_panels {
        text += &format!(
            "  {:<12} {:>9.1} {:>9} {:>13} {:>9}\n",
            landing.controller.as_str(),
            landing.compiled_ms,
            ms(landing.sent_ms),
            ms(landing.acknowledged_ms),
            ms(landing.proven_ms)
        );
    }
    text += &format!("Proven at every controller after {} ms.", ms(receipt.proven_ms));
    if !here.is_empty() {
        let ids: Vec<_> = here.iter().map(|landing| landing.controller.as_str()).collect();
        text += &format!(
            "\nDecided by the gateway, and so in force before SCIM was answered: {}.",
            ids.join(", ")
        );
    }
    text
}

/// Whether it went to a panel: where the gateway decides there is nothing to send.
const fn was_sent(landing: &LandingView) -> bool {
    landing.sent_ms.is_some()
}

/// Looks at the site after every change until `found` finds something.
async fn wait_for<T>(site: &DemoSite, found: impl Fn(&SiteView) -> Option<T>) -> anyhow::Result<T> {
    let looking = async {
        loop {
            let seen = site.site().change();
            if let Some(found) = found(&site.site().site().await) {
                return found;
            }
            site.site().changed_since(seen).await;
        }
    };
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(found) => Ok(found),
        Err(_) => {
            let verdict = site.site().site().await.verdict;
            bail!("nothing was proven within {PATIENCE:?}; the page says: {}", verdict.text)
        }
    }
}
