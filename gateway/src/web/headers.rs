//! Headers that every answer carries, and the one that every request must.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use crate::domain::remote::Transport;

/// Nothing from elsewhere, nothing inline, and nobody may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // Not `no-referrer`: with it browsers send `Origin: null` with forms.
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
];

/// Two years, as browsers' lists ask for.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Adds the headers. What doesn't say how long it keeps is kept nowhere.
pub(super) async fn add(State(transport): State<Transport>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if transport != Transport::PlainLoopback {
        headers.insert(STRICT_TRANSPORT_SECURITY, ONLY_TLS);
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses a request that names no host, or two (RFC 9112, 3.2): what stands in front of the gateway may have gone by
/// the other one.
pub(super) async fn require_host(request: Request, next: Next) -> Response {
    if request.headers().get_all(HOST).iter().count() == 1 {
        return next.run(request).await;
    }
    ApiError::new(StatusCode::BAD_REQUEST, "a request names its host exactly once")
        .at("Host", "")
        .remedy("Send one Host header.")
        .into_response()
}
