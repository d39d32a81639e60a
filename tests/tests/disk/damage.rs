//! What can have happened to the disk before a start: sled's files gone or spoilt, a write at the journal's end that was torn.
//!
//! None of it takes anything away that was answered: sled is made anew from the journal, and what was torn was never answered.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Damage {
    Nothing,
    SledDeleted,
    SledSpoilt,
    JournalTorn,
}

impl Damage {
    pub(crate) const ALL: [Self; 4] = [Self::Nothing, Self::SledDeleted, Self::SledSpoilt, Self::JournalTorn];

    pub(crate) fn word(self) -> String {
        format!("{self:?}")
    }

    pub(crate) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|damage| damage.word() == word).unwrap()
    }

    /// Does it to a store that is closed.
    pub(crate) fn apply(self, root: &Path) {
        let sled = || files(&root.join("directory/sled"));
        match self {
            Self::Nothing => {}
            Self::SledDeleted => sled().iter().for_each(|path| fs::remove_file(path).unwrap()),
            Self::SledSpoilt => {
                for path in sled() {
                    let file = OpenOptions::new().write(true).open(path).unwrap();
                    file.write_all_at(&[0xA5; 4096], 0).unwrap();
                }
            }
            Self::JournalTorn => {
                let newest = files(&root.join("directory/journal")).into_iter().max().unwrap();
                OpenOptions::new().append(true).open(newest).unwrap().write_all(&[0xA5; 37]).unwrap();
            }
        }
    }
}

/// The files of a folder and of those below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}
