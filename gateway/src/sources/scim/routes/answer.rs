//! Answers: always SCIM's media type, with address and version where one resource is answered.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::super::document::Document;
use super::super::error::MEDIA_TYPE;
use super::super::project::Projection;
use super::super::schema::ResourceType;

/// A JSON answer.
pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(value).expect("a JSON value has a text")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    response
}

/// One resource, given whole; what the client sees of it is chosen here.
pub(super) fn resource(
    status: StatusCode,
    resource: &ResourceType,
    document: Document,
    projection: &Projection,
) -> Response {
    let meta = |name: &str| {
        let text = document.get("meta").and_then(|meta| meta.get(name)).and_then(Value::as_str);
        text.and_then(|text| HeaderValue::from_str(text).ok())
    };
    let (location, version) = (meta("location"), meta("version"));
    let mut response = json(status, &projection.apply(resource, document).into());
    let headers = response.headers_mut();
    for (name, value) in [(header::LOCATION, location), (header::ETAG, version)] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
    response
}

/// Done, and nothing to show.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
