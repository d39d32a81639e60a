//! Those who have work to do: a browser that is signed in, a SCIM client that reads and changes, the command line.

use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::json;
use tests::figures::Times;

use crate::site::Flooded;

/// Between two questions of one kind.
const PAUSE: Duration = Duration::from_millis(50);

/// Who has no answer after this has none.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long answers took, in milliseconds.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) page: Times,
    pub(crate) read: Times,
    pub(crate) change: Times,
    pub(crate) command_line: Times,
    /// Answers that were none, or not of success.
    pub(crate) refused: usize,
}

impl Asked {
    /// All of them, for as long.
    pub(crate) async fn for_span(site: &Flooded, span: Duration) -> Self {
        let http = client(Client::builder());
        let local = client(Client::builder().unix_socket(site.gateway.socket()));
        let (base, token) = (site.gateway.address().to_owned(), site.gateway.token().to_owned());
        let page = || http.get(format!("{base}/")).header("cookie", &site.cookie);
        let read = || http.get(format!("{base}/scim/v2/Users?count=10")).bearer_auth(&token);
        let mut turn = 0;
        let change = || {
            turn += 1;
            let person = &site.people[turn % site.people.len()];
            let active = (turn / site.people.len()) % 2 == 1;
            let operation = json!({ "op": "replace", "path": "active", "value": active });
            let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
            http.patch(format!("{base}/scim/v2/Users/{person}")).bearer_auth(&token).json(&body)
        };
        let command_line = || local.get("http://localhost/api/v1/site");
        let (page, read, change, command_line) = tokio::join!(
            again(page, span),
            again(read, span),
            again(change, span),
            again(command_line, span)
        );
        let refused = page.1 + read.1 + change.1 + command_line.1;
        Self { page: page.0, read: read.0, change: change.0, command_line: command_line.0, refused }
    }
}

/// Each question is a connection of its own: that is what a flood is in the way of.
fn client(builder: reqwest::ClientBuilder) -> Client {
    let builder = builder.no_proxy().pool_max_idle_per_host(0).timeout(PATIENCE);
    builder.redirect(reqwest::redirect::Policy::none()).build().expect("a client without special wishes")
}

/// How long each answer took, and how many there were not.
async fn again(mut question: impl FnMut() -> RequestBuilder, span: Duration) -> (Times, usize) {
    let (mut times, mut refused, began) = (Times::default(), 0, Instant::now());
    while began.elapsed() < span {
        let asked = Instant::now();
        let answer = question().send().await;
        times.add_span(asked.elapsed());
        if !answer.is_ok_and(|answer| answer.status().is_success()) {
            refused += 1;
        }
        tokio::time::sleep(PAUSE).await;
    }
    (times, refused)
}
