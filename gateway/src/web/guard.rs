//! Who sends a request, and whether they may.
//!
//! The page takes a session's cookie. The API takes a cookie or HTTP Basic, for programs. Whoever comes in over the
//! box's own Unix socket is the local operator: the socket's file mode has let them in already.

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::authentication::AuthenticationError;
use super::error::ApiError;
use super::remote;
use super::session::SessionKey;
use super::slot::Slot;
use super::state::WebState;
use crate::domain::remote::Transport;
use crate::operator::Actor;
use crate::store::users::Role;

/// Put into a request's extensions by whoever serves the router on the box's own socket: its sender is an installer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalOperator;

/// Who sends a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Principal {
    pub(super) actor: Actor,
    pub(super) role: Role,
    pub(super) session: Option<SessionKey>,
}

impl Principal {
    const LOCAL: Self = Self { actor: Actor::LocalOperator, role: Role::Installer, session: None };

    /// Refuses who may do less than `role`.
    pub(super) fn require(&self, role: Role) -> Result<(), ApiError> {
        if self.role >= role { Ok(()) } else { Err(ApiError::forbidden(self.role, role)) }
    }
}

/// Somebody at the page. Others are sent to sign in.
pub(super) struct PageUser(pub(super) Principal);

impl FromRequestParts<WebState> for PageUser {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Redirect> {
        let principal = local(parts).or_else(|| signed_in(&parts.headers, state));
        let principal = principal.ok_or(Redirect::to("/sign-in"))?;
        slot(parts).by(&principal.actor);
        Ok(Self(principal))
    }
}

/// Somebody at the API. Others get 401 and are told how to come in.
pub(super) struct ApiUser(pub(super) Principal);

impl FromRequestParts<WebState> for ApiUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, ApiError> {
        if let Some(principal) = local(parts).or_else(|| signed_in(&parts.headers, state)) {
            slot(parts).by(&principal.actor);
            return Ok(Self(principal));
        }
        let (name, password) = basic(&parts.headers).ok_or_else(ApiError::unauthorized)?;
        let address = remote::counted(parts, state.transport);
        let account = state.authentication.account(address, name.clone(), password).await;
        if let Err(AuthenticationError::Wrong) = &account {
            slot(parts).failed_sign_in(known(state, &name).as_deref());
        }
        let account = account?;
        let principal = Principal { actor: Actor::Account(account.name), role: account.role, session: None };
        slot(parts).by(&principal.actor);
        Ok(Self(principal))
    }
}

/// Who may read the metrics: anybody on the box itself, others as at the API.
pub(super) struct MetricsReader;

impl FromRequestParts<WebState> for MetricsReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, ApiError> {
        let on_the_box = state.transport != Transport::BehindProxy && remote::connected(parts).is_loopback();
        if !on_the_box {
            ApiUser::from_request_parts(parts, state).await?;
        }
        Ok(Self)
    }
}

/// What the request is written down with.
fn slot(parts: &Parts) -> Slot {
    parts.extensions.get::<Slot>().cloned().unwrap_or_default()
}

/// The name, if an account has it.
pub(super) fn known(state: &WebState, name: &str) -> Option<String> {
    state.accounts.find(name).ok().flatten().map(|account| account.name)
}

fn local(parts: &Parts) -> Option<Principal> {
    parts.extensions.get::<LocalOperator>().map(|_| Principal::LOCAL)
}

/// Whose session the cookie names. An account that is gone or has a new password has no sessions.
pub(super) fn signed_in(headers: &HeaderMap, state: &WebState) -> Option<Principal> {
    still_signed_in(SessionKey::of(session_token(headers, state.transport)?), state)
}

/// As [`signed_in`], for a session already known.
pub(super) fn still_signed_in(session: SessionKey, state: &WebState) -> Option<Principal> {
    let (name, seal) = state.sessions.touch(session, state.views.clock().now())?;
    match state.accounts.find(&name) {
        Ok(Some(account)) if account.seal == seal => Some(Principal {
            actor: Actor::Account(account.name),
            role: account.role,
            session: Some(session),
        }),
        Ok(_) => {
            state.sessions.close(session);
            None
        }
        Err(error) => {
            tracing::error!(%error, "nobody can use the page");
            None
        }
    }
}

/// The session token in the cookies.
pub(super) fn session_token(headers: &HeaderMap, transport: Transport) -> Option<&str> {
    let name = cookie_name(transport);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// With `__Host-` a browser takes the cookie only over TLS and only from this very host.
pub(super) const fn cookie_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Tls | Transport::BehindProxy => "__Host-gatehouse",
        Transport::PlainLoopback => "gatehouse",
    }
}

fn basic(headers: &HeaderMap) -> Option<(String, Zeroizing<String>)> {
    const LONGEST: usize = 4 * 1024;
    let encoded = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = encoded.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > LONGEST {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (name, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((name.to_owned(), Zeroizing::new(password.to_owned())))
}

/// Refuses what another site makes a browser send. `SameSite=Strict` keeps the cookie away from such requests
/// already; this also covers signing in, and browsers that remember HTTP Basic.
pub(super) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if harmless || comes_from_here(request.headers()) {
        return next.run(request).await;
    }
    ApiError::new(StatusCode::FORBIDDEN, "this request comes from another site")
        .remedy("Send it from Gatehouse's own page, or from a program without an Origin header.")
        .into_response()
}

fn comes_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("?"));
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    match text(ORIGIN) {
        None => true,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(HOST)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_this_very_site_and_programs_may_post() {
        let here = ("host", "gate.example:8443");
        assert!(comes_from_here(&headers(&[here])), "a program");
        assert!(comes_from_here(&headers(&[here, ("origin", "https://gate.example:8443")])));
        assert!(comes_from_here(&headers(&[here, ("sec-fetch-site", "same-origin")])));
        for origin in ["https://evil.example", "https://gate.example", "null", "", "\u{e9}"] {
            assert!(!comes_from_here(&headers(&[here, ("origin", origin)])), "{origin}");
        }
        for site in ["cross-site", "same-site", "nonsense"] {
            assert!(!comes_from_here(&headers(&[here, ("sec-fetch-site", site)])), "{site}");
        }
    }

    #[test]
    fn a_cookie_of_another_name_is_not_a_session() {
        let sent = headers(&[("cookie", "a=b; gatehouse=one; __Host-gatehouse=two")]);
        assert_eq!(session_token(&sent, Transport::PlainLoopback), Some("one"));
        assert_eq!(session_token(&sent, Transport::Tls), Some("two"));
        assert_eq!(session_token(&headers(&[("cookie", "xgatehouse=one")]), Transport::PlainLoopback), None);
    }

    #[test]
    fn basic_takes_apart_at_the_first_colon_and_refuses_the_rest() {
        let sent = |value: &str| basic(&headers(&[("authorization", value)]));
        let (name, password) = sent(&format!("basic {}", STANDARD.encode("ann:a:b"))).unwrap();
        assert_eq!((name.as_str(), password.as_str()), ("ann", "a:b"));
        for bad in
            ["Basic", "Basic ???", "Bearer YTpi", "Basic YWI=", &format!("Basic {}", "QUFB".repeat(5_000))]
        {
            assert!(sent(bad).is_none(), "{bad:.20}");
        }
    }
}
