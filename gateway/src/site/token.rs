//! New tokens for identity providers.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::clock;
use super::running::Site;
use crate::operator::{Actor, ReAuthenticate, ReAuthenticateError, ReAuthenticated, ShownOnce};
use crate::store::tokens::{TokenError, Tokens, USUAL_OVERLAP};

impl ReAuthenticate for Site {
    fn re_authenticate(
        &self,
        source: &str,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<ReAuthenticated, ReAuthenticateError>> {
        let (source, actor) = (source.to_owned(), actor.clone());
        Box::pin(async move {
            let (tokens, name) = (Arc::clone(self.providers.tokens()), source.clone());
            let made = tokio::task::spawn_blocking(move || new_token(&tokens, &name)).await;
            let made = made.map_err(|_| ReAuthenticateError::Unavailable)??;
            tracing::warn!(token = source, ?actor, "re-authenticated");
            self.bump();
            Ok(made)
        })
    }
}

/// Gives a source a new token. Waits for the disk.
fn new_token(tokens: &Tokens, source: &str) -> Result<ReAuthenticated, ReAuthenticateError> {
    let token = tokens.rotate(source, USUAL_OVERLAP, clock::now()).map_err(|error| match error {
        TokenError::Unknown(name) => ReAuthenticateError::Unknown(name),
        other => {
            tracing::error!(error = %other, "a token can't be rotated");
            ReAuthenticateError::Unavailable
        }
    })?;
    let token = ShownOnce(token.expose().to_owned().into());
    let known = tokens.list().unwrap_or_default().into_iter().find(|known| known.name == source);
    let previous_until = known.and_then(|known| known.previous_until);
    Ok(ReAuthenticated { name: source.to_owned(), token, previous_until })
}
