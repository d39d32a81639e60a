//! Who may speak: bearers of a token (RFC 6750, 2.1). The token itself goes no further than this file.
//!
//! Failed attempts are slowed by address. A valid token passes from any address, however many attempts have failed
//! there: an identity provider that shares an address with somebody else is not locked out by them, and nobody guesses
//! 256 bits.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::client;
use super::error::ScimError;
use super::notes::Notes;
use crate::domain::attempts::Attempts;
use crate::domain::remote::Transport;
use crate::domain::{Presented, ScimExchange, TokenInfo};

/// Is told of every request, on the task that answers it: it must not block.
pub type Observer = Box<dyn Fn(ScimExchange) + Send + Sync>;

/// Says what a text presented as a token is.
pub type TokenCheck = Box<dyn Fn(&str) -> Presented + Send + Sync>;

/// Lets clients in, and tells what they did.
pub struct Gate {
    check: TokenCheck,
    transport: Transport,
    attempts: Attempts,
    pub(super) observer: Observer,
}

impl Gate {
    /// For the bearers of these tokens, who come in by `transport`; `observer` is told of every request.
    pub fn new(check: TokenCheck, transport: Transport, observer: Observer) -> Self {
        Self { check, transport, attempts: Attempts::default(), observer }
    }

    /// The address that a request counts for.
    pub(super) fn address(&self, parts: &Parts) -> IpAddr {
        let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
        self.transport.counted(connected, forwarded.and_then(|line| line.to_str().ok()))
    }

    /// The token of a request from `address`.
    fn admit(&self, headers: &HeaderMap, address: IpAddr, now: Instant) -> Result<TokenInfo, ScimError> {
        match bearer(headers).map_or(Presented::Unknown, &self.check) {
            Presented::Valid(token) => Ok(token),
            // Who has it is known, and has to be told so, not to wait.
            Presented::Expired(_) => Err(ScimError::TokenExpired),
            Presented::Unknown => {
                self.attempts
                    .allowed(address, now)
                    .map_err(|wait| ScimError::TooManyAttempts(wait.as_secs() + 1))?;
                self.attempts.failed(address, now);
                Err(ScimError::Unauthorized)
            }
        }
    }
}

/// Whose token came with a request.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// The token's name.
    pub(super) token_name: String,
    /// What the request meant to do, for the log.
    pub(super) notes: Notes,
}

/// Put into a request's extensions by the gateway itself, where it asks what a client would be answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnRequest;

/// Lets bearers of a valid token pass, known by name to what follows.
pub(super) async fn require_token(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let notes = parts.extensions.get::<Notes>().cloned().unwrap_or_default();
    let token_name = if parts.extensions.get::<OwnRequest>().is_some() {
        String::new()
    } else {
        match gate.admit(&parts.headers, gate.address(&parts), Instant::now()) {
            Ok(token) => {
                notes.spoken_by(&token.name, token.client.or_else(|| client::guess(&parts)));
                if let Some(kind) = token.client {
                    parts.extensions.insert(kind);
                }
                token.name
            }
            Err(refused) => return refused.into_response(),
        }
    };
    parts.headers.remove(header::AUTHORIZATION);
    parts.extensions.insert(Client { token_name, notes });
    next.run(Request::from_parts(parts, body)).await
}

/// The token in `Authorization: Bearer TOKEN`; the scheme in any letter case (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::domain::TokenScope;
    use crate::domain::attempts::{FAILURE_WINDOW, MAX_FAILURES};

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn headers(authorization: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        headers
    }

    fn gate() -> Gate {
        let token = |name: &str| TokenInfo {
            name: name.to_owned(),
            client: None,
            scope: TokenScope::Scim,
            created: Timestamp::UNIX_EPOCH,
            expires: None,
            last_used: None,
            previous_until: None,
        };
        let check = move |text: &str| match text {
            "right" => Presented::Valid(token("entra")),
            "late" => Presented::Expired(token("okta")),
            _ => Presented::Unknown,
        };
        Gate::new(Box::new(check), Transport::Tls, Box::new(|_| {}))
    }

    #[test]
    fn only_a_bearer_has_a_token() {
        assert_eq!(bearer(&headers("Bearer abc")), Some("abc"));
        assert_eq!(bearer(&headers("bearer  abc ")), Some("abc"));
        for other in ["abc", "Basic abc", "Bearer", "Bearer ", "Bearerabc", ""] {
            assert_eq!(bearer(&headers(other)), None, "{other}");
        }
    }

    #[test]
    fn who_guesses_waits_and_who_has_a_valid_token_never_does() {
        let (gate, now) = (gate(), Instant::now());
        for _ in 0..MAX_FAILURES {
            assert_eq!(gate.admit(&headers("Bearer wrong"), HERE, now), Err(ScimError::Unauthorized));
        }
        let wait = FAILURE_WINDOW.as_secs() + 1;
        assert_eq!(gate.admit(&headers("Bearer wrong"), HERE, now), Err(ScimError::TooManyAttempts(wait)));
        assert_eq!(gate.admit(&HeaderMap::new(), HERE, now), Err(ScimError::TooManyAttempts(wait)));
        assert_eq!(gate.admit(&headers("Bearer right"), HERE, now).unwrap().name, "entra");
        let later = now + FAILURE_WINDOW + Duration::from_secs(1);
        assert_eq!(gate.admit(&headers("Bearer wrong"), HERE, later), Err(ScimError::Unauthorized));
    }

    #[test]
    fn an_expired_token_is_told_so_however_often_it_comes() {
        let (gate, now) = (gate(), Instant::now());
        for _ in 0..=MAX_FAILURES {
            assert_eq!(gate.admit(&headers("Bearer late"), HERE, now), Err(ScimError::TokenExpired));
        }
        assert_eq!(gate.admit(&headers("Bearer wrong"), HERE, now), Err(ScimError::Unauthorized));
    }
}
