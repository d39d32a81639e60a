//! What guards and handlers tell of a request, for the audit log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::domain::{AuditEntry, AuditOutcome, Origin};
use crate::operator::Actor;

/// What a request is written down with.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    by: Option<Origin>,
    action: Option<String>,
    what: String,
    person: Option<String>,
    /// Somebody gave a name and a password that don't go together.
    failed_sign_in: bool,
}

impl Slot {
    /// Who asks.
    pub(super) fn by(&self, actor: &Actor) {
        self.noted().by = Some(match actor {
            Actor::Account(user) => Origin::Page { user: user.clone() },
            Actor::LocalOperator => Origin::CommandLine,
        });
    }

    /// What was done, in a sentence without a person's name or a card's number.
    pub(super) fn what(&self, what: impl Into<String>) {
        self.noted().what = what.into();
    }

    /// Whom it was about.
    pub(super) fn person(&self, person: impl Into<String>) {
        self.noted().person = Some(person.into());
    }

    /// What it is called, in the place of method and path.
    pub(super) fn action(&self, action: impl Into<String>) {
        self.noted().action = Some(action.into());
    }

    /// A sign-in failed. What was typed for a name may be a password, so only names that there are are told.
    pub(super) fn failed_sign_in(&self, known: Option<&str>) {
        let mut noted = self.noted();
        noted.failed_sign_in = true;
        noted.action = Some("sign in".to_owned());
        noted.what = match known {
            Some(name) => format!("a wrong password for the account {name}"),
            None => "an account that there is not".to_owned(),
        };
    }

    /// Whether a sign-in failed.
    pub(super) fn is_failed_sign_in(&self) -> bool {
        self.noted().failed_sign_in
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is written down of a request that came from there, is named so and was answered so; `None`: nothing.
    pub(super) fn entry(
        &self,
        at: Timestamp,
        from: String,
        named: String,
        status: StatusCode,
    ) -> Option<AuditEntry> {
        let mut noted = self.noted();
        let outcome = match noted.failed_sign_in {
            true => AuditOutcome::Refused,
            false => AuditOutcome::of_status(status.as_u16()),
        };
        let by = noted.by.take();
        if by.is_none() && !noted.failed_sign_in {
            return None;
        }
        Some(AuditEntry {
            at,
            by,
            from,
            action: noted.action.take().unwrap_or(named),
            what: std::mem::take(&mut noted.what),
            person: noted.person.take(),
            outcome,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Slot {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// What differs between two states of something, by its fields: `doors: […] → […]`. Leaves out what every change changes, and
/// whose names those are that carry cards.
pub(super) fn difference(before: Option<&impl Serialize>, after: Option<&impl Serialize>) -> String {
    const LEFT_OUT: [&str; 6] = ["id", "created", "modified", "revision", "person_name", "applied"];
    let fields = |value: Option<Value>| match value {
        Some(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let before = fields(before.and_then(|it| serde_json::to_value(it).ok()));
    let after = fields(after.and_then(|it| serde_json::to_value(it).ok()));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let differ = names.filter(|name| !LEFT_OUT.contains(&name.as_str())).filter_map(|name| {
        let is_nothing = |value: &Value| value.is_null() || *value == Value::Bool(false);
        let one = before.get(name).filter(|value| !is_nothing(value));
        let other = after.get(name).filter(|value| !is_nothing(value));
        let words = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
        (one != other).then(|| format!("{name}: {} → {}", words(one), words(other)))
    });
    differ.collect::<Vec<_>>().join("; ")
}
