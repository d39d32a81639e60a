//! What goes wrong between a SCIM client and the gateway, and how the client is told (RFC 7644, 3.12).
//!
//! One variant for each thing a client can do about it. No variant ever carries a token or a password.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::address::MOUNT;
use crate::store::StoreError;

/// The media type of every answer (RFC 7644, 3.1).
pub(super) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/scim+json");

const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A refused request.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ScimError {
    /// The body is no JSON, or not the JSON that belongs here.
    #[error("{0}")]
    Syntax(String),
    /// The filter can't be read, or compares what can't be compared.
    #[error("filter: {0}")]
    Filter(String),
    /// A PATCH path can't be read.
    #[error("path: {0}")]
    Path(String),
    /// A PATCH path leads nowhere, or a `remove` has none.
    #[error("{0}")]
    NoTarget(String),
    /// The attribute belongs to the gateway, or must stay.
    #[error("{0}")]
    Mutability(String),
    /// An attribute's value is not what its schema says.
    #[error("{attribute}: {detail}")]
    Value {
        /// The attribute's path.
        attribute: String,
        /// The value, what is wrong, what would be right.
        detail: String,
    },
    /// Another resource has this value.
    #[error("{0}")]
    Uniqueness(String),
    /// Asked for what is not done here.
    #[error("{0}")]
    Forbidden(String),
    /// No such resource or address.
    #[error("{0}")]
    NotFound(String),
    /// The resource is at another version than the client believes.
    #[error("the resource has changed: it is at version {0}")]
    Precondition(String),
    /// The token is missing, malformed, unknown, revoked or expired.
    #[error("a valid bearer token is required: Authorization: Bearer TOKEN")]
    Unauthorized,
    /// The token was valid once.
    #[error(
        "the bearer token has expired; `gateway token rotate` or the page's \"Re-authenticate\" makes a new one"
    )]
    TokenExpired,
    /// Too many attempts without a valid token; how many seconds to wait.
    #[error("too many requests without a valid token came from this address; try again in {0} s")]
    TooManyAttempts(u64),
    /// This method does nothing at this address.
    #[error("this address does not take this method")]
    Method,
    /// The cursor was never given, or belongs to another query (RFC 9865, 2.1).
    #[error("the cursor is not one of this query; begin with an empty one")]
    Cursor,
    /// The cursor is too old (RFC 9865, 2.1).
    #[error(
        "the cursor is older than {} seconds; begin again with an empty one",
        super::limits::CURSOR_TIMEOUT_S
    )]
    ExpiredCursor,
    /// A page by cursor can't have this many resources (RFC 9865, 2.1).
    #[error("{0}")]
    Count(String),
    /// More results than the gateway puts in order at once.
    #[error("{0}")]
    TooMany(String),
    /// A secret would stand in an address, which logs keep (RFC 7644, 7.5.2).
    #[error("a filter must not name a password")]
    Sensitive,
    /// Another version of SCIM than 2.
    #[error("SCIM 2.0 is spoken here, at {}", MOUNT)]
    Version,
    /// An operation of a bulk request on what another one failed to make.
    #[error("the operation with bulkId {0:?}, to which this one refers, failed")]
    Reference(String),
    /// The body is packed in a way that isn't known here (RFC 9110, 15.5.16).
    #[error("the content coding {0:?} is not known here; send the body unpacked, or as gzip or deflate")]
    ContentCoding(String),
    /// Larger than the gateway takes in at once.
    #[error("{0}")]
    TooLarge(String),
    /// Part of SCIM that the gateway doesn't offer.
    #[error("{0}")]
    NotImplemented(String),
    /// The gateway could not keep the change; nothing was changed. The cause is in its log.
    #[error("the directory can't take changes now; try again later")]
    Unavailable,
}

impl ScimError {
    /// A value that its attribute can't have.
    pub(super) fn value(attribute: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Value { attribute: attribute.into(), detail: detail.into() }
    }

    /// A change of what only the gateway changes.
    pub(super) fn read_only(attribute: &str) -> Self {
        Self::Mutability(format!("{attribute} is read-only"))
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Syntax(_)
            | Self::Filter(_)
            | Self::Path(_)
            | Self::NoTarget(_)
            | Self::Mutability(_)
            | Self::Value { .. }
            | Self::Cursor
            | Self::ExpiredCursor
            | Self::Count(_)
            | Self::TooMany(_)
            | Self::Sensitive
            | Self::Version => StatusCode::BAD_REQUEST,
            Self::Uniqueness(_) | Self::Reference(_) => StatusCode::CONFLICT,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Precondition(_) => StatusCode::PRECONDITION_FAILED,
            Self::Unauthorized | Self::TokenExpired => StatusCode::UNAUTHORIZED,
            Self::TooManyAttempts(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentCoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The detail error keyword, where RFC 7644 (table 9) or RFC 9865 has one.
    pub fn scim_type(&self) -> Option<&'static str> {
        Some(match self {
            Self::Syntax(_) => "invalidSyntax",
            Self::Filter(_) => "invalidFilter",
            Self::Path(_) => "invalidPath",
            Self::NoTarget(_) => "noTarget",
            Self::Mutability(_) => "mutability",
            Self::Value { .. } => "invalidValue",
            Self::Uniqueness(_) => "uniqueness",
            Self::Cursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::Count(_) => "invalidCount",
            Self::TooMany(_) => "tooMany",
            Self::Sensitive => "sensitive",
            Self::Version => "invalidVers",
            _ => return None,
        })
    }

    /// The error as clients read it.
    pub(super) fn json(&self) -> Value {
        let mut error = json!({
            "schemas": [ERROR_SCHEMA],
            "status": self.status().as_u16().to_string(),
            "detail": self.to_string(),
        });
        if let Some(scim_type) = self.scim_type() {
            error["scimType"] = scim_type.into();
        }
        error
    }
}

impl From<StoreError> for ScimError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the directory could not be read for a SCIM client");
        Self::Unavailable
    }
}

/// How a request was refused; an extension of the answer.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) scim_type: Option<&'static str>,
    pub(super) detail: String,
}

impl IntoResponse for ScimError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.json().to_string()));
        *response.status_mut() = self.status();
        let refusal = Refusal { scim_type: self.scim_type(), detail: self.to_string() };
        response.extensions_mut().insert(refusal);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        match self {
            Self::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"scim\""));
            }
            Self::TokenExpired => {
                let challenge = HeaderValue::from_static("Bearer realm=\"scim\", error=\"invalid_token\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            // Whole seconds: Okta understands no date there.
            Self::TooManyAttempts(seconds) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::ContentCoding(_) => {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
            }
            Self::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_text_and_the_keyword_stands_beside_it() {
        let response = ScimError::Uniqueness("taken".into()).into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/scim+json");
        assert_eq!(ScimError::TooLarge(String::new()).scim_type(), None);
        assert_eq!(ScimError::Mutability("id".into()).scim_type(), Some("mutability"));
    }

    #[test]
    fn who_has_to_wait_is_told_for_how_many_whole_seconds() {
        let response = ScimError::TooManyAttempts(301).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "301");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/scim+json");
    }

    #[test]
    fn whoever_is_not_let_in_is_told_how() {
        let response = ScimError::Unauthorized.into_response();
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer realm=\"scim\"");
    }
}
