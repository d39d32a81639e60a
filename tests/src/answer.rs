//! What an HTTP server answered.

use reqwest::RequestBuilder;
use serde_json::Value;

/// Status and body of an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as JSON; a JSON string if it isn't JSON, null if it is empty.
    pub body: Value,
}

impl Answer {
    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When there is none: nobody listens, or the connection broke.
    pub async fn to(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        let body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        };
        Ok(Self { status, body })
    }

    /// The body, if the status is 2xx.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn good(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// The body of a refusal.
    ///
    /// # Panics
    /// When the status is another.
    #[track_caller]
    pub fn refused(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }
}
