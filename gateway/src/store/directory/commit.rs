//! A request to change the directory, on its way from the caller to the writer's thread and back.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::view::View;
use crate::domain::{Change, Origin, Revision};
use crate::store::error::StoreError;
use crate::store::limits::{MAX_CHANGES_PER_RECORD, MAX_RECORD_BYTES};

/// A change that is on the disk and in the directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Committed<T> {
    /// The revision it got; the newest one that it saw, if it changed nothing.
    pub revision: Revision,
    /// What the plan gave besides.
    pub value: T,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError<E> {
    /// The plan itself decided so.
    #[error("{0}")]
    Plan(E),
    /// The change is larger than a record may be.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The plan panicked; the log has what it said.
    #[error("the change failed by a fault of this program")]
    Panicked,
    /// The disk refused. Whether the change is on the disk is then unknown; doing it again does no harm.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

/// A change beyond the bounds of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TooLarge {
    /// Too many steps.
    #[error("a change of {0} steps is more than {MAX_CHANGES_PER_RECORD}")]
    Changes(usize),
    /// Too many bytes.
    #[error("a change of {0} bytes is more than {MAX_RECORD_BYTES}")]
    Bytes(usize),
    /// More cards for one person than [`Cardholder::MAX_CARDS`](crate::domain::Cardholder::MAX_CARDS).
    #[error("{0} cards are more than one person can have")]
    Cards(usize),
}

/// What became of a job.
#[derive(Clone)]
pub(super) enum Outcome {
    /// It is durable, or there was nothing to do.
    Done(Revision),
    TooLarge(TooLarge),
    Panicked,
    Failed(Arc<StoreError>),
}

/// A plan with its types erased.
pub(super) trait Job: Send {
    /// Who wants the change, and when they asked.
    fn origin(&self) -> (Origin, Timestamp);
    /// Runs the plan, once. `None` when it decides against a change.
    fn plan(&mut self, view: &View<'_>, revision: Revision) -> Option<Vec<Change>>;
    /// Answers the caller.
    fn finish(self: Box<Self>, outcome: Outcome);
}

/// What the caller gets.
pub(super) type Answer<T, E> = Result<Committed<T>, CommitError<E>>;

/// A plan and where its answer goes.
pub(super) struct Request<F, T, E> {
    pub(super) origin: Origin,
    pub(super) at: Timestamp,
    pub(super) plan: Option<F>,
    pub(super) result: Option<Result<T, E>>,
    pub(super) answer: oneshot::Sender<Answer<T, E>>,
}

impl<F, T, E> Job for Request<F, T, E>
where
    F: FnOnce(&View<'_>, Revision) -> Result<(Vec<Change>, T), E> + Send,
    T: Send,
    E: Send,
{
    fn origin(&self) -> (Origin, Timestamp) {
        (self.origin.clone(), self.at)
    }

    fn plan(&mut self, view: &View<'_>, revision: Revision) -> Option<Vec<Change>> {
        let plan = self.plan.take()?;
        let (changes, result) = match plan(view, revision) {
            Ok((changes, value)) => (Some(changes), Ok(value)),
            Err(error) => (None, Err(error)),
        };
        self.result = Some(result);
        changes
    }

    fn finish(self: Box<Self>, outcome: Outcome) {
        let answer = match (outcome, self.result) {
            (Outcome::Done(revision), Some(Ok(value))) => Ok(Committed { revision, value }),
            (Outcome::Done(_), Some(Err(error))) => Err(CommitError::Plan(error)),
            (Outcome::TooLarge(why), _) => Err(CommitError::TooLarge(why)),
            (Outcome::Failed(error), _) => Err(CommitError::Store(error)),
            (Outcome::Panicked, _) | (Outcome::Done(_), None) => Err(CommitError::Panicked),
        };
        // A caller that has gone away needs no answer.
        let _ = self.answer.send(answer);
    }
}
