//! Answers: always SCIM's media type, with address and version where one resource is answered.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::super::document::Document;
use super::super::error::{MEDIA_TYPE, ScimError};
use super::super::list::Query;
use super::super::project::Projection;
use super::super::resource::is_known;
use super::super::schema::ResourceType;

/// A JSON answer.
pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(value).expect("a JSON value has a text")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    response
}

/// What a client wants to see of the resource that it reads or writes.
pub(super) fn projection(parameters: &[(String, String)]) -> Result<Projection, ScimError> {
    Query::from_parameters(parameters).map(|query| query.projection)
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

/// One resource, or only its version where the client says that it has that answer already.
pub(super) fn unless_known(
    known: &HeaderMap,
    type_: &ResourceType,
    document: Document,
    projection: &Projection,
) -> Response {
    let mut response = resource(StatusCode::OK, type_, document, projection);
    let version = response.headers().get(header::ETAG).and_then(|version| version.to_str().ok());
    if version.is_some_and(|version| is_known(known, version)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}

/// Done, and nothing to show.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
