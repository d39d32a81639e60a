//! `gateway demo`: a whole site in one process, on simulated controllers, with made-up people.
//!
//! Everything but the hardware is real: people arrive by SCIM over HTTP, the directory is on the disk, panels and a reader are
//! talked to in OSDP's secure channel over a pseudo-terminal with the timing of a 38400 baud line, a relay board in Modbus, and a
//! Wiegand adapter is listened to, over two more; two panels are at the broker inside, one of them an esp-rfid.

mod announcement;
mod at_broker;
mod hardware;
mod people;
mod revocation;
mod site;
mod swipes;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;

use crate::service::Stop;
use announcement::Announcement;
use people::Provisioner;
use site::DemoSite;

/// What the demo was asked for.
#[derive(Clone, Debug, Default)]
pub struct Demo {
    /// Where the page listens; loopback. `None`: port 8080, or any free one if that is taken.
    pub listen: Option<SocketAddr>,
    /// Where the simulator's control API listens; loopback. `None`: any free port.
    pub control: Option<SocketAddr>,
    /// Where the site's data is kept. `None`: in a folder that is gone at the end.
    pub data: Option<PathBuf>,
    /// No made-up people, no swipes.
    pub empty: bool,
    /// Announce as one JSON object.
    pub json: bool,
    /// Revoke one person, print the receipt and end.
    pub once: bool,
}

/// Runs the demo until it is told to stop, or until the receipt is printed.
///
/// # Errors
/// When anything that it needs can't be had, or the receipt doesn't come.
pub async fn run(demo: Demo) -> anyhow::Result<()> {
    let mut stop = Stop::listen()?;
    let site = DemoSite::start(&demo).await?;
    let outcome = tokio::select! {
        outcome = play(&demo, &site) => outcome,
        () = stop.wait() => Ok(()),
    };
    site.stop().await;
    outcome
}

async fn play(demo: &Demo, site: &DemoSite) -> anyhow::Result<()> {
    Announcement::of(site).print(demo.json)?;
    let provisioner = Provisioner::new(site)?;
    if !demo.empty || demo.once {
        provisioner.provision().await.context("the made-up people could not be provisioned")?;
    }
    if demo.once {
        let holder = &people::EVERYBODY[0];
        return revocation::show(site, &provisioner, holder).await;
    }
    if demo.empty {
        return std::future::pending().await;
    }
    swipes::swipe_now_and_then(site).await
}
