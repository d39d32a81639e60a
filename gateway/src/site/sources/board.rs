//! How one source is, told as it happens, and the messages of it that could not be followed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::domain::{EventFault, SourceCondition};
use crate::sources::events::{DeadLetter, Done, Noted};
use crate::store::StoreError;
use crate::store::dead_letters::{DeadLetters, NewLetter};

/// How a source is.
#[derive(Clone, Debug)]
pub(in super::super) struct Board {
    pub(in super::super) condition: SourceCondition,
    pub(in super::super) last_received: Option<Timestamp>,
    pub(in super::super) last_success: Option<Timestamp>,
    pub(in super::super) last_change: Option<Timestamp>,
    pub(in super::super) lag_s: Option<u64>,
    pub(in super::super) followed: u64,
    /// By kind.
    pub(in super::super) errors: BTreeMap<&'static str, u64>,
    pub(in super::super) last_error: Option<(Timestamp, EventFault)>,
    pub(in super::super) people: u64,
    pub(in super::super) cards: u64,
}

/// Keeps the board and the letters of one source. Its lock is a leaf.
pub(in super::super) struct Keeper {
    board: Mutex<Board>,
    letters: Arc<DeadLetters>,
    changed: watch::Sender<u64>,
}

impl Keeper {
    /// Of a source that gives so many people and cards.
    pub(super) fn new(
        letters: DeadLetters,
        (people, cards): (u64, u64),
        changed: watch::Sender<u64>,
    ) -> Self {
        let board = Board {
            condition: SourceCondition::Starting,
            last_received: None,
            last_success: None,
            last_change: None,
            lag_s: None,
            followed: 0,
            errors: BTreeMap::new(),
            last_error: None,
            people,
            cards,
        };
        Self { board: Mutex::new(board), letters: Arc::new(letters), changed }
    }

    /// How it is now.
    pub(in super::super) fn board(&self) -> Board {
        self.locked().clone()
    }

    pub(in super::super) fn letters(&self) -> &Arc<DeadLetters> {
        &self.letters
    }

    /// It became so.
    pub(super) fn became(&self, condition: SourceCondition) {
        let mut board = self.locked();
        let condition = condition.after(&board.condition);
        if condition == board.condition {
            return;
        }
        board.condition = condition;
        drop(board);
        self.bump();
    }

    /// Something arrived.
    pub(super) fn received(&self, at: Timestamp) {
        self.locked().last_received = Some(at);
    }

    /// Something went wrong that is not kept.
    pub(super) fn failed(&self, kind: &'static str, at: Timestamp, fault: EventFault) {
        let mut board = self.locked();
        *board.errors.entry(kind).or_default() += 1;
        board.last_error = Some((at, fault));
        drop(board);
        self.bump();
    }

    /// What became of an event.
    pub(super) async fn note(&self, noted: Noted, at: Timestamp) {
        match noted {
            Noted::Taken { time, key, done, changed } => {
                self.followed(time, &done, changed, at);
                self.change_letters(move |letters| letters.forget(|letter| letter.key == key).map(drop))
                    .await;
            }
            Noted::Dead(DeadLetter { key, event, sent, fault }) => {
                let kind = if event.is_some() { "refused" } else { "malformed" };
                self.failed(kind, at, fault.clone());
                let (content_type, attributes, body) = (sent.content_type, sent.attributes, sent.body);
                let letter = NewLetter { key, event, content_type, attributes, body, fault };
                self.change_letters(move |letters| letters.keep(at, letter)).await;
            }
        }
        self.bump();
    }

    fn followed(&self, time: Option<Timestamp>, done: &Done, changed: bool, at: Timestamp) {
        let mut board = self.locked();
        board.followed += 1;
        board.last_success = Some(at);
        board.last_change = if changed { Some(at) } else { board.last_change };
        board.lag_s = time.map(|time| u64::try_from(at.duration_since(time).as_secs()).unwrap_or(0));
        board.people = board.people.saturating_add_signed(done.people);
        board.cards = board.cards.saturating_add_signed(done.cards);
    }

    async fn change_letters(
        &self,
        change: impl FnOnce(&DeadLetters) -> Result<(), StoreError> + Send + 'static,
    ) {
        let letters = Arc::clone(&self.letters);
        if let Ok(Err(error)) = spawn_blocking(move || change(&letters)).await {
            tracing::error!(%error, "messages that could not be followed can't be written");
        }
    }

    pub(super) fn bump(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn locked(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
