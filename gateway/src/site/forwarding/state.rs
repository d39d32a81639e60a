//! The forwarders that run: how each is, and the orders that its task takes.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use crate::config::Config;
use crate::domain::{DeadLetter, ForwarderId, Part, PartCondition, closest};
use crate::forward::deliveries::Outcome;
use crate::forward::limits::FAILING_AFTER;
use crate::forward::{ForwardOrder, ForwardStatus, Forwarder};
use crate::operator::{ForwarderAction, ForwarderOrderError, ForwarderOrdered};
use crate::views::{ForwarderView, RefusedEventView};

/// How long an order may take: whoever gave it waits, and a test waits for the receiver.
const ORDER_WITHIN: Duration = Duration::from_secs(12);

/// All forwarders, in the order of the configuration.
pub(in crate::site) struct Forwarding(pub(super) Vec<Running>);

/// A forwarder, and its task.
pub(super) struct Running {
    pub(super) forwarder: Forwarder,
    /// Once it is there.
    pub(super) task: OnceLock<Task>,
}

/// What is known of a task from outside.
pub(super) struct Task {
    pub(super) status: watch::Receiver<ForwardStatus>,
    pub(super) orders: mpsc::Sender<ForwardOrder>,
}

impl Forwarding {
    pub(in crate::site) fn of(config: &Config) -> Self {
        let running = |forwarder: &Forwarder| Running { forwarder: forwarder.clone(), task: OnceLock::new() };
        Self(config.forwarders.iter().map(running).collect())
    }

    /// How forwarding is, at `now`.
    pub(in crate::site) fn condition(&self, now: Timestamp) -> PartCondition {
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

    pub(super) fn of_id(&self, id: &ForwarderId) -> Result<&Running, ForwarderOrderError> {
        self.0.iter().find(|running| running.forwarder.id == *id).ok_or_else(|| {
            let ids = self.0.iter().map(|running| running.forwarder.id.as_str());
            let near = closest(id.as_str(), ids.collect::<Vec<_>>()).map(str::to_owned);
            ForwarderOrderError::Unknown { forwarder: id.clone(), near }
        })
    }
}

impl Running {
    pub(super) fn view(&self) -> ForwarderView {
        let status = self.task.get().map(|task| task.status.borrow().clone()).unwrap_or_default();
        let ForwardStatus { waiting, failing, off, last_taken, dead, lost } = status;
        let letter =
            |letter: DeadLetter| RefusedEventView { number: letter.number, at: letter.at, why: letter.why };
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

    pub(super) async fn order(
        &self,
        action: ForwarderAction,
    ) -> Result<ForwarderOrdered, ForwarderOrderError> {
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
