//! How commands ask the running service, over its Unix socket in the data folder.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, IF_MATCH};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Longest stream that is listened to: none that the service gives is longer.
const LONGEST_STREAM: Duration = Duration::from_secs(25 * 60 * 60);

/// How long the service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Longest answer that is read, in bytes: a site with everything on its page has far less.
const MAX_ANSWER_LEN: usize = 32 * 1024 * 1024;

/// Why the service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// Nobody listens.
    #[error("the service is not running: nobody answers at {}", .0.display())]
    NotRunning(PathBuf),
    /// Only the service's user may ask.
    #[error("{} may be used by the service's own user alone; try again as that user", .0.display())]
    Denied(PathBuf),
    /// The service said no.
    #[error("{message}{}", remedy.as_ref().map(|remedy| format!(". {remedy}")).unwrap_or_default())]
    Refused {
        /// The answer's status.
        status: StatusCode,
        /// What is wrong.
        message: String,
        /// What would be right.
        remedy: Option<String>,
        /// All that is wrong, field by field, this included.
        wrong: Vec<Wrong>,
    },
    /// The answer is longer than any that makes sense.
    #[error("the service's answer is longer than {MAX_ANSWER_LEN} bytes")]
    TooLong,
    /// The answer is none that this program knows.
    #[error("the service at {} answers otherwise than this program expects: is it of another version?", path.display())]
    NotUnderstood {
        /// The socket.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: serde_json::Error,
    },
    /// The connection broke, or the service took too long.
    #[error("the service at {} did not answer as it should", path.display())]
    Broken {
        /// The socket.
        path: PathBuf,
        /// What went wrong.
        #[source]
        error: reqwest::Error,
    },
}

/// What the service says of one field.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct Wrong {
    /// Which, where it is about one.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub remedy: Option<String>,
}

/// Asks the running service.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    socket: PathBuf,
}

/// An answer that goes on.
#[derive(Debug)]
pub(super) struct Incoming {
    response: Response,
    socket: PathBuf,
}

impl Client {
    /// For the service that listens at `socket`. Connects only when asked something.
    ///
    /// # Errors
    /// When the HTTP client can't be set up.
    pub(super) fn new(socket: PathBuf) -> Result<Self, ClientError> {
        let http =
            reqwest::Client::builder().unix_socket(socket.as_path()).no_proxy().timeout(TIMEOUT).build();
        match http {
            Ok(http) => Ok(Self { http, socket }),
            Err(error) => Err(ClientError::Broken { path: socket, error }),
        }
    }

    /// The body of the answer to a GET of `path`.
    ///
    /// # Errors
    /// When there is no good answer.
    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.ask(self.http.get(address(path))).await
    }

    /// An answer taken apart.
    ///
    /// # Errors
    /// When it is another than this version of the program knows.
    pub(super) fn understood<T: DeserializeOwned>(&self, answer: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(answer)
            .map_err(|error| ClientError::NotUnderstood { path: self.socket.clone(), error })
    }

    /// The body of the answer to a POST of `body` to `path`.
    ///
    /// # Errors
    /// When there is no good answer.
    pub(super) async fn post(&self, path: &str, body: &serde_json::Value) -> Result<Vec<u8>, ClientError> {
        self.ask(self.http.post(address(path)).json(body)).await
    }

    /// The same for what may take up to `patience`.
    ///
    /// # Errors
    /// When there is no good answer.
    pub(super) async fn post_patiently(
        &self,
        path: &str,
        body: &serde_json::Value,
        patience: Duration,
    ) -> Result<Vec<u8>, ClientError> {
        self.ask(self.http.post(address(path)).timeout(patience).json(body)).await
    }

    /// An answer to a POST of `content` to `path` that goes on for as long as it is listened to.
    ///
    /// # Errors
    /// When there is no good answer.
    pub(super) async fn post_stream(&self, path: &str, content: Vec<u8>) -> Result<Incoming, ClientError> {
        let request = self.http.post(address(path)).header(CONTENT_TYPE, "application/octet-stream");
        self.begin(request.body(content)).await
    }

    /// The body of the answer to a DELETE of `path`.
    ///
    /// # Errors
    /// When there is no good answer.
    pub(super) async fn delete(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.ask(self.http.delete(address(path))).await
    }

    /// The body of the answer to a PUT of `body` to `path`, if what is there has the entity tag `if_match`.
    ///
    /// # Errors
    /// When there is no good answer.
    pub(super) async fn put(
        &self,
        path: &str,
        if_match: &str,
        body: &serde_json::Value,
    ) -> Result<Vec<u8>, ClientError> {
        self.ask(self.http.put(address(path)).header(IF_MATCH, if_match).json(body)).await
    }

    /// An answer to a GET of `path` that goes on for as long as it is listened to.
    ///
    /// # Errors
    /// When there is no good answer.
    pub(super) async fn stream(&self, path: &str) -> Result<Incoming, ClientError> {
        self.begin(self.http.get(address(path))).await
    }

    async fn begin(&self, request: RequestBuilder) -> Result<Incoming, ClientError> {
        let response = request.timeout(LONGEST_STREAM).send().await.map_err(|error| self.failure(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(Incoming { response, socket: self.socket.clone() });
        }
        Err(refusal(status, &self.body(response).await?))
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Vec<u8>, ClientError> {
        let response = request.send().await.map_err(|error| self.failure(error))?;
        let status = response.status();
        let body = self.body(response).await?;
        if status.is_success() { Ok(body) } else { Err(refusal(status, &body)) }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, ClientError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(error))? {
            if body.len() + chunk.len() > MAX_ANSWER_LEN {
                return Err(ClientError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn failure(&self, error: reqwest::Error) -> ClientError {
        failure(self.socket.clone(), error)
    }
}

impl Incoming {
    /// What comes next; `None` at the end. May be abandoned without losing anything.
    ///
    /// # Errors
    /// When the connection has broken.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        let chunk = self.response.chunk().await.map_err(|error| failure(self.socket.clone(), error))?;
        Ok(chunk.map(|chunk| chunk.to_vec()))
    }
}

fn failure(socket: PathBuf, error: reqwest::Error) -> ClientError {
    match error_kind(&error) {
        Some(ErrorKind::NotFound | ErrorKind::ConnectionRefused) => ClientError::NotRunning(socket),
        Some(ErrorKind::PermissionDenied) => ClientError::Denied(socket),
        _ => ClientError::Broken { path: socket, error },
    }
}

/// The host is only there because a URL needs one; the socket decides who answers.
fn address(path: &str) -> String {
    format!("http://localhost{path}")
}

/// What the system said, somewhere below what the HTTP client says.
fn error_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(system) = error.downcast_ref::<io::Error>() {
            return Some(system.kind());
        }
        cause = error.source();
    }
    None
}

#[derive(Deserialize)]
struct ErrorBody {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    #[serde(flatten)]
    first: Wrong,
    #[serde(default)]
    further: Vec<Wrong>,
}

fn refusal(status: StatusCode, body: &[u8]) -> ClientError {
    match serde_json::from_slice(body) {
        Ok(ErrorBody { error: Told { first, further } }) => {
            let Wrong { message, remedy, .. } = first.clone();
            let wrong = std::iter::once(first).chain(further).collect();
            ClientError::Refused { status, message, remedy, wrong }
        }
        Err(_) => {
            let message = format!("the service answered {status}");
            ClientError::Refused { status, message, remedy: None, wrong: Vec::new() }
        }
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
