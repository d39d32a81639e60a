//! Sessions of the page: who has signed in. They outlive a restart of the service. Reads no clock.
//!
//! The browser holds a random token of 256 bits; only its SHA-256 is kept, here and in the data folder, so that neither
//! gives a session away.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::limits::{MAX_SESSIONS, SESSION_IDLE, SESSION_LONGEST, SESSION_USE_KEPT};
use crate::store::sessions::{KeptSession, SessionFile};
use crate::store::users::User;

const TOKEN_BYTES: usize = 32;

/// All sessions. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Sessions(Arc<Shared>);

#[derive(Default)]
struct Shared {
    all: Mutex<HashMap<SessionKey, Session>>,
    file: Option<Mutex<SessionFile>>,
}

/// Names a session without being able to open it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct SessionKey([u8; 32]);

struct Session {
    account: String,
    seal: [u8; 32],
    opened: Timestamp,
    last_used: Timestamp,
    /// The use that the file knows of.
    kept_use: Timestamp,
}

impl SessionKey {
    /// Of the token that a browser sent.
    pub(super) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

impl Sessions {
    /// Those that `file` has; changes go there.
    pub(super) fn kept_in(file: SessionFile) -> Self {
        let kept = file.read().unwrap_or_else(|error| {
            tracing::error!(%error, "the sessions can't be read; everybody has to sign in again");
            Arc::default()
        });
        let session = |kept: &KeptSession| {
            let KeptSession { key, account, seal, opened, last_used } = kept.clone();
            (SessionKey(key), Session { account, seal, opened, last_used, kept_use: last_used })
        };
        let all = kept.iter().take(MAX_SESSIONS).map(session).collect();
        Self(Arc::new(Shared { all: Mutex::new(all), file: Some(Mutex::new(file)) }))
    }

    /// A new session; returns the token for the browser.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub(super) fn open(&self, account: &User, now: Timestamp) -> Result<String, getrandom::Error> {
        let mut random = [0; TOKEN_BYTES];
        getrandom::fill(&mut random)?;
        let token = URL_SAFE_NO_PAD.encode(random);
        let mut all = self.lock();
        all.retain(|_, session| session.is_live(now));
        if all.len() >= MAX_SESSIONS {
            let idlest = all.iter().min_by_key(|(_, session)| session.last_used).map(|(key, _)| *key);
            idlest.and_then(|key| all.remove(&key));
        }
        let (account, seal) = (account.name.clone(), account.seal);
        let session = Session { account, seal, opened: now, last_used: now, kept_use: now };
        all.insert(SessionKey::of(&token), session);
        drop(all);
        self.keep();
        Ok(token)
    }

    /// Whose session it is, if it is one: name and seal. Counts as use.
    pub(super) fn touch(&self, key: SessionKey, now: Timestamp) -> Option<(String, [u8; 32])> {
        let mut all = self.lock();
        let session = all.get_mut(&key).filter(|session| session.is_live(now))?;
        session.last_used = now;
        let is_news = now.duration_since(session.kept_use) >= SESSION_USE_KEPT;
        if is_news {
            session.kept_use = now;
        }
        let whose = (session.account.clone(), session.seal);
        drop(all);
        if is_news {
            self.keep();
        }
        Some(whose)
    }

    /// Ends a session.
    pub(super) fn close(&self, key: SessionKey) {
        if self.lock().remove(&key).is_some() {
            self.keep();
        }
    }

