//! Errors as the API tells them: what is wrong, where, and what would be right.

use std::borrow::Cow;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::authentication::AuthenticationError;
use crate::domain::{AccessRefusal, RefusalKind};
use crate::operator::{
    AccessEditError, CaptureError, CardOrderError, InstallMinutesError, InstallModeError,
    ReAuthenticateError, SourceOrderError,
};
use crate::store::users::Role;
use crate::views::{EventsError, Unreadable};

/// Longest value that an error repeats, in characters.
const MAX_VALUE_CHARS: usize = 128;

/// Longest message about something that was sent, in characters.
const MAX_MESSAGE_CHARS: usize = 1_000;

/// An error for a program, `{"error": {"message", "field", "value", "remedy"}}`.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    retry_after_s: Option<u64>,
    /// Ask for HTTP Basic. Never on what a page asks for: the browser would show a box of its own.
    challenge: bool,
    told: Box<Told>,
}

/// An error, as it is answered.
#[derive(Serialize, JsonSchema)]
pub(super) struct Error {
    /// What is wrong.
    error: Box<Told>,
}

/// What is wrong, where, and what would be right.
#[derive(Debug, Serialize, JsonSchema)]
struct Told {
    /// In words.
    message: String,
    /// Which field, parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    field: Option<Cow<'static, str>>,
    /// What was in it, its beginning at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    value: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    remedy: Option<String>,
    /// What else is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    further: Vec<Told>,
}

impl ApiError {
    /// An error with nothing more to say.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let told =
            Told { message: message.into(), field: None, value: None, remedy: None, further: Vec::new() };
        Self { status, retry_after_s: None, challenge: false, told: Box::new(told) }
    }

    /// Which field is wrong, and what was in it.
    pub(super) fn at(mut self, field: impl Into<Cow<'static, str>>, value: &str) -> Self {
        self.told.field = Some(field.into());
        self.told.value = Some(value.chars().take(MAX_VALUE_CHARS).collect());
        self
    }

    /// Which field is wrong, where that has a name; what was in it has no place in an answer.
    pub(super) fn about(mut self, field: String) -> Self {
        self.told.field = Some(field).filter(|field| field != ".").map(Cow::Owned);
        self
    }

    /// What to do about it.
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.told.remedy = Some(remedy.into());
        self
    }

    /// A body that isn't what it should be; `remedy` shows one that is.
    pub(super) fn unreadable(rejection: &JsonRejection, remedy: &str) -> Self {
        let status = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            other => other,
        };
        Self::new(status, rejection.body_text()).remedy(remedy)
    }

    /// Nobody has signed in, at the page.
    pub(super) fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "sign in first").remedy("Open / in a browser.")
    }

    /// Nobody has signed in, at the API.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "sign in first")
            .challenging()
            .remedy("Send HTTP Basic credentials of a page account; `gateway user add` makes one.")
    }

    fn challenging(mut self) -> Self {
        self.challenge = true;
        self
    }

    /// The account may not do this.
    pub(super) fn forbidden(has: Role, needs: Role) -> Self {
        let message = format!("a {} may not do this; it takes the role {}", has.word(), needs.word());
        Self::new(StatusCode::FORBIDDEN, message).remedy("Sign in with another account.")
    }

    /// There is nothing at that path.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing at this address")
            .remedy("GET /api/v1/site shows it all.")
    }

    fn directory_unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the directory can't do it now")
            .remedy("The service's log says why.")
    }

    /// For the page.
    pub(super) fn message(&self) -> &str {
        &self.told.message
    }

    /// For the page.
    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    /// For the page: remedy, or nothing.
    pub(super) fn remedy_words(&self) -> &str {
        self.told.remedy.as_deref().unwrap_or_default()
    }
}

fn mark(response: &mut Response, retry_after_s: Option<u64>, challenge: bool) {
    let headers = response.headers_mut();
    if let Some(seconds) = retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if challenge {
        let challenge = HeaderValue::from_static("Basic realm=\"Gatehouse\", charset=\"UTF-8\"");
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, retry_after_s, challenge, told } = self;
        let mut response = (status, Json(Error { error: told })).into_response();
        mark(&mut response, retry_after_s, challenge);
        response
    }
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match &error {
            AuthenticationError::Wrong => {
                Self::new(StatusCode::UNAUTHORIZED, error.to_string()).challenging()
            }
            AuthenticationError::TooManyFailures(wait) => {
                let seconds = wait.as_secs() + 1;
                let mut told = Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string());
                told.retry_after_s = Some(seconds);
                told.remedy(format!("Try again in {} min.", seconds.div_ceil(60)))
            }
            AuthenticationError::Busy => {
                let mut told = Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string());
                told.retry_after_s = Some(1);
                told.remedy("Try again in a moment.")
            }
            AuthenticationError::Unavailable(cause) => {
                tracing::error!(%cause, "nobody can sign in");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the accounts can't be read")
                    .remedy("The service's log says why.")
            }
        }
    }
}

