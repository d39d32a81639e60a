//! How the log keeps an event: as JSON, with the version that says what a program must know to read it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{KIND, LoggedEvent};
use crate::domain::Event;
use crate::store::error::StoreError;
use crate::store::journal;

/// An event as the log keeps it.
#[derive(Serialize)]
pub(super) struct Versioned<'a> {
    pub(super) version: u8,
    #[serde(flatten)]
    pub(super) event: &'a Event,
}

/// What can be read of an event of whatever version.
#[derive(Deserialize)]
struct Version {
    #[serde(default = "oldest_version")]
    version: u8,
}

fn oldest_version() -> u8 {
    1
}

/// The event with this number; `None` where a newer program wrote what this one doesn't know. It stays in the log for the
/// program that does.
pub(super) fn decode(dir: &Path, sequence: u64, payload: &[u8]) -> Result<Option<LoggedEvent>, StoreError> {
    let wrong = |error: serde_json::Error| StoreError::Content {
        path: dir.to_owned(),
        what: format!("event {sequence}: {error}"),
    };
    let Version { version } = serde_json::from_slice(payload).map_err(wrong)?;
    if version > Event::VERSION {
        return Ok(None);
    }
    let event = serde_json::from_slice(payload).map_err(wrong)?;
    Ok(Some(LoggedEvent { sequence, event }))
}

/// The newest `count` events up to number `last` that this program knows, newest first.
pub(super) fn read_newest(dir: &Path, last: u64, count: usize) -> Result<Vec<LoggedEvent>, StoreError> {
    let (mut events, mut to) = (Vec::new(), last);
    while events.len() < count {
        let entries = journal::read_newest_first(dir, KIND, to, count)?;
        let Some(oldest) = entries.last() else { break };
        to = oldest.sequence - 1;
        for entry in &entries {
            events.extend(decode(dir, entry.sequence, &entry.payload)?);
        }
    }
    events.truncate(count);
    Ok(events)
}
