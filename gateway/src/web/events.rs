//! `GET /api/v1/events`: the event log, searched, as JSON a page at a time or as CSV whole.

use std::io;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answers::Events;
use super::api::{list_for, now};
use super::error::ApiError;
use super::guard::{ApiUser, Principal};
use super::limits::{EVENTS_PER_ANSWER, MAX_EVENT_WORD_BYTES, MAX_EVENTS_PER_ANSWER};
use super::query::{Asked, Parameters};
use super::state::WebState;
use crate::domain::LocalClock;
use crate::domain::instant::Span;
use crate::store::users::Role;
use crate::views::{EVENTS_CSV_HEAD, EventsFound, EventsWanted, event_csv};

/// Which events are wanted: those that all of it fits.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedEvents {
    /// Only those of this door, by id or name.
    door: Option<String>,
    /// Only those of this person, by id, name, user name or e-mail address.
    person: Option<String>,
    /// Only those with this card, as it is written anywhere else; takes a manager.
    card: Option<String>,
    /// Only `granted`, only `refused`, or only those with this reason.
    result: Option<String>,
    /// Only from this instant on: RFC 3339, or `2027-01-31` or `2027-01-31 18:00` by the site's clock.
    from: Option<String>,
    /// Only before this instant; a day alone ends with that day.
    to: Option<String>,
    /// Only those with a smaller number: the `next` of the last answer.
    before: Option<u64>,
    /// At most so many. In JSON 30 where it is left out, and never more than 1,000; in CSV all where it is left out.
    limit: Option<usize>,
    /// `json` or `csv`; where it is left out, what the Accept header names first.
    #[serde(rename = "as")]
    form: Option<String>,
}

impl Parameters for WantedEvents {
    const REMEDY: &str = "Give any of door, person, card, result, from, to, before, limit and as, each once.";
}

/// How events are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Json,
    Csv,
}

pub(super) async fn events(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    headers: HeaderMap,
    Asked(asked): Asked<WantedEvents>,
) -> Result<Response, ApiError> {
    let form = form(asked.form.as_deref(), &headers)?;
    let limit = asked.limit;
    let mut wanted = understood(asked, &state.views.clock(), &principal)?;
    if form == Form::Csv {
        return csv(state, principal.role, wanted, limit.unwrap_or(usize::MAX)).await;
    }
    wanted.limit = limit.unwrap_or(EVENTS_PER_ANSWER).min(MAX_EVENTS_PER_ANSWER);
    let EventsFound { events, next } = state.views.events(wanted).await?;
    let events = list_for(principal.role, events);
    Ok(Json(Events { at: now(&state), events, next }).into_response())
}

fn form(asked: Option<&str>, headers: &HeaderMap) -> Result<Form, ApiError> {
    match asked {
        Some("json") => Ok(Form::Json),
        Some("csv") => Ok(Form::Csv),
        Some(other) => Err(wrong("as", other, "events are given as JSON or as CSV", "Give json or csv.")),
        None => {
            let first = headers.get(ACCEPT).and_then(|kinds| kinds.to_str().ok()?.split([',', ';']).next());
            let wants_csv = first.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/csv"));
            Ok(if wants_csv { Form::Csv } else { Form::Json })
        }
    }
}

fn understood(asked: WantedEvents, clock: &LocalClock, who: &Principal) -> Result<EventsWanted, ApiError> {
    let WantedEvents { door, person, card, result, from, to, before, limit: _, form: _ } = asked;
    for (field, text) in [("door", &door), ("person", &person), ("card", &card)] {
        if let Some(long) = text.as_ref().filter(|text| text.len() > MAX_EVENT_WORD_BYTES) {
            let message = format!("{field} has more than {MAX_EVENT_WORD_BYTES} bytes");
            return Err(wrong(field, long, &message, "Give a shorter one."));
        }
    }
    if card.is_some() {
        // Whose card numbers are masked could else try one after the other.
        who.require(Role::Manager)?;
    }
    let result = result.map(|text| {
        text.parse().map_err(|error| wrong("result", &text, &format!("{error}"), "Give one of those words."))
    });
    let span = Span::read(from.as_deref(), to.as_deref(), clock.zone()).map_err(|error| {
        wrong(error.end, &error.value, &format!("{} is {}", error.end, error.what), &error.remedy)
    })?;
    Ok(EventsWanted {
        door,
        person,
        card,
        result: result.transpose()?,
        from: span.from,
        until: span.until,
        before,
        limit: MAX_EVENTS_PER_ANSWER,
    })
}

fn wrong(field: &'static str, value: &str, message: &str, remedy: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, message).at(field, value).remedy(remedy)
}

/// What is still to be written of a CSV file.
struct Rest {
    state: WebState,
    role: Role,
    wanted: EventsWanted,
    left: usize,
}

/// The head and all that is wanted, page after page as it is read. What fails in the middle ends the connection, so that
/// nobody takes a part for the whole.
async fn csv(state: WebState, role: Role, wanted: EventsWanted, limit: usize) -> Result<Response, ApiError> {
    let rest = Rest { state, role, wanted, left: limit };
    let (first, rest) = rest.page().await?;
    let later = stream::try_unfold(rest, async |rest: Option<Rest>| {
        let Some(rest) = rest else { return Ok(None) };
        if *rest.state.closing().borrow() {
            return Err(io::Error::other("the service stops"));
        }
        rest.page().await.map(Some).map_err(|error| io::Error::other(error.message().to_owned()))
    });
    let begun = stream::iter([Ok(EVENTS_CSV_HEAD.to_owned() + &first)]);
    let body = Body::from_stream(futures_util::StreamExt::chain(begun, later));
    let kind = (CONTENT_TYPE, "text/csv; charset=utf-8; header=present");
    Ok(([kind, (CONTENT_DISPOSITION, "attachment; filename=\"events.csv\"")], body).into_response())
}

impl Rest {
    /// The next page as lines, and what is left after it.
    async fn page(mut self) -> Result<(String, Option<Self>), ApiError> {
        self.wanted.limit = self.left.min(MAX_EVENTS_PER_ANSWER);
        let EventsFound { events, next } = self.state.views.events(self.wanted.clone()).await?;
        self.left -= events.len().min(self.left);
        self.wanted.before = next;
        let clock = self.state.views.clock();
        let lines = list_for(self.role, events).iter().map(|event| event_csv(event, &clock)).collect();
        Ok((lines, (next.is_some() && self.left > 0).then_some(self)))
    }
}
