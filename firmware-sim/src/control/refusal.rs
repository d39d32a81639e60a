//! What the control API says when it does not do what it was asked: the field, its value, and what would be right.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Map, Value};

use crate::site::SiteError;

/// An answer that is no success. Nothing was changed.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
    remedy: String,
    field: Option<(String, Value)>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status, message: message.into(), remedy: remedy.into(), field: None }
    }

    /// A field of the body that is missing (`Null`) or has a value that can't be.
    pub(super) fn field(field: &str, value: Value, remedy: impl Into<String>) -> Self {
        let message = match &value {
            Value::Null => format!("{field} is missing"),
            value => format!("{field} can't be {value}"),
        };
        Self { field: Some((field.into(), value)), ..Self::new(StatusCode::BAD_REQUEST, message, remedy) }
    }

    /// The same, in other words.
    pub(super) fn saying(self, message: String) -> Self {
        Self { message, ..self }
    }

    pub(super) fn no_such_path() -> Self {
        let paths = "see GET /controllers and GET /lines; then /controllers/{id}, …/cards, …/swipe, …/power, …/door, …/inputs, …/clock, \
                     /lines/{id}, /lines/{id}/faults";
        Self::new(StatusCode::NOT_FOUND, "there is no such path", paths)
    }

    pub(super) fn wrong_method() -> Self {
        let remedy = "GET tells; POST changes: …/swipe, …/power, …/door, …/inputs, …/clock, …/faults";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path is not for this method", remedy)
    }
}

impl From<SiteError> for Refusal {
    fn from(error: SiteError) -> Self {
        let message = error.to_string();
        match error {
            SiteError::UnknownPanel(id) => Self {
                field: Some(("id".into(), id.into())),
                ..Self::new(StatusCode::NOT_FOUND, message, "GET /controllers lists them")
            },
            SiteError::UnknownLine(id) => Self {
                field: Some(("id".into(), id.into())),
                ..Self::new(StatusCode::NOT_FOUND, message, "GET /lines lists them")
            },
            SiteError::NoSuchReader { reader, readers, .. } => Self {
                field: Some(("reader".into(), reader.into())),
                ..Self::new(StatusCode::BAD_REQUEST, message, format!("0 to {}", readers.saturating_sub(1)))
            },
            SiteError::Unreadable { .. } => {
                Self::new(StatusCode::CONFLICT, message, "present a 26 or 34 bit card")
            }
            SiteError::WrongKind { wanted, .. } => Self::new(
                StatusCode::CONFLICT,
                message,
                format!("name a {wanted}; GET /controllers tells which are"),
            ),
            SiteError::NoSuchInput { input, inputs, .. } => {
                let remedy = match inputs {
                    0 => "it has none".to_owned(),
                    inputs => format!("0 to {}", inputs - 1),
                };
                let field = Some((input.to_string(), input.into()));
                Self { field, ..Self::new(StatusCode::BAD_REQUEST, message, remedy) }
            }
            SiteError::WrongBits { reads, .. } => {
                Self::new(StatusCode::CONFLICT, message, format!("present a {reads} bit card"))
            }
            SiteError::NoClock(_) => Self::new(StatusCode::CONFLICT, message, "name a device on a broker"),
            SiteError::NoAdapter(_) => Self::new(
                StatusCode::CONFLICT,
                message,
                "give the line an [[adapter]] and restart the simulator",
            ),
            SiteError::NoCardTable(_) => Self::new(StatusCode::CONFLICT, message, "name a native panel"),
            SiteError::NoPower(_) => {
                Self::new(StatusCode::CONFLICT, message, "POST {\"state\":\"on\"} to its …/power first")
            }
            SiteError::Config(_) | SiteError::Line { .. } | SiteError::Broker { .. } | SiteError::Stopped => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, message, "restart the simulator")
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        body.insert("error".into(), self.message.into());
        if let Some((field, value)) = self.field {
            body.insert("field".into(), field.into());
            body.insert("value".into(), value);
        }
        body.insert("remedy".into(), self.remedy.into());
        (self.status, Json(Value::Object(body))).into_response()
    }
}
