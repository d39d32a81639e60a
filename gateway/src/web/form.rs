//! What the page's forms send.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// The fields of a form.
pub(super) async fn form<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    let form: Result<Form<T>, FormRejection> = Form::from_request(request, &()).await;
    form.map(|Form(value)| value)
        .map_err(|rejection| ApiError::new(rejection.status(), "the form can't be read"))
}