impl From<AccessRefusal> for ApiError {
    fn from(refusal: AccessRefusal) -> Self {
        let AccessRefusal { kind, message, field, value, remedy } = refusal;
        let status = match kind {
            RefusalKind::NotFound => StatusCode::NOT_FOUND,
            RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Stale => StatusCode::PRECONDITION_FAILED,
        };
        let message: String = message.chars().take(MAX_MESSAGE_CHARS).collect();
        let told = Self::new(status, message).remedy(remedy);
        if field.is_empty() { told } else { told.at(field, &value) }
    }
}

impl From<AccessEditError> for ApiError {
    fn from(error: AccessEditError) -> Self {
        match error {
            AccessEditError::Refused(refused) => {
                let mut refused = refused.into_iter().map(Self::from);
                let Some(mut first) = refused.next() else { return Self::not_found() };
                first.told.further = refused.map(|refusal| *refusal.told).collect();
                first
            }
            AccessEditError::Unavailable(_) => Self::directory_unavailable(),
        }
    }
}

impl From<EventsError> for ApiError {
    fn from(error: EventsError) -> Self {
        match error {
            EventsError::NotACard(why) => Self::new(StatusCode::BAD_REQUEST, format!("card: {why}"))
                .remedy("Give a card number as it is written anywhere else."),
            EventsError::Unreadable(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the event log can't be read now")
                    .remedy("The service's log says why.")
            }
        }
    }
}

impl From<Unreadable> for ApiError {
    fn from(Unreadable(_): Unreadable) -> Self {
        Self::directory_unavailable()
    }
}

impl From<InstallMinutesError> for ApiError {
    fn from(error: InstallMinutesError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            .at("minutes", &error.0.to_string())
            .remedy("Give a number from 1 to 60.")
    }
}

impl From<InstallModeError> for ApiError {
    fn from(error: InstallModeError) -> Self {
        match &error {
            InstallModeError::UnknownController(id) => Self::new(StatusCode::NOT_FOUND, error.to_string())
                .at("id", id.as_str())
                .remedy("GET /api/v1/controllers lists those that there are."),
            InstallModeError::Unavailable { controller, why } => {
                Self::new(StatusCode::CONFLICT, "install mode can't be opened now")
                    .at("id", controller.as_str())
                    .remedy(why)
            }
        }
    }
}

impl From<CaptureError> for ApiError {
    fn from(error: CaptureError) -> Self {
        match &error {
            CaptureError::UnknownLine(id) => Self::new(StatusCode::NOT_FOUND, error.to_string())
                .at("id", id.as_str())
                .remedy("GET /api/v1/site lists those that there are."),
            CaptureError::NotStarted(id) => Self::new(StatusCode::CONFLICT, error.to_string())
                .at("id", id.as_str())
                .remedy("Try again in a moment."),
        }
    }
}

impl From<ReAuthenticateError> for ApiError {
    fn from(error: ReAuthenticateError) -> Self {
        match &error {
            ReAuthenticateError::Unknown(name) => Self::new(StatusCode::NOT_FOUND, error.to_string())
                .at("name", name)
                .remedy("GET /api/v1/identity lists those that there are; `gateway token create` makes one."),
            ReAuthenticateError::Unavailable => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
                    .remedy("The service's log says why; the old token is still valid.")
            }
        }
    }
}

impl From<SourceOrderError> for ApiError {
    fn from(error: SourceOrderError) -> Self {
        let text = error.to_string();
        match &error {
            SourceOrderError::Unknown(id) => Self::new(StatusCode::NOT_FOUND, text)
                .at("id", id)
                .remedy("GET /api/v1/sources lists those that there are."),
            SourceOrderError::NoLetter(_, number) => Self::new(StatusCode::NOT_FOUND, text)
                .at("number", &number.to_string())
                .remedy("GET /api/v1/sources/{id}/letters lists those that there are."),
            SourceOrderError::Refused(_) => Self::new(StatusCode::CONFLICT, text),
            SourceOrderError::Unavailable => Self::directory_unavailable(),
        }
    }
}

impl From<CardOrderError> for ApiError {
    fn from(error: CardOrderError) -> Self {
        let text = error.to_string();
        match &error {
            CardOrderError::UnknownPerson(name) => Self::new(StatusCode::NOT_FOUND, text)
                .at("user_name", name)
                .remedy("Give the user name that the identity provider knows the person by."),
            CardOrderError::NotACard(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, text)
                .remedy("`gateway card formats` lists the formats."),
            CardOrderError::Conflict(_) => Self::new(StatusCode::CONFLICT, text),
            CardOrderError::Unavailable => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, text).remedy("The service's log says why.")
            }
        }
    }
}
