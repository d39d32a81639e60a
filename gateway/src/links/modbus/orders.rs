//! What boards of one line are to switch, and what came of it: each before its deadline or not at all.

use panel_protocol::time::Micros;
use tokio::sync::oneshot;

use crate::links::{ActuateError, Switch};

/// Where to say what came of it. Whoever asked may have gone.
pub(super) type Done = oneshot::Sender<Result<(), ActuateError>>;

/// One output to be switched.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) output: u8,
    pub(super) switch: Switch,
    /// After this it is not sent any more.
    pub(super) until: Micros,
    pub(super) done: Done,
}

/// Those of one board, oldest first.
#[derive(Debug, Default)]
pub(super) struct Orders(Vec<Order>);

impl Orders {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, order: Order) {
        self.0.push(order);
    }

    /// Puts one back that is to be done another way.
    pub(super) fn put_back(&mut self, order: Order) {
        self.0.insert(0, order);
    }

    /// The next one. What is to be switched off goes first.
    pub(super) fn take(&mut self) -> Option<Order> {
        let off = self.0.iter().position(|order| order.switch == Switch::Off);
        (!self.0.is_empty()).then(|| self.0.remove(off.unwrap_or(0)))
    }

    /// Answers those whose time has passed; says when the next one's does.
    pub(super) fn expire(&mut self, now: Micros) -> Option<Micros> {
        for late in self.0.extract_if(.., |order| order.until <= now) {
            answer(late.done, Err(ActuateError::TooLate));
        }
        self.0.iter().map(|order| order.until).min()
    }

    /// Answers all, as none of them is sent.
    pub(super) fn refuse(&mut self, why: &ActuateError) {
        for order in self.0.drain(..) {
            answer(order.done, Err(why.clone()));
        }
    }
}

pub(super) fn answer(done: Done, result: Result<(), ActuateError>) {
    drop(done.send(result));
}
