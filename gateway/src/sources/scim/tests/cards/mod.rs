//! The life of cards over SCIM, at the endpoint itself: what a provider says, and what the directory then holds.

mod by_hand;
mod handing_over;
mod list;
mod number;
mod people;

use std::cell::Cell;
use std::convert::Infallible;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::wiegand::H10301;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::token;
use crate::domain::remote::Transport;
use crate::domain::{
    Card, CardRefusal, CardState, Cardholder, CardholderId, Change, GivenBy, Origin, Presented, Revision,
};
use crate::sources::Moment;
use crate::sources::cards::limits::MAX_FORMER_CARDS;
use crate::sources::cards::{CardDefaults, CardPolicy, WhenRemoved, hand_over_ended};
use crate::sources::scim::schema::{ENTERPRISE_USER, GATEHOUSE_USER};
use crate::sources::scim::{Address, Gate, Scim, router};
use crate::store::{Directory, View};

thread_local! {
    /// Seconds; a test and its endpoint share a thread.
    static CLOCK: Cell<i64> = const { Cell::new(1_700_000_000) };
}

fn clock() -> Timestamp {
    Timestamp::from_second(CLOCK.get()).unwrap()
}

fn later(seconds: i64) {
    CLOCK.set(CLOCK.get() + seconds);
}

/// H10301, facility 100, as the site of all tests has it.
fn policy() -> CardPolicy {
    CardPolicy {
        defaults: CardDefaults { format: &H10301, facility: Some(100) },
        default_badge_type: "Employee".to_owned(),
        when_removed: WhenRemoved::Deactivate,
        none_values: vec!["NONE".to_owned(), "0".to_owned()],
        strict: false,
    }
}

fn strict() -> CardPolicy {
    CardPolicy { strict: true, ..policy() }
}

fn keeping() -> CardPolicy {
    CardPolicy { when_removed: WhenRemoved::Keep, ..policy() }
}

/// A card of the default format and facility.
fn card(number: u64) -> Credential {
    H10301.encode(100, number).unwrap()
}

/// A directory with its endpoint in front, for the tokens `okta` and `entra`.
struct Site {
    directory: Directory,
    http: reqwest::Client,
    base: String,
    _dir: TempDir,
}

impl Site {
    async fn new(policy: CardPolicy) -> Self {
        let dir = TempDir::new().unwrap();
        let (directory, _) = Directory::open(dir.path(), Box::new(|_| {})).unwrap();
        let base = serve(directory.clone(), policy).await;
        // The first call wins; all of them say the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { directory, http, base, _dir: dir }
    }

    /// The same directory, as it goes on under another policy.
    async fn under(self, policy: CardPolicy) -> Self {
        Self { base: serve(self.directory.clone(), policy).await, ..self }
    }

    async fn ask_as(&self, token: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token);
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        self.ask_as("okta", method, path, body).await
    }

    /// A request that is granted.
    async fn done(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method.clone(), path, body).await;
        assert!((200..300).contains(&status), "{method} {path} {body}: {status} {answer}");
        answer
    }

    async fn create(&self, body: Value) -> CardholderId {
        self.done(Method::POST, "/Users", &body).await["id"].as_str().unwrap().parse().unwrap()
    }

    async fn patch(&self, id: CardholderId, operations: &Value) -> Value {
        self.done(Method::PATCH, &format!("/Users/{id}"), &patch(operations)).await
    }

    async fn put(&self, id: CardholderId, body: &Value) -> Value {
        self.done(Method::PUT, &format!("/Users/{id}"), body).await
    }

    async fn get(&self, id: CardholderId, query: &str) -> Value {
        self.done(Method::GET, &format!("/Users/{id}{query}"), &Value::Null).await
    }

    fn person(&self, id: CardholderId) -> Cardholder {
        self.directory.read().cardholder(id).unwrap().unwrap()
    }

    fn revision(&self) -> Revision {
        self.directory.read().revision()
    }

    /// Who can open something with a card of the default format.
    fn holders(&self, number: u64) -> Vec<CardholderId> {
        self.directory.read().active_holders_of(card(number)).unwrap()
    }

    /// What the gateway does now and then.
    async fn pass_time(&self) {
        let (by, at) = (Origin::CommandLine, clock());
        let plan = move |view: &View<'_>, revision| {
            let now = Moment { at, revision, by: &by };
            hand_over_ended(view, &policy(), now).map(|changes| (changes, ()))
        };
        self.directory.commit(Origin::CommandLine, clock(), plan).await.unwrap();
    }

    async fn commit(&self, changes: Vec<Change>) {
        let plan = move |_: &View<'_>, _| Ok::<_, Infallible>((changes, ()));
        self.directory.commit(Origin::CommandLine, clock(), plan).await.unwrap();
    }
}

/// The address of an endpoint on this directory.
async fn serve(directory: Directory, policy: CardPolicy) -> String {
    let check = |text: &str| match text {
        "okta" | "entra" => Presented::Valid(token(text, None)),
        _ => Presented::Unknown,
    };
    let gate = Gate::new(Box::new(check), Transport::PlainLoopback, Box::new(|_| {}));
    let scim = Scim::new(directory, gate, policy, Address::FromHost { scheme: "http" }, clock);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/scim/v2", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router(scim)).await });
    base
}

fn patch(operations: &Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

/// A person with a card number.
fn with_number(name: &str, number: &str) -> Value {
    json!({ "userName": name, "displayName": name, (ENTERPRISE_USER.id): { "cardNumber": number } })
}

/// A person with a list of cards.
fn with_list(name: &str, cards: &Value) -> Value {
    json!({ "userName": name, "displayName": name, (GATEHOUSE_USER.id): { "cards": cards } })
}

fn number_path() -> String {
    format!("{}:cardNumber", ENTERPRISE_USER.id)
}

fn list_path() -> String {
    format!("{}:cards", GATEHOUSE_USER.id)
}

/// Number and state of each card, in order.
fn states(person: &Cardholder) -> Vec<(&str, CardState)> {
    person.cards.iter().map(|card| (card.number.as_str(), card.state)).collect()
}
