//! What every handler shares.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use super::accounts::Accounts;
use super::assets::Assets;
use super::authentication::Authentication;
use super::limits::{MAX_CAPTURES, MAX_LIVE_STREAMS};
use super::metrics::Metrics;
use super::page::{OneTime, Renderer};
use super::session::Sessions;
use crate::domain::remote::Transport;
use crate::operator::Operator;
use crate::store::sessions::SessionFile;
use crate::views::Views;

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct WebState(Arc<Shared>);

/// The one copy behind all clones of a [`WebState`].
pub struct Shared {
    pub(super) views: Arc<dyn Views>,
    pub(super) operator: Arc<dyn Operator>,
    pub(super) accounts: Arc<dyn Accounts>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) transport: Transport,
    pub(super) authentication: Authentication,
    pub(super) sessions: Sessions,
    pub(super) renderer: Renderer,
    pub(super) one_time: OneTime,
    pub(super) assets: Assets,
    pub(super) live_streams: Arc<Semaphore>,
    pub(super) captures: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

impl WebState {
    /// For a site, its accounts and the metrics that the rest of the gateway counts into. Sessions are kept in their file,
    /// if there is one.
    pub fn new<S: Views + Operator + 'static>(
        site: Arc<S>,
        accounts: Arc<dyn Accounts>,
        metrics: Arc<Metrics>,
        transport: Transport,
        sessions: Option<SessionFile>,
    ) -> Self {
        let authentication = Authentication::new(&accounts, Arc::clone(&metrics));
        Self(Arc::new(Shared {
            views: Arc::<S>::clone(&site),
            operator: site,
            accounts,
            metrics,
            transport,
            sessions: sessions.map(Sessions::kept_in).unwrap_or_default(),
            renderer: Renderer::default(),
            one_time: OneTime::default(),
            assets: Assets::new(),
            live_streams: Arc::new(Semaphore::new(MAX_LIVE_STREAMS)),
            captures: Arc::new(Semaphore::new(MAX_CAPTURES)),
            authentication,
            closing: watch::Sender::new(false),
        }))
    }

    /// How requests come in.
    pub fn transport(&self) -> Transport {
        self.0.transport
    }

    /// Ends all live pages, so that the server can stop. New ones end at once.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// Becomes true when the server stops.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }
}

impl std::ops::Deref for WebState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
