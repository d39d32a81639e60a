//! POST to `/Bulk`: each operation is a plan of its own, durable by itself, and undoes no other.
//!
//! All are handed to the directory at once, in their order, so that many share one flush of the disk; what became of
//! the ones before is known to each plan when its turn comes. The answer leaves when the last is durable.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::{MaybeDone, maybe_done};
use serde_json::{Value, json};
use tokio::task::coop::{Unconstrained, unconstrained};

use super::super::auth::Client;
use super::super::body::Sent;
use super::super::bulk::{Bulk, Operation, circles, order};
use super::super::client::Speaker;
use super::super::endpoint::{Base, Scim};
use super::super::error::ScimError;
use super::super::resource::{Planned, Write, location};
use super::super::schema::ResourceType;
use super::answer;
use crate::domain::Change;
use crate::sources::Moment;
use crate::sources::cards::CardPolicy;
use crate::store::View;

const RESPONSE_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

pub(super) async fn run(
    State(scim): State<Scim>,
    Extension(client): Extension<Client>,
    speaker: Speaker,
    Base(base): Base,
    sent: Sent,
) -> Result<Response, ScimError> {
    let bulk = Bulk::read(&sent.object().await?, speaker)?;
    let refers_to: Vec<&[usize]> =
        bulk.operations.iter().map(|operation| operation.refers_to.as_slice()).collect();
    let order = order(&refers_to);
    let mut circles = circles(&refers_to, &order);
    let progress = Arc::new(Progress { most_failures: bulk.fail_on_errors, outcomes: Mutex::default() });
    let mut operations: Vec<Option<Operation>> = bulk.operations.into_iter().map(Some).collect();
    let mut handed = Vec::with_capacity(order.len());
    for place in order {
        let circle = circles.remove(&place).unwrap_or_default();
        let circle: Vec<_> = circle.into_iter().filter_map(|at| rehearsal(at, &operations)).collect();
        let Some(operation) = operations[place].take() else { continue };
        if let Ok(write) = &operation.write {
            client.notes.meant(write.id, write.attributes());
        }
        let (told, progress, notes) = (Told::of(&operation), Arc::clone(&progress), client.notes.clone());
        let base = base.clone();
        let turn = move |view: &View<'_>, now: Moment<'_>, policy: &CardPolicy| {
            progress.rehearse(circle, |write| write.plan(view, now, policy));
            progress.turn(place, operation, |write| {
                let Planned { changes, entity, passed_over } = write.plan(view, now, policy)?;
                notes.passed_over(passed_over);
                let version = entity.map(|entity| entity.version(view, &base)).transpose()?;
                Ok((changes, version))
            })
        };
        handed.push((place, told, handed_in(scim.commit(&client, turn))));
    }
    let mut answers = Vec::with_capacity(handed.len());
    for (place, told, mut done) in handed {
        done.as_mut().await;
        let result = done.as_mut().take_output().unwrap_or(Err(ScimError::Unavailable));
        answers.extend(told.answer(result, &base).map(|answer| (place, answer)));
    }
    answers.sort_by_key(|(place, _)| *place);
    let answers: Vec<Value> = answers.into_iter().map(|(_, answer)| answer).collect();
    Ok(answer::json(StatusCode::OK, &json!({ "schemas": [RESPONSE_SCHEMA], "Operations": answers })))
}

/// A change, begun: it has its place in the directory's queue before any that is handed in after it.
fn handed_in<F: Future>(change: F) -> Handed<F> {
    // Unconstrained: a task that has done much in one turn is otherwise sent away before it reaches the queue.
    let mut change = Box::pin(maybe_done(unconstrained(change)));
    // What it returns is kept in it.
    let _ = change.as_mut().now_or_never();
    change
}

type Handed<F> = Pin<Box<MaybeDone<Unconstrained<F>>>>;

/// An operation of a circle, looked at before the first of the circle is done.
type Rehearsal = (usize, Option<String>, Result<Write, ScimError>);

fn rehearsal(place: usize, operations: &[Option<Operation>]) -> Option<Rehearsal> {
    let operation = operations[place].as_ref()?;
    Some((place, operation.bulk_id.clone(), operation.write.clone()))
}

