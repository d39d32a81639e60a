//! A running endpoint and a client that says exactly what a test wants said.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use panel_protocol::wiegand::H10301;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::domain::Cardholder;
use crate::sources::card_number::CardDefaults;
use crate::sources::scim::{Address, CardPolicy, Scim, WhenRemoved, router};
use crate::store::Directory;
use crate::store::tokens::Tokens;

pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

pub(super) const POLICY: CardPolicy = CardPolicy {
    defaults: CardDefaults { format: &H10301, facility: Some(100) },
    when_removed: WhenRemoved::Deactivate,
    strict: false,
};

pub(super) struct Site {
    address: SocketAddr,
    pub(super) directory: Directory,
    pub(super) tokens: Arc<Tokens>,
    token: String,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    /// `Null` where there was none.
    pub(super) body: Value,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The body of an answer with this status.
    pub(super) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    pub(super) fn expect_error(self, status: u16, scim_type: Option<&str>) -> String {
        assert_eq!(self.header("content-type"), Some("application/scim+json"));
        let body = self.expect(status);
        assert_eq!(body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
        assert_eq!(body["status"], status.to_string());
        assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type, "{body}");
        body["detail"].as_str().unwrap().to_owned()
    }
}

impl Site {
    pub(super) async fn start() -> Self {
        Self::start_with(POLICY).await
    }

    pub(super) async fn start_with(policy: CardPolicy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (directory, _) = Directory::open(folder.path(), Box::new(|_| {})).unwrap();
        let tokens = Arc::new(Tokens::open(folder.path()));
        let token = tokens.create("tests", None, Timestamp::now()).unwrap().expose().to_owned();
        let known = Arc::clone(&tokens);
        let check = Box::new(move |token: &str| known.verify(token, Timestamp::now()).map(|info| info.name));
        let address = Address::FromHost { scheme: "http" };
        let scim = Scim::new(directory.clone(), check, policy, address, Timestamp::now);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router(scim)).await });
        Self { address, directory, tokens, token, _folder: folder }
    }

    pub(super) async fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send_text(method, path, &self.bearer(), &body).await
    }

    /// The header that lets a client in.
    pub(super) fn bearer(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.token)
    }

    pub(super) async fn send_text(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let path = path.replace(' ', "%20").replace('"', "%22");
        let address = self.address;
        let request = format!(
            "{method} /scim/v2{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Content-Type: application/scim+json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        read_reply(&String::from_utf8(answer).unwrap())
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.send("GET", path, &Value::Null).await.expect(200)
    }

    /// Creates a resource; its id.
    pub(super) async fn create(&self, endpoint: &str, body: Value) -> String {
        let made = self.send("POST", endpoint, &body).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Creates a person of this name with this card; their id.
    pub(super) async fn person(&self, name: &str, card: Option<&str>) -> String {
        let mut body = serde_json::json!({ "userName": name });
        if let Some(card) = card {
            body[ENTERPRISE] = serde_json::json!({ "cardNumber": card });
        }
        self.create("/Users", body).await
    }

    /// One PATCH of one person with one operation.
    pub(super) async fn patch_user(&self, id: &str, operation: Value) -> Reply {
        let body = serde_json::json!({ "Operations": [operation] });
        self.send("PATCH", &format!("/Users/{id}"), &body).await
    }

    pub(super) fn cardholder(&self, id: &str) -> Cardholder {
        self.directory.read().cardholder(id.parse().unwrap()).unwrap().unwrap()
    }

    pub(super) async fn member_ids(&self, group: &str) -> Vec<String> {
        let group = self.get(&format!("/Groups/{group}")).await;
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
    }
}

fn read_reply(text: &str) -> Reply {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
    Reply { status, head: head.to_owned(), body }
}

/// Whether `actual` has all that `expected` has; `null` expects absence.
pub(super) fn assert_has(actual: &Value, expected: &Value, what: &str) {
    match expected {
        Value::Object(members) => {
            for (name, expected) in members {
                assert_has(&actual[name], expected, &format!("{what}.{name}"));
            }
        }
        _ => assert_eq!(actual, expected, "{what}"),
    }
}

/// One recorded conversation: what a client sends, and what the directory must show afterwards.
pub(super) struct Story {
    pub(super) name: &'static str,
    /// Method, address, body and expected status; `{user}`, `{other}` and `{group}` stand for identifiers.
    pub(super) requests: Vec<(&'static str, &'static str, Value, u16)>,
    /// What the person or group at this address must then have; `null` expects absence.
    pub(super) then: (&'static str, Value),
}

impl Story {
    /// Plays it at a new site with two people and a group that has the first as its member.
    pub(super) async fn play(self) {
        let site = Site::start().await;
        let user = site.person("ada@example.org", Some("1234")).await;
        let other = site.person("bob@example.org", None).await;
        let members = serde_json::json!([{ "value": user }]);
        let group =
            site.create("/Groups", serde_json::json!({"displayName": "Staff", "members": members})).await;
        let fill =
            |text: &str| text.replace("{user}", &user).replace("{other}", &other).replace("{group}", &group);
        for (method, path, body, status) in self.requests {
            let body = serde_json::from_str(&fill(&body.to_string())).unwrap();
            let reply = site.send(method, &fill(path), &body).await;
            assert_eq!(reply.status, status, "{}: {method} {path}: {}", self.name, reply.body);
        }
        let expected: Value = serde_json::from_str(&fill(&self.then.1.to_string())).unwrap();
        assert_has(&site.get(&fill(self.then.0)).await, &expected, self.name);
    }
}
