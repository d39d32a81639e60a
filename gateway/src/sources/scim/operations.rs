//! Tells an observer of every request: who, what, and what came of it. Never a value that the client sent, never its
//! token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::auth::OwnRequest;
use super::client;
use super::resource::Write;
use super::routes::Scim;
use crate::domain::{ClientKind, Operation};

/// Is told of every request, on the task that answers it: it must not block.
pub type Observer = Box<dyn Fn(Operation) + Send + Sync>;

/// What is learnt of a request while it is worked on.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Arc<Mutex<Noted>>);

#[derive(Clone, Debug, Default)]
struct Noted {
    token: Option<String>,
    client: Option<ClientKind>,
    id: Option<Uuid>,
    attributes: Vec<String>,
}

impl Notes {
    /// The token was valid.
    pub(super) fn spoken_by(&self, token: &str, client: Option<ClientKind>) {
        let mut noted = self.lock();
        noted.token = Some(token.to_owned());
        noted.client = client;
    }

    /// A resource is to be changed so.
    pub(super) fn meant(&self, write: &Write) {
        let mut noted = self.lock();
        noted.id = Some(write.id);
        for name in write.attributes() {
            if noted.attributes.len() < Operation::MAX_ATTRIBUTES && !noted.attributes.contains(&name) {
                noted.attributes.push(name);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a request was refused; an extension of the answer.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) scim_type: Option<&'static str>,
    pub(super) detail: String,
}

/// Tells the observer, except of what the gateway asks itself.
pub(super) async fn record(State(scim): State<Scim>, request: Request, next: Next) -> Response {
    if request.extensions().get::<OwnRequest>().is_some() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let started = Instant::now();
    let notes = Notes::default();
    let address = scim.gate().address(&parts).to_string();
    let guessed = client::guess(&parts);
    let (resource, addressed) = target(parts.uri.path());
    let method = word(&parts.method);
    parts.extensions.insert(notes.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    let refusal = response.extensions().get::<Refusal>().cloned();
    let noted = notes.lock().clone();
    let is_bulk = resource == "Bulk";
    (scim.gate().observer)(Operation {
        at: scim.now(),
        token: noted.token,
        client: noted.client.or(guessed),
        address,
        method,
        resource,
        id: addressed.or(noted.id).filter(|_| !is_bulk && succeeded_or_known(addressed, response.status())),
        attributes: noted.attributes,
        status: response.status().as_u16(),
        scim_type: refusal.as_ref().and_then(|refusal| refusal.scim_type),
        detail: refusal.map(|refusal| cut(&refusal.detail, Operation::MAX_DETAIL_CHARS)),
        took: started.elapsed(),
    });
    response
}

/// The identifier of what was refused to be made names nothing.
fn succeeded_or_known(addressed: Option<Uuid>, status: StatusCode) -> bool {
    addressed.is_some() || status.is_success()
}

/// What an address is about that is none of ours.
const UNKNOWN: &str = "other";

/// What an address is about, and the one resource that it names. Knows our own addresses only, so that nothing that a
/// stranger writes into one is kept.
fn target(path: &str) -> (&'static str, Option<Uuid>) {
    const KNOWN: [&str; 8] =
        ["Users", "Groups", "Bulk", "Me", "ServiceProviderConfig", "ResourceTypes", "Schemas", "search"];
    let mut segments = path.trim_start_matches(super::MOUNT).split('/').filter(|segment| !segment.is_empty());
    let first = segments.next().unwrap_or_default().trim_start_matches('.');
    let second = segments.next().unwrap_or_default();
    let resource = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(first)).unwrap_or(UNKNOWN);
    if second == ".search" { ("search", None) } else { (resource, second.parse().ok()) }
}

/// Whether an address is one of ours, or of what might be there.
pub(super) fn is_known(path: &str) -> bool {
    target(path).0 != UNKNOWN
}

fn word(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// The last part of an attribute's name, without its schema; cut to what a log shows.
pub(super) fn short_name(name: &str) -> String {
    cut(name.rsplit(':').next().unwrap_or(name), Operation::MAX_NAME_CHARS)
}

/// A text of no more characters than this, or as many of a longer one with a mark at their end.
pub(super) fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_ours_are_kept() {
        let id = Uuid::from_u128(7);
        assert_eq!(target(&format!("/scim/v2/Users/{id}")), ("Users", Some(id)));
        assert_eq!(target(&format!("/Groups/{id}")), ("Groups", Some(id)));
        assert_eq!(target("/Users/.search"), ("search", None));
        assert_eq!(target("/.search"), ("search", None));
        for strange in ["/ghs_secret", "/Users/ghs_secret", "/", "", "//"] {
            let (resource, id) = target(strange);
            assert!(id.is_none() && ["other", "Users"].contains(&resource), "{strange}");
        }
    }

    #[test]
    fn names_are_told_without_their_schema_and_never_at_length() {
        assert_eq!(
            short_name("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:cardNumber"),
            "cardNumber"
        );
        assert_eq!(short_name("name.givenName"), "name.givenName");
        assert_eq!(short_name(&"é".repeat(1_000)).chars().count(), Operation::MAX_NAME_CHARS + 1);
    }
}
