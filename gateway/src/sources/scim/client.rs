//! Which identity provider speaks. What big clients are known to send is taken from all, always; the kind decides only
//! where a client's habit contradicts the RFC.
//!
//! There is one such habit: a `replace` whose filter matches no element. RFC 7644, 3.5.2.3 demands `noTarget`; Entra
//! means the element to be made, and what it is refused it tries again for days. So only a client that is known to go
//! by the RFC is refused.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

/// A kind of SCIM client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientKind {
    /// Microsoft Entra ID, with or without `aadOptscim062020`.
    Entra,
    /// Okta, PUT and PATCH applications.
    Okta,
    /// One that goes by the RFCs to the letter.
    Generic,
}

/// What is known of a request's client: what its token says, which is an extension of the request, or a guess.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Speaker(pub(super) Option<ClientKind>);

impl Speaker {
    /// By the words that clients have for themselves. Entra has none that can be relied on.
    fn guess(user_agent: &str) -> Self {
        Self(user_agent.starts_with("Okta SCIM Client").then_some(ClientKind::Okta))
    }

    /// Whether a `replace` makes the element that its filter does not find.
    pub(super) fn means_missing_elements_to_be_made(self) -> bool {
        self.0 != Some(ClientKind::Generic)
    }
}

impl<S: Sync> FromRequestParts<S> for Speaker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let told = parts.extensions.get::<ClientKind>().copied();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(told.map_or_else(|| Self::guess(agent.unwrap_or_default()), |kind| Self(Some(kind))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_client_known_to_go_by_the_rfc_is_held_to_it() {
        assert_eq!(Speaker::guess("Okta SCIM Client 1.0.0"), Speaker(Some(ClientKind::Okta)));
        assert_eq!(Speaker::guess("python-httpx/0.28"), Speaker::default());
        assert!(Speaker::default().means_missing_elements_to_be_made());
        assert!(!Speaker(Some(ClientKind::Generic)).means_missing_elements_to_be_made());
    }
}
