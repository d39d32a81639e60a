//! POST to `/Bulk`: each operation is a plan of its own, durable by itself, and undoes no other.
//!
//! All are handed to the directory at once, in their order, so that many share one flush of the disk; what became of
//! the ones before is known to each plan when its turn comes. The answer leaves when the last is durable.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::{MaybeDone, maybe_done};
use serde_json::{Value, json};

use super::super::auth::Client;
use super::super::body;
use super::super::bulk::{Bulk, Operation, order};
use super::super::client::Speaker;
use super::super::error::ScimError;
use super::super::resource::{Entity, Write, etag, location};
use super::super::schema::ResourceType;
use super::{Base, Scim, answer};

const RESPONSE_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

pub(super) async fn run(
    State(scim): State<Scim>,
    Extension(client): Extension<Client>,
    speaker: Speaker,
    Base(base): Base,
    body: Body,
) -> Result<Response, ScimError> {
    let bulk = Bulk::read(&body::object(body).await?, speaker)?;
    let order = order(&bulk.operations);
    let progress = Arc::new(Progress::new(bulk.fail_on_errors));
    let mut operations: Vec<Option<Operation>> = bulk.operations.into_iter().map(Some).collect();
    let names: Vec<Option<String>> =
        operations.iter().map(|operation| operation.as_ref()?.bulk_id.clone()).collect();
    let names = Arc::new(names);
    let mut handed = Vec::with_capacity(order.len());
    for place in order {
        let Some(operation) = operations[place].take() else { continue };
        let told = Told::of(&operation);
        let (progress, names) = (Arc::clone(&progress), Arc::clone(&names));
        let done = scim.commit(&client, move |view, now, policy| {
            if progress.is_over() {
                return Ok((Vec::new(), None));
            }
            let planned = match progress.failed_among(&operation.refers_to) {
                Some(failed) => {
                    Err(ScimError::Reference(names.get(failed).cloned().flatten().unwrap_or_default()))
                }
                None => operation.write.and_then(|write| write.plan(view, now, policy)),
            };
            let (changes, entity) = planned.inspect_err(|_| progress.note_failure(place))?;
            Ok((changes, Some(Done { entity })))
        });
        handed.push((place, told, handed_in(done)));
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
fn handed_in<F: Future>(change: F) -> Pin<Box<MaybeDone<F>>> {
    let mut change = Box::pin(maybe_done(change));
    // What it returns is kept in it.
    let _ = change.as_mut().now_or_never();
    change
}

/// What became of the operations before, known to the plans of those after.
struct Progress {
    most_failures: Option<usize>,
    failed: Mutex<HashSet<usize>>,
}

impl Progress {
    fn new(most_failures: Option<usize>) -> Self {
        Self { most_failures, failed: Mutex::default() }
    }

    /// Whether so many have failed that nothing more shall be done.
    fn is_over(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.most_failures.is_some_and(|most| failed >= most)
    }

    fn note_failure(&self, place: usize) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(place);
    }

    fn failed_among(&self, places: &[usize]) -> Option<usize> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        places.iter().copied().find(|place| failed.contains(place))
    }
}

/// An operation that was done, and the resource afterwards, if it is still there.
struct Done {
    entity: Option<Entity>,
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
    fn answer(self, result: Result<Option<Done>, ScimError>, base: &str) -> Option<Value> {
        let result = result.map_or_else(|error| Some(Err(error)), |done| done.map(Ok))?;
        let mut answer = json!({ "method": self.method });
        if let Some(bulk_id) = self.bulk_id {
            answer["bulkId"] = bulk_id.into();
        }
        if let Some((resource, id)) = self.target.filter(|_| result.is_ok() || !self.makes) {
            answer["location"] = location(resource, &id, base).into();
        }
        let status = match result {
            Ok(Done { entity: None }) => StatusCode::NO_CONTENT,
            Ok(Done { entity: Some(entity) }) => {
                answer["version"] = etag(entity.revision()).into();
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
