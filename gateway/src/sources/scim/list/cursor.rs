//! Pages by cursor (RFC 9865). A cursor holds all that is needed to go on: nothing is kept for a client between its
//! requests, and a cursor outlives a restart.
//!
//! It says after which result a page ended, not how many came before: people and groups that come or go meanwhile
//! move no other. A check value binds it to its query. That is no seal, and need be none: whoever makes a cursor up
//! gets what a filter of theirs would have got.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::error::ScimError;
use super::super::limits::{CURSOR_TIMEOUT_S, MAX_CURSOR_LEN};
use super::sort::Position;

/// Length of the check value, in bytes.
const CHECK_LEN: usize = 8;

/// Where a query goes on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// When the query began, in seconds since 1970. The total is of then.
    pub(super) began_s: i64,
    /// All results, as counted for the first page.
    pub(super) total: usize,
    /// The last result that the client got.
    pub(super) last: Position,
}

impl Cursor {
    /// As clients get it: unreserved characters alone (RFC 3986, 2.3).
    pub(super) fn write(&self, query: &str) -> String {
        let json = serde_json::to_vec(self).expect("numbers and texts have a JSON form");
        let check = check(&json, query);
        URL_SAFE_NO_PAD.encode([check.as_slice(), &json].concat())
    }

    /// Reads what a client sent with this query.
    ///
    /// # Errors
    /// When it is none, belongs to another query, or is too old.
    pub(super) fn read(text: &str, query: &str, now: Timestamp) -> Result<Self, ScimError> {
        let cursor = Self::checked(text, query).ok_or(ScimError::Cursor)?;
        let began = Timestamp::from_second(cursor.began_s).map_err(|_| ScimError::Cursor)?;
        let timeout = SignedDuration::from_secs(i64::from(CURSOR_TIMEOUT_S));
        if now.duration_since(began) > timeout { Err(ScimError::ExpiredCursor) } else { Ok(cursor) }
    }

    fn checked(text: &str, query: &str) -> Option<Self> {
        if text.len() > MAX_CURSOR_LEN {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (sent, json) = bytes.split_first_chunk::<CHECK_LEN>()?;
        (*sent == check(json, query)).then(|| serde_json::from_slice(json).ok()).flatten()
    }
}

fn check(json: &[u8], query: &str) -> [u8; CHECK_LEN] {
    let digest = Sha256::new().chain_update(json).chain_update([0]).chain_update(query).finalize();
    let mut check = [0; CHECK_LEN];
    check.copy_from_slice(&digest[..CHECK_LEN]);
    check
}

#[cfg(test)]
mod tests {
    use super::super::sort::Key;
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn cursor() -> Cursor {
        let last = Position { key: Key::NONE, kind: 1, id: Uuid::from_u128(7) };
        Cursor { began_s: 1_000_000, total: 12, last }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_cursor_goes_on_with_its_own_query_alone() {
        let text = cursor().write("a");
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
        assert_eq!(Cursor::read(&text, "a", at(1_000_001)), Ok(cursor()));
        assert_eq!(Cursor::read(&text, "b", at(1_000_001)), Err(ScimError::Cursor));
        assert_eq!(Cursor::read(&text[1..], "a", at(1_000_001)), Err(ScimError::Cursor));
    }

    #[test]
    fn a_cursor_is_too_old_after_its_time() {
        let text = cursor().write("a");
        let end = 1_000_000 + i64::from(CURSOR_TIMEOUT_S);
        assert!(Cursor::read(&text, "a", at(end)).is_ok());
        assert_eq!(Cursor::read(&text, "a", at(end + 1)), Err(ScimError::ExpiredCursor));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[A-Za-z0-9_-]{0,60}") {
            prop_assert_eq!(Cursor::read(&text, "a", at(0)), Err(ScimError::Cursor));
        }
    }
}
