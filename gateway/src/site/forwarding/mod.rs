//! Forwarders: their tasks, what they are told of an event, and the orders that people give them.

pub(super) mod state;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, spawn_blocking};

use super::running::Site;
use super::views::outgoing;
use crate::domain::{ForwardProgress, ForwarderId};
use crate::forward::limits::MAX_WAITING_ORDERS;
use crate::forward::{self, ForwardStatus, Forwarder, Outgoing, Setup, ShownCards, TlsFiles, Told};
use crate::links::mqtt::{ClientTls, tls};
use crate::operator::{Actor, ForwarderAction, ForwarderOrderError, ForwarderOrdered, OrderForwarder};
use crate::store::{LoggedEvent, StoreError, forward_progress};
use crate::views::{ForwarderView, ShowForwarders};
use state::{Running, Task};

/// Runs all forwarders. Until `stopped`.
pub async fn forward(site: Arc<Site>, stopped: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    for running in &site.forwarding.0 {
        let (reading, forwarder) = (Arc::clone(&site), running.forwarder.clone());
        let Ok(setup) = spawn_blocking(move || setup(&reading, forwarder)).await else { continue };
        let (status, shown) = watch::channel(ForwardStatus::default());
        let (orders, taken) = mpsc::channel(MAX_WAITING_ORDERS);
        running.task.get_or_init(|| Task { status: shown.clone(), orders });
        let outgoing: Arc<dyn Outgoing> = Arc::<Site>::clone(&site);
        tasks.spawn(forward::forward(setup, outgoing, status, taken, stopped.clone()));
        tasks.spawn(bump(Arc::clone(&site), shown));
    }
    while tasks.join_next().await.is_some() {}
}

/// Tells pages when a forwarder is another way. Until its task ends.
async fn bump(site: Arc<Site>, mut status: watch::Receiver<ForwardStatus>) {
    while status.changed().await.is_ok() {
        site.bump();
    }
}

/// Reads what a forwarder needs from the disk.
fn setup(site: &Site, forwarder: Forwarder) -> Setup {
    let newest = site.events.newest();
    let read = forward_progress::read(&site.config.site.data_dir, &forwarder.id);
    let known = read.unwrap_or_else(|error| {
        tracing::error!(%error, forwarder = %forwarder.id, "how far it has come is not known; it goes on with what comes now");
        None
    });
    // A log that begins anew, by the loss of its folder, is forwarded from its beginning.
    let progress = known.map_or_else(
        || ForwardProgress::after(newest),
        |known| ForwardProgress { done: known.done.min(newest), ..known },
    );
    let tls = forwarder.to.tls().map(|TlsFiles { ca, client }| {
        tls::config(&ClientTls { ca: ca.clone(), client: client.clone() }).map_err(|error| error.to_string())
    });
    Setup { site: site.config.site.name.clone(), host: host(), tls: tls.transpose(), progress, forwarder }
}

/// What the box calls itself; empty where the system does not tell.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}

impl Outgoing for Site {
    fn newest(&self) -> watch::Receiver<u64> {
        self.events.watch_newest()
    }

    fn since(&self, after: u64, most: usize) -> Result<Vec<LoggedEvent>, StoreError> {
        self.events.since(after, most)
    }

    fn told(&self, _: &ForwarderId, cards: ShownCards, event: &LoggedEvent) -> Option<Told> {
        outgoing::told(&self.config, &|controller| self.fleet().reads_back(controller), cards, event)
    }

    fn keep(&self, forwarder: &ForwarderId, progress: &ForwardProgress) -> Result<(), StoreError> {
        forward_progress::keep(&self.config.site.data_dir, forwarder, progress)
    }
}

impl ShowForwarders for Site {
    fn forwarders(&self) -> Vec<ForwarderView> {
        self.forwarding.0.iter().map(Running::view).collect()
    }
}

impl OrderForwarder for Site {
    fn order_forwarder(
        &self,
        forwarder: &ForwarderId,
        action: ForwarderAction,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<ForwarderOrdered, ForwarderOrderError>> {
        let (forwarder, actor) = (forwarder.clone(), actor.clone());
        Box::pin(async move {
            tracing::info!(%forwarder, ?actor, ?action, "ordered");
            self.forwarding.of_id(&forwarder)?.order(action).await
        })
    }
}
