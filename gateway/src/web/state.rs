//! What every handler shares.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};
use zeroize::Zeroizing;

use super::accounts::Accounts;
use super::assets::Assets;
use super::limits::{
    MAX_ACCOUNT_NAME_BYTES, MAX_CAPTURES, MAX_LIVE_STREAMS, MAX_PASSWORD_BYTES, MAX_VERIFICATIONS,
    MAX_WAITING_VERIFICATIONS,
};
use super::metrics::Metrics;
use super::page::{OneTime, Renderer};
use super::session::Sessions;
use crate::domain::attempts::Attempts;
use crate::domain::remote::Transport;
use crate::operator::Operator;
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
    waiting: Semaphore,
    verifying: Semaphore,
    closing: watch::Sender<bool>,
}

impl WebState {
    /// For a site, its accounts and the metrics that the rest of the gateway counts into.
    pub fn new<S: Views + Operator + 'static>(
        site: Arc<S>,
        accounts: Arc<dyn Accounts>,
        metrics: Arc<Metrics>,
        transport: Transport,
    ) -> Self {
        Self(Arc::new(Shared {
            views: Arc::<S>::clone(&site),
            operator: site,
            accounts,
            metrics,
            transport,
            sessions: Sessions::default(),
            renderer: Renderer::default(),
            one_time: OneTime::default(),
            assets: Assets::new(),
            live_streams: Arc::new(Semaphore::new(MAX_LIVE_STREAMS)),
            captures: Arc::new(Semaphore::new(MAX_CAPTURES)),
            attempts: Attempts::default(),
            waiting: Semaphore::new(MAX_VERIFICATIONS + MAX_WAITING_VERIFICATIONS),
            verifying: Semaphore::new(MAX_VERIFICATIONS),
            closing: watch::Sender::new(false),
        }))
    }

    /// Ends all live pages, so that the server can stop. New ones end at once.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// Becomes true when the server stops.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    /// The account of that name and password, tried from `address`.
    pub(super) async fn authenticate(
        &self,
        address: IpAddr,
        name: String,
        password: Zeroizing<String>,
    ) -> Result<User, AuthenticationError> {
        let _place = self.0.waiting.try_acquire().map_err(|_| AuthenticationError::Busy)?;
        let _turn = self.0.verifying.acquire().await.map_err(|_| AuthenticationError::Busy)?;
        self.0.attempts.allowed(address, Instant::now()).map_err(AuthenticationError::TooManyFailures)?;
        let verified = self.verify(name, password).await?;
        let metrics = &self.0.metrics;
        metrics.sign_in(verified.is_some());
        match verified {
            Some(account) => {
                self.0.attempts.succeeded(address);
                Ok(account)
            }
            None => {
                self.0.attempts.failed(address, Instant::now());
                Err(AuthenticationError::Wrong)
            }
        }
    }

    async fn verify(
        &self,
        name: String,
        password: Zeroizing<String>,
    ) -> Result<Option<User>, AuthenticationError> {
        if name.len() > MAX_ACCOUNT_NAME_BYTES || password.len() > MAX_PASSWORD_BYTES {
            return Ok(None);
        }
        let accounts = Arc::clone(&self.0.accounts);
        tokio::task::spawn_blocking(move || accounts.verify(&name, &password))
            .await
            .map_err(|panicked| AuthenticationError::Unavailable(panicked.to_string()))?
            .map_err(|error| AuthenticationError::Unavailable(error.to_string()))
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
    #[error("too many failed sign-ins from this address")]
    TooManyFailures(Duration),
    /// Too many are being verified.
    #[error("too many sign-ins at this moment")]
    Busy,
    /// The accounts can't be read.
    #[error("the accounts can't be read: {0}")]
    Unavailable(String),
}
