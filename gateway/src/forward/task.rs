//! One forwarder's task: reads the log, sends, keeps how far it has come.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use rustls::ClientConfig;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::spawn_blocking;
use tokio::time::sleep_until;

use super::cloud_event::CloudSource;
use super::deliveries::{Batch, Deliveries, Next, Outcome};
use super::limits::{KEPT_EVERY, MAX_BATCH};
use super::receiver::{Forwarder, Receiver, ShownCards};
use super::syslog::Syslog;
use super::syslog::message::Sender;
use super::told::Told;
use super::webhook::Webhook;
use crate::domain::{DeadLetter, ForwardProgress, ForwarderId};
use crate::store::StoreError;
use crate::store::events::LoggedEvent;

/// The log, and what an event is in words.
pub trait Outgoing: Send + Sync + 'static {
    /// The number of the newest event, and of each that comes.
    fn newest(&self) -> watch::Receiver<u64>;

    /// Events after that number, oldest first, at most so many. Blocks.
    ///
    /// # Errors
    /// When the log can't be read.
    fn since(&self, after: u64, most: usize) -> Result<Vec<LoggedEvent>, StoreError>;

    /// An event as others are told it; `None`: this forwarder isn't told of it.
    fn told(&self, forwarder: &ForwarderId, cards: ShownCards, event: &LoggedEvent) -> Option<Told>;

    /// Keeps how far a forwarder has come. Blocks.
    ///
    /// # Errors
    /// When the disk refuses; then events may be sent twice after a restart.
    fn keep(&self, forwarder: &ForwarderId, progress: &ForwardProgress) -> Result<(), StoreError>;
}

/// What an operator wants of a forwarder.
pub enum ForwardOrder {
    /// Send a test, and say what came of it.
    Test(oneshot::Sender<Outcome>),
    /// Offer dead letters again, and say how many.
    Again(oneshot::Sender<usize>),
    /// Try at once, though it waits or is off.
    GoOn(oneshot::Sender<()>),
}

/// How a forwarder is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ForwardStatus {
    /// Events that wait.
    pub waiting: u64,
    /// Since when nothing arrives, and why.
    pub failing: Option<(Timestamp, String)>,
    /// Why nothing is sent until an operator says so.
    pub off: Option<String>,
    /// When something arrived last, since the service started.
    pub last_taken: Option<Timestamp>,
    /// Events that the receiver refused, oldest first.
    pub dead: Vec<DeadLetter>,
    /// Events that never arrived and never will.
    pub lost: u64,
}

/// What a forwarder's task goes by.
pub struct Setup {
    /// To whom.
    pub forwarder: Forwarder,
    /// The site's name.
    pub site: String,
    /// The box's name.
    pub host: String,
    /// What TLS needs, or why there is none.
    pub tls: Result<Option<Arc<ClientConfig>>, String>,
    /// From where on.
    pub progress: ForwardProgress,
}

/// How a batch is sent.
enum Way {
    Webhook(Box<Webhook>),
    Syslog(Box<Syslog>),
    /// It can't be, and why.
    None(String),
}

/// Forwards events until it is stopped.
pub async fn forward(
    setup: Setup,
    outgoing: Arc<dyn Outgoing>,
    status: watch::Sender<ForwardStatus>,
    orders: mpsc::Receiver<ForwardOrder>,
    stopped: watch::Receiver<bool>,
) {
    let way = Way::of(&setup);
    let deliveries = Deliveries::new(setup.progress, way.most());
    let newest = outgoing.newest();
    let forwarder = setup.forwarder;
    let mut task = Task { forwarder, outgoing, way, deliveries, status, newest, kept: Instant::now() };
    task.run(orders, stopped).await;
    task.keep().await;
    task.way.close().await;
}

struct Task {
    forwarder: Forwarder,
    outgoing: Arc<dyn Outgoing>,
    way: Way,
    deliveries: Deliveries,
    status: watch::Sender<ForwardStatus>,
    newest: watch::Receiver<u64>,
    kept: Instant,
}

impl Task {
    async fn run(&mut self, mut orders: mpsc::Receiver<ForwardOrder>, mut stopped: watch::Receiver<bool>) {
        loop {
            let newest = *self.newest.borrow_and_update();
            self.deliveries.newest(newest);
            self.publish();
            let next = self.deliveries.next(Instant::now());
            if !matches!(next, Next::Send(_)) {
                self.keep().await;
            }
            tokio::select! {
                () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => return,
                Some(order) = orders.recv() => self.obey(order).await,
                // An attempt that is cut off is one that failed: it is made again.
                () = self.step_after(next) => {}
            }
        }
    }

    async fn step_after(&mut self, next: Next) {
        match next {
            Next::Send(batch) => self.send(batch).await,
            Next::WaitUntil(until) => sleep_until(until.into()).await,
            Next::Rest => {
                // Fails only when the log is gone, and then the service stops.
                let _ = self.newest.changed().await;
            }
        }
    }

