//! A webhook: Standard Webhooks' headers over CloudEvents.

pub(super) mod address;
mod answer;
pub(super) mod mode;
pub(super) mod signature;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use rustls::ClientConfig;

use super::cloud_event::{BATCH, CloudSource, STRUCTURED, data};
use super::deliveries::Outcome;
use super::limits::{ANSWER_WITHIN, MAX_ANSWER_BYTES, MAX_BATCH, MAX_REASON_BYTES};
use super::receiver::WebhookReceiver;
use super::told::Told;
use address::{Outside, is_outside};
use answer::outcome;
use mode::Mode;
use signature::{Secret, signatures};

/// Sends to one webhook.
pub(super) struct Webhook {
    receiver: WebhookReceiver,
    source: CloudSource,
    http: Client,
}

/// One message: its identifier, its headers and its body.
struct Message {
    id: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Webhook {
    /// # Errors
    /// When the HTTP client can't be set up.
    pub(super) fn new(
        receiver: WebhookReceiver,
        source: CloudSource,
        tls: Option<Arc<ClientConfig>>,
    ) -> Result<Self, String> {
        let plain = Client::builder().redirect(Policy::none()).no_proxy().timeout(ANSWER_WITHIN);
        let checked =
            if receiver.place.is_loopback() { plain } else { plain.dns_resolver(Arc::new(Outside)) };
        let http = match tls {
            Some(tls) => checked.tls_backend_preconfigured(tls.as_ref().clone()),
            None => checked,
        };
        Ok(Self { receiver, source, http: http.build().map_err(|error| error.to_string())? })
    }

    /// How many events one message holds.
    pub(super) fn most(&self) -> usize {
        if self.receiver.mode == Mode::Batch { MAX_BATCH } else { 1 }
    }

    /// Sends a batch, which is not empty.
    pub(super) async fn send(&self, told: &[Told]) -> Outcome {
        match self.request(told).await {
            Ok(request) => self.answered(request.send().await).await,
            Err(why) => Outcome::Unavailable { why, wait: None },
        }
    }

    async fn request(&self, told: &[Told]) -> Result<RequestBuilder, String> {
        let place = &self.receiver.place;
        if place.ip().is_some_and(|ip| !place.is_loopback() && !is_outside(ip)) {
            return Err(
                "that address is this box's own or link-local, and no webhook may be there".to_owned()
            );
        }
        let message = self.message(told);
        let mut request = self.http.post(place.url()).header("webhook-id", &message.id);
        for (name, value) in &message.headers {
            request = request.header(name, value);
        }
        let timestamp = Timestamp::now().as_second();
        request = request.header("webhook-timestamp", timestamp);
        if let Some(file) = &self.receiver.secret_file {
            let secrets = secrets(file).await?;
            let signed = signatures(&secrets, &message.id, timestamp, &message.body);
            request = request.header("webhook-signature", signed);
        }
        Ok(request.body(message.body))
    }

    fn message(&self, told: &[Told]) -> Message {
        let ids: Vec<String> = told.iter().map(|told| self.source.id(told)).collect();
        let (first, last) =
            (ids.first().cloned().unwrap_or_default(), ids.last().cloned().unwrap_or_default());
        let content_type = |kind: &str| (CONTENT_TYPE.to_string(), kind.to_owned());
        match (self.receiver.mode, told) {
            (Mode::Binary, [one]) => {
                let attributes = self.source.attributes(one).into_iter();
                let headers = attributes.map(|(name, value)| (format!("ce-{name}"), header(&value)));
                let headers = headers.chain([content_type("application/json")]).collect();
                Message { id: first, headers, body: data(one).to_string().into_bytes() }
            }
            (Mode::Structured, [one]) => Message {
                id: first,
                headers: vec![content_type(STRUCTURED)],
                body: self.source.structured(one).to_string().into_bytes(),
            },
            _ => {
                let all: Vec<_> = told.iter().map(|told| self.source.structured(told)).collect();
                let body = serde_json::Value::Array(all).to_string().into_bytes();
                Message { id: format!("{first}-{last}"), headers: vec![content_type(BATCH)], body }
            }
        }
    }

    async fn answered(&self, answer: Result<Response, reqwest::Error>) -> Outcome {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Outcome::Unavailable { why: cause(&error), wait: None },
        };
        let status = answer.status().as_u16();
        let retry_after =
            answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let said = beginning(answer).await;
        outcome(status, retry_after.as_deref(), &said, Timestamp::now())
    }
}

/// The secrets of a file, one a line: the one that is used and the one before it.
async fn secrets(file: &Path) -> Result<Vec<Secret>, String> {
    let text = tokio::fs::read_to_string(file).await;
    let text = text.map_err(|error| format!("the secret can't be read from {}: {error}", file.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets: Vec<Secret> = lines
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{} holds no secret: {error}", file.display()))?;
    if secrets.is_empty() { Err(format!("{} is empty", file.display())) } else { Ok(secrets) }
}

/// A value as the CloudEvents HTTP binding (3.1.3.2) has it in a header: what is not printable ASCII is percent-encoded.
fn header(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b' ' | b'"' | b'%' => text.push_str(&format!("%{byte:02X}")),
            0x21..=0x7E => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// The beginning of a body, as text.
async fn beginning(mut answer: Response) -> String {
    let mut body = Vec::new();
    while body.len() < MAX_ANSWER_BYTES {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            _ => break,
        }
    }
    body.truncate(MAX_REASON_BYTES);
    String::from_utf8_lossy(&body).into_owned()
}

/// What went wrong, down to what the system said. An address may hold a secret and is left out.
fn cause(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    let words = if error.is_timeout() {
        format!("no answer within {} s", ANSWER_WITHIN.as_secs())
    } else {
        String::new()
    };
    match (causes.pop(), words.is_empty()) {
        (_, false) => words,
        (Some(cause), true) => cause,
        (None, true) => "it could not be reached".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_holds_nothing_but_printable_ascii() {
        assert_eq!(header("/sites/a b\"ü%\r\n"), "/sites/a%20b%22%C3%BC%25%0D%0A");
    }
}
