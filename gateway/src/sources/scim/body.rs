//! Request bodies: bounded, and JSON whose mistakes are named by line and column.

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use serde_json::Value;

use super::document::Document;
use super::error::ScimError;
use super::limits::{MAX_BODY_LEN, MAX_DRAINED_LEN, MAX_JSON_DEPTH};

/// The object in a request's body.
///
/// # Errors
/// When it is too long, broken off, no JSON, no object, or nested too deep.
pub(super) async fn object(body: Body) -> Result<Document, ScimError> {
    let bytes = read(body.into_data_stream()).await?;
    parse(&bytes)
}

async fn read(mut stream: BodyDataStream) -> Result<Vec<u8>, ScimError> {
    let mut bytes = Vec::new();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| ScimError::Syntax("the request body broke off".into()))?;
        if bytes.len() + part.len() > MAX_BODY_LEN {
            drain(stream).await;
            return Err(ScimError::TooLarge(format!("the request body is longer than {MAX_BODY_LEN} bytes")));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// Reads on for a while: most clients look for an answer only when they have sent all.
async fn drain(mut stream: BodyDataStream) {
    let mut left = MAX_DRAINED_LEN;
    while let Some(Ok(part)) = stream.next().await {
        match left.checked_sub(part.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Document, ScimError> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| ScimError::Syntax(format!("the request body is no JSON: {error}")))?;
    if is_deeper(&value, MAX_JSON_DEPTH) {
        return Err(ScimError::Syntax(format!("the request body is nested deeper than {MAX_JSON_DEPTH}")));
    }
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(ScimError::Syntax("the request body must be a JSON object".into())),
    }
}

fn is_deeper(value: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return value.is_array() || value.is_object();
    };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, depth)),
        Value::Object(members) => members.values().any(|member| is_deeper(member, depth)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_is_named_by_line_and_column() {
        assert!(
            said("{\n  \"userName\": ada\n}").contains("line 2 column 15"),
            "{}",
            said("{\n \"userName\": ada")
        );
        assert!(said("").contains("line 1 column 0"));
        assert!(said("[]").contains("must be a JSON object"));
        assert!(parse(&[b'"', 0xFF, b'"']).is_err());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(parse(nested(MAX_JSON_DEPTH).as_bytes()).is_ok());
        assert!(said(&nested(MAX_JSON_DEPTH + 1)).contains("deeper"));
        assert!(parse("[".repeat(1 << 20).as_bytes()).is_err());
    }

    #[tokio::test]
    async fn length_is_bounded() {
        let body = Body::from(vec![b' '; MAX_BODY_LEN + 1]);
        assert!(matches!(object(body).await, Err(ScimError::TooLarge(_))));
    }
}
