//! The modes that people ordered of doors, in a small file: replaced whole, so that a crash leaves the old or the new.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::disk;
use super::error::StoreError;
use super::limits::MAX_DOOR_MODES_BYTES;
use crate::domain::{DoorId, DoorMode};

const FILE: &str = "doors.json";

/// The newest form of the file that this program knows.
const VERSION: u8 = 1;

/// The file's content.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u8,
    doors: BTreeMap<DoorId, DoorMode>,
}

/// The mode of each door that is not in normal use, as far as it was ordered. Blocks.
///
/// # Errors
/// When the file can't be read, or is of a newer form.
pub fn read(data_dir: &Path) -> Result<BTreeMap<DoorId, DoorMode>, StoreError> {
    let path = path(data_dir);
    let content = match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(StoreError::io("read", &path)(error)),
        Ok(data) if data.len() > MAX_DOOR_MODES_BYTES => return Err(wrong(&path, &"it is too long")),
        Ok(_) => fs::read(&path).map_err(StoreError::io("read", &path))?,
    };
    let kept: Kept = serde_json::from_slice(&content).map_err(|error| wrong(&path, &error))?;
    if kept.version > VERSION {
        return Err(wrong(
            &path,
            &format_args!("it is of version {}, which this program doesn't know", kept.version),
        ));
    }
    Ok(kept.doors)
}

/// From now on the door is in that mode, whatever happens to the box. Blocks.
///
/// # Errors
/// When it can't be kept; then nothing has changed.
pub fn keep(data_dir: &Path, door: &DoorId, mode: DoorMode) -> Result<(), StoreError> {
    let mut doors = read(data_dir)?;
    if mode.is_normal() {
        doors.remove(door);
    } else {
        doors.insert(door.clone(), mode);
    }
    let path = path(data_dir);
    let content = serde_json::to_vec_pretty(&Kept { version: VERSION, doors });
    disk::replace_file(&path, &content.map_err(|error| wrong(&path, &error))?)
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
    use panel_protocol::door::Mode;

    use super::*;

    fn mode(mode: Mode, until: Option<&str>) -> DoorMode {
        DoorMode {
            mode,
            until: until.map(|until| until.parse().unwrap()),
            since: Timestamp::UNIX_EPOCH,
            by: "ada".to_owned(),
            reason: Some("fair".to_owned()),
        }
    }

    #[test]
    fn a_mode_is_kept_until_the_door_is_in_normal_use_again() {
        let folder = tempfile::tempdir().unwrap();
        let (main, side): (DoorId, DoorId) = ("main".parse().unwrap(), "side".parse().unwrap());
        assert!(read(folder.path()).unwrap().is_empty());
        let held = mode(Mode::Held, Some("2027-01-01T18:00:00Z"));
        keep(folder.path(), &main, held.clone()).unwrap();
        keep(folder.path(), &side, mode(Mode::Lockdown, None)).unwrap();
        let kept = read(folder.path()).unwrap();
        assert_eq!((kept.len(), &kept[&main], kept[&side].mode), (2, &held, Mode::Lockdown));
        keep(folder.path(), &side, mode(Mode::Normal, None)).unwrap();
        assert_eq!(read(folder.path()).unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_makes_no_sense_or_is_newer_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        for content in [
            "nonsense",
            "{\"version\":2,\"doors\":{}}",
            "{\"version\":1,\"doors\":{\"main\":{\"mode\":\"ajar\"}}}",
        ] {
            fs::write(path(folder.path()), content).unwrap();
            assert!(read(folder.path()).is_err(), "{content}");
            assert!(keep(folder.path(), &"main".parse().unwrap(), mode(Mode::Held, None)).is_err());
            assert_eq!(fs::read_to_string(path(folder.path())).unwrap(), content);
        }
    }
}
