//! Alarms and what people did about them, in a small file: replaced whole, so that a crash leaves the old or the new.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::disk;
use super::error::StoreError;
use super::limits::MAX_ALARMS_BYTES;
use crate::domain::{AlarmNumber, AlarmRecord};

const FILE: &str = "alarms.json";

/// The newest form of the file that this program knows.
const VERSION: u8 = 1;

/// What is kept of alarms.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeptAlarms {
    /// The last number that was given.
    pub last: AlarmNumber,
    /// All that anybody still needs.
    pub records: Vec<AlarmRecord>,
}

/// The file's content.
#[derive(Serialize, Deserialize)]
struct Content {
    version: u8,
    last: AlarmNumber,
    alarms: Vec<AlarmRecord>,
}

/// What an earlier run left; nothing before the first alarm. Blocks.
///
/// # Errors
/// When the file can't be read, or is of a newer form.
pub fn read(data_dir: &Path) -> Result<KeptAlarms, StoreError> {
    let path = path(data_dir);
    let content = match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(KeptAlarms::default()),
        Err(error) => return Err(StoreError::io("read", &path)(error)),
        Ok(data) if data.len() > MAX_ALARMS_BYTES => return Err(wrong(&path, &"it is too long")),
        Ok(_) => fs::read(&path).map_err(StoreError::io("read", &path))?,
    };
    let Content { version, last, alarms } =
        serde_json::from_slice(&content).map_err(|error| wrong(&path, &error))?;
    if version > VERSION {
        let what = format!("it is of version {version}, which this program doesn't know");
        return Err(wrong(&path, &what));
    }
    Ok(KeptAlarms { last, records: alarms })
}

/// From now on that is what is kept, whatever happens to the box. Blocks.
///
/// # Errors
/// When it can't be kept; then what was kept before still is.
pub fn keep(data_dir: &Path, kept: KeptAlarms) -> Result<(), StoreError> {
    let path = path(data_dir);
    let content = Content { version: VERSION, last: kept.last, alarms: kept.records };
    let content = serde_json::to_vec(&content).map_err(|error| wrong(&path, &error))?;
    if content.len() as u64 > MAX_ALARMS_BYTES {
        return Err(wrong(&path, &"it would be too long"));
    }
    disk::replace_file(&path, &content)
}

/// Moves a file that can't be read out of the way and says where it is now. Blocks.
///
/// # Errors
/// When it can't be moved.
pub fn set_aside(data_dir: &Path) -> Result<PathBuf, StoreError> {
    disk::move_aside(&path(data_dir), &data_dir.join("quarantine"))
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

fn wrong(path: &Path, what: &dyn std::fmt::Display) -> StoreError {
    StoreError::Content { path: path.to_owned(), what: what.to_string() }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{Acknowledged, Alarm, AlarmComment, AlarmKind, Muted};

    fn record() -> AlarmRecord {
        let at = Timestamp::UNIX_EPOCH;
        let what = AlarmKind::DoorHeld { door: "main".parse().unwrap() };
        let alarm = Alarm { person: Some("Ada".to_owned()), ..Alarm::new(what, "Main is open.".to_owned()) };
        let by = || "ida".to_owned();
        AlarmRecord {
            over: Some(at),
            acknowledged: Some(Acknowledged { at, by: by() }),
            comments: vec![AlarmComment { at, by: by(), text: "a delivery".to_owned() }],
            muted: Some(Muted { at, by: by(), reason: "rewired".to_owned(), until: at }),
            ..AlarmRecord::new(AlarmNumber(7), at, alarm)
        }
    }

    #[test]
    fn what_was_kept_is_read_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), KeptAlarms::default());
        let kept = KeptAlarms { last: AlarmNumber(9), records: vec![record()] };
        keep(folder.path(), kept.clone()).unwrap();
        assert_eq!(read(folder.path()).unwrap(), kept);
    }

    #[test]
    fn a_file_that_makes_no_sense_or_is_newer_is_an_error_and_can_be_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        for content in ["nonsense", "{\"version\":2,\"last\":0,\"alarms\":[]}"] {
            fs::write(path(folder.path()), content).unwrap();
            assert!(read(folder.path()).is_err(), "{content}");
            let aside = set_aside(folder.path()).unwrap();
            assert_eq!(fs::read_to_string(aside).unwrap(), content);
            assert_eq!(read(folder.path()).unwrap(), KeptAlarms::default());
        }
    }
}
