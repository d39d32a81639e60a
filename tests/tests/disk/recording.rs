//! What a store wrote and flushed, in order, and in between whom it answered.

use std::fs;
use std::path::{Path, PathBuf};

/// One thing that was done.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Create(PathBuf),
    Write {
        path: PathBuf,
        offset: usize,
        data: Vec<u8>,
    },
    Length {
        path: PathBuf,
        len: usize,
    },
    Flush(PathBuf),
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Delete(PathBuf),
    /// What the store's caller was told.
    Told(Told),
}

/// What a caller knows at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// The person is in the directory.
    Put(u32),
    /// Somebody asks for the person to be deleted.
    Deleting(u32),
    /// The person is not in the directory any more.
    Deleted(u32),
    /// So many events are in the log.
    Events(u32),
    /// So many rounds of small files are written.
    Round(u32),
}

const TOLD: u32 = 100;

impl Told {
    /// As an entry of the log.
    pub(crate) fn entry(self) -> Vec<u8> {
        let (kind, number) = match self {
            Self::Put(number) => (0, number),
            Self::Deleting(number) => (1, number),
            Self::Deleted(number) => (2, number),
            Self::Events(number) => (3, number),
            Self::Round(number) => (4, number),
        };
        let mut entry = Vec::new();
        for word in [TOLD + kind, 0] {
            entry.extend(u32::to_ne_bytes(word));
        }
        entry.extend(u64::from(number).to_ne_bytes());
        entry.extend(0u64.to_ne_bytes());
        entry
    }

    fn of(kind: u32, number: u32) -> Self {
        match kind {
            0 => Self::Put(number),
            1 => Self::Deleting(number),
            2 => Self::Deleted(number),
            3 => Self::Events(number),
            _ => Self::Round(number),
        }
    }
}

/// The steps in the log of `disk.c`; paths are given below `root`.
pub(crate) fn read(log: &Path, root: &Path) -> Vec<Step> {
    let bytes = fs::read(log).unwrap();
    let (mut rest, mut steps) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let operation = u32::from_ne_bytes(take(&mut rest, 4).try_into().unwrap());
        let path_len = u32::from_ne_bytes(take(&mut rest, 4).try_into().unwrap());
        let offset = u64::from_ne_bytes(take(&mut rest, 8).try_into().unwrap());
        let data_len = u64::from_ne_bytes(take(&mut rest, 8).try_into().unwrap());
        let path = take(&mut rest, path_len as usize);
        let data = take(&mut rest, data_len as usize);
        if operation >= TOLD {
            steps.push(Step::Told(Told::of(operation - TOLD, offset as u32)));
            continue;
        }
        let below = |path: &[u8]| {
            let path = Path::new(std::str::from_utf8(path).unwrap());
            path.strip_prefix(root).unwrap().to_owned()
        };
        let path = below(path);
        steps.extend(match operation {
            1 => Some(Step::Create(path)),
            2 => Some(Step::Write { path, offset: offset as usize, data: data.to_vec() }),
            3 => Some(Step::Length { path, len: offset as usize }),
            4 => Some(Step::Flush(path)),
            5 => Some(Step::Rename { from: path, to: below(data) }),
            6 => Some(Step::Delete(path)),
            // Folders are there from the beginning.
            7 => None,
            other => panic!("operation {other}"),
        });
    }
    steps
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (taken, after) = rest.split_at(len);
    *rest = after;
    taken
}
