//! Runs the program and looks at what came out.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program, not yet started, in a known environment.
pub(crate) fn gateway() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.env_remove("NO_COLOR").env("TZ", "Europe/Berlin").stdin(Stdio::null());
    command
}

/// Runs it to its end with arguments separated by blanks, in a folder.
pub(crate) fn run(folder: &Path, arguments: &str) -> Finished {
    Finished::of(gateway().current_dir(folder).args(arguments.split_whitespace()).output().unwrap())
}

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Its results, once it has succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Its complaint, once it has failed with this code and no result.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "a failure is no result");
        self.stderr
    }
}

/// The folder of shipped configurations.
pub(crate) fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").canonicalize().unwrap()
}

/// A new site's folder, as `gateway init` leaves it.
pub(crate) fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "init").succeeded();
    folder
}
