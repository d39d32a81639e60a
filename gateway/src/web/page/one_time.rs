//! New tokens on their way to who asked for them. Each is shown once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, MutexGuard};

use crate::operator::{Actor, ReAuthenticated};

/// Within so long after one, another press makes no new token.
const PRESSED_TWICE: Duration = Duration::from_secs(60);

/// A token that nobody has come to see is forgotten after this time.
const KEPT: Duration = Duration::from_secs(5 * 60);

/// New tokens, by source. There are never more than sources.
#[derive(Default)]
pub(in super::super) struct OneTime(Mutex<NewTokens>);

/// New tokens, for whoever has them alone for the moment.
#[derive(Default)]
pub(super) struct NewTokens(HashMap<String, Made>);

struct Made {
    at: Instant,
    by: Actor,
    /// Until it is shown.
    token: Option<ReAuthenticated>,
}

impl OneTime {
    /// Waits until nobody else has them.
    pub(super) async fn lock(&self) -> MutexGuard<'_, NewTokens> {
        self.0.lock().await
    }
}

impl NewTokens {
    /// Who has made one for this source just before.
    pub(super) fn pressed_by(&mut self, source: &str) -> Option<&Actor> {
        self.0.retain(|_, made| made.at.elapsed() < KEPT);
        self.0.get(source).filter(|made| made.at.elapsed() < PRESSED_TWICE).map(|made| &made.by)
    }

    /// Keeps a token until `by` comes to see it.
    pub(super) fn keep(&mut self, token: ReAuthenticated, source: &str, by: &Actor) {
        let made = Made { at: Instant::now(), by: by.clone(), token: Some(token) };
        self.0.insert(source.to_owned(), made);
    }

    /// The token of this source, if it was made for `by` and nobody has seen it.
    pub(super) fn take(&mut self, source: &str, by: &Actor) -> Option<ReAuthenticated> {
        let own = self.0.get_mut(source).filter(|made| made.by == *by && made.at.elapsed() < KEPT);
        own.and_then(|made| made.token.take())
    }
}