/// What became of the operations before, known to the plans of those after.
struct Progress {
    most_failures: Option<usize>,
    outcomes: Mutex<Outcomes>,
}

#[derive(Default)]
struct Outcomes {
    /// Places of operations that failed, with their `bulkId`.
    failed: HashMap<usize, Option<String>>,
    /// Places of operations whose turn hasn't come and that can't be done, with the reason.
    doomed: HashMap<usize, ScimError>,
}

/// What became of an operation when its turn came.
enum Turn {
    /// It was done; with the resource's version afterwards, if it is still there.
    Taken(Option<String>),
    /// Too many before it had failed.
    Passed,
}

impl Progress {
    /// Looks whether all of a circle can be done. If one can't, none is: the others would refer to nobody.
    fn rehearse(&self, circle: Vec<Rehearsal>, plan: impl Fn(Write) -> Result<Planned, ScimError>) {
        let places: Vec<_> = circle.iter().map(|(place, ..)| *place).collect();
        let refused = circle.into_iter().find_map(|(place, bulk_id, write)| {
            write.and_then(&plan).err().map(|error| (place, bulk_id, error))
        });
        let Some((failing, bulk_id, error)) = refused else { return };
        let reason = |place: usize| {
            if place == failing {
                error.clone()
            } else {
                ScimError::Reference(bulk_id.clone().unwrap_or_default())
            }
        };
        let doomed = places.into_iter().map(|place| (place, reason(place)));
        self.lock().doomed.extend(doomed);
    }

    /// An operation's plan, when its turn has come.
    fn turn(
        &self,
        place: usize,
        operation: Operation,
        plan: impl FnOnce(Write) -> Result<(Vec<Change>, Option<String>), ScimError>,
    ) -> Result<(Vec<Change>, Turn), ScimError> {
        let mut outcomes = self.lock();
        if self.most_failures.is_some_and(|most| outcomes.failed.len() >= most) {
            return Ok((Vec::new(), Turn::Passed));
        }
        let missing = operation.refers_to.iter().find_map(|target| outcomes.failed.get(target)).cloned();
        let planned = match (outcomes.doomed.remove(&place), missing) {
            (Some(error), _) => Err(error),
            (None, Some(bulk_id)) => Err(ScimError::Reference(bulk_id.unwrap_or_default())),
            (None, None) => operation.write.and_then(plan),
        };
        if planned.is_err() {
            outcomes.failed.insert(place, operation.bulk_id);
        }
        planned.map(|(changes, version)| (changes, Turn::Taken(version)))
    }

    fn lock(&self) -> MutexGuard<'_, Outcomes> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer tells of the operation itself.
struct Told {
    method: String,
    bulk_id: Option<String>,
    /// Of a resource that is or will be there.
    target: Option<(&'static ResourceType, String)>,
    makes: bool,
}

impl Told {
    fn of(operation: &Operation) -> Self {
        let write: Option<&Write> = operation.write.as_ref().ok();
        Self {
            method: operation.method.clone(),
            bulk_id: operation.bulk_id.clone(),
            target: write.map(|write| (write.resource, write.id.to_string())),
            makes: operation.method == "POST",
        }
    }

    /// Nothing, if nothing was done.
    fn answer(self, result: Result<Turn, ScimError>, base: &str) -> Option<Value> {
        let result = match result {
            Ok(Turn::Passed) => return None,
            Ok(Turn::Taken(version)) => Ok(version),
            Err(error) => Err(error),
        };
        let mut answer = json!({ "method": self.method });
        if let Some(bulk_id) = self.bulk_id {
            answer["bulkId"] = bulk_id.into();
        }
        if let Some((resource, id)) = self.target.filter(|_| result.is_ok() || !self.makes) {
            answer["location"] = location(resource, &id, base).into();
        }
        let status = match result {
            Ok(None) => StatusCode::NO_CONTENT,
            Ok(Some(version)) => {
                answer["version"] = version.into();
                if self.makes { StatusCode::CREATED } else { StatusCode::OK }
            }
            Err(error) => {
                answer["response"] = error.json();
                error.status()
            }
        };
        answer["status"] = status.as_u16().to_string().into();
        Some(answer)
    }
}
