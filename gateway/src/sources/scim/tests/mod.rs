//! The endpoint over real sockets, on a directory of its own.

mod addresses;
mod bodies;
mod bulk;
mod cards;
mod finding;
mod members;
mod paging;
mod passed_over;
mod shapes;
mod versions;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use panel_protocol::wiegand::H10301;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;
use crate::domain::remote::Transport;
use crate::domain::{ClientKind, Presented, ScimExchange, TokenInfo, TokenScope};
use crate::sources::cards::{CardDefaults, CardPolicy, WhenRemoved};
use crate::store::Directory;

const TOKEN: &str = "a-token-for-tests";

/// An endpoint that serves on a port of its own, and its client.
struct Endpoint {
    directory: Directory,
    client: Client,
    base: String,
    /// What its observer was told.
    exchanges: Exchanges,
    _folder: TempDir,
}

type Exchanges = Arc<Mutex<Vec<ScimExchange>>>;

/// What was answered; no body is `null`.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: Value,
}

impl Endpoint {
    async fn start() -> Self {
        Self::start_for(None).await
    }

    async fn start_for(kind: Option<ClientKind>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (directory, _) = Directory::open(folder.path(), Box::new(|_| ())).unwrap();
        let exchanges = Exchanges::default();
        let told = Arc::clone(&exchanges);
        let observer: Observer = Box::new(move |exchange| told.lock().unwrap().push(exchange));
        let base = serve(&directory, kind, Timestamp::now, observer).await;
        let client = Client::builder().no_proxy().build().unwrap();
        Self { directory, client, base, exchanges, _folder: folder }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.send_with(method, path, &BTreeMap::new(), body.map(ToString::to_string)).await
    }

    async fn send_with(
        &self,
        method: Method,
        path: &str,
        headers: &BTreeMap<String, String>,
        body: Option<String>,
    ) -> Answer {
        let mut all = BTreeMap::from([
            ("authorization".to_owned(), format!("Bearer {TOKEN}")),
            ("content-type".to_owned(), "application/scim+json".to_owned()),
        ]);
        all.extend(headers.clone());
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for (name, value) in all {
            request = request.header(name, value);
        }
        let answer = request.body(body.unwrap_or_default()).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Answer { status, body }
    }

    /// Makes a resource, and gives its id.
    async fn make(&self, endpoint: &str, resource: &Value) -> String {
        let made = self.send(Method::POST, endpoint, Some(resource)).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// What its observer was told last.
    fn last_exchange(&self) -> ScimExchange {
        self.exchanges.lock().unwrap().last().unwrap().clone()
    }

    async fn person(&self, user_name: &str) -> String {
        self.make("/Users", &json!({ "userName": user_name })).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, None).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }
}

/// A token of that name, through which such a client speaks.
pub(super) fn token(name: &str, client: Option<ClientKind>) -> TokenInfo {
    TokenInfo {
        name: name.to_owned(),
        client,
        scope: TokenScope::Scim,
        created: Timestamp::UNIX_EPOCH,
        expires: None,
        last_used: None,
        previous_until: None,
    }
}

/// Knows [`TOKEN`], through which such a client speaks, and no other.
fn known(client: Option<ClientKind>) -> TokenCheck {
    let token = token("test", client);
    Box::new(move |text| if text == TOKEN { Presented::Valid(token.clone()) } else { Presented::Unknown })
}

/// The address of an endpoint on this directory.
async fn serve(
    directory: &Directory,
    kind: Option<ClientKind>,
    clock: fn() -> Timestamp,
    observer: Observer,
) -> String {
    // Another test may have been first; which one doesn't matter.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let policy = CardPolicy {
        defaults: CardDefaults { format: &H10301, facility: Some(100) },
        when_removed: WhenRemoved::Deactivate,
        default_badge_type: "Standard".to_owned(),
        none_values: Vec::new(),
        strict: false,
    };
    let gate = Gate::new(known(kind), Transport::PlainLoopback, observer);
    let address = Address::FromHost { scheme: "http" };
    let app = router(Scim::new(directory.clone(), gate, policy, address, clock));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}{MOUNT}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}
