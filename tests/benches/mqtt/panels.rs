//! Native panels: loads, revocations idle and during a load, and a return of all at once.

use std::time::Duration;

use firmware_sim::site::Power;
use tests::figures::{Figures, Times};

use crate::Plan;
use crate::brokers;
use crate::people::Organisation;
use crate::site::{BROKERS, Devices, Site, Which, name};

/// Of what bare publishes of that size reach.
const SHARE: f64 = 0.8;

/// Aims for revocations, in milliseconds: median and p99 while nothing else happens, and p99 during a load.
const IDLE_MEDIAN: f64 = 10.0;
const IDLE_P99: f64 = 20.0;
const BUSY_P99: f64 = 100.0;

/// Aim for all to be proven after a restart.
const RETURN: Duration = Duration::from_secs(5);

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    let organisation = Organisation::of(plan.people).await?;
    for which in BROKERS {
        figures.title(format!(
            "{which:?}: {} native panels, {} cards each, all loaded at once (devices and service share the cores)",
            plan.panels, plan.people
        ));
        let site = Site::start(which, Devices::Native, plan.panels, &organisation).await?;
        let took = site.until_proven().await?;
        load(plan, which, &site, took, figures).await?;
        revocations(plan, &site, &organisation, figures).await?;
        site.stop().await;
        come_back(plan, which, &organisation, figures).await?;
    }
    Ok(())
}

async fn load(
    plan: &Plan,
    which: Which,
    site: &Site,
    took: Duration,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let rows = (plan.panels * usize::from(plan.people)) as f64 / took.as_secs_f64();
    let sent = site.sent().await? as f64 / took.as_secs_f64();
    // As long as the operations of a panel that takes 1024 bytes.
    let bare = brokers::publishes(plan, which, 1_000).await?;
    let share = sent / bare;
    let verdict = figures.judge(format!("{which:?}: operations of bare publishes"), share >= SHARE);
    figures.say(format!(
        "  {rows:.0} rows/s, {sent:.0} operations/s in {:.1} s; bare publishes of that size {bare:.0}/s: share {share:.2} \
         (aim ≥ {SHARE}) {verdict}",
        took.as_secs_f64()
    ));
    Ok(())
}

async fn revocations(
    plan: &Plan,
    site: &Site,
    organisation: &Organisation,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let (idle, busy) = organisation.people.split_at(plan.revocations);
    let mut times = Times::default();
    for person in idle {
        times.add_span(site.revoke(person).await?);
    }
    let met = times.median() <= IDLE_MEDIAN && times.p99() <= IDLE_P99;
    let verdict = figures.judge("revocations while idle", met);
    figures.say(format!(
        "  {} revocations, idle: answer included, proven at all panels after median {:.1} ms, p99 {:.1} ms (aim ≤ \
         {IDLE_MEDIAN} / {IDLE_P99}) {verdict}",
        times.len(),
        times.median(),
        times.p99()
    ));
    let mut times = Times::default();
    for person in busy.iter().take(plan.revocations) {
        if times.len().is_multiple_of(10) {
            // Half of them lose what they hold, so that the load never ends; the other half have to prove.
            for number in 0..site.devices / 2 {
                site.simulator.brokers().power(&name(number), Power::Wiped)?;
                site.simulator.brokers().power(&name(number), Power::On)?;
            }
        }
        times.add_span(site.revoke(person).await?);
    }
    let verdict = figures.judge("revocations during a load", times.p99() <= BUSY_P99);
    figures.say(format!(
        "  {} revocations while half of the panels are wiped and loaded: median {:.1} ms, p99 {:.1} ms (aim ≤ {BUSY_P99}) \
         {verdict}; one at a panel that has to come back first waits for that",
        times.len(),
        times.median(),
        times.p99()
    ));
    Ok(())
}

/// The service is started anew: what differs travels, and nothing else.
async fn come_back(
    plan: &Plan,
    which: Which,
    organisation: &Organisation,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let mut site = Site::start(which, Devices::Native, plan.returning, organisation).await?;
    site.until_proven().await?;
    site.restart(organisation).await?;
    let took = site.until_proven().await?;
    let sent = site.sent().await?;
    let verdict = figures.judge(format!("{which:?}: all back"), took <= RETURN);
    figures.say(format!(
        "  {} panels come back after a restart of the service: all proven after {:.2} s (aim ≤ {} s) {verdict}, {sent} \
         messages to them, {:.1} each",
        plan.returning,
        took.as_secs_f64(),
        RETURN.as_secs(),
        sent as f64 / plan.returning as f64
    ));
    site.stop().await;
    Ok(())
}
