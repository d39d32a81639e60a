//! Messages of one source that could not be followed, in a small file: the latest of them, replaced whole, so that a
//! crash leaves the old or the new. What is in them is shown to managers alone: it may have card numbers in it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::disk;
use super::error::StoreError;
use super::limits::{MAX_DEAD_LETTER_BODY, MAX_DEAD_LETTERS, MAX_DEAD_LETTERS_BYTES};
use crate::domain::EventFault;

/// The newest form of the file that this program knows.
const VERSION: u8 = 1;

/// One message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptLetter {
    /// From 1, never used twice for a source.
    pub number: u64,
    /// The same whenever the same message comes again.
    pub key: String,
    /// When it first came.
    pub first: Timestamp,
    /// When it came last, or was tried last.
    pub at: Timestamp,
    /// How often it has come or was tried.
    pub attempts: u32,
    /// The event's identifier and type, where they could be read.
    pub event: Option<(String, String)>,
    /// Its media type.
    pub content_type: String,
    /// Its attributes, where they came beside it.
    pub attributes: Vec<(String, String)>,
    /// Its beginning, or all of it.
    pub body: String,
    /// All of it is here, so that it can be tried again.
    pub whole: bool,
    /// Why it could not be followed.
    pub fault: EventFault,
}

/// What is to be kept of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewLetter {
    /// See [`KeptLetter::key`].
    pub key: String,
    /// See [`KeptLetter::event`].
    pub event: Option<(String, String)>,
    /// See [`KeptLetter::content_type`].
    pub content_type: String,
    /// See [`KeptLetter::attributes`].
    pub attributes: Vec<(String, String)>,
    /// As it came.
    pub body: Vec<u8>,
    /// See [`KeptLetter::fault`].
    pub fault: EventFault,
}

#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    version: u8,
    /// The next letter's number.
    next: u64,
    /// Letters that made room for others.
    dropped: u64,
    letters: Vec<KeptLetter>,
}

impl Default for Kept {
    fn default() -> Self {
        Self { version: VERSION, next: 1, dropped: 0, letters: Vec::new() }
    }
}

/// The letters of one source.
pub struct DeadLetters {
    path: PathBuf,
    kept: Mutex<Kept>,
}

