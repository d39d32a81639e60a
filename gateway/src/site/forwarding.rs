//! Forwarders: their tasks, what they are told of an event, and the orders that people give them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinSet, spawn_blocking};

use super::running::Site;
use super::views::outgoing;
use crate::config::Config;
use crate::domain::{ForwardProgress, ForwarderId, Part, PartCondition, closest};
use crate::forward::deliveries::Outcome;
use crate::forward::limits::{FAILING_AFTER, MAX_WAITING_ORDERS};
use crate::forward::{
    self, ForwardOrder, ForwardStatus, Forwarder, Outgoing, Setup, ShownCards, TlsFiles, Told,
};
use crate::links::mqtt::{ClientTls, tls};
use crate::operator::{Actor, ForwarderAction, ForwarderOrderError, ForwarderOrdered, OrderForwarder};
use crate::store::{LoggedEvent, StoreError, forward_progress};
use crate::views::{DeadLetterView, ForwarderView, ShowForwarders};

/// How long an order may take: whoever gave it waits, and a test waits for the receiver.
const ORDER_WITHIN: Duration = Duration::from_secs(12);

/// All forwarders, in the order of the configuration.
pub(super) struct Forwarding(Vec<Running>);

struct Running {
    forwarder: Forwarder,
    /// Once its task is there.
    task: OnceLock<Task>,
}

struct Task {
    status: watch::Receiver<ForwardStatus>,
    orders: mpsc::Sender<ForwardOrder>,
}

impl Forwarding {
    pub(super) fn of(config: &Config) -> Self {
        let running = |forwarder: &Forwarder| Running { forwarder: forwarder.clone(), task: OnceLock::new() };
        Self(config.forwarders.iter().map(running).collect())
    }

    /// How forwarding is, at `now`.
    pub(super) fn condition(&self, now: Timestamp) -> PartCondition {
        let failing = |running: &Running| {
            let status = running.task.get()?.status.borrow();
            let long = |since: &Timestamp| now.duration_since(*since).unsigned_abs() >= FAILING_AFTER;
            let failing = status.failing.as_ref().filter(|(since, _)| long(since)).map(|(_, why)| why);
            let why = status.off.as_ref().or(failing)?;
            Some((running.forwarder.id.clone(), why.clone()))
        };
        let forwarders: Vec<_> = self.0.iter().filter_map(failing).collect();
        if forwarders.is_empty() {
            PartCondition::Well(Part::Forwarding)
        } else {
            PartCondition::ForwardingFailing { forwarders }
        }
    }

    fn of_id(&self, id: &ForwarderId) -> Result<&Running, ForwarderOrderError> {
        self.0.iter().find(|running| running.forwarder.id == *id).ok_or_else(|| {
            let ids = self.0.iter().map(|running| running.forwarder.id.as_str());
            let near = closest(id.as_str(), ids.collect::<Vec<_>>()).map(str::to_owned);
            ForwarderOrderError::Unknown { forwarder: id.clone(), near }
        })
    }
}

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
        outgoing::told(&self.config, cards, event)
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

impl Running {
    fn view(&self) -> ForwarderView {
        let status = self.task.get().map(|task| task.status.borrow().clone()).unwrap_or_default();
        let ForwardStatus { waiting, failing, off, last_taken, dead, lost } = status;
        let letter = |letter: crate::domain::DeadLetter| DeadLetterView {
            number: letter.number,
            at: letter.at,
            why: letter.why,
        };
        let view = ForwarderView {
            id: self.forwarder.id.clone(),
            to: self.forwarder.to.to_string(),
            waiting,
            failing_since: failing.as_ref().map(|(since, _)| *since),
            off: off.is_some(),
            why: off.or(failing.map(|(_, why)| why)),
            last_arrived: last_taken,
            refused: dead.into_iter().map(letter).collect(),
            lost,
            text: String::new(),
        };
        view.in_words()
    }

    async fn order(&self, action: ForwarderAction) -> Result<ForwarderOrdered, ForwarderOrderError> {
        let forwarder = self.forwarder.id.clone();
        match tokio::time::timeout(ORDER_WITHIN, self.ordered(action)).await {
            Ok(Some(Ok(offered))) => Ok(ForwarderOrdered { forwarder, offered }),
            Ok(Some(Err(why))) => Err(ForwarderOrderError::NotArrived { forwarder, why }),
            Ok(None) => Err(ForwarderOrderError::Unavailable(forwarder)),
            Err(_) => {
                let why = format!("no answer within {} s", ORDER_WITHIN.as_secs());
                Err(ForwarderOrderError::NotArrived { forwarder, why })
            }
        }
    }

    /// What came of it; `None`: the task takes no orders.
    async fn ordered(&self, action: ForwarderAction) -> Option<Result<usize, String>> {
        let orders = &self.task.get()?.orders;
        match action {
            ForwarderAction::Test => {
                let (answer, answered) = oneshot::channel();
                orders.send(ForwardOrder::Test(answer)).await.ok()?;
                Some(match answered.await.ok()? {
                    Outcome::Taken => Ok(0),
                    Outcome::Refused { why } | Outcome::Unavailable { why, .. } | Outcome::Gone { why } => {
                        Err(why)
                    }
                })
            }
            ForwarderAction::Resend => {
                let (answer, answered) = oneshot::channel();
                orders.send(ForwardOrder::Again(answer)).await.ok()?;
                answered.await.ok().map(Ok)
            }
            ForwarderAction::Resume => {
                let (answer, answered) = oneshot::channel();
                orders.send(ForwardOrder::GoOn(answer)).await.ok()?;
                answered.await.ok().map(|()| Ok(0))
            }
        }
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