    /// Writes all sessions, where blocking is allowed. Whoever is last writes what is newest.
    fn keep(&self) {
        if self.0.file.is_some() {
            let shared = Arc::clone(&self.0);
            tokio::task::spawn_blocking(move || shared.write());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Session>> {
        self.0.lock()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Session>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) {
        let Some(file) = &self.file else { return };
        let file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = |(key, session): (&SessionKey, &Session)| KeptSession {
            key: key.0,
            account: session.account.clone(),
            seal: session.seal,
            opened: session.opened,
            last_used: session.last_used,
        };
        let sessions = self.lock().iter().map(kept).collect();
        if let Err(error) = file.write(sessions) {
            tracing::error!(%error, "the sessions can't be kept; a restart asks everybody to sign in again");
        }
    }
}

impl Session {
    fn is_live(&self, now: Timestamp) -> bool {
        let within = |since: Timestamp, longest: SignedDuration| now.duration_since(since) < longest;
        within(self.last_used, SESSION_IDLE) && within(self.opened, SESSION_LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::users::Role;

    fn account(name: &str) -> User {
        User { name: name.to_owned(), role: Role::Viewer, created: Timestamp::UNIX_EPOCH, seal: [7; 32] }
    }

    #[test]
    fn a_session_lives_while_it_is_used_and_ends_when_idle() {
        let (sessions, start) = (Sessions::default(), Timestamp::UNIX_EPOCH);
        let key = SessionKey::of(&sessions.open(&account("ann"), start).unwrap());
        let almost = SESSION_IDLE - SignedDuration::from_secs(1);
        assert!(sessions.touch(key, start + almost).is_some());
        assert!(sessions.touch(key, start + almost * 2).is_some());
        assert!(sessions.touch(key, start + almost * 2 + SESSION_IDLE).is_none());
    }

    #[test]
    fn a_session_ends_however_much_it_is_used() {
        let (sessions, start) = (Sessions::default(), Timestamp::UNIX_EPOCH);
        let key = SessionKey::of(&sessions.open(&account("ann"), start).unwrap());
        let mut now = start;
        while now.duration_since(start) < SESSION_LONGEST {
            assert!(sessions.touch(key, now).is_some());
            now += SESSION_IDLE / 2;
        }
        assert!(sessions.touch(key, now).is_none());
    }

    #[test]
    fn tokens_are_long_and_different_and_are_not_kept() {
        let (sessions, now) = (Sessions::default(), Timestamp::UNIX_EPOCH);
        let tokens = [0, 1].map(|_| sessions.open(&account("ann"), now).unwrap());
        assert_ne!(tokens[0], tokens[1]);
        assert_eq!(URL_SAFE_NO_PAD.decode(&tokens[0]).unwrap().len(), TOKEN_BYTES);
        let kept = sessions.lock().keys().map(|key| URL_SAFE_NO_PAD.encode(key.0)).collect::<Vec<_>>();
        assert!(!kept.contains(&tokens[0]) && !kept.contains(&tokens[1]));
    }

    #[test]
    fn one_session_too_many_ends_the_idlest() {
        let (sessions, start) = (Sessions::default(), Timestamp::UNIX_EPOCH);
        let keys: Vec<_> = (0..=MAX_SESSIONS)
            .map(|i| start + SignedDuration::from_millis(i as i64))
            .map(|now| SessionKey::of(&sessions.open(&account("ann"), now).unwrap()))
            .collect();
        assert_eq!(sessions.lock().len(), MAX_SESSIONS);
        assert!(sessions.touch(keys[0], start).is_none());
        assert!(sessions.touch(keys[1], start).is_some());
    }

    #[test]
    fn a_closed_session_and_an_invented_token_open_nothing() {
        let (sessions, now) = (Sessions::default(), Timestamp::UNIX_EPOCH);
        let key = SessionKey::of(&sessions.open(&account("ann"), now).unwrap());
        sessions.close(key);
        assert!(sessions.touch(key, now).is_none());
        assert!(sessions.touch(SessionKey::of(""), now).is_none());
    }

    #[tokio::test]
    async fn sessions_outlive_a_restart_and_their_tokens_are_not_in_the_file() {
        let (folder, now) = (tempfile::tempdir().unwrap(), Timestamp::UNIX_EPOCH);
        let sessions = Sessions::kept_in(SessionFile::open(folder.path()));
        let tokens = [0, 1].map(|_| sessions.open(&account("ann"), now).unwrap());
        sessions.close(SessionKey::of(&tokens[1]));
        sessions.0.write();
        let file = std::fs::read_to_string(folder.path().join("sessions.json")).unwrap();
        assert!(!file.contains(&tokens[0]), "{file}");
        let again = Sessions::kept_in(SessionFile::open(folder.path()));
        let whose = again.touch(SessionKey::of(&tokens[0]), now);
        assert_eq!(whose, Some(("ann".to_owned(), [7; 32])));
        assert!(again.touch(SessionKey::of(&tokens[1]), now).is_none(), "it was closed");
    }
}
