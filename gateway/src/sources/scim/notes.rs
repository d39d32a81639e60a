//! What is learnt of a request while it is worked on, for the log. Never a value that the client sent, never its token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::brief::cut;
use crate::domain::{ClientKind, ScimExchange};

/// What is learnt of a request while it is worked on.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Arc<Mutex<Noted>>);

/// What was learnt.
#[derive(Clone, Debug, Default)]
pub(super) struct Noted {
    /// The name of the token, if it was valid.
    pub(super) token: Option<String>,
    pub(super) client: Option<ClientKind>,
    /// The resource that was meant last.
    pub(super) id: Option<Uuid>,
    /// Names of attributes, each once.
    pub(super) attributes: Vec<String>,
    /// What was asked for and not done, though the request was granted.
    pub(super) passed_over: Option<String>,
}

impl Notes {
    /// The token was valid.
    pub(super) fn spoken_by(&self, token: &str, client: Option<ClientKind>) {
        let mut noted = self.lock();
        noted.token = Some(token.to_owned());
        noted.client = client;
    }

    /// These attributes of this resource are to be changed.
    pub(super) fn meant(&self, id: Uuid, attributes: Vec<String>) {
        let mut noted = self.lock();
        noted.id = Some(id);
        for name in attributes {
            if noted.attributes.len() < ScimExchange::MAX_ATTRIBUTES && !noted.attributes.contains(&name) {
                noted.attributes.push(name);
            }
        }
    }

    /// This was asked for and is not done. Of many, as much is kept as a log shows.
    pub(super) fn passed_over(&self, what: Option<String>) {
        let Some(what) = what else { return };
        let mut noted = self.lock();
        let all = noted.passed_over.take().into_iter().chain([what]).collect::<Vec<_>>().join("; ");
        noted.passed_over = Some(cut(&all, ScimExchange::MAX_DETAIL_CHARS));
    }

    /// What has been learnt so far.
    pub(super) fn noted(&self) -> Noted {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
