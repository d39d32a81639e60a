//! Versions of resources as entity tags, and requests that depend on them (RFC 7644, 3.14; RFC 9110, 8.8.3 and 13.1).
//!
//! A resource's own version is the revision that changed it last. What it shows of others (a person's groups, a group's
//! members) can change without it, so where that is shown, a digest of it stands behind the revision: a client that
//! keeps an answer learns of a membership that ended. Who changes a resource depends on its own version alone.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::super::error::ScimError;
use crate::domain::Revision;

/// The version of what a revision changed last.
pub(in super::super) fn etag(revision: Revision) -> String {
    format!("W/\"{revision}\"")
}

/// The same where it is shown with what it shows of others.
pub(super) fn etag_with(revision: Revision, related: &[Value]) -> String {
    let mut hasher = DefaultHasher::new();
    related.hash(&mut hasher);
    format!("W/\"{revision}-{:016x}\"", hasher.finish())
}

/// Whether a client already has the answer of this version.
pub(in super::super) fn is_known(headers: &HeaderMap, version: &str) -> bool {
    listed(headers, IF_NONE_MATCH).is_some_and(|tags| any(&tags, |tag| tag == opaque(version)))
}

/// On which versions of a resource a change of it depends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in super::super) struct Condition {
    /// One of these; any where absent.
    pub(in super::super) if_match: Option<String>,
    /// None of these.
    pub(in super::super) if_none_match: Option<String>,
}

impl Condition {
    /// What a request's headers say.
    pub(in super::super) fn of(headers: &HeaderMap) -> Self {
        Self { if_match: listed(headers, IF_MATCH), if_none_match: listed(headers, IF_NONE_MATCH) }
    }

    /// # Errors
    /// When the resource is at another version than the client wants to change.
    pub(super) fn check(&self, revision: Revision) -> Result<(), ScimError> {
        let named = |tags: &String| any(tags, |tag| own(tag) == revision.to_string());
        if self.if_match.as_ref().is_none_or(named) && !self.if_none_match.as_ref().is_some_and(named) {
            return Ok(());
        }
        Err(ScimError::Precondition(etag(revision)))
    }
}

/// The tags of all headers of this name. What is no text names no version, and is there all the same.
fn listed(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let texts = headers.get_all(name).iter().map(HeaderValue::as_bytes).map(String::from_utf8_lossy);
    let texts: Vec<_> = texts.collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

fn any(tags: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || is_meant(opaque(tag)))
}

/// What decides in weak comparison (RFC 9110, 8.8.3.2).
fn opaque(tag: &str) -> &str {
    tag.trim_start_matches("W/").trim_matches('"')
}

/// The part for the resource's own version.
fn own(opaque: &str) -> &str {
    opaque.split_once('-').map_or(opaque, |(revision, _)| revision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn headers(name: &HeaderName, values: &[&[u8]]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_bytes(value).unwrap())).collect()
    }

    fn may_change(tags: &str) -> bool {
        Condition::of(&headers(&IF_MATCH, &[tags.as_bytes()])).check(Revision(42)).is_ok()
    }

    #[test]
    fn a_change_depends_on_the_resources_own_version() {
        for tags in ["*", "W/\"42\"", "\"7\", W/\"42\"", "42", "W/\"42-00aa\"", &etag_with(Revision(42), &[])]
        {
            assert!(may_change(tags), "{tags}");
        }
        for tags in ["", "W/\"4\"", "\"421\"", "W/\"7-42\"", "\"\""] {
            assert!(!may_change(tags), "{tags}");
        }
        assert!(Condition::default().check(Revision(42)).is_ok());
    }

    #[test]
    fn a_tag_that_is_no_text_is_a_tag_and_all_headers_count() {
        let unreadable = Condition::of(&headers(&IF_MATCH, &[b"\"\xFF\""]));
        assert_eq!(unreadable.check(Revision(42)), Err(ScimError::Precondition("W/\"42\"".into())));
        assert!(Condition::of(&headers(&IF_MATCH, &[b"\"7\"", b"\"42\""])).check(Revision(42)).is_ok());
    }

    #[test]
    fn what_must_not_be_there_stops_a_change_that_is() {
        let unless =
            |tags: &str| Condition::of(&headers(&IF_NONE_MATCH, &[tags.as_bytes()])).check(Revision(42));
        assert!(unless("W/\"7\"").is_ok());
        for tags in ["*", "W/\"42\"", "W/\"42-00aa\""] {
            assert!(unless(tags).is_err(), "{tags}");
        }
    }

    #[test]
    fn an_answer_is_known_only_with_what_it_shows_of_others() {
        let known =
            |tags: &str, version: &str| is_known(&headers(&IF_NONE_MATCH, &[tags.as_bytes()]), version);
        let [with_one, with_other] =
            ["a", "b"].map(|group| etag_with(Revision(42), &[json!({ "value": group })]));
        assert!(known(&with_one, &with_one) && known("*", &with_one) && known("\"42\"", &etag(Revision(42))));
        assert!(!known(&with_one, &with_other));
        assert!(!known(&with_one, &etag(Revision(42))));
        assert!(!known(&etag(Revision(42)), &with_one));
        assert!(!is_known(&HeaderMap::new(), &with_one));
    }
}
