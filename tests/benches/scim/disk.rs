//! What the disk itself takes: a plain file that grows, and is flushed each time. And a slower disk, imitated.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
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
}

/// This disk with flushes that take longer, as those of a hard disk or of an SD card do.
pub(crate) struct Slower {
    library: PathBuf,
    by: Duration,
}

impl Slower {
    /// By so much a flush. What imitates it is compiled into `folder`.
    pub(crate) fn new(folder: &Path, by: Duration) -> anyhow::Result<Self> {
        let library = folder.join("slow_disk.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/scim/slow_disk.c");
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).args([source, "-ldl"]);
        let status = compile.status().context("a slower disk needs a C compiler, cc")?;
        ensure!(status.success(), "{source} can't be compiled: {status}");
        Ok(Self { library, by })
    }

    /// Has the command's process meet it.
    pub(crate) fn under(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("SLOW_FLUSH_US", self.by.as_micros().to_string());
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
