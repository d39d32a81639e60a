//! The endpoint's addresses and what is done at each.
//!
//! Reads of one indexed resource are answered at once; scans of the directory and the listing of members run on
//! blocking threads, few at a time.

mod answer;
mod bulk;
mod read;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware;
use axum::routing::{any, get, post};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tower::util::MapRequest;

use super::auth::{self, Client, Gate};
use super::error::ScimError;
use super::limits;
use super::operations;
use super::resource::{Entity, Write};
use super::schema::{RESOURCE_TYPES, ResourceType};
use crate::domain::{Change, Origin, Revision};
use crate::sources::Moment;
use crate::sources::cards::CardPolicy;
use crate::store::{CommitError, Directory, View};

/// Where the endpoint is mounted.
pub const MOUNT: &str = "/scim/v2";

/// How clients reach the endpoint, for the addresses in answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// At this address, without a slash at its end, such as `https://gate.example.org/scim/v2`.
    Fixed(String),
    /// At the host that each request names.
    FromHost {
        /// `http` or `https`.
        scheme: &'static str,
    },
}

/// What the endpoint works with. Cheap to clone.
#[derive(Clone)]
pub struct Scim {
    inner: Arc<Inner>,
}

struct Inner {
    directory: Directory,
    gate: Gate,
    policy: Arc<CardPolicy>,
    address: Address,
    clock: fn() -> Timestamp,
    scans: Semaphore,
}

/// The endpoint, with [`MOUNT`] in its paths.
pub fn router(scim: Scim) -> Router {
    let discovery = Router::new()
        .route("/ServiceProviderConfig", get(read::service_provider_config))
        .route("/ResourceTypes", get(read::resource_types))
        .route("/ResourceTypes/{name}", get(read::resource_type))
        .route("/Schemas", get(read::schemas))
        .route("/Schemas/{id}", get(read::schema))
        .route_layer(middleware::from_fn(read::refuse_filter));
    let resources = Router::new()
        .route("/{endpoint}", get(read::list).post(write::create))
        .route("/{endpoint}/.search", post(read::search))
        .route(
            "/{endpoint}/{id}",
            get(read::one).put(write::replace).patch(write::patch).delete(write::delete),
        )
        .route("/.search", post(read::search_all));
    let me = any(|| async { ScimError::NotImplemented("/Me is not offered: a token is no person".into()) });
    let endpoint = discovery
        .merge(resources)
        .route("/Bulk", post(bulk::run))
        .route("/Me", me)
        .fallback(|| async { nowhere() })
        .method_not_allowed_fallback(|uri: Uri| async move {
            if operations::is_known(uri.path()) { ScimError::Method } else { nowhere() }
        })
        .layer(middleware::from_fn_with_state(scim.clone(), auth::require_token))
        .layer(middleware::from_fn_with_state(scim.clone(), operations::record));
    Router::new()
        .nest_service(MOUNT, MapRequest::new(endpoint.with_state(scim), tidied))
        .route("/scim/{version}/{*rest}", any(|| async { ScimError::Version }))
}

/// The request at the address that is meant: clients append to a base address that ends in a slash.
fn tidied(mut request: Request) -> Request {
    let uri = request.uri();
    let segments = uri.path().split('/').filter(|segment| !segment.is_empty());
    let mut address: String = segments.flat_map(|segment| ["/", segment]).collect();
    if address.is_empty() {
        address.push('/');
    }
    if address == uri.path() {
        return request;
    }
    if let Some(query) = uri.query() {
        address = format!("{address}?{query}");
    }
    // Of parts of a valid address, so that it is one.
    if let Ok(address) = address.parse() {
        *request.uri_mut() = address;
    }
    request
}

fn nowhere() -> ScimError {
    ScimError::NotFound("nothing is at this address".into())
}

/// The names in an address; what is no text leads nowhere.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ScimError))]
struct Path<T>(T);

impl From<PathRejection> for ScimError {
    fn from(_: PathRejection) -> Self {
        nowhere()
    }
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
        Self { inner: Arc::new(Inner { directory, gate, policy, address, clock, scans }) }
    }

    /// Who lets clients in.
    pub(super) fn gate(&self) -> &Gate {
        &self.inner.gate
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// Makes one change, and gives what `written` makes of the resource afterwards, if it is still there. `written`
    /// sees the directory as it was before.
    async fn write<T: Send + 'static>(
        &self,
        client: &Client,
        write: Write,
        written: impl FnOnce(&View<'_>, Entity) -> Result<T, ScimError> + Send + 'static,
    ) -> Result<Option<T>, ScimError> {
        client.notes.meant(&write);
        self.commit(client, |view, now, policy| {
            let (changes, entity) = write.plan(view, now, policy)?;
            let written = entity.map(|entity| written(view, entity)).transpose()?;
            Ok((changes, written))
        })
        .await
    }

    /// Has the directory run a plan alone, and waits until its change is durable.
    async fn commit<T: Send + 'static>(
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

    /// Reads where reading may take long.
    async fn read_at_length<T: Send + 'static>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, ScimError> + Send + 'static,
    ) -> Result<T, ScimError> {
        let _turn = self.inner.scans.acquire().await.map_err(|_| ScimError::Unavailable)?;
        let directory = self.inner.directory.clone();
        let reading = tokio::task::spawn_blocking(move || read(&directory.read()));
        reading.await.map_err(|error| {
            tracing::error!(%error, "a SCIM query failed by a fault of this program");
            ScimError::Unavailable
        })?
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

/// The resource type found at an address.
fn resource_at(endpoint: &str) -> Result<&'static ResourceType, ScimError> {
    RESOURCE_TYPES
        .into_iter()
        .find(|resource| resource.endpoint.eq_ignore_ascii_case(endpoint))
        .ok_or_else(|| ScimError::NotFound(format!("there are no {endpoint:?} here")))
}

/// The endpoint's own address, as this request's sender knows it.
struct Base(String);

impl FromRequestParts<Scim> for Base {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, scim: &Scim) -> Result<Self, Self::Rejection> {
        Ok(Self(match &scim.inner.address {
            Address::Fixed(address) => address.clone(),
            Address::FromHost { scheme } => match host(&parts.headers) {
                Some(host) => format!("{scheme}://{host}{MOUNT}"),
                None => MOUNT.to_owned(),
            },
        }))
    }
}

/// The host a request names, if it is one that may stand in an address.
fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
    (plain && !host.is_empty() && host.len() <= 255).then_some(host)
}
