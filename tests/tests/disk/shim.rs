//! Compiling and steering `disk.c`.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const CONTROL_LEN: usize = 128;
const FAILING_AT: u64 = 4;
const OF_AT: u64 = 8;

/// A disk of one process. Its files are below [`Self::root`].
pub(crate) struct Disk {
    folder: TempDir,
    control: File,
}

impl Disk {
    pub(crate) fn new() -> Self {
        // The name that the system has for it, without links.
        let folder = tempfile::tempdir_in(fs::canonicalize(std::env::temp_dir()).unwrap()).unwrap();
        fs::create_dir(folder.path().join("root")).unwrap();
        let mut options = OpenOptions::new();
        let control = options.create(true).truncate(true).write(true).open(folder.path().join("control"));
        let disk = Self { control: control.unwrap(), folder };
        disk.control.set_len(CONTROL_LEN as u64).unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/disk/disk.c");
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(disk.library()).arg(source);
        let status = compile.args(["-ldl", "-lpthread"]).status().expect("a C compiler, cc");
        assert!(status.success(), "{source} can't be compiled");
        disk
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// What was written and flushed, once somebody ran [recorded](Self::record).
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Has the command's process live on this disk.
    pub(crate) fn under(&self, command: &mut Command) {
        command.env("LD_PRELOAD", self.library()).env("DISK_ROOT", self.root());
        command.env("DISK_CONTROL", self.folder.path().join("control"));
    }

    /// And has what it does there recorded.
    pub(crate) fn record(&self, command: &mut Command) {
        command.env("DISK_LOG", self.log());
    }

    /// From now on there is room, or there is none.
    pub(crate) fn full(&self, full: bool) {
        self.control.write_all_at(&u32::from(full).to_ne_bytes(), 0).unwrap();
    }

    /// The next so many flushes of files with `of` in their paths fail.
    pub(crate) fn fail_flushes(&self, count: i32, of: &str) {
        let mut text = of.as_bytes().to_vec();
        text.push(0);
        self.control.write_all_at(&text, OF_AT).unwrap();
        self.control.write_all_at(&count.to_ne_bytes(), FAILING_AT).unwrap();
    }

    fn library(&self) -> PathBuf {
        Path::new(self.folder.path()).join("disk.so")
    }
}
