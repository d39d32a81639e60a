//! How far each forwarder has come, in a small file each: replaced whole, so that a crash leaves the old or the new.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::disk;
use super::error::StoreError;
use super::limits::MAX_FORWARD_PROGRESS_BYTES;
use crate::domain::{ForwardProgress, ForwarderId};

const FOLDER: &str = "forward";

/// The newest form of the file that this program knows.
const VERSION: u8 = 1;

/// The file's content.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u8,
    #[serde(flatten)]
    progress: ForwardProgress,
}

/// How far it has come; `None` for one that is new. Blocks.
///
/// # Errors
/// When the file can't be read, or is of a newer form.
pub fn read(data_dir: &Path, forwarder: &ForwarderId) -> Result<Option<ForwardProgress>, StoreError> {
    let path = path(data_dir, forwarder);
    let content = match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("read", &path)(error)),
        Ok(data) if data.len() > MAX_FORWARD_PROGRESS_BYTES => return Err(wrong(&path, &"it is too long")),
        Ok(_) => fs::read(&path).map_err(StoreError::io("read", &path))?,
    };
    let kept: Kept = serde_json::from_slice(&content).map_err(|error| wrong(&path, &error))?;
    if kept.version > VERSION {
        let what = format_args!("it is of version {}, which this program doesn't know", kept.version);
        return Err(wrong(&path, &what));
    }
    Ok(Some(kept.progress))
}

/// From now on it has come so far, whatever happens to the box. Blocks.
///
/// # Errors
/// When it can't be kept; then nothing has changed.
pub fn keep(data_dir: &Path, forwarder: &ForwarderId, progress: &ForwardProgress) -> Result<(), StoreError> {
    disk::make_dir(&data_dir.join(FOLDER))?;
    let path = path(data_dir, forwarder);
    let content = serde_json::to_vec(&Kept { version: VERSION, progress: progress.clone() });
    disk::replace_file(&path, &content.map_err(|error| wrong(&path, &error))?)
}

fn path(data_dir: &Path, forwarder: &ForwarderId) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{forwarder}.json"))
}

fn wrong(path: &Path, what: &dyn std::fmt::Display) -> StoreError {
    StoreError::Content { path: path.to_owned(), what: what.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_each_has_come_is_kept_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other): (ForwarderId, ForwarderId) = ("siem".parse().unwrap(), "..".parse().unwrap());
        assert_eq!(read(folder.path(), &one).unwrap(), None);
        keep(folder.path(), &one, &ForwardProgress::after(7)).unwrap();
        keep(folder.path(), &other, &ForwardProgress::after(8)).unwrap();
        assert_eq!(read(folder.path(), &one).unwrap(), Some(ForwardProgress::after(7)));
        assert_eq!(fs::read_dir(folder.path().join(FOLDER)).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_makes_no_sense_or_is_newer_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let id: ForwarderId = "siem".parse().unwrap();
        keep(folder.path(), &id, &ForwardProgress::after(7)).unwrap();
        for content in ["nonsense", "{\"version\":2,\"done\":1}", "{\"version\":1}"] {
            fs::write(path(folder.path(), &id), content).unwrap();
            assert!(read(folder.path(), &id).is_err(), "{content}");
        }
    }
}
