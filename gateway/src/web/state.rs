//! What every handler shares.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};
use zeroize::Zeroizing;

use super::accounts::Accounts;
use super::assets::Assets;
use super::limits::{MAX_ACCOUNT_NAME_BYTES, MAX_CAPTURES, MAX_LIVE_STREAMS, MAX_PASSWORD_BYTES};
use super::metrics::Metrics;
use super::page::{OneTime, Renderer};
use super::session::Sessions;
use super::verifier::{Busy, Verifier};
use crate::domain::attempts::Attempts;
use crate::domain::remote::Transport;
use crate::operator::Operator;
use crate::store::sessions::SessionFile;
use crate::store::users::User;
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
    pub(super) sessions: Sessions,
    pub(super) renderer: Renderer,
    pub(super) one_time: OneTime,
    pub(super) assets: Assets,
    pub(super) live_streams: Arc<Semaphore>,
    pub(super) captures: Arc<Semaphore>,
    attempts: Attempts,
    verifier: Verifier,
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
        let verifier = Verifier::new(&accounts);
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
            attempts: Attempts::default(),
            verifier,
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

    /// The account of that name and password, tried from `address`. An attempt counts as failed until it is known to be
    /// right, so that who cuts it off has tried all the same.
    pub(super) async fn authenticate(
        &self,
        address: IpAddr,
        name: String,
        password: Zeroizing<String>,
    ) -> Result<User, AuthenticationError> {
        let (now, attempts) = (Instant::now(), &self.0.attempts);
        attempts.allowed(address, now).map_err(AuthenticationError::TooManyFailures)?;
        if name.len() > MAX_ACCOUNT_NAME_BYTES || password.len() > MAX_PASSWORD_BYTES {
            attempts.failed(address, now);
            return Err(AuthenticationError::Wrong);
        }
        if !self.0.verifier.knows(address) {
            attempts.allowed_for(&name, now).map_err(AuthenticationError::TooManyFailures)?;
        }
        let asked = self.0.verifier.ask(address, name.clone(), password);
        let asked = asked.map_err(|Busy| AuthenticationError::Busy)?;
        attempts.failed_as(address, &name, now);
        let verified = asked.await.map_err(|_| AuthenticationError::Busy)?;
        let verified = verified.map_err(|error| AuthenticationError::Unavailable(error.to_string()));
        // What can't be looked at was no guess.
        if verified.as_ref().map_or(true, Option::is_some) {
            attempts.succeeded_as(address, &name);
        }
        let account = verified?;
        self.0.metrics.sign_in(account.is_some());
        let account = account.ok_or(AuthenticationError::Wrong)?;
        self.0.verifier.signed_in(address);
        Ok(account)
    }
}

impl std::ops::Deref for WebState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Why a name and a password opened nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum AuthenticationError {
    /// Name or password; never says which.
    #[error("that name and password don't go together")]
    Wrong,
    /// The address has to wait.
    #[error("too many failed sign-ins")]
    TooManyFailures(Duration),
    /// Too many are being verified.
    #[error("too many sign-ins at this moment")]
    Busy,
    /// The accounts can't be read.
    #[error("the accounts can't be read: {0}")]
    Unavailable(String),
}
