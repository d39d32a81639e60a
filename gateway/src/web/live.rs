//! `GET /live?page=NAME`: a page that is open hears of changes by server-sent events.
//!
//! Each event is named `parts` and carries JSON, `{"now": ISO, "parts": {id: html}}`, with those parts of the
//! page that changed since the stream's last event; the first carries all. At most two a second; at least one every
//! five seconds, so that a page knows when it has lost its gateway. `signed-out` is the last event of a stream whose
//! session has ended.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::stream::{self, Stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use super::error::ApiError;
use super::guard::{PageUser, Principal, still_signed_in};
use super::limits::{LIVE_HEARTBEAT, LIVE_INTERVAL};
use super::page::{LIVE, LivePage, Rendered, Telling};
use super::query::{Asked, Parameters};
use super::state::WebState;

/// Which page is open.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Open {
    page: String,
}

impl Parameters for Open {
    const REMEDY: &str = "Give ?page=status.";
}

/// `GET /live`
pub(super) async fn live(
    user: Result<PageUser, Redirect>,
    State(state): State<WebState>,
    asked: Result<Asked<Open>, ApiError>,
) -> Response {
    let Ok(PageUser(principal)) = user else { return ApiError::signed_out().into_response() };
    let page = match asked.and_then(|Asked(Open { page })| live_page(&page)) {
        Ok(page) => page,
        Err(error) => return error.into_response(),
    };
    let Ok(permit) = Arc::clone(&state.live_streams).try_acquire_owned() else {
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too many pages are open")
            .remedy("Close some; this one refreshes by itself.")
            .into_response();
    };
    let stream = LiveStream::new(state, page, principal, permit).into_stream();
    // Proxies such as nginx would hold events back.
    let mut headers = HeaderMap::new();
    headers.insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    (headers, Sse::new(stream)).into_response()
}

fn live_page(name: &str) -> Result<&'static LivePage, ApiError> {
    LIVE.iter().find(|page| page.name == name).ok_or_else(|| {
        ApiError::new(StatusCode::NOT_FOUND, "there is no such live page")
            .at("page", name)
            .remedy(Open::REMEDY)
    })
}

struct LiveStream {
    state: WebState,
    page: &'static LivePage,
    principal: Principal,
    /// The change that the page shows.
    change: u64,
    closing: watch::Receiver<bool>,
    /// What the page shows.
    shown: HashMap<&'static str, String>,
    /// When the last event left.
    sent: Option<Instant>,
    ended: bool,
    _permit: OwnedSemaphorePermit,
}

#[derive(Serialize)]
struct Update<'a> {
    now: Timestamp,
    parts: HashMap<&'static str, &'a str>,
}

impl LiveStream {
    fn new(
        state: WebState,
        page: &'static LivePage,
        principal: Principal,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let (change, closing) = (state.views.change(), state.closing());
        let shown = HashMap::new();
        Self { state, page, principal, change, closing, shown, sent: None, ended: false, _permit: permit }
    }

    fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut live| async move {
            let event = live.next().await?;
            Some((Ok(event), live))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        if self.ended || !self.wait().await {
            return None;
        }
        if !self.renew() {
            self.ended = true;
            return Some(Event::default().event("signed-out").data("sign in again"));
        }
        self.sent = Some(Instant::now());
        self.update().await.inspect_err(|error| tracing::error!(%error, "a live page can't be updated")).ok()
    }

    /// Waits for a change or the heartbeat, then until the last event is old enough. False when the server stops.
    async fn wait(&mut self) -> bool {
        let Some(sent) = self.sent else { return !*self.closing.borrow() };
        let due = async {
            tokio::select! {
                () = self.state.views.changed_since(self.change) => {}
                () = tokio::time::sleep_until(sent + LIVE_HEARTBEAT) => {}
            }
            tokio::time::sleep_until(sent + LIVE_INTERVAL).await;
        };
        tokio::select! {
            () = due => true,
            _ = self.closing.wait_for(|closing| *closing) => false,
        }
    }

    /// Whether the session still stands; takes over a role that changed.
    fn renew(&mut self) -> bool {
        let Some(session) = self.principal.session else { return true };
        match still_signed_in(session, &self.state) {
            Some(principal) => {
                self.principal = principal;
                true
            }
            None => false,
        }
    }

    async fn update(&mut self) -> Result<Event, Box<dyn std::error::Error>> {
        self.change = self.state.views.change();
        let telling = Telling::Script;
        let parts = self.page.parts(&self.state, self.principal.role, telling).await?;
        let is_news = |part: &&Rendered| self.shown.get(part.id).is_none_or(|old| *old != part.html);
        let news: Vec<&Rendered> = parts.iter().filter(is_news).collect();
        let told = news.iter().map(|part| (part.id, part.html.as_str())).collect();
        let update = Update { now: Timestamp::now(), parts: told };
        let event = Event::default().event("parts").json_data(&update)?;
        let fresh: Vec<_> = news.into_iter().map(|part| (part.id, part.html.clone())).collect();
        self.shown.extend(fresh);
        Ok(event)
    }
}
