//! Request bodies: bounded, unpacked, and JSON whose mistakes are named by line and column.

use std::convert::Infallible;
use std::io::Read;

use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use futures_util::StreamExt;
use serde_json::Value;

use super::brief::cut;
use super::document::{Document, check_shape};
use super::error::ScimError;
use super::limits::{MAX_BODY_LEN, MAX_CODING_CHARS, MAX_DRAINED_LEN};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A request's body as it came.
pub(super) struct Sent {
    coding: Result<Coding, ScimError>,
    body: Body,
}

/// How a body is packed (RFC 9110, 8.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    Plain,
    Gzip,
    Deflate,
}

impl<S: Sync> FromRequest<S> for Sent {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let coding = Coding::of(request.headers());
        Ok(Self { coding, body: request.into_body() })
    }
}

impl Sent {
    /// The object in it.
    ///
    /// # Errors
    /// When it is too long, packed in a way that isn't known, broken off, no JSON, no object, or nested too deep.
    pub(super) async fn object(self) -> Result<Document, ScimError> {
        let coding = self.coding?;
        let bytes = read(self.body.into_data_stream()).await?;
        parse(&coding.unpacked(bytes)?)
    }
}

impl Coding {
    fn of(headers: &HeaderMap) -> Result<Self, ScimError> {
        let mut codings =
            headers.get_all(header::CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or("?"));
        match (codings.next().map(str::trim), codings.next()) {
            (None | Some(""), None) => Ok(Self::Plain),
            (Some(one), None) if one.eq_ignore_ascii_case("identity") => Ok(Self::Plain),
            (Some(one), None) if ["gzip", "x-gzip"].iter().any(|name| one.eq_ignore_ascii_case(name)) => {
                Ok(Self::Gzip)
            }
            (Some(one), None) if one.eq_ignore_ascii_case("deflate") => Ok(Self::Deflate),
            (first, _) => Err(ScimError::ContentCoding(cut(first.unwrap_or_default(), MAX_CODING_CHARS))),
        }
    }

    /// What was packed. Never unpacks more than may be sent unpacked.
    fn unpacked(self, bytes: Vec<u8>) -> Result<Vec<u8>, ScimError> {
        match self {
            Self::Plain => Ok(bytes),
            Self::Gzip => bounded(MultiGzDecoder::new(bytes.as_slice())),
            Self::Deflate => bounded(ZlibDecoder::new(bytes.as_slice())),
        }
    }
}

fn bounded(packed: impl Read) -> Result<Vec<u8>, ScimError> {
    let mut bytes = Vec::new();
    let read = packed.take(MAX_BODY_LEN as u64 + 1).read_to_end(&mut bytes);
    if bytes.len() > MAX_BODY_LEN {
        return Err(too_long());
    }
    read.map_err(|error| ScimError::Syntax(format!("the request body can't be unpacked: {error}")))?;
    Ok(bytes)
}

fn too_long() -> ScimError {
    ScimError::TooLarge(format!("the request body is longer than {MAX_BODY_LEN} bytes"))
}

async fn read(mut stream: BodyDataStream) -> Result<Vec<u8>, ScimError> {
    let mut bytes = Vec::new();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| ScimError::Syntax("the request body broke off".into()))?;
        if bytes.len() + part.len() > MAX_BODY_LEN {
            drain(stream).await;
            return Err(too_long());
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
    // Writers of .NET put it there (RFC 8259, 8.1).
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let value: Value = serde_json::from_slice(text)
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

    fn sent(coding: &str, body: Vec<u8>) -> Sent {
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, coding.parse().unwrap())]);
        Sent { coding: Coding::of(&headers), body: Body::from(body) }
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        packed
    }

    #[tokio::test]
    async fn length_is_bounded_packed_and_unpacked() {
        let long = vec![b' '; MAX_BODY_LEN + 1];
        for body in [sent("identity", long.clone()), sent("gzip", gzipped(&long))] {
            assert!(matches!(body.object().await, Err(ScimError::TooLarge(_))));
        }
        let endless = gzipped(&vec![b' '; 64 << 20]);
        assert!(endless.len() < MAX_BODY_LEN, "it is as short as what may be sent");
        assert!(matches!(sent("gzip", endless).object().await, Err(ScimError::TooLarge(_))));
    }

    #[tokio::test]
    async fn a_packed_body_is_unpacked_and_one_packed_otherwise_refused_as_such() {
        let json = br#"{"userName":"ada"}"#;
        let mut deflated = Vec::new();
        flate2::read::ZlibEncoder::new(&json[..], flate2::Compression::fast())
            .read_to_end(&mut deflated)
            .unwrap();
        for body in [sent("GZip", gzipped(json)), sent("x-gzip", gzipped(json)), sent("deflate", deflated)] {
            assert_eq!(body.object().await.unwrap()["userName"], "ada");
        }
        for coding in ["br", "gzip, gzip", "zstd"] {
            let refused = sent(coding, json.to_vec()).object().await.unwrap_err();
            assert_eq!(refused.status().as_u16(), 415, "{coding}");
        }
        let broken = sent("gzip", json.to_vec()).object().await.unwrap_err();
        assert!(matches!(broken, ScimError::Syntax(_)), "{broken}");
        let mut torn = gzipped(json);
        torn.truncate(torn.len() - 9);
        assert!(matches!(sent("gzip", torn).object().await, Err(ScimError::Syntax(_))));
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_where_it_may_stand() {
        assert!(parse(b"\xEF\xBB\xBF{\"userName\":\"ada\"}").is_ok());
        assert!(parse(b"{\"userName\":\xEF\xBB\xBF\"ada\"}").is_err());
        assert!(said("\u{FEFF}").contains("no JSON"));
    }
}
