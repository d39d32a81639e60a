//! A disk whose power goes: what was flushed is on it, and of the rest whatever the disk happened to have written.
//!
//! A file's content is safe once the file was flushed, its name once its folder was. What was not flushed may be lost
//! by sectors, in any order; names of one folder come and go in the order in which they did.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand::Rng;
use rand::rngs::SmallRng;

use crate::recording::Step;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// Ways to lose what was not flushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loss {
    /// Nothing: the process was killed.
    Nothing,
    /// All of it.
    Everything,
    /// Some sectors, and some of the latest names.
    Sectors,
    /// All after some byte: a write was under way.
    Rest,
}

impl Loss {
    pub(crate) const ALL: [Self; 4] = [Self::Nothing, Self::Everything, Self::Sectors, Self::Rest];
}

/// Files by their paths.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

#[derive(Clone)]
enum Edit {
    Write { offset: usize, data: Vec<u8> },
    Length(usize),
}

#[derive(Clone, Default)]
struct File {
    flushed: Vec<u8>,
    since: Vec<Edit>,
}

#[derive(Clone)]
enum Naming {
    Create(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    Delete(PathBuf),
}

impl Naming {
    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Create(path, _) | Self::Delete(path) => path.parent(),
            Self::Rename(_, to) => to.parent(),
        }
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Create(path, file) => drop(names.insert(path.clone(), *file)),
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
                // A folder takes what is in it along.
                let below: Vec<_> = names.keys().filter(|name| name.starts_with(from)).cloned().collect();
                for name in below {
                    let there = name.strip_prefix(from).map(|rest| to.join(rest)).unwrap_or_default();
                    if let Some(file) = names.remove(&name) {
                        names.insert(there, file);
                    }
                }
            }
            Self::Delete(path) => drop(names.remove(path)),
        }
    }
}

/// The disk as it is after some steps.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    /// As the process sees them, and as they were flushed.
    names: BTreeMap<PathBuf, usize>,
    flushed_names: BTreeMap<PathBuf, usize>,
    since: Vec<Naming>,
}

impl Disk {
    pub(crate) fn take(&mut self, step: &Step) {
        match step {
            Step::Create(path) => {
                self.files.push(File::default());
                self.name(Naming::Create(path.clone(), self.files.len() - 1));
            }
            Step::Write { path, offset, data } => {
                self.edit(path, Edit::Write { offset: *offset, data: data.clone() });
            }
            Step::Length { path, len } => self.edit(path, Edit::Length(*len)),
            Step::Rename { from, to } => self.name(Naming::Rename(from.clone(), to.clone())),
            Step::Delete(path) => self.name(Naming::Delete(path.clone())),
            Step::Flush(path) => match self.names.get(path) {
                Some(file) => self.files[*file].flush(),
                None => self.flush_folder(path),
            },
            Step::Told(_) => {}
        }
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.since.push(naming);
    }

    fn edit(&mut self, path: &Path, edit: Edit) {
        // A file that was deleted may still be written; nobody will see it.
        if let Some(file) = self.names.get(path) {
            self.files[*file].since.push(edit);
        }
    }

    fn flush_folder(&mut self, folder: &Path) {
        let (of_it, others) =
            std::mem::take(&mut self.since).into_iter().partition(|naming| naming.folder() == Some(folder));
        let of_it: Vec<Naming> = of_it;
        of_it.iter().for_each(|naming| naming.apply(&mut self.flushed_names));
        self.since = others;
    }

    /// What is on it when the power goes now.
    pub(crate) fn after(&self, loss: Loss, random: &mut SmallRng) -> Files {
        let names = match loss {
            Loss::Nothing | Loss::Rest => self.names.clone(),
            Loss::Everything => self.flushed_names.clone(),
            Loss::Sectors => {
                let mut names = self.flushed_names.clone();
                let kept = random.random_range(0..=self.since.len());
                self.since[..kept].iter().for_each(|naming| naming.apply(&mut names));
                names
            }
        };
        names.into_iter().map(|(path, file)| (path, self.files[file].after(loss, random))).collect()
    }
}

impl File {
    fn flush(&mut self) {
        for edit in std::mem::take(&mut self.since) {
            edit.apply(&mut self.flushed);
        }
    }

    fn after(&self, loss: Loss, random: &mut SmallRng) -> Vec<u8> {
        let mut content = self.flushed.clone();
        match loss {
            Loss::Everything => {}
            Loss::Nothing => self.since.iter().for_each(|edit| edit.apply(&mut content)),
            Loss::Rest => {
                let whole = random.random_range(0..=self.since.len());
                self.since[..whole].iter().for_each(|edit| edit.apply(&mut content));
                if let Some(Edit::Write { offset, data }) = self.since.get(whole) {
                    let len = random.random_range(0..=data.len());
                    Edit::Write { offset: *offset, data: data[..len].to_vec() }.apply(&mut content);
                }
            }
            Loss::Sectors => {
                for edit in &self.since {
                    edit.apply_some_sectors(&mut content, random);
                }
            }
        }
        content
    }
}

impl Edit {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Length(len) => content.resize(*len, 0),
            Self::Write { offset, data } => {
                let end = offset + data.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(data);
            }
        }
    }

    fn apply_some_sectors(&self, content: &mut Vec<u8>, random: &mut SmallRng) {
        let Self::Write { offset, data } = self else {
            if random.random() {
                self.apply(content);
            }
            return;
        };
        let mut at = 0;
        while at < data.len() {
            let len = (SECTOR - (offset + at) % SECTOR).min(data.len() - at);
            if random.random() {
                Self::Write { offset: offset + at, data: data[at..at + len].to_vec() }.apply(content);
            }
            at += len;
        }
    }
}