impl DeadLetters {
    /// Those in the data folder of the source of that name. A file that makes no sense is moved aside. Blocks.
    ///
    /// # Errors
    /// When the disk refuses, or the file is of a newer form.
    pub fn open(data_dir: &Path, source: &str) -> Result<Self, StoreError> {
        let folder = data_dir.join("sources");
        disk::make_dir(&folder)?;
        let path = folder.join(format!("{source}.letters.json"));
        let content = match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(StoreError::io("read", &path)(error)),
            Ok(data) if data.len() > MAX_DEAD_LETTERS_BYTES => Some(Vec::new()),
            Ok(_) => Some(fs::read(&path).map_err(StoreError::io("read", &path))?),
        };
        let kept = match content.map(|content| serde_json::from_slice::<Kept>(&content)) {
            None => Kept::default(),
            Some(Ok(kept)) if kept.version > VERSION => {
                let what = format!("it is of version {}, which this program doesn't know", kept.version);
                return Err(StoreError::Content { path, what });
            }
            Some(Ok(kept)) => kept,
            Some(Err(error)) => {
                let aside = disk::move_aside(&path, &folder.join("damaged"))?;
                tracing::error!(%error, "the messages kept of {source} make no sense and lie in {}", aside.display());
                Kept::default()
            }
        };
        Ok(Self { path, kept: Mutex::new(kept) })
    }

    /// The letters, the newest first.
    pub fn list(&self) -> Vec<KeptLetter> {
        let mut letters = self.kept().letters.clone();
        letters.sort_by_key(|letter| std::cmp::Reverse(letter.at));
        letters
    }

    /// How many there are, and how many made room for others.
    pub fn counts(&self) -> (u64, u64) {
        let kept = self.kept();
        (kept.letters.len() as u64, kept.dropped)
    }

    /// The letter with that number.
    pub fn get(&self, number: u64) -> Option<KeptLetter> {
        self.kept().letters.iter().find(|letter| letter.number == number).cloned()
    }

    /// Keeps a message, or notes that it came again. Blocks.
    ///
    /// # Errors
    /// When the disk refuses; it is remembered all the same, until the program ends.
    pub fn keep(&self, at: Timestamp, letter: NewLetter) -> Result<(), StoreError> {
        self.change(|kept| {
            if let Some(known) = kept.letters.iter_mut().find(|known| known.key == letter.key) {
                known.at = at;
                known.attempts = known.attempts.saturating_add(1);
                known.fault = letter.fault;
                return;
            }
            let number = kept.next;
            kept.next += 1;
            let NewLetter { key, event, content_type, attributes, body, fault } = letter;
            let whole = body.len() <= MAX_DEAD_LETTER_BODY && std::str::from_utf8(&body).is_ok();
            let body = String::from_utf8_lossy(&body[..body.len().min(MAX_DEAD_LETTER_BODY)]).into_owned();
            kept.letters.push(KeptLetter {
                number,
                key,
                first: at,
                at,
                attempts: 1,
                event,
                content_type,
                attributes,
                body,
                whole,
                fault,
            });
            if kept.letters.len() > MAX_DEAD_LETTERS {
                kept.letters.remove(0);
                kept.dropped += 1;
            }
        })
    }

    /// Forgets the letters that `is_done` names; whether there was one. Blocks.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn forget(&self, is_done: impl Fn(&KeptLetter) -> bool) -> Result<bool, StoreError> {
        if !self.kept().letters.iter().any(&is_done) {
            return Ok(false);
        }
        self.change(|kept| kept.letters.retain(|letter| !is_done(letter)))?;
        Ok(true)
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<(), StoreError> {
        let mut kept = self.kept();
        change(&mut kept);
        let content = serde_json::to_vec(&*kept)
            .map_err(|error| StoreError::Content { path: self.path.clone(), what: error.to_string() })?;
        disk::replace_file(&self.path, &content)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(key: &str) -> NewLetter {
        NewLetter {
            key: key.to_owned(),
            event: Some(("e1".to_owned(), "type".to_owned())),
            content_type: "application/json".to_owned(),
            attributes: Vec::new(),
            body: b"{}".to_vec(),
            fault: EventFault::new("data", "is missing", "send it"),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_message_that_comes_again_is_one_letter_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::open(folder.path(), "hr").unwrap();
        letters.keep(at(1), letter("a")).unwrap();
        letters.keep(at(2), letter("b")).unwrap();
        letters.keep(at(3), letter("a")).unwrap();
        let again = DeadLetters::open(folder.path(), "hr").unwrap();
        let list = again.list();
        assert_eq!(list.iter().map(|it| (it.number, it.attempts)).collect::<Vec<_>>(), [(1, 2), (2, 1)]);
        assert_eq!((list[0].first, list[0].at, list[0].whole), (at(1), at(3), true));
        assert!(
            again.forget(|letter| letter.number == 1).unwrap() && !again.forget(|it| it.number == 1).unwrap()
        );
        again.keep(at(4), letter("c")).unwrap();
        assert_eq!(
            DeadLetters::open(folder.path(), "hr").unwrap().get(3).unwrap().key,
            "c",
            "no number comes twice"
        );
        assert!(DeadLetters::open(folder.path(), "other").unwrap().list().is_empty());
    }

    #[test]
    fn the_oldest_make_room_and_a_long_one_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let letters = DeadLetters::open(folder.path(), "hr").unwrap();
        for number in 0..=MAX_DEAD_LETTERS {
            let body = vec![b'x'; MAX_DEAD_LETTER_BODY + number];
            letters.keep(at(1), NewLetter { body, ..letter(&number.to_string()) }).unwrap();
        }
        assert_eq!(letters.counts(), (MAX_DEAD_LETTERS as u64, 1));
        assert!(letters.get(1).is_none() && !letters.get(2).unwrap().whole);
        let path = folder.path().join("sources/hr.letters.json");
        assert!(fs::metadata(&path).unwrap().len() <= MAX_DEAD_LETTERS_BYTES);
        fs::write(&path, "{").unwrap();
        assert!(DeadLetters::open(folder.path(), "hr").unwrap().list().is_empty());
        assert!(folder.path().join("sources/damaged").is_dir(), "what made no sense is kept");
    }
}
