//! Sessions of the page: who has signed in. In memory only; a restart asks everybody to sign in again. Reads no clock.
//!
//! The browser holds a random token of 256 bits; only its SHA-256 is kept here, so that a look into the process's
//! memory gives no session away.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::limits::{MAX_SESSIONS, SESSION_IDLE};
use crate::store::users::User;

const TOKEN_BYTES: usize = 32;

/// All sessions.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<SessionKey, Session>>);

/// Names a session without being able to open it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct SessionKey([u8; 32]);

struct Session {
    account: String,
    seal: [u8; 32],
    last_used: Instant,
}

impl SessionKey {
    /// Of the token that a browser sent.
    pub(super) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

impl Sessions {
    /// A new session; returns the token for the browser.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub(super) fn open(&self, account: &User, now: Instant) -> Result<String, getrandom::Error> {
        let mut random = [0; TOKEN_BYTES];
        getrandom::fill(&mut random)?;
        let token = URL_SAFE_NO_PAD.encode(random);
        let mut all = self.lock();
        all.retain(|_, session| session.is_live(now));
        if all.len() >= MAX_SESSIONS {
            let idlest = all.iter().min_by_key(|(_, session)| session.last_used).map(|(key, _)| *key);
            idlest.and_then(|key| all.remove(&key));
        }
        let session = Session { account: account.name.clone(), seal: account.seal, last_used: now };
        all.insert(SessionKey::of(&token), session);
        Ok(token)
    }

    /// Whose session it is, if it is one: name and seal. Counts as use.
    pub(super) fn touch(&self, key: SessionKey, now: Instant) -> Option<(String, [u8; 32])> {
        let mut all = self.lock();
        let session = all.get_mut(&key).filter(|session| session.is_live(now))?;
        session.last_used = now;
        Some((session.account.clone(), session.seal))
    }

    /// Ends a session.
    pub(super) fn close(&self, key: SessionKey) {
        self.lock().remove(&key);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn is_live(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_used) < SESSION_IDLE
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::store::users::Role;

    fn account(name: &str) -> User {
        User { name: name.to_owned(), role: Role::Viewer, created: Timestamp::UNIX_EPOCH, seal: [7; 32] }
    }

    #[test]
    fn a_session_lives_while_it_is_used_and_ends_when_idle() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let key = SessionKey::of(&sessions.open(&account("ann"), start).unwrap());
        let almost = SESSION_IDLE - Duration::from_secs(1);
        assert!(sessions.touch(key, start + almost).is_some());
        assert!(sessions.touch(key, start + almost * 2).is_some());
        assert!(sessions.touch(key, start + almost * 2 + SESSION_IDLE).is_none());
    }

    #[test]
    fn tokens_are_long_and_different_and_are_not_kept() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let tokens = [0, 1].map(|_| sessions.open(&account("ann"), now).unwrap());
        assert_ne!(tokens[0], tokens[1]);
        assert_eq!(URL_SAFE_NO_PAD.decode(&tokens[0]).unwrap().len(), TOKEN_BYTES);
        let kept = sessions.lock().keys().map(|key| URL_SAFE_NO_PAD.encode(key.0)).collect::<Vec<_>>();
        assert!(!kept.contains(&tokens[0]) && !kept.contains(&tokens[1]));
    }

    #[test]
    fn one_session_too_many_ends_the_idlest() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let keys: Vec<_> = (0..=MAX_SESSIONS)
            .map(|i| start + Duration::from_millis(i as u64))
            .map(|now| SessionKey::of(&sessions.open(&account("ann"), now).unwrap()))
            .collect();
        assert_eq!(sessions.lock().len(), MAX_SESSIONS);
        assert!(sessions.touch(keys[0], start).is_none());
        assert!(sessions.touch(keys[1], start).is_some());
    }

    #[test]
    fn a_closed_session_and_an_invented_token_open_nothing() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let key = SessionKey::of(&sessions.open(&account("ann"), now).unwrap());
        sessions.close(key);
        assert!(sessions.touch(key, now).is_none());
        assert!(sessions.touch(SessionKey::of(""), now).is_none());
    }
}
