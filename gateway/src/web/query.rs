//! Parameters after the `?`. What isn't known is refused: a filter that is ignored would answer another question.

use axum::extract::{FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// The parameters of a request.
pub(super) struct Asked<T>(pub(super) T);

/// Parameters that a request may have.
pub(super) trait Parameters: DeserializeOwned {
    /// What to give instead of what isn't known.
    const REMEDY: &str;
}

impl<S: Send + Sync, T: Parameters> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let asked = Query::try_from_uri(&parts.uri).map(|Query(asked)| Self(asked));
        asked.map_err(|rejection| {
            ApiError::new(StatusCode::BAD_REQUEST, rejection.body_text()).remedy(T::REMEDY)
        })
    }
}

/// For addresses that take no parameters.
pub(super) async fn refuse(request: Request, next: Next) -> Response {
    match request.uri().query() {
        None | Some("") => next.run(request).await,
        Some(given) => {
            let message = "this address takes no parameters";
            let error = ApiError::new(StatusCode::BAD_REQUEST, message).at("query", given);
            error.remedy("Leave out the question mark and all that follows.").into_response()
        }
    }
}
