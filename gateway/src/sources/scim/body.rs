//! Request bodies: bounded, and JSON whose mistakes are named by line and column.

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use serde_json::Value;

use super::document::{Document, check_shape};
use super::error::ScimError;
use super::limits::{MAX_BODY_LEN, MAX_DRAINED_LEN};

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
    let Value::Object(object) = value else {
        return Err(ScimError::Syntax("the request body must be a JSON object".into()));
    };
    check_shape(&object).map_err(|why| ScimError::Syntax(format!("the request body {why}")))?;
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::super::limits::{MAX_JSON_DEPTH, MAX_MEMBERS};
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

    #[test]
    fn an_objects_members_are_bounded_at_every_depth() {
        let object = |members: usize| {
            let members: Vec<String> = (0..members).map(|number| format!("\"k{number}\":1")).collect();
            format!("{{\"a\":[{{{}}}]}}", members.join(","))
        };
        assert!(parse(object(MAX_MEMBERS).as_bytes()).is_ok());
        assert!(said(&object(MAX_MEMBERS + 1)).contains("an object of more than 1000 members"));
    }

    #[tokio::test]
    async fn length_is_bounded() {
        let body = Body::from(vec![b' '; MAX_BODY_LEN + 1]);
        assert!(matches!(object(body).await, Err(ScimError::TooLarge(_))));
    }
}