    async fn send(&mut self, batch: Batch) {
        let (after, most) = match batch {
            Batch::Again(number) => (number.saturating_sub(1), 1),
            Batch::After { number, most } => (number, most),
        };
        let events = match self.read(after, most).await {
            Ok(events) => events,
            Err(why) => return self.answered(batch, after, Outcome::Unavailable { why, wait: None }),
        };
        let events: Vec<LoggedEvent> = match batch {
            Batch::Again(number) => events.into_iter().filter(|event| event.sequence == number).collect(),
            Batch::After { .. } => events,
        };
        self.deliveries.found(batch, events.first().map(|event| event.sequence));
        let Some(last) = events.last().map(|event| event.sequence) else { return };
        let (id, cards) = (&self.forwarder.id, self.forwarder.cards);
        let told: Vec<Told> =
            events.iter().filter_map(|event| self.outgoing.told(id, cards, event)).collect();
        let outcome = if told.is_empty() { Outcome::Taken } else { self.way.send(&told).await };
        self.answered(batch, last, outcome);
        if self.kept.elapsed() >= KEPT_EVERY {
            self.keep().await;
        }
    }

    async fn read(&self, after: u64, most: usize) -> Result<Vec<LoggedEvent>, String> {
        let outgoing = Arc::clone(&self.outgoing);
        let read = spawn_blocking(move || outgoing.since(after, most)).await;
        match read {
            Ok(Ok(events)) => Ok(events),
            Ok(Err(error)) => Err(format!("the event log can't be read: {error}")),
            Err(error) => Err(error.to_string()),
        }
    }

    fn answered(&mut self, batch: Batch, last: u64, outcome: Outcome) {
        if let Outcome::Unavailable { why, .. } | Outcome::Refused { why } | Outcome::Gone { why } = &outcome
        {
            tracing::debug!(forwarder = %self.forwarder.id, %why, "an event was not taken");
        }
        let now = (Instant::now(), Timestamp::now());
        self.deliveries.answered(batch, last, outcome, now, jitter());
    }

    async fn obey(&mut self, order: ForwardOrder) {
        // Whoever asked may have gone; it is done nevertheless.
        match order {
            ForwardOrder::Test(answer) => {
                let _ = answer.send(self.way.send(&[Told::test(Timestamp::now())]).await);
            }
            ForwardOrder::Again(answer) => {
                let _ = answer.send(self.deliveries.again(Instant::now()));
            }
            ForwardOrder::GoOn(answer) => {
                self.deliveries.go_on(Instant::now());
                let _ = answer.send(());
            }
        }
    }

    fn publish(&self) {
        let progress = self.deliveries.progress();
        let failing = self.deliveries.failing();
        let status = ForwardStatus {
            waiting: self.deliveries.waiting(),
            failing: failing.map(|failing| (failing.since, failing.why.clone())),
            off: progress.off.clone(),
            last_taken: self.deliveries.last_taken(),
            dead: progress.dead.iter().cloned().collect(),
            lost: progress.lost,
        };
        self.status.send_if_modified(|shown| {
            let is_new = *shown != status;
            *shown = status;
            is_new
        });
    }

    async fn keep(&mut self) {
        let (outgoing, id) = (Arc::clone(&self.outgoing), self.forwarder.id.clone());
        let progress = self.deliveries.progress().clone();
        let kept = spawn_blocking(move || outgoing.keep(&id, &progress)).await;
        if let Ok(Err(error)) = kept {
            tracing::warn!(%error, forwarder = %self.forwarder.id, "how far it has come could not be kept");
        }
        self.kept = Instant::now();
    }
}

impl Way {
    fn of(setup: &Setup) -> Self {
        let tls = match &setup.tls {
            Ok(tls) => tls.clone(),
            Err(why) => return Self::None(why.clone()),
        };
        match &setup.forwarder.to {
            Receiver::Webhook(receiver) => {
                let webhook = Webhook::new(receiver.clone(), CloudSource::of_site(&setup.site), tls);
                webhook.map_or_else(Self::None, |webhook| Self::Webhook(Box::new(webhook)))
            }
            Receiver::Syslog(receiver) => {
                let sender = Sender { host: setup.host.clone(), site: setup.site.clone() };
                Self::Syslog(Box::new(Syslog::new(receiver.clone(), sender, tls)))
            }
        }
    }

    fn most(&self) -> usize {
        match self {
            Self::Webhook(webhook) => webhook.most(),
            Self::Syslog(_) | Self::None(_) => MAX_BATCH,
        }
    }

    async fn send(&mut self, told: &[Told]) -> Outcome {
        match self {
            Self::Webhook(webhook) => webhook.send(told).await,
            Self::Syslog(syslog) => syslog.send(told).await,
            Self::None(why) => Outcome::Unavailable { why: why.clone(), wait: None },
        }
    }

    async fn close(&mut self) {
        if let Self::Syslog(syslog) = self {
            syslog.close().await;
        }
    }
}

/// From 0 to 1, so that many boxes don't come back at one time.
fn jitter() -> f64 {
    let mut bytes = [0; 2];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX),
        Err(_) => 0.5,
    }
}
