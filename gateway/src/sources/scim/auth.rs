//! Who may speak: bearers of a token (RFC 6750, 2.1). The token itself goes no further than this file.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ScimError;
use super::routes::Scim;

/// Whose token came with a request.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// The token's name.
    pub(super) token_name: String,
}

/// Lets bearers of a valid token pass, known by name to what follows.
pub(super) async fn require_token(State(scim): State<Scim>, mut request: Request, next: Next) -> Response {
    let name = bearer(request.headers()).and_then(|token| scim.token_name(token));
    match name {
        Some(token_name) => {
            request.headers_mut().remove(header::AUTHORIZATION);
            request.extensions_mut().insert(Client { token_name });
            next.run(request).await
        }
        None => ScimError::Unauthorized.into_response(),
    }
}

/// The token in `Authorization: Bearer TOKEN`; the scheme in any letter case (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(authorization: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn only_a_bearer_has_a_token() {
        assert_eq!(token("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("bearer  abc ").as_deref(), Some("abc"));
        for other in ["abc", "Basic abc", "Bearer", "Bearer ", "Bearerabc", ""] {
            assert_eq!(token(other), None, "{other}");
        }
    }
}
