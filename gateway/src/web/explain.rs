//! `GET /api/v1/explain`: whether a card opens a door, and why.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::ApiError;
use super::guard::ApiUser;
use super::limits::MAX_EVENT_WORD_BYTES;
use super::query::{Asked, Parameters};
use super::state::WebState;
use crate::domain::Explanation;
use crate::domain::instant::{self, Edge};
use crate::store::users::Role;
use crate::views::{Question, WhyError};

/// Which card at which door.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asking {
    /// The card, as it is written anywhere else.
    card: String,
    /// The door, by id or name.
    door: String,
    /// When: RFC 3339, or `2027-01-31 18:00` by the site's clock; now where it is left out.
    at: Option<String>,
}

impl Parameters for Asking {
    const REMEDY: &str = "Give card and door, and at if it is not about now.";
}

/// Who must not see card numbers could else try one after the other, so it takes a manager.
pub(super) async fn explain(
    ApiUser(principal): ApiUser,
    State(state): State<WebState>,
    Asked(Asking { card, door, at }): Asked<Asking>,
) -> Result<Json<Explanation>, ApiError> {
    principal.require(Role::Manager)?;
    for (field, text) in [("card", &card), ("door", &door)] {
        if text.len() > MAX_EVENT_WORD_BYTES {
            let message = format!("{field} has more than {MAX_EVENT_WORD_BYTES} bytes");
            return Err(ApiError::new(StatusCode::BAD_REQUEST, message).at(field, text));
        }
    }
    let read = |text: String| {
        instant::read(&text, state.views.clock().zone(), Edge::Start).map_err(|remedy| {
            ApiError::new(StatusCode::BAD_REQUEST, "at is no instant").at("at", &text).remedy(remedy)
        })
    };
    let at = at.map(read).transpose()?;
    let given = card.clone();
    let explained = state.views.why(Question { card, door, at }).await;
    explained.map(Json).map_err(|error| refusal(error, &given))
}

fn refusal(error: WhyError, card: &str) -> ApiError {
    let text = error.to_string();
    match error {
        WhyError::NotACard(why) => {
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("this is no card number: {why}"))
                .at("card", card)
                .remedy("Write it as the card has it, such as 100:1234.")
        }
        WhyError::UnknownDoor { door, near } => {
            let remedy = match near {
                Some(near) => format!("Did you mean {near}?"),
                None => "GET /api/v1/controllers lists those that there are.".to_owned(),
            };
            ApiError::new(StatusCode::NOT_FOUND, text).at("door", &door).remedy(remedy)
        }
        WhyError::Unreadable(_) => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, text).remedy("The service's log says why.")
        }
    }
}
