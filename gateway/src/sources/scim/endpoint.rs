//! The endpoint as its routes use it: reads of the directory, and changes that are one plan each.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::address::Address;
use super::auth::{Client, Gate};
use super::error::ScimError;
use super::limits;
use super::list::Bookmarks;
use super::resource::{Entity, Planned, Write};
use crate::domain::{Change, Origin, Revision};
use crate::sources::Moment;
use crate::sources::cards::CardPolicy;
use crate::store::{CommitError, Directory, View};

/// What the endpoint works with. Cheap to clone.
#[derive(Clone)]
pub struct Scim {
    inner: Arc<Inner>,
}

struct Inner {
    directory: Directory,
    gate: Arc<Gate>,
    policy: Arc<CardPolicy>,
    address: Address,
    clock: fn() -> Timestamp,
    scans: Semaphore,
    bookmarks: Arc<Bookmarks>,
}

impl Scim {
    /// An endpoint on this directory, for those whom `gate` lets in. `clock` tells the time of each change.
    pub fn new(
        directory: Directory,
        gate: Gate,
        policy: CardPolicy,
        address: Address,
        clock: fn() -> Timestamp,
    ) -> Self {
        let (policy, scans) = (Arc::new(policy), Semaphore::new(limits::MAX_SCANS));
        let gate = Arc::new(gate);
        Self {
            inner: Arc::new(Inner {
                directory,
                gate,
                policy,
                address,
                clock,
                scans,
                bookmarks: Arc::default(),
            }),
        }
    }

    /// Who lets clients in.
    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.inner.gate
    }

    /// Where pages of lists ended.
    pub(super) fn bookmarks(&self) -> &Arc<Bookmarks> {
        &self.inner.bookmarks
    }

    /// Tells the time.
    pub(super) fn clock(&self) -> fn() -> Timestamp {
        self.inner.clock
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// Reads what is a look or two.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, ScimError> + Send + 'static,
    ) -> Result<T, ScimError> {
        self.inner.directory.query(read).await
    }

    /// Makes one change, and gives what `written` makes of the resource afterwards, if it is still there. `written`
    /// sees the directory as it was before.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        client: &Client,
        write: Write,
        written: impl FnOnce(&View<'_>, Entity) -> Result<T, ScimError> + Send + 'static,
    ) -> Result<Option<T>, ScimError> {
        client.notes.meant(write.id, write.attributes());
        let notes = client.notes.clone();
        self.commit(client, move |view, now, policy| {
            let Planned { changes, entity, passed_over } = write.plan(view, now, policy)?;
            notes.passed_over(passed_over);
            let written = entity.map(|entity| written(view, entity)).transpose()?;
            Ok((changes, written))
        })
        .await
    }

    /// Has the directory run a plan alone, and waits until its change is durable.
    pub(super) async fn commit<T: Send + 'static>(
        &self,
        client: &Client,
        plan: impl FnOnce(&View<'_>, Moment<'_>, &CardPolicy) -> Result<(Vec<Change>, T), ScimError>
        + Send
        + 'static,
    ) -> Result<T, ScimError> {
        let at = (self.inner.clock)();
        let origin = Origin::Scim { token: client.token_name.clone() };
        let (policy, by) = (Arc::clone(&self.inner.policy), origin.clone());
        let plan =
            move |view: &View<'_>, revision: Revision| plan(view, Moment { at, revision, by: &by }, &policy);
        let committed = self.inner.directory.commit(origin, at, plan).await;
        committed.map(|committed| committed.value).map_err(refused)
    }

    /// Reads where reading may take long: few do at one time.
    pub(super) async fn read_at_length<T: Send + 'static>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, ScimError> + Send + 'static,
    ) -> Result<T, ScimError> {
        let _turn = self.inner.scans.acquire().await.map_err(|_| ScimError::Unavailable)?;
        self.read(read).await
    }
}

fn refused(error: CommitError<ScimError>) -> ScimError {
    match error {
        CommitError::Plan(error) => error,
        CommitError::TooLarge(error) => ScimError::TooLarge(error.to_string()),
        other => {
            tracing::error!(error = %other, "a change from a SCIM client could not be kept");
            ScimError::Unavailable
        }
    }
}

/// The endpoint's own address, as this request's sender knows it.
pub(super) struct Base(pub(super) String);

impl FromRequestParts<Scim> for Base {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, scim: &Scim) -> Result<Self, Self::Rejection> {
        Ok(Self(scim.inner.address.base(&parts.headers)))
    }
}
