//! Which account a name and a password open, and who has to wait before trying again.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::accounts::Accounts;
use super::limits::{MAX_ACCOUNT_NAME_BYTES, MAX_PASSWORD_BYTES};
use super::metrics::Metrics;
use super::verifier::{Busy, Verifier};
use crate::domain::attempts::Attempts;
use crate::store::users::User;

/// Asks for accounts, and counts what failed.
pub(super) struct Authentication {
    attempts: Attempts,
    verifier: Verifier,
    metrics: Arc<Metrics>,
}

impl Authentication {
    /// For these accounts.
    pub(super) fn new(accounts: &Arc<dyn Accounts>, metrics: Arc<Metrics>) -> Self {
        Self { attempts: Attempts::default(), verifier: Verifier::new(accounts), metrics }
    }

    /// The account of that name and password, tried from `address`. An attempt counts as failed until it is known to be
    /// right, so that who cuts it off has tried all the same.
    pub(super) async fn account(
        &self,
        address: IpAddr,
        name: String,
        password: Zeroizing<String>,
    ) -> Result<User, AuthenticationError> {
        let (now, attempts) = (Instant::now(), &self.attempts);
        attempts.allowed(address, now).map_err(AuthenticationError::TooManyFailures)?;
        if name.len() > MAX_ACCOUNT_NAME_BYTES || password.len() > MAX_PASSWORD_BYTES {
            attempts.failed(address, now);
            return Err(AuthenticationError::Wrong);
        }
        if !self.verifier.knows(address) {
            attempts.allowed_for(&name, now).map_err(AuthenticationError::TooManyFailures)?;
        }
        let asked = self.verifier.ask(address, name.clone(), password);
        let asked = asked.map_err(|Busy| AuthenticationError::Busy)?;
        attempts.failed_as(address, &name, now);
        let verified = asked.await.map_err(|_| AuthenticationError::Busy)?;
        let verified = verified.map_err(|error| AuthenticationError::Unavailable(error.to_string()));
        // What can't be looked at was no guess.
        if verified.as_ref().map_or(true, Option::is_some) {
            attempts.succeeded_as(address, &name);
        }
        let account = verified?;
        self.metrics.sign_in(account.is_some());
        let account = account.ok_or(AuthenticationError::Wrong)?;
        self.verifier.signed_in(address);
        Ok(account)
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
