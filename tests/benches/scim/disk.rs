//! What the disk itself takes: a plain file that grows, and is flushed each time.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use tests::figures::Times;

/// A plain file.
pub(crate) struct Plain {
    file: File,
    bytes: Vec<u8>,
}

impl Plain {
    /// In `folder`; it grows by `len` bytes at a time.
    pub(crate) fn new(folder: &Path, len: usize) -> anyhow::Result<Self> {
        Ok(Self { file: File::create(folder.join("plain"))?, bytes: vec![0xA5; len] })
    }

    /// Grows by one piece; gives how long that and its flush took.
    pub(crate) fn append(&mut self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        self.file.write_all(&self.bytes)?;
        self.file.sync_data()?;
        Ok(began.elapsed())
    }

    /// So many pieces, one after the other.
    pub(crate) fn appends(&mut self, count: usize) -> anyhow::Result<Times> {
        let mut took = Times::default();
        for _ in 0..count {
            took.add_span(self.append()?);
        }
        Ok(took)
    }
}

/// Bytes of all files in a folder and those in it.
pub(crate) fn size_of(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { size_of(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}
